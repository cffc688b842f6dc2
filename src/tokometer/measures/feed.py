"""Answering a :class:`Feed`: records themselves, the newest first.

The newest are looked for in windows that grow backwards from the end of the one that is asked for: mostly the first
few have enough, and what lies before them is not read. Where they have not, the rollups tell where the rest is, if they
know what is filtered by; else the windows go on growing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

from tokometer.ledger import Readable, Statement
from tokometer.measures.ask import Ask
from tokometer.measures.axis import moment
from tokometer.measures.catalogue import CUBES
from tokometer.measures.definite import definite
from tokometer.measures.details import KEYS, Details
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.fact import Fact
from tokometer.measures.facts import FACTS
from tokometer.measures.kinds import Count
from tokometer.measures.missing import finite
from tokometer.measures.query import Query
from tokometer.measures.questions import Feed, Listing
from tokometer.measures.result import Cell, Column, Result
from tokometer.measures.run import meta, writer
from tokometer.measures.scope import Scope
from tokometer.measures.tables import STORED
from tokometer.measures.whereabouts import holding
from tokometer.measures.windows import Window
from tokometer.records.lengths import MAX_LONG_TEXT
from tokometer.records.time import QUARTER_US, to_us

#: How long the first window is, and how many times as long each one is as the one before.
_FIRST_US: Final = 16 * QUARTER_US
_TIMES: Final = 8
_DAY_US: Final = 96 * QUARTER_US
#: After so many windows it is worth asking the rollups where the rest is.
TRIED: Final = 2
#: Records of one moment come in an order that every engine has.
ORDER: Final = ("started_at", "source", "native_id", "workspace")


def feed(ledger: Readable, question: Feed, workspaces: Sequence[str], now: int | datetime | None = None) -> Result:
    """The records; see :func:`tokometer.measures.answer`."""
    started = perf_counter()
    facts = FACTS[question.cube]
    dimensions = [f"{question.cube}.{name}" for name in question.columns if name not in facts]
    ask = definite(ledger, counting(question, dimensions), workspaces, now, listed=True)
    shown = [facts[name] for name in question.columns if name in facts]
    details = Details(ledger, ask) if any(fact.detail for fact in shown) else None
    rows = _rows(ledger, ask, question, [fact.sql for fact in shown] + list(KEYS if details else ()))
    width = len(ask.keys) + len(shown)
    tables = [CUBES[question.cube].table]
    if details:
        found = details.of([row[width:] for row in rows])
        rows = [with_details(row, len(ask.keys), shown, one) for row, one in zip(rows, found, strict=True)]
        tables.append("error_details")
    made = makers(ask, shown)
    cells = [{name: make(value) for (name, make), value in zip(made.items(), row, strict=True)} for row in rows]
    columns = columns_of(ask, question.cube, shown)
    total = len(rows) if len(rows) < question.limit else None
    return Result(
        [columns[name] for name in question.columns],
        [{name: row[name] for name in question.columns} for row in cells],
        meta(ask, tuple(tables), total, started),
    )


def counting(question: Feed | Listing, dimensions: Sequence[str]) -> Query:
    """The question for how many records there are, by all that is shown of them."""
    measures = CUBES[question.cube].measures.values()
    count = next(measure for measure in measures if isinstance(measure, Count) and not measure.where)
    return Query(
        measures=(count.name,),
        by=tuple(dimensions),
        where=question.where,
        since=question.since,
        until=question.until,
        tz=question.tz,
    )


def _rows(ledger: Readable, ask: Ask, question: Feed, facts: Sequence[str]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for number, window in enumerate(windows(ask.window, newest=question.newest)):
        wanted = question.limit - len(rows)
        found = None
        if number == TRIED:
            rest = (
                replace(window, since=ask.window.since) if question.newest else replace(window, until=ask.window.until)
            )
            found = holding(ledger, ask.over(rest), wanted, newest=question.newest)
        for part in (window,) if found is None else found:
            rows += ledger.fetch(_statement(ledger, ask.over(part), question, facts, wanted))
        if len(rows) >= question.limit or found is not None:
            break
    return rows


def _statement(ledger: Readable, ask: Ask, question: Feed, facts: Sequence[str], limit: int) -> Statement:
    scope = Scope(ask, STORED[question.cube][-1], DIALECTS[ledger.engine])
    selected = [scope.key(key) for key in ask.keys] + [scope.spelt(fact) for fact in facts]
    columns = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(selected))
    direction = " DESC" if question.newest else ""
    order = ", ".join(f"{name}{direction}" for name in ORDER)
    where = " AND ".join(scope.conditions())
    return Statement(
        f"SELECT {columns} FROM {scope.rows()} WHERE {where} ORDER BY {order} LIMIT {limit:d}", scope.values
    )


def windows(window: Window, *, newest: bool) -> Iterator[Window]:
    """The window in pieces that grow from the end where the search begins."""
    length = _FIRST_US
    at = window.until if newest else window.since
    while True:
        edge = at - length if newest else at + length
        edge -= edge % QUARTER_US
        since, until = (max(edge, window.since), at) if newest else (at, min(edge, window.until))
        if since < until:
            yield Window(since, until)
        if (newest and since == window.since) or (not newest and until == window.until):
            return
        at = since if newest else until
        length *= _TIMES


def with_details(
    row: tuple[Any, ...], first: int, shown: Sequence[Fact], details: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The row, with what its own record does not say taken from the details of its error."""
    told = [
        details.get(fact.detail) if fact.detail and row[first + i] in ("", None) else row[first + i]
        for i, fact in enumerate(shown)
    ]
    blank = ["" if value is None and fact.type == "text" else value for fact, value in zip(shown, told, strict=True)]
    return (*row[:first], *blank)


def makers(ask: Ask, shown: Sequence[Fact]) -> dict[str, Callable[[Any], Cell]]:
    """What makes a cell of each column, in the order of the statement."""
    made: dict[str, Callable[[Any], Cell]] = {key.name: writer(key, {}) for key in ask.keys}
    for fact in shown:
        made[fact.name] = _time_cell(ask) if fact.type == "time" else _cell
    return made


def _cell(value: Any) -> Cell:  # noqa: ANN401 - whatever a column has
    """A value as it is; but of a text that no source would bring today, the beginning, and of infinity nothing."""
    if isinstance(value, str) and len(value) > MAX_LONG_TEXT:
        return f"{value[: MAX_LONG_TEXT - 1]}…"
    return value if finite(value) else None


def _time_cell(ask: Ask) -> Callable[[Any], Cell]:
    tz, window = ask.tz, ask.window
    first, last = (moment(us, tz) for us in (window.since, window.until))
    if window.until - window.since <= _DAY_US and first.utcoffset() == last.utcoffset():
        # No zone changes its clock twice a day. Thousands of times of a day are a third of what it takes to show them.
        return lambda value: _utc(value).astimezone(first.tzinfo) if isinstance(value, datetime) else None
    # DuckDB gives text for a time that Python has not: from before times had a most.
    return lambda value: moment(to_us(value), tz) if isinstance(value, datetime) else None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def columns_of(ask: Ask, cube: str, shown: Sequence[Fact]) -> dict[str, Column]:
    """What each column is, by its name."""
    columns = {
        key.name: Column(key.name, "", key.dimension.type, key.dimension.title, key.dimension.name)
        for key in ask.keys
        if key.dimension is not None
    }
    for fact in shown:
        unit = fact.unit.key if fact.unit else ""
        columns[fact.name] = Column(fact.name, unit, fact.type, fact.title, f"{cube}.{fact.name}")
    return columns
