"""`tokometer report`: what was used and what it cost, as a table."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from tokometer.cli.options import DEFAULT_SINCE, data_option, output_options, window_options
from tokometer.cli.shown import say, say_csv, say_json, say_table
from tokometer.cli.usage import Amount, Kind, Row, Usage, missing_words, question, usage
from tokometer.records.plural import counted, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tokometer.cli.doors import Door, LocalDoor
    from tokometer.cli.tables import Line
    from tokometer.collect.horizon import Reach

#: Below this many characters a table keeps to what matters most.
_COMPACT_BELOW = 100
_TITLES: dict[Kind, str] = {
    "daily": "Date",
    "weekly": "Week of",
    "monthly": "Month",
    "session": "Session",
    "model": "Model",
    "agent": "Agent",
}


@click.command(short_help="Tokens and cost by day, week, month, session, model or agent.")
@click.argument("kind", type=click.Choice(get_args(Kind)), default="daily", metavar="[KIND]")
@window_options
@click.option("--breakdown", is_flag=True, help="A line per model under every row.")
@click.option("--compact", is_flag=True, help="Fewer columns, as on a narrow terminal.")
@click.option("--no-import", is_flag=True, help="Report what the ledger holds, without importing what is new first.")
@click.option(
    "--pdf",
    "as_pdf",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a dashboard as a PDF report instead.",
)
@click.option(
    "--xlsx",
    "as_xlsx",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a dashboard as an Excel workbook instead.",
)
@click.option("--dashboard", metavar="ID", default="usage", show_default=True, help="Of --pdf and --xlsx: which one.")
@click.option(
    "--where",
    multiple=True,
    metavar="FILTER",
    help="Of --pdf and --xlsx: only these calls, as in calls.model=gpt-5; may be repeated.",
)
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help="Of --pdf: the size of its pages.",
)
@output_options
@data_option
def report(
    kind: Kind,
    since: str | None,
    until: str | None,
    tz: str | None,
    breakdown: bool,
    compact: bool,
    no_import: bool,
    as_pdf: Path | None,
    as_xlsx: Path | None,
    dashboard: str,
    where: tuple[str, ...],
    paper: str,
    as_json: bool,
    as_csv: bool,
    data: Path,
) -> None:
    """Tokens and cost: KIND is daily (the default), weekly, monthly, session, model or agent.

    \b
    tokometer report --since month
    tokometer report session --breakdown
    tokometer report --pdf november.pdf --since month --dashboard business

    What the coding agents on this machine have written since the last time is imported first, so that the report is
    up to date. Where a server holds the data folder it has done so already, and is asked.

    With --pdf or --xlsx it is a whole dashboard instead, as a report to forward or a workbook.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.cli.doors import LocalDoor, open_door
    from tokometer.cli.windows import window_words
    from tokometer.records.zone import local_zone

    zone = tz or local_zone()
    files = {form: path for form, path in (("pdf", as_pdf), ("xlsx", as_xlsx)) if path is not None}
    if files:
        if as_json or as_csv:
            raise click.UsageError("--pdf and --xlsx are files, --json and --csv are printed: ask for one of them")
        _save(files, data, dashboard, since, until, zone, where, paper, new=not no_import)
        return
    if where:
        raise click.UsageError("--where is for --pdf and --xlsx; `tokometer query` filters everything else")
    asked = question(kind, since=since, until=until, tz=zone)
    shown = False

    def show(reading: dict[str, Any] | None = None) -> None:
        nonlocal shown
        shown = True
        answer = door.ask(asked)
        reading = reading or answer.get("reading")
        _show(kind, answer, reading, breakdown=breakdown, compact=compact, as_json=as_json, as_csv=as_csv)
        if not answer["rows"]:
            say(_nothing(door, zone, since), err=True)
        say(f"Window: {window_words(answer['meta'], since or DEFAULT_SINCE, until)}", err=True)
        for words in answer["meta"].get("missing", ()):
            say(f"Missing: {words}", err=True)
        if reading:
            _say(reading, zone, local=isinstance(door, LocalDoor))

    with open_door(data) as door:
        if isinstance(door, LocalDoor) and not no_import:
            _import_new(door, _begin(since, zone), show)
        if not shown:
            show()


