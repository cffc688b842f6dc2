"""`tokometer import-git`: commits of repositories, and the changes that their merges tell of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say, say_json

if TYPE_CHECKING:
    from tokometer.cli.doors import Door

_PORTION: Final = 5_000
_DAYS: Final = 180
_COUNTS: Final = ("accepted", "duplicate", "changed", "refused")


@click.command("import-git", short_help="Import commits and merged changes of repositories.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help=f"Commits since then. [default: {_DAYS} days ago]",
)
@click.option("--no-authors", is_flag=True, help="Leave out who wrote them.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def import_git(paths: tuple[Path, ...], since: datetime | None, data: Path, *, no_authors: bool, as_json: bool) -> None:
    """Import what was committed in repositories, and the changes that their merges tell of.

    \b
    tokometer import-git ~/code/engine ~/code/site --since 2026-09-01

    Read with git, which has to be installed: hashes, times, authors, branches, first lines and trailers of messages,
    and how many files and lines there are to each; never what these hold. Nothing is written there. What was imported
    before is not counted again.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.collect.repository import RepositoryError, read_repository
    from tokometer.settings import FILE_NAME, SettingsError
    from tokometer.settings.file import read_settings

    try:
        authors = not no_authors and read_settings(data / FILE_NAME).outcomes.authors
    except SettingsError as error:
        raise Mistake(str(error)) from None
    day = f"{since or datetime.now(UTC) - timedelta(days=_DAYS):%Y-%m-%d}"
    told: list[dict[str, Any]] = []
    with open_door(data) as door:
        for path in paths:
            try:
                found = read_repository(path.expanduser().absolute(), since=day, authors=authors)
            except RepositoryError as error:
                raise Mistake(f"{path}: {error}") from None
            kinds = {"commits": found.commits, "changes": found.changes}
            kept = {kind: _keep(door, kind, objects, str(path)) for kind, objects in kinds.items()}
            told.append({"repository": found.repository, **kept})
    if as_json:
        say_json({"since": day, "repositories": told})
        return
    for one in told:
        say(f"{one['repository']}: {_words(one, 'commits')}; {_words(one, 'changes')}")


def _keep(door: Door, kind: str, objects: list[dict[str, Any]], place: str) -> dict[str, int]:
    from tokometer.sources.table.mapping import TableMap
    from tokometer.sources.table.reading import Portion

    told = dict.fromkeys(("read", *_COUNTS), 0)
    for start in range(0, len(objects), _PORTION):
        portion = objects[start : start + _PORTION]
        items = [(start + number, given) for number, given in enumerate(portion)]
        found = door.take(Portion(TableMap(kind=kind, table=kind), _AsTheyAre(kind), items, len(items)), place)  # type: ignore[arg-type]
        told["read"] += len(portion)
        for name in _COUNTS:
            told[name] += found[name]
    return told


class _AsTheyAre:
    """Objects that are of our own record format already."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def record(self, given: dict[str, Any]) -> Any:  # noqa: ANN401 - a Record, imported when needed
        """The record that an object means."""
        from tokometer.records.wire import record_from

        return record_from(self._kind, given)


def _words(told: dict[str, Any], kind: str) -> str:
    counts = told[kind]
    more = "".join(f", {counts[name]:,} {name}" for name in ("changed", "refused") if counts[name])
    return f"{counts['read']:,} {kind}, {counts['accepted']:,} new{more}"
