"""`tokometer reconcile`: a month's metered and billed usage side by side, with every gap explained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import EXIT_FINDINGS, Mistake
from tokometer.cli.shown import say, say_json

_JUDGED: Final = "judgement.reconciliation"
_BY: Final = ("day", "model", "provider", "project", "api_key", "account", "cause", "line")
_OTHERS: Final = {"cause": "judgement.gap_causes", "line": "judgement.gap_lines"}
#: What is shown, by what rows are about; all of it is in the CSV and the JSON.
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "cause": ("title", "gap_causes", "days", "tokens", "models"),
    "line": ("at", "provider", "of", "title", "gap_lines", "metered", "billed", "tokens", "state"),
}
_SIDES: Final = ("metered", "billed", "reconciliation", "coverage", "unexplained", "most")


@click.command(short_help="Metered and billed side by side, every gap explained.")
@click.option("--month", metavar="YYYY-MM", default="", help="Which month of UTC. [default: the running one]")
@click.option("--provider", multiple=True, metavar="NAME", help="Only these providers; repeatable.")
@click.option("--by", type=click.Choice(_BY), default="cause", show_default=True, help="What the rows are about.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=40, show_default=True, help="Rows at most.")
@click.option("--fail-over", type=float, metavar="USD", help="End with 1 where more than so much is unexplained.")
@click.option("--json", "as_json", is_flag=True, help="The total and the rows as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="The rows as CSV, all columns.")
@data_option
def reconcile(
    month: str,
    provider: tuple[str, ...],
    by: str,
    limit: int,
    fail_over: float | None,
    data: Path,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Hold what was metered in a month against what providers state of it.

    \b
    tokometer reconcile --month 2026-10
    tokometer reconcile --month 2026-10 --provider openai --by line --csv

    The first line is the month in a sentence; the rows add up to its gap, to the cent.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import open_door
    from tokometer.judgement.reconciliation.words import sentence

    first, last = _bounds(month)
    about: dict[str, Any] = {"since": first.isoformat(), "until": last.isoformat(), "tz": "UTC"}
    if provider:
        about["where"] = [{"dimension": "calls.provider", "op": "in", "values": list(provider)}]
    rows: dict[str, Any] = {"measures": [_OTHERS.get(by, _JUDGED)], "limit": limit, **about}
    if by not in _OTHERS:
        rows["by"] = [f"calls.{by}"]
    with open_door(data) as door:
        if as_csv:
            say(door.ask_csv(rows)[0].rstrip("\r\n"))
            return
        found = door.ask({"measures": [_JUDGED], **about})["rows"]
        answer = door.ask(rows)
    total = found[0] if found else None
    if as_json:
        say_json({"total": total, "rows": answer["rows"]})
    elif total is None or total["billed"] is None:
        say("No provider states anything of this month.")
    else:
        who = ", ".join(provider) or "all providers with statements"
        say(sentence(f"{first:%B %Y}, {who}", _as_money(total)))
        say("")
        say(_table(answer, by))
    if fail_over is not None and total and abs(Decimal(total["unexplained"] or 0)) > Decimal(str(fail_over)):
        raise SystemExit(EXIT_FINDINGS)


def _bounds(month: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    try:
        first = date.fromisoformat(f"{month}-01") if month else datetime.now(UTC).date()
    except ValueError:
        raise Mistake(f"--month {month!r}: write year and month, as in 2026-10") from None
    begin = first.replace(day=1)
    return begin, (begin + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _as_money(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the judgement made it: money is decimal text in JSON."""
    return {
        name: Decimal(value) if isinstance(value, str) and _is_money(value) else value for name, value in row.items()
    }


def _is_money(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _table(answer: Mapping[str, Any], by: str) -> str:
    from tokometer.cli.tables import Heading, Line, Table, table_width

    columns = {column["name"]: column for column in answer["columns"]}
    names = [name for name in _COLUMNS.get(by, (by, *_SIDES)) if name in columns]
    numbers = ("integer", "number", "money")
    table = Table(
        [Heading(columns[name]["title"], "right" if columns[name]["type"] in numbers else "left") for name in names]
    )
    table.lines += [Line([_cell(row.get(name), columns[name]) for name in names]) for row in answer["rows"]]
    return table.render(table_width())


def _cell(value: Any, column: Mapping[str, Any]) -> str:  # noqa: ANN401 - whatever JSON has
    from tokometer.judgement.reconciliation.words import dollars
    from tokometer.records.units import UNITS, show

    if value is None or value == "":
        return "–"
    if column["type"] == "money":
        return dollars(Decimal(value))
    if column["type"] == "time":
        return str(value)[:10]
    if column["type"] in ("integer", "number") and column["unit"] in UNITS:
        return show(Decimal(str(value)), UNITS[column["unit"]])
    return str(value)