def _save(
    files: Mapping[str, Path],
    data: Path,
    dashboard: str,
    since: str | None,
    until: str | None,
    tz: str,
    where: tuple[str, ...],
    paper: str,
    *,
    new: bool,
) -> None:
    """Write a dashboard to files."""
    from tokometer.cli.doors import LocalDoor, open_door
    from tokometer.cli.reporting import save_page

    with open_door(data) as door:
        if isinstance(door, LocalDoor) and new:
            _import_new(door, None, lambda _: None)
        for form, path in files.items():
            size = save_page(door, path, form, dashboard, since=since, until=until, tz=tz, where=where, paper=paper)
            say(f"{path}: {size:,} bytes", err=True)


def _show(
    kind: Kind,
    answer: Mapping[str, Any],
    reading: dict[str, Any] | None,
    *,
    breakdown: bool,
    compact: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    found = usage(kind, answer["rows"])
    if as_json:
        window = {name: answer["meta"][name] for name in ("since", "until", "tz")}
        beside = {"reading": reading, "missing": answer["meta"].get("missing")}
        say_json(_as_json(found) | {"window": window} | {name: value for name, value in beside.items() if value})
    elif as_csv:
        say_csv(_as_csv(found, breakdown=breakdown))
    elif found.rows:
        _print(found, breakdown=breakdown, compact=compact)


def _nothing(door: Door, tz: str, since: str | None) -> str:
    """That nothing was used in the window, and when something was."""
    from tokometer.cli.windows import last_use, last_use_words

    day = last_use(door, tz)
    if day is None:
        return "No usage found. `tokometer doctor` says where it was looked for."
    return f"No usage in this window. {last_use_words(day, since or DEFAULT_SINCE)}"


def _begin(since: str | None, tz: str) -> int | None:
    """When the window begins that a report asks for (µs since the epoch); None where it is all time, or not a time."""
    if not since or since == "all":
        return None
    from tokometer.measures.errors import QueryError
    from tokometer.measures.windows import resolve
    from tokometer.records import now_us

    try:
        return resolve(since, "", ZoneInfo(tz), now_us(), lambda: None).since
    except (QueryError, ZoneInfoNotFoundError, ValueError):
        # Who answers the question says what is wrong with it.
        return None


def _say(reading: Mapping[str, Any], tz: str, *, local: bool) -> None:
    from tokometer.cli.reading import reading_words

    words = reading_words(reading, tz)
    more = "importing the rest" if local else "the server is still importing the rest"
    say(f"{words[:1].upper()}{words[1:]}; {more}.", err=True)


def _import_new(door: LocalDoor, since: int | None, show: Callable[[dict[str, Any]], None]) -> None:
    """Import what is new; as soon as what was written since a time is in, and that is not all, show it."""
    from tokometer.cli.progress import showing_progress
    from tokometer.collect.importer import Watch

    with showing_progress("Importing", octets=True) as progress:

        def reached(reach: Reach) -> None:
            progress.close()
            show(reach.to_json())
            sys.stdout.flush()

        watch = None if since is None else Watch(since, reached)
        summary = door.import_new("", (), progress, watch)
    if summary["refused"]:
        records = counted(summary["refused"], "record")
        were = verb(summary["refused"], "was", "were")
        say(f"{records} {were} refused; `tokometer doctor` says why.", err=True)


def _print(found: Usage, *, breakdown: bool, compact: bool) -> None:
    from tokometer.cli.tables import Heading, Line, Table, dollars, terminal_width

    compact = compact or terminal_width() < _COMPACT_BELOW
    titles = (
        ["Input", "Output", "Total Tokens"]
        if compact
        else ["Input", "Output", "Cache Create", "Cache Read", "Total Tokens"]
    )
    headings = [Heading(_TITLES[found.kind], "left", whole=found.kind == "session")]
    headings += [Heading(title, "left") for title in _extra_titles(found.kind, compact=compact)]
    headings += [Heading(title) for title in [*titles, "Cost (USD)"]]
    table = Table(headings)
    for row in found.rows:
        table.lines.extend(_lines(found.kind, row, breakdown=breakdown, compact=compact))
    blank = [""] * len(_extra_titles(found.kind, compact=compact))
    table.lines.append(Line(["Total", *blank, *_numbers(found.total, compact=compact)], "bold", ruled=True))
    say_table(table)
    if found.total.unpriced:
        words = missing_words(found.total.no_price, found.total.usage_unknown, found.unpriced_models)
        say(f"* {words}", err=True)
    if found.total.assumed:
        amount, calls = dollars(found.total.cost_assumed), counted(found.total.assumed, "call")
        have = verb(found.total.assumed, "has", "have")
        say(f"≈ {calls} {have} an assumed price, {amount} of the cost; `tokometer doctor` says why", err=True)


def _extra_titles(kind: Kind, *, compact: bool) -> list[str]:
    if kind == "session":
        return ["Last active"] if compact else ["Project", "Last active", "Models"]
    return [] if kind == "model" else ["Models"]


def _lines(kind: Kind, row: Row, *, breakdown: bool, compact: bool) -> Iterator[Line]:
    from tokometer.cli.tables import Line

    # A request that failed before it reached a model used none.
    used = [(name, amount) for name, amount in row.costliest_first if amount.total_tokens] or row.costliest_first
    models = "\n".join(_undated(name) for name, _ in used)
    values = {"Project": row.project.rpartition("/")[2], "Last active": row.last_day, "Models": models}
    titles = _extra_titles(kind, compact=compact)
    split = breakdown and kind != "model"
    extra = ["" if split and title == "Models" else values[title] for title in titles]
    yield Line([row.key, *extra, *_numbers(row.amount, compact=compact)])
    if split:
        for name, amount in used:
            cells = ["", *[""] * len(titles)]
            cells[-1 if "Models" in titles else 0] = f"└ {_undated(name)}"
            yield Line([*cells, *_numbers(amount, compact=compact)], "dim")


def _undated(model: str) -> str:
    """A model's name without the date of its release, as people say it."""
    return re.sub(r"[-@](20\d{6})$", "", model)


def _numbers(amount: Amount, *, compact: bool) -> list[str]:
    from tokometer.cli.tables import dollars, number

    cells = [number(amount.input_tokens), number(amount.output_tokens)]
    if not compact:
        cells += [number(amount.cache_write_tokens), number(amount.cache_read_tokens)]
    cells.append(number(amount.total_tokens))
    cost = "unpriced" if amount.known_cost is None else dollars(amount.cost)
    if amount.assumed:
        cost = f"≈{cost}"
    return [*cells, cost + "*" if amount.unpriced and amount.known_cost is not None else cost]


def _as_json(found: Usage) -> dict[str, Any]:
    """The report as JSON: a list under its kind, and the totals."""
    rows = [
        _about(found.kind, row)
        | row.amount.to_json()
        | {"models": {model: amount.to_json() for model, amount in row.costliest_first}}
        for row in found.rows
    ]
    return {found.kind: rows, "totals": found.total.to_json()}


def _as_csv(found: Usage, *, breakdown: bool) -> str:
    """The report as CSV: a line per row, or with `breakdown` per row and model."""
    import csv
    import io

    from tokometer.measures.result import csv_cell

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_about(found.kind, Row("")), *(["model"] if breakdown else []), *Amount().to_json()])
    for row in found.rows:
        about = list(_about(found.kind, row).values())
        lines = [[*about, *row.amount.to_json().values()]]
        if breakdown:
            lines = [[*about, model, *amount.to_json().values()] for model, amount in row.costliest_first]
        writer.writerows([csv_cell(value) for value in line] for line in lines)
    return out.getvalue()


def _about(kind: Kind, row: Row) -> dict[str, str]:
    """What a row stands for."""
    name = {"daily": "date", "weekly": "week", "monthly": "month"}.get(kind, kind)
    if kind != "session":
        return {name: row.key}
    return {name: row.key, "source": row.source, "project": row.project, "last_active": row.last_day}
