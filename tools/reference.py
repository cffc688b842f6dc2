"""Write the pages under docs/ that come from declarations, and the tables inside others: `make docs`.

`--check` writes nothing, and says which pages are out of date and which links lead nowhere (exit code 1).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import click

from accounts_page import accounts_page
from alerts_page import alerts_page
from grafana_golden import golden_files
from meters_page import meters_page
from price_rules import price_rules_page
from requirements import requirements_page
from sections import PAGES as PAGES_WITH_TABLES
from sections import with_sections
from sources_page import sources_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MADE = "<!-- Made by `make docs` from {source}. Change it there. -->\n\n"


def main() -> int:
    """Write or check every page."""
    check = "--check" in sys.argv[1:]
    wrong = []
    made = {DOCS / "reference" / name: MADE.format(source=source) + page() for name, (source, page) in PAGES.items()}
    made |= golden_files()
    made |= {DOCS / name: with_sections((DOCS / name).read_text(encoding="utf-8")) for name in PAGES_WITH_TABLES}
    for path, text in made.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            wrong.append(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    wrong += broken_links()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


# -- Grafana -----------------------------------------------------------------------------------------------------------


def grafana_page() -> str:
    """What is written beside the dashboards for Grafana, with the settings that there are without a file."""
    from tokometer.dashboards import DASHBOARDS
    from tokometer.reports.grafana.guide import guide
    from tokometer.reports.grafana.sight import Sight

    return guide(DASHBOARDS.values(), Sight())


# -- commands ----------------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its options, as click knows them."""
    from tokometer.cli.app import tokometer

    parts = [_COMMANDS_HEAD]
    root = click.Context(tokometer, info_name="tokometer", terminal_width=100, max_content_width=100)
    for name in tokometer.list_commands(root):
        command = tokometer.get_command(root, name)
        assert command is not None
        if isinstance(command, click.Group):
            parts.append(f"## {name}\n\n    tokometer {name} COMMAND\n\n{_prose(command.help or '')}")
            parts += [_command(root, f"{name} {below}", one, "###") for below, one in command.commands.items()]
        else:
            parts.append(_command(root, name, command))
    return "\n".join(parts) + _COMMANDS_FOOT


def _command(root: click.Context, name: str, command: click.Command, level: str = "##") -> str:
    context = click.Context(command, info_name=name, parent=root)
    usage = " ".join(["tokometer", name, *command.collect_usage_pieces(context)])
    rows = [_option(parameter) for parameter in command.params if isinstance(parameter, click.Option)]
    return "\n".join(
        (
            f"{level} {name}\n\n    {usage}\n\n{_prose(command.help or '')}",
            "| option | meaning | default |\n|---|---|---|\n" + "".join(rows),
        )
    )


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    takes = "" if option.is_flag else f" {option.metavar or option.type.name.upper().removesuffix(' RANGE')}"
    text, _, shown = (option.help or "").partition(" [default: ")
    default = shown.rstrip("]")
    if option.show_default and option.default is not None and not option.is_flag:
        default = f"`{option.default}`"
    return f"| {names}{takes} | {_cell(text)} | {_cell(default)} |\n"


def _prose(text: str) -> str:
    """A command's help as Markdown: click's mark for lines to be kept as they are becomes a code block."""
    blocks = []
    for block in text.strip().split("\n\n"):
        lines = [line.strip() for line in block.splitlines()]
        if lines[0] == "\b":
            blocks.append("\n".join(f"    {line}" for line in lines[1:]))
        else:
            blocks.append(" ".join(lines))
    return "\n\n".join(blocks) + "\n"


_COMMANDS_HEAD = """# Commands

`tokometer` without a command is `tokometer serve`. Every command takes `-h`. Answers go to stdout, progress and remarks
to stderr. If a server holds the data folder, commands ask it instead of opening the folder.
"""
_COMMANDS_FOOT = """
## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | the audit found differences |
| 2 | the command line or the question is wrong; the message says what would be right |
| 3 | it cannot be done now: the folder is held by another command, the disk is full, the server does not answer |
| 130 | stopped with Ctrl-C |
| 141 | the reader of the output has gone (`tokometer report \\| head`) |
"""


# -- measures ----------------------------------------------------------------------------------------------------------


