"""`tokometer query`: any measure by any dimension."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokometer.cli.options import data_option, output_options, window_options

if TYPE_CHECKING:
    from tokometer.cli.tables import Table


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
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.records.zone import local_zone

    question: dict[str, Any] = {
        "measures": list(measures),
        "by": list(by),
        "where": list(where),
        "tz": tz or local_zone(),
    }
    options = {"since": since, "until": until, "grain": grain, "order": list(order) or None, "limit": limit}
    question.update({name: value for name, value in options.items() if value is not None})
    with open_door(data) as door:
        if as_csv:
            click.echo(door.ask_csv(question), nl=False)
            return
        answer = door.ask(question)
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo(_table(answer).render(), nl=False)


def _table(answer: dict[str, Any]) -> Table:
    from tokometer.cli.tables import Heading, Line, Table

    columns = answer["columns"]
    numeric = {"integer", "number", "money"}
    table = Table([Heading(column["name"], "right" if column["type"] in numeric else "left") for column in columns])
    for row in answer["rows"]:
        table.lines.append(Line([_cell(row.get(column["name"]), column) for column in columns]))
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
