"""From a number to the records behind it: the query whose answer a panel's number is, as the explorer's address.

A page holds what all numbers of a panel have in common once (:meth:`Drill.told`), and of each only what is its own: its
measure, the names that it is about, and its period where that is another than the panel's. The browser (`drill.js`) and
:meth:`Drill.address` make the same address of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from tokometer.dashboards import addresses
from tokometer.dashboards.answers import JUDGED, judgement_of
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.measures import CUBES, Filter, Query
from tokometer.measures.query import MOST_VALUES, Op

CALLS: Final = "calls"
#: What a judgement is about, where no fact of it is a measure itself: the records that it judges.
_JUDGES: Final[Mapping[str, str]] = {
    "incidents": "calls.errors",
    "burn_rate": "calls.errors",
    "breaker": "calls.errors",
    "budget": "calls.cost",
    "budgets": "calls.cost",
    "profit": "calls.cost",
    "unit_economics": "calls.cost",
    "movers": "calls.cost",
    "cost_split": "calls.cost",
    "cost_drivers": "calls.cost",
    "cost_forecast": "calls.cost",
    "requests_forecast": "calls.requests",
    "total_tokens_forecast": "calls.total_tokens",
    "anomalies": "calls.cost",
    "advice": "calls.cost",
    "reconciliation": "bills.amount",
    "gap_causes": "bills.amount",
    "gap_lines": "bills.amount",
    "unit_costs": "calls.cost",
    "unit_course": "calls.cost",
    **dict.fromkeys(
        ("context", "context_groups", "cache_waste", "cache_breaks", "cache_changes", "waste"), "calls.cost"
    ),
    "token_efficiency": "calls.total_tokens",
}
#: Facts of judgements that are measures under another name, or are called as one that they are not.
_FACTS: Final[Mapping[str, str]] = {
    "budget.spent": "calls.cost",
    "token_efficiency.actual_tokens": "calls.total_tokens",
    "token_efficiency.estimated_tokens": "calls.total_tokens",
    "breaker.trips": "calls.errors",
}
#: Facts that are about another window than their judgement.
_WINDOWS: Final = {"burn_5m": "5m", "burn_30m": "30m", "burn_1h": "1h", "burn_6h": "6h", "burn_3d": "72h"}
#: What records are called in the title of a link.
RECORDS: Final = {CALLS: "calls", "tools": "tool calls", "runs": "runs", "jobs": "job runs", "logs": "log lines"}
#: Separates the ends of a period of its own.
BETWEEN: Final = "|"


class Counted(NamedTuple):
    """The measure whose records a name's number rests on, and the window that it always has; '' for the panel's."""

    measure: str
    since: str = ""


class Condition(NamedTuple):
    """Only records whose value of a dimension (without its cube) is one of `values`, or with `not in` none of them."""

    by: str
    values: tuple[str, ...]
    op: Op = "in"


@lru_cache(maxsize=1_024)
def counted(of: str) -> Counted | None:
    """What the number under a name of a measure, judgement or fact of one counts; None where that is no records.

    A judgement leads to the records that it judges; a fact of it that is a measure, to those of the measure.
    """
    if not of.startswith(JUDGED):
        cube, _, rest = of.partition(".")
        short = rest.partition(".")[0]
        known = cube in CUBES and short in CUBES[cube].measures
        return Counted(f"{cube}.{short}") if known else None
    judged, fact = judgement_of(of)
    since = _WINDOWS.get(fact, judged.window)
    named = _FACTS.get(f"{judged.name}.{fact}", "")
    for cube in dict.fromkeys((judged.cube, CALLS)):
        if fact in CUBES[cube].measures and not named:
            return Counted(f"{cube}.{fact}", since)
    # The first measure of each cube counts its records.
    named = named or _JUDGES.get(judged.name, f"{judged.cube}.{next(iter(CUBES[judged.cube].measures))}")
    return Counted(named, since)


@dataclass(frozen=True, slots=True)
class Drill:
    """What all numbers of a panel have in common: its window and zone, and the filters by cube."""

    since: str
    until: str
    tz: str
    where: Mapping[str, tuple[Filter, ...]]
    #: What the panel shows first; '' where that counts no records.
    first: str = ""

    @classmethod
    def of(cls, context: Context, window: Window | None, names: Iterable[str], where: Sequence[Filter] = ()) -> Drill:
        """Of a panel over a window (None: all there is) that is computed from these names, with conditions."""
        since, until = window.asked if window else ("all", "")
        measures = [one.measure for name in names if (one := counted(name))]
        filters = {
            cube: (*context.where(cube), *(one for one in where if one.dimension.startswith(f"{cube}.")))
            for cube in dict.fromkeys((CALLS, *(name.partition(".")[0] for name in measures)))
        }
        return cls(since, until, context.scope.zone.key, filters, next(iter(measures), ""))

    def query(self, of: str, at: Sequence[Condition] = (), within: str = "") -> Query | None:
        """The query whose answer the number of `of` is; None where it counts no records, or is of too many names.

        Args:
            of: A measure, a judgement, or a fact of one.
            at: What the number is about: its row, its column, its mark.
            within: Its period, where that is not the panel's: `24h`, or two RFC 3339 times with `|` between.
        """
        what = counted(of)
        if what is None or any(len(one.values) > MOST_VALUES for one in at):
            return None
        cube = what.measure.partition(".")[0]
        since, until = self.since, self.until
        if own := within or what.since:
            since, _, until = own.partition(BETWEEN)
        where = (*self.where.get(cube, ()), *(Filter(f"{cube}.{one.by}", one.op, one.values) for one in at))
        return Query(measures=(what.measure,), where=where, since=since, until=until, tz=self.tz)

    def address(self, of: str, at: Sequence[Condition] = (), within: str = "") -> str:
        """The list of the records behind a number; '' where there are none. See :meth:`query`."""
        query = self.query(of, at, within)
        return addresses.records(query) if query else ""

    def told(self) -> dict[str, Any]:
        """The same for the browser."""
        where = {cube: [addresses.listed(one) for one in filters] for cube, filters in self.where.items()}
        told = {"to": addresses.EXPLORE, "since": self.since, "until": self.until, "tz": self.tz, "of": self.first}
        return told | {"where": where}
