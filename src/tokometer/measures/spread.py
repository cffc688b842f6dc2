"""Answering a :class:`Spread`: how many calls are in each log bucket of a duration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil
from time import perf_counter
from typing import Any

from msgspec.structs import replace as with_fields

from tokometer.ledger import Readable
from tokometer.measures.ask import OTHER, Ask
from tokometer.measures.compile import spread_part
from tokometer.measures.definite import definite
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.errors import TooManyRows
from tokometer.measures.questions import Spread
from tokometer.measures.result import Column, Result
from tokometer.measures.run import apart, bounded, key_columns, largest, meta, writer
from tokometer.records.histogram import GAMMA, value_of
from tokometer.records.units import MS, REQUESTS


def spread(
    ledger: Readable,
    question: Spread,
    workspaces: Sequence[str],
    now: int | datetime | None = None,
    most: int | None = None,
) -> Result:
    """The buckets that have calls; see :func:`tokometer.measures.answer`."""
    started = perf_counter()
    ask = definite(ledger, question.as_query(), workspaces, now)
    if question.top:
        by_requests = replace(ask, query=with_fields(ask.query, measures=("calls.requests",)))
        ask = replace(ask, kept=apart(by_requests, largest(ledger, by_requests)))
    if most is None:
        return _spread(ledger, ask, started)
    return bounded(ledger, ask, most, lambda ask: _spread(ledger, ask, started))


def _spread(ledger: Readable, ask: Ask, started: float) -> Result:
    part = spread_part(ask, DIALECTS[ledger.engine])
    found = ledger.fetch(part.statement)
    if len(found) > ask.most:
        raise TooManyRows("by", f"the answer has more than {ask.most:,} rows; filter, group by less, or `top`")
    columns = [
        *key_columns(ask),
        Column("low_ms", MS.key, "number", "Above"),
        Column("high_ms", MS.key, "number", "At most"),
        Column("value_ms", MS.key, "number", "About"),
        Column("count", REQUESTS.key, "integer", "Calls"),
    ]
    rows = _rows(ask, found)
    return Result(columns, rows, meta(ask, (part.stored.table,), len(rows), started))


def quantile(rows: Iterable[Mapping[str, Any]], share: float) -> float | None:
    """The smallest value (ms) that at least a share of the calls do not exceed, from the rows of one group.

    It is what `calls.p95_latency` and the like say of the same calls.
    """
    counted = sorted((row["value_ms"], row["count"]) for row in rows)
    known = sum(count for _, count in counted)
    rank, reached = ceil(round(share * 1000) * known / 1000), 0
    for value, count in counted:
        reached += count
        if reached >= rank:
            return float(value)
    return None


def _rows(ask: Ask, found: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The groups with most calls first, the others last; within each, the shortest first."""
    totals: dict[tuple[Any, ...], int] = {}
    for *key, _, count in found:
        totals[tuple(key)] = totals.get(tuple(key), 0) + count
    shown = [(part.name, writer(part, {})) for part in ask.keys]

    def place(row: tuple[Any, ...]) -> tuple[Any, ...]:
        key = row[:-2]
        return OTHER in key, -totals[key], key, row[-2]

    return [
        {
            **{name: write(value) for (name, write), value in zip(shown, row, strict=False)},
            "low_ms": GAMMA ** (row[-2] - 1) / 1000 if row[-2] else 0.0,
            "high_ms": GAMMA ** row[-2] / 1000,
            "value_ms": value_of(row[-2]) / 1000,
            "count": int(row[-1]),
        }
        for row in sorted(found, key=place)
    ]
