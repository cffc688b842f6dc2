"""`tokometer query`: any measure by any dimension."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tokometer.cli.options import DEFAULT_SINCE, data_option, output_options, window_options
from tokometer.cli.shown import say, say_csv, say_json, say_table

if TYPE_CHECKING:
    from tokometer.cli.doors import Door
    from tokometer.cli.tables import Table

#: Measures that leave out calls without a price, and what counts these.
_COSTS: Final = ("calls.cost", "calls.margin")
_LEFT_OUT: Final = ("calls.no_price", "calls.usage_unknown")
#: The column that a table asks for beside a cost, to put a star to what is not all of it.
_UNPRICED: Final = "calls.unpriced"


@click.command(short_help="Ask for any measure by any dimension.")
@click.option(
    "--measure",
    "measures",
    multiple=True,
    required=True,
    metavar="NAME",
    help="calls.cost, …; repeatable. Or judgement.health_score, ….",
)
@click.option("--by", multiple=True, metavar="NAME", help="A dimension: calls.model, …; repeatable.")
@click.option(
    "--where",
    multiple=True,
    metavar="FILTER",
    help="calls.provider=openai, calls.status!=ok, 'calls.model in a, b', 'calls.project contains web'; repeatable.",
)
@window_options
@click.option("--grain", metavar="GRAIN", help="Also by time: minute, quarter, hour, day, week, month or year.")
@click.option("--order", multiple=True, metavar="NAME", help="What to sort by; -calls.cost: the largest first.")
@click.option("--limit", type=click.IntRange(min=1), help="The most rows to print.")
@output_options
@data_option
def query(
    measures: tuple[str, ...],
    by: tuple[str, ...],
    where: tuple[str, ...],
    since: str | None,
    until: str | None,
    tz: str | None,
    grain: str | None,
    order: tuple[str, ...],
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    data: Path,
) -> None:
    """Ask for any measure by any dimension.

    \b
    tokometer query --measure calls.cost --by calls.model --since 7d
    tokometer query --measure calls.p95_latency --grain day --where calls.provider=anthropic --csv
    tokometer query --measure judgement.health_score --by calls.provider

    A judgement that is about a window of its own (judgement.health_score: the last 15 minutes) keeps to it, unless you
    name another.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.cli.windows import nothing_found, window_words
    from tokometer.records.zone import local_zone

    question: dict[str, Any] = {
        "measures": list(measures),
        "by": list(by),
        "where": list(where),
        "tz": tz or local_zone(),
    }
    options = {"until": until, "grain": grain, "order": list(order) or None, "limit": limit}
    question.update({name: value for name, value in options.items() if value is not None})
    with open_door(data) as door:
        begins = since or _begins(measures)
        if begins:
            question["since"] = begins
        missing = _left_out(door, question)
        if as_csv:
            text, meta = door.ask_csv(question)
            say_csv(text)
            empty = text.count("\n") <= 2  # noqa: PLR2004 - a header, and a row that may be of zeros
        else:
            answer = door.ask(question if as_json or not missing else _with_unpriced(question))
            meta, empty = answer["meta"], _is_empty(answer)
            if as_json:
                say_json(answer | ({"unpriced": missing} if missing else {}))
            else:
                say_table(_table(answer, measures))
        remark = nothing_found(door, question, _cube(measures)) if empty else ""
    if missing:
        from tokometer.cli.usage import missing_words

        say(f"* {missing_words(missing['no_price'], missing['usage_unknown'])}", err=True)
    if remark:
        say(remark, err=True)
    say(f"Window: {window_words(meta, begins, until)}", err=True)
    for words in meta.get("missing", ()):
        say(f"Missing: {words}", err=True)


def _begins(measures: tuple[str, ...]) -> str:
    """Where the window starts if nobody says; empty for a judgement that has a window of its own."""
    if all(name.startswith("calls.") for name in measures):
        return DEFAULT_SINCE
    # Imported only where a judgement may be meant.
    from tokometer.judgement.asked import Asked, parse

    asked = parse({"measures": list(measures)})
    return "" if isinstance(asked, Asked) and asked.judgement.window else DEFAULT_SINCE


def _cube(measures: tuple[str, ...]) -> str:
    """The cube that is asked; a judgement is about calls."""
    from tokometer.measures import CUBES

    cube, _, rest = measures[0].partition(".")
    return cube if rest and cube in CUBES else "calls"


def _left_out(door: Door, question: Mapping[str, Any]) -> dict[str, int]:
    """How many calls a cost that is asked for leaves out, and why; nothing where there are none, or it is no cost."""
    if not any(name in _COSTS or f"calls.{name}" in _COSTS for name in question["measures"]):
        return {}
    asked = {name: question[name] for name in ("where", "since", "until", "tz") if name in question}
    rows = door.ask({"measures": list(_LEFT_OUT), **asked})["rows"]
    found = {name.partition(".")[2]: int(rows[0][name.partition(".")[2]]) for name in _LEFT_OUT} if rows else {}
    return found if any(found.values()) else {}


def _with_unpriced(question: Mapping[str, Any]) -> dict[str, Any]:
    known = question["measures"]
    return {**question, "measures": [*known, *([] if _UNPRICED in known or "unpriced" in known else [_UNPRICED])]}


def _is_empty(answer: Mapping[str, Any]) -> bool:
    """Whether there are no rows, or nothing in them but dimensions and zeros."""
    measured = [column["name"] for column in answer["columns"] if column["unit"]]
    values = (row[name] for row in answer["rows"] for name in measured)
    return not any(value.strip("0.") if isinstance(value, str) else value for value in values)


def _table(answer: dict[str, Any], measures: tuple[str, ...]) -> Table:
    from tokometer.cli.tables import Heading, Line, Table

    asked = {name.rpartition(".")[2] for name in measures}
    starred = {name.partition(".")[2] for name in _COSTS}
    columns = [column for column in answer["columns"] if column["name"] != "unpriced" or "unpriced" in asked]
    numeric = {"integer", "number", "money"}
    table = Table(
        [
            Heading(column["name"], "right" if column["type"] in numeric else "left", whole=column["type"] == "text")
            for column in columns
        ]
    )
    for row in answer["rows"]:
        star = "*" if row.get("unpriced") else ""
        table.lines.append(
            Line(
                [
                    _cell(value := row.get(column["name"]), column)
                    + (star if column["name"] in starred and value is not None else "")
                    for column in columns
                ]
            )
        )
    return table


def _cell(value: Any, column: Mapping[str, Any]) -> str:  # noqa: ANN401 - whatever JSON has
    from decimal import Decimal

    from tokometer.cli.tables import dollars, number
    from tokometer.records.units import UNITS, show

    if value is None:
        return "–"
    if column["type"] == "money" and column["unit"] == "usd":
        return dollars(Decimal(value))
    if column["type"] == "flag":
        return "yes" if value else "no"
    if column["type"] == "integer":
        return number(int(value))
    if column["type"] in {"number", "money"} and column["unit"] in UNITS:
        return show(Decimal(str(value)), UNITS[column["unit"]])
    return str(value) or "(unknown)"
