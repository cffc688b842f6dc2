"""Answering :class:`Slices`: the quarter hours that have a bad minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Any, Final

from tokometer.ledger import Readable
from tokometer.measures.ask import Ask, Condition
from tokometer.measures.atoms import Minute
from tokometer.measures.axis import moment
from tokometer.measures.compile_slices import slices_statement
from tokometer.measures.cubes import Calls
from tokometer.measures.definite import definite
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.errors import TooManyRows
from tokometer.measures.narrowing import counting
from tokometer.measures.questions import Slices
from tokometer.measures.result import Column, Result
from tokometer.measures.run import largest, meta
from tokometer.measures.scope import Scope
from tokometer.measures.tables import choose
from tokometer.records.time import QUARTER_US
from tokometer.records.units import COUNT, REQUESTS

_COLUMNS: Final = (
    Column("provider", "", "text", Calls.provider.title, Calls.provider.name),
    Column("quarter", "", "time", "Quarter hour"),
    Column("seen", COUNT.key, "integer", "Minutes with calls before"),
    Column("active", "", "integer", "Minutes with calls, as bits"),
    Column("bad", "", "integer", "Bad minutes, as bits"),
    Column("requests", REQUESTS.key, "integer", "Calls in bad minutes"),
    Column("errors", REQUESTS.key, "integer", "Failed calls in bad minutes"),
)


def slices(
    ledger: Readable,
    question: Slices,
    workspaces: Sequence[str],
    now: int | datetime | None = None,
    most: int | None = None,
) -> Result:
    """The quarter hours, in order; see :func:`tokometer.measures.answer`.

    `provider` is None where all calls are taken together, empty where nobody knows it. `active` and `bad` are masks:
    the lowest bit is the quarter hour's first minute. `seen` counts the minutes with calls (of the same provider) that
    the window has before the quarter hour, so that a run of bad minutes can be told from minutes without calls. With
    `most`, an answer that would have more rows is about the providers with most calls.
    """
    started = perf_counter()
    ask = definite(ledger, question.as_query(), workspaces, now)
    if most is None:
        return _slices(ledger, question, ask, started)
    try:
        return _slices(ledger, question, replace(ask, most=most), started)
    except TooManyRows:
        if not question.by:
            raise
        kept = largest(ledger, counting(ask, Calls.provider))
        only = Condition(Calls.provider, "in", kept)
        found = _slices(ledger, question, replace(ask, conditions=(*ask.conditions, only)), started)
        told = f"provider: told of the {len(kept):,} with most calls"
        return replace(found, meta=replace(found.meta, missing=(*found.meta.missing, told)))


def _slices(ledger: Readable, question: Slices, ask: Ask, started: float) -> Result:
    stored = choose("calls", Minute("bad"), ask.need)
    scope = Scope(ask, stored, DIALECTS[ledger.engine])
    found = ledger.fetch(slices_statement(scope, Calls.provider if question.by else None))
    if len(found) > ask.most:
        raise TooManyRows("since", f"the answer has more than {ask.most:,} rows; take a shorter window")
    rows = [_row(ask, row, by_provider=bool(question.by)) for row in found]
    return Result(_COLUMNS, rows, meta(ask, (stored.table,), len(rows), started))


def _row(ask: Ask, row: tuple[Any, ...], *, by_provider: bool) -> dict[str, Any]:
    provider, quarter, *numbers = row
    cells = (provider if by_provider else None, moment(quarter * QUARTER_US, ask.tz), *map(int, numbers))
    return {column.name: cell for column, cell in zip(_COLUMNS, cells, strict=True)}