def measures_page() -> str:
    """Every measure and dimension of every cube."""
    from tokometer.measures import CUBES
    from tokometer.measures.facts import FACTS

    parts = [_MEASURES_HEAD]
    for cube in CUBES.values():
        parts.append(f"## {cube.name}\n\n{(cube.__doc__ or '').strip().splitlines()[0]}\n")
        parts.append("| measure | title | unit | better | meaning | computed as |\n|---|---|---|---|---|---|")
        parts += [
            f"| `{m.name}` | {m.title} | {m.unit.title} | {m.better} | {_cell(m.description)} | {_cell(m.formula())} |"
            for m in cube.measures.values()
        ]
        parts.append("\n| dimension | title | meaning |\n|---|---|---|")
        parts += [f"| `{d.name}` | {d.title} | {_cell(d.description)} |" for d in cube.dimensions.values()]
        parts.append("\n| shown of a record | title | unit | meaning |\n|---|---|---|---|")
        parts += [
            f"| `{f.name}` | {f.title} | {f.unit.title if f.unit else ''} | {_cell(f.description)} |"
            for f in FACTS[cube.name].values()
        ]
        parts.append("")
    return "\n".join(parts)


_MEASURES_HEAD = """# Measures and dimensions

What can be asked, with `tokometer query`, at `/api/query` and in panels. A query takes measures and dimensions of one
cube. Rows have the name without its cube: `cost`, `model`. A feed shows records themselves, by their dimensions and by
what else is kept of each.
"""


# -- judgements --------------------------------------------------------------------------------------------------------


def judgements_page() -> str:
    """Every judgement, with its formula, thresholds, dimensions and facts."""
    from tokometer.judgement.catalogue import JUDGEMENTS

    parts = [_JUDGEMENTS_HEAD]
    for judgement in JUDGEMENTS.values():
        by = ", ".join(f"`calls.{name}`" if name else "nothing" for name in judgement.by)
        unit = "text" if judgement.type == "text" else judgement.unit.title
        window = f"its own, `{judgement.window}`" if judgement.window else "the asker's"
        window += ", or one that is named" if judgement.movable else ""
        parts.append(f"## {judgement.full_name}\n\n{judgement.description}\n\n| | |\n|---|---|")
        parts += [
            f"| value | {judgement.title}; {unit} |",
            f"| computed as | {_cell(judgement.formula)} |",
            f"| standing | {_cell(judgement.thresholds)} |",
            f"| by | {by} |",
            f"| window | {window} |",
            "\n| fact | unit | meaning |\n|---|---|---|",
        ]
        parts += [
            f"| `{fact.name}` | {fact.unit.title if fact.unit else fact.type} | {_cell(fact.meaning)} |"
            for fact in judgement.facts
        ]
        parts.append("")
    return "\n".join(parts)


_JUDGEMENTS_HEAD = """# Judgements

What measured numbers mean. A judgement is asked like a measure, with `tokometer query --measure judgement.health_score
--by calls.provider` and at `/api/query`: one at a time, by at most one dimension, with the filters of calls. A row has
the dimension's value, the judgement's value under its name, its facts, and its `standing`: `good`, `warning`,
`critical`, or `none` where there is nothing to grade. What is unknown is empty, never 0.
"""


# -- records -----------------------------------------------------------------------------------------------------------


def records_page() -> str:
    """Every field of our own record format."""
    from tokometer.records.fields import FIELDS, REQUIRED

    parts = [_RECORDS_HEAD]
    for kind, fields in FIELDS.items():
        where = "`POST /api/calls` or `POST /api/records/calls`" if kind == "calls" else f"`POST /api/records/{kind}`"
        parts.append(f"## {kind}\n\n{where}\n\n| field | takes | meaning | also known as |\n|---|---|---|---|")
        for field in fields:
            needed = " (required)" if field.name in {*REQUIRED[kind], "started_at"} else ""
            aliases = ", ".join(f"`{alias}`" for alias in field.aliases)
            parts.append(f"| `{field.name}`{needed} | {_cell(field.type.words)} | {_cell(field.meaning)} | {aliases} |")
        parts.append("")
    return "\n".join(parts)


_RECORDS_HEAD = """# Records

The fields that our own API takes. Leave out what you do not know; a field that is not listed is refused, with the
nearest one that is. See [how to send them](../how-to/own-records.md).
"""


# -- endpoints ---------------------------------------------------------------------------------------------------------


def endpoints_page() -> str:
    """Every endpoint of the server's own description."""
    from tokometer.server.app import create_app

    parts = [_ENDPOINTS_HEAD, "| | | |\n|---|---|---|"]
    # The description needs no running server, and so no runtime.
    for path, methods in sorted(create_app(cast("Any", None)).openapi()["paths"].items()):
        for method, about in methods.items():
            words = f"{about['summary']}. {about.get('description', '').split(chr(10))[0]}"
            parts.append(f"| {method.upper()} | `{path}` | {_cell(words)} |")
    return "\n".join(parts) + "\n"


_ENDPOINTS_HEAD = """# HTTP API

The running server describes itself in full, with parameters and bodies, at `/api/openapi.json`.
"""


