"""What an answer lacks, in sentences: quarter hours that could not be settled, and numbers that no number can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.schema import CELLS, HISTOGRAMS, SESSIONS
from tokometer.ledger.unsettled import ROLLUPS
from tokometer.measures.ask import Ask
from tokometer.measures.atoms import Different, Rank
from tokometer.measures.axis import moment
from tokometer.records.time import QUARTER_US

#: Stretches of time that are told one by one; what is beyond is counted.
_MOST: Final = 5


def missing_of(asks: Iterable[Ask | None]) -> tuple[str, ...]:
    """What questions about calls lack in their windows, in the zone of the first."""
    rows: dict[tuple[str, int], Unsettled] = {}
    tz: ZoneInfo | None = None
    for ask in asks:
        if ask is None:
            continue
        tz = tz or ask.tz
        rollups = _needed(ask)
        rows |= {
            (row.rollup, row.quarter): row
            for row in ask.aside
            if row.rollup in rollups and ask.axis.first <= row.quarter < ask.axis.last
        }
    return sentences(rows.values(), tz) if tz is not None else ()


def sentences(rows: Iterable[Unsettled], tz: ZoneInfo) -> tuple[str, ...]:
    """What is missing of each stretch of time, why, and how much more there is."""
    stretches = _stretches(sorted(rows, key=lambda row: (row.rollup, row.quarter)))
    told = [
        f"{_span(some, tz)}: {ROLLUPS[some[0].rollup]} missing, because they could not be settled ({some[0].reason})"
        for some in stretches[:_MOST]
    ]
    more = sum(map(len, stretches[_MOST:]))
    return (*told, f"and {more:,} more quarter hours could not be settled") if more else tuple(told)


def beyond(columns: Mapping[str, int]) -> tuple[str, ...]:
    """Measures whose value is more than a number can hold, each with in how many rows."""
    return tuple(
        f"{name}: unknown in {rows:,} row{'s' if rows > 1 else ''}, where it is more than a number can hold"
        for name, rows in columns.items()
    )


def together(ask: Ask) -> tuple[str, ...]:
    """The dimensions of which not every value stands apart, because there are too many."""
    return tuple(
        f"{name}: the {len(values):,} values with most records stand apart, all others are together as Other"
        for name, values in ask.narrowed.items()
    )


def finite(value: object) -> bool:
    """Whether a value is one that JSON has: neither infinite nor NaN."""
    return not isinstance(value, float) or isfinite(value)


def _needed(ask: Ask) -> set[str]:
    needed = {CELLS.name}
    if any(isinstance(atom, Rank) for atom in ask.atoms):
        needed.add(HISTOGRAMS.name)
    if any(isinstance(atom, Different) for atom in ask.atoms):
        needed.add(SESSIONS.name)
    return needed


def _stretches(rows: Sequence[Unsettled]) -> list[list[Unsettled]]:
    found: list[list[Unsettled]] = []
    for row in rows:
        last = found[-1][-1] if found else None
        if last and (last.rollup, last.quarter + 1, last.reason) == (row.rollup, row.quarter, row.reason):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _span(rows: Sequence[Unsettled], tz: ZoneInfo) -> str:
    start, end = (moment(at * QUARTER_US, tz) for at in (rows[0].quarter, rows[-1].quarter + 1))
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {until}"
