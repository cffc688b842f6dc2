"""`tokometer import`: what tools on this machine left, into the ledger, once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say, say_json
from tokometer.records.plural import counted

#: As many refused records are shown.
_SHOWN = 5


def known_source(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """The name of a source that leaves files; refuses another, and says which was meant."""
    from tokometer.sources.registry import FILE_SOURCES

    if name and name not in FILE_SOURCES:
        from difflib import get_close_matches

        close = get_close_matches(name, FILE_SOURCES, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(FILE_SOURCES)}"
        raise click.BadParameter(f"there is no source {name!r}; {meant}")
    return name


@click.command("import", short_help="Import usage once and say what was new.")
@click.argument("paths", nargs=-1, metavar="[PATH]…", type=click.Path(path_type=Path))
@click.option(
    "--source", default="", metavar="NAME", callback=known_source, help="Only this source: claude_code, codex, …"
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def import_(paths: tuple[Path, ...], source: str, as_json: bool, data: Path) -> None:
    """Import usage once and say what was new, the same, changed or refused.

    \b
    tokometer import
    tokometer import /backup/laptop
    tokometer import --source claude_code ~/old/.claude/projects
    tokometer import spend-logs.csv laptop.tokometer

    Without PATH, every place where a tool keeps its files under HOME or the tool's own environment variables is
    searched. A PATH is a file or folder of a source's files, or a copy of a whole home folder; name the source with
    --source where it cannot be told.
    Importing twice is harmless: every record is kept once.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.cli.progress import showing_progress

    for path in paths:
        if not path.exists():
            raise Mistake(f"there is no {path}")
    with open_door(data) as door, showing_progress("Importing", octets=True) as progress:
        summary = door.import_new(source, tuple(path.absolute() for path in paths), progress)
    if as_json:
        say_json(summary)
    else:
        say(_words(summary).removesuffix("\n"))


def _words(summary: Mapping[str, Any]) -> str:
    """The summary for people."""
    from tokometer.cli.tables import size

    tables, problems = summary.get("tables", 0), summary.get("problems", [])
    if not summary["all_files"] and not tables and not problems:
        return "Found no files to import. `tokometer doctor` says where they were looked for.\n"
    files = counted(summary["all_files"], "file")
    if not summary["files"] and not tables and not problems:
        return f"Nothing new in {files} ({summary['seconds']:.2f} s).\n"
    lines = [
        f"{files}, {summary['files']:,} of them with something new: "
        f"{size(summary['bytes'])} in {summary['seconds']:.2f} s"
    ]
    meanings = {
        "accepted": "new",
        "duplicate": "already kept, the same",
        "changed": "already kept, corrected",
        "refused": "refused: `tokometer doctor` says why",
        "noticed": "not understood: `tokometer doctor` lists what",
        "priced": "had no price, and have one now",
    }
    lines += [
        f"{summary[name]:>12,}  {words}"
        for name, words in meanings.items()
        if name not in ("refused", "noticed", "priced") or summary.get(name)
    ]
    lines += [f"Tables that were read on in: {tables:,}"] if tables else []
    lines += problems
    lines += [
        f"{refusal['place']}:{refusal['position']} {refusal['field']}: {refusal['reason']}"
        for refusal in summary["refusals"][:_SHOWN]
    ]
    return "\n".join(lines) + "\n"
