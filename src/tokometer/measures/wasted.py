"""Answering :class:`Wasted`: what was paid for nothing, of one kind, by dimensions of calls.

What is told of a call rests on those around it in its conversation, also those that filters leave out; only calls in
question count. What each kind is, its SQL says: :mod:`tokometer.measures.compile_wasted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

from tokometer.ledger import Readable
from tokometer.measures.ask import Ask, Key
from tokometer.measures.compile_prompts import Lines
from tokometer.measures.compile_telling import known
from tokometer.measures.compile_wasted import KINDS, MORE, added
from tokometer.measures.definite import definite
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.errors import QueryError, suggest, told
from tokometer.measures.prompts import EACH
from tokometer.measures.questions import Wasted
from tokometer.measures.result import Column, Result
from tokometer.measures.run import meta, writer
from tokometer.measures.scope import Scope
from tokometer.measures.tables import CALL_ROWS
from tokometer.records.units import COUNT, USD

#: What tells it all, beside the kinds.
KNOWN: Final = "known"
_TABLES: Final = ("calls", "tools", "runs", "jobs")
_NANO: Final = Decimal("0.000000001")
_PICO_PER_NANO: Final = 10**3
_COLUMNS: Final = (
    Column("times", COUNT.key, "integer", "Times"),
    Column("calls", COUNT.key, "integer", "Calls"),
    Column("cost", USD.key, "money", "Cost"),
    Column("sessions", COUNT.key, "integer", "Sessions"),
    # The same of all values, whatever the limit.
    Column("all_times", COUNT.key, "integer", "Times in all"),
    Column("all_calls", COUNT.key, "integer", "Calls in all"),
    Column("all_cost", USD.key, "money", "Cost in all"),
    Column("values", COUNT.key, "integer", "Values"),
)
_NOTHING: Final = {column.name: Decimal(0) if column.type == "money" else 0 for column in _COLUMNS}
#: What a source can tell; see `compile_telling.known`.
TELLS: Final = ("calls", "sessions", "stops", "people", "hashed", "ends", "sizes", "runs")
_TELLS: Final = tuple(Column(name, COUNT.key, "integer", name.capitalize()) for name in TELLS)


def wasted(ledger: Readable, question: Wasted, workspaces: Sequence[str], now: int | datetime | None = None) -> Result:
    """The rows, what cost most first; see :func:`tokometer.measures.answer`.

    Raises:
        QueryError: there is no such kind.
    """
    if question.of not in (KNOWN, *KINDS):
        meant = suggest(question.of, KINDS) or f"; there are {', '.join(KINDS)}"
        raise QueryError("of", f"there is no kind of waste {told(question.of, 80)!r}{meant}")
    started = perf_counter()
    ask = definite(ledger, question.as_query(), workspaces, now)
    scope = Scope(ask, CALL_ROWS, DIALECTS[ledger.engine])
    lines = Lines(scope, ask.keys, question.rates, more=MORE)
    if question.of == KNOWN:
        source = Column("source", "", "text", "Source", "calls.source")
        telling = [(name, map(int, rest)) for name, *rest in ledger.fetch(known(lines))]
        listed = [{"source": name, **dict(zip(TELLS, rest, strict=True))} for name, rest in telling]
        return Result([source, *_TELLS], listed, meta(ask, _TABLES, len(listed), started))
    found = ledger.fetch(added(lines, question.of, question.limit))
    if question.each:
        rows = [_told(ask.keys[which], value) | _cells(sums) for which, value, *sums in found]
        return Result([*EACH, *_COLUMNS], rows, meta(ask, _TABLES, len(rows), started))
    rows = [_row(ask, row, by=bool(question.by)) for _, *row in found]
    dimension = ask.keys[0].dimension if question.by else None
    named = [Column(dimension.short, "", dimension.type, dimension.title, dimension.name)] if dimension else []
    # Sums of nothing are a row of nothing.
    if not question.by and not rows:
        rows = [dict(_NOTHING)]
    return Result([*named, *_COLUMNS], rows, meta(ask, _TABLES, len(rows), started))


def _row(ask: Ask, row: Sequence[Any], *, by: bool) -> dict[str, Any]:
    value, *values = row
    return ({ask.keys[0].name: writer(ask.keys[0], {})(value)} if by else {}) | _cells(values)


def _told(key: Key, value: Any) -> dict[str, Any]:  # noqa: ANN401 - as the engine has it
    return {"by": key.name, "value": writer(key, {})(value)}


def _cells(values: Sequence[Any]) -> dict[str, Any]:
    return {
        column.name: _money(int(value)) if column.type == "money" else int(value)
        for column, value in zip(_COLUMNS, values, strict=True)
    }


def _money(pico: int) -> Decimal:
    return Decimal((2 * pico + _PICO_PER_NANO) // (2 * _PICO_PER_NANO)) * _NANO
