"""What is spent of each budget: one question for all budgets that can share it, and each one's part of the answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.certainty import CERTAINTY, certainty_of
from tokometer.judgement.month import HISTORY
from tokometer.judgement.periods import WINDOWS
from tokometer.measures import Filter, Query
from tokometer.measures.zones import zone_info
from tokometer.settings import BudgetLine
from tokometer.settings.money import Period

#: Groups that one answer may have: of more, the smaller ones would be together.
_MOST_GROUPS: Final = 400
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """Budgets of one period and zone that are for values of the same dimensions: they are measured together."""

    period: Period
    tz: str
    #: Short names.
    dimensions: tuple[str, ...]
    lines: tuple[BudgetLine, ...]

    @property
    def spent(self) -> Query:
        """What their period has cost up to now, and how sure that is."""
        return self._query(("cost", *CERTAINTY), WINDOWS[self.period])

    @property
    def days(self) -> Query:
        """What each of the last 90 days has cost."""
        return self._query(("cost",), HISTORY, "day")

    def of(self, line: BudgetLine, rows: Iterable[_Row]) -> list[_Row]:
        """The rows of an answer that one of them is about."""
        wanted = [(name, frozenset(values)) for name, values in line.filters]
        return [row for row in rows if all((row[name] or "") in values for name, values in wanted)]

    def _query(self, measures: tuple[str, ...], since: str, grain: str = "") -> Query:
        named = [(name, _values(self.lines, name)) for name in self.dimensions]
        return Query(
            measures=tuple(f"calls.{name}" for name in measures),
            by=tuple(f"calls.{name}" for name in self.dimensions),
            where=tuple(Filter(f"calls.{name}", "in", values) for name, values in named),
            since=since,
            tz=self.tz,
            grain=grain,
        )


def shared(lines: Iterable[BudgetLine]) -> list[Shared]:
    """Budgets by what they can be measured with."""
    groups: dict[tuple[Period, str, tuple[str, ...]], list[list[BudgetLine]]] = {}
    for line in lines:
        parts = groups.setdefault((line.period, line.tz, tuple(name for name, _ in line.filters)), [[]])
        if parts[-1] and _size((*parts[-1], line)) > _MOST_GROUPS:
            parts.append([])
        parts[-1].append(line)
    return [Shared(*key, tuple(part)) for key, parts in groups.items() for part in parts]


def total(rows: Sequence[_Row]) -> dict[str, Any]:
    """Rows added up: the cost (None where nobody knows any of it), and how sure that is. No rows have cost nothing."""
    costs = [row["cost"] for row in rows if row["cost"] is not None]
    cost = None if rows and not costs else sum(costs, Decimal(0))
    certain: dict[str, Any] = dict.fromkeys(CERTAINTY, 0) | {"cost_assumed": Decimal(0)}
    for row in rows:
        for name, value in certainty_of(row).items():
            certain[name] += value
    return {"cost": cost, **certain}


def by_day(rows: Iterable[_Row], tz: str) -> list[tuple[date, float]]:
    """The cost of each day (USD), oldest first; days that rows say nothing of have cost nothing."""
    zone = zone_info(tz)
    found: dict[date, list[float]] = {}
    for row in rows:
        found.setdefault(row["time"].astimezone(zone).date(), []).append(float(row["cost"] or 0))
    first, last = min(found, default=None), max(found, default=None)
    if first is None or last is None:
        return []
    days = (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))
    return [(day, math.fsum(found.get(day, ()))) for day in days]


def _values(lines: Iterable[BudgetLine], name: str) -> tuple[str, ...]:
    return tuple(sorted({value for line in lines for value in dict(line.filters)[name]}))


def _size(lines: Sequence[BudgetLine]) -> int:
    """How many groups the answer for them has at most."""
    return math.prod(len(_values(lines, name)) for name, _ in lines[0].filters)