# -- endpoints in detail -----------------------------------------------------------------------------------------------


def answers_page() -> str:
    """Every declared endpoint: what it takes, what each field is, and an example."""
    from tokometer.server.endpoints import ENDPOINTS
    from tokometer.server.endpoints.asking import FILTERS, SHARED
    from tokometer.server.endpoints.declared import parts_of

    shared = "".join(f"| `{one.name}` | {_cell(one.meaning)} |\n" for one in SHARED)
    parts = [_ANSWERS_HEAD.format(shared=shared, filters=FILTERS)]
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace(":path", "")
        parts.append(f"## {path}\n\n{endpoint.summary}. {endpoint.about} Period: `{endpoint.period}`.\n")
        own = [(one.name, one) for one in endpoint.takes]
        if own:
            parts.append("| parameter | meaning | takes |\n|---|---|---|")
            for name, one in own:
                choices = ", ".join(f"`{choice}`" for choice in one.choices)
                parts.append(f"| `{name}` | {_cell(one.meaning)} | {choices} |")
            parts.append("")
        parts.append("| field | unit | meaning | from |\n|---|---|---|---|")
        for name, part in parts_of(endpoint.answer):
            parts.append(f"| `{name.lstrip('.')}` | {_unit(part)} | {_cell(_says(part))} | {_source(part)} |")
        example = json.dumps(endpoint.answer.example, indent=2, ensure_ascii=False)
        parts.append(f"\n```json\n{example}\n```\n")
    return "\n".join(parts)


def _unit(part: Any) -> str:
    shape = getattr(part, "shape", None) or getattr(getattr(part, "value", None), "shape", None)
    if shape is None:
        return "list"
    return str(shape.unit or {"date-time": "time", "date": "date"}.get(shape.format, shape.type))


def _says(part: Any) -> str:
    return str(part.says() if hasattr(part, "says") else part.meaning)


def _source(part: Any) -> str:
    source = getattr(part, "source", "") or getattr(getattr(part, "value", None), "source", "")
    return f"`{source}`" if source else ""


_ANSWERS_HEAD = """# Endpoints

Everything that dashboards show, as JSON for programs. Values come from the same named measures and judgements as on the
pages ([measures](measures.md)), and `/api/query` says the same of them; here shares are in per cent (0 to 100), times
in milliseconds and money in US dollars, as JSON numbers of at most nine decimal places (prices of one token have more).
What is not known is `null`, never 0: a provider without calls has 0 requests, and no error rate.

All of them take:

| parameter | meaning |
|---|---|
{shared}| any dimension | {filters} |

`limit` and `sort` are about the main list of an answer; where there is none they change nothing. A name in the path
that nobody knows gets 404 with the nearest one, a parameter that cannot be understood 422 with a detail that begins
with its name. Names with slashes and other marks stand in the path as they are or URL-encoded. Answers have an ETag.
"""


# -- links -------------------------------------------------------------------------------------------------------------


def broken_links() -> Iterator[str]:
    """Links between our own pages that lead nowhere."""
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
            path, _, anchor = (target[0] or target[1]).partition("#")
            if "://" in path or path.startswith("mailto:"):
                continue
            found = (page.parent / path).resolve() if path else page
            if not found.exists():
                yield f"{page.relative_to(ROOT)}: there is no {path}"
            elif anchor and anchor not in _anchors(found.read_text(encoding="utf-8")):
                yield f"{page.relative_to(ROOT)}: {path} has no heading #{anchor}"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "cli.md": ("the commands' own declarations", commands_page),
    "measures.md": ("src/tokometer/measures/cubes.py", measures_page),
    "alerts.md": ("src/tokometer/alerting/conditions/", alerts_page),
    "judgements.md": ("src/tokometer/judgement/", judgements_page),
    "records.md": ("src/tokometer/records/fields.py", records_page),
    "prices.md": ("src/tokometer/prices/rules.py", price_rules_page),
    "requirements.md": ("docs/reference/requirements.toml", requirements_page),
    "endpoints.md": ("the declarations in src/tokometer/server/endpoints/", answers_page),
    "sources.md": ("what each source declares in src/tokometer/sources/", sources_page),
    "meters.md": ("src/tokometer/records/meters.py and src/tokometer/sources/prometheus/dialects/", meters_page),
    "accounts.md": ("the kinds of account, `src/tokometer/statements`", accounts_page),
    "grafana.md": ("the dashboards' declarations, as `tokometer grafana export` writes it", grafana_page),
    "api.md": ("the routes of src/tokometer/server/", endpoints_page),
}

if __name__ == "__main__":
    sys.exit(main())
