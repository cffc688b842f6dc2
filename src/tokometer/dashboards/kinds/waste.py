"""What was paid for nothing, by kind, with the sessions in which most of it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from tokometer.dashboards import addresses
from tokometer.dashboards.cells import cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.names import source_titles
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.waste import BETWEEN

_OF: Final = "judgement.waste"
_MONTHLY: Final = "judgement.waste.a_month"
_FACTS: Final = (
    *("kind", "title", "a_month", "times", "calls", "sessions", "definition", "mend", "unknown", "lacking"),
)
_SHORT: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste(Placed):
    """Each kind of waste in dollars a month, the largest first: what it is, where it was, how to mend it."""

    kind: ClassVar[str] = "waste"
    #: Sessions that are named of each kind.
    named: int = 3
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_OF,)

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        return () if self.window else ("range", "complete")

    def view(self, context: Context) -> View:
        """Kinds that were found, then those of which nothing is known."""
        window = context.window(self.window)
        rows = context.judge("waste", window).rows
        found = [row for row in rows if row["waste"]]
        titles = source_titles()
        said = {
            "kinds": [self._kind(row) for row in found],
            "clean": [row["title"] for row in rows if row["waste"] == 0],
            "unknown": _unknown(rows, titles),
        }
        table = Table(
            (_OF, *(f"{_OF}.{name}" for name in _FACTS)),
            [(row["waste"], *(row[name] for name in _FACTS)) for row in rows],
        )
        return View(said, table, window, empty=not rows)

    def _kind(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **{name: row[name] for name in ("kind", "title", "definition", "mend")},
            "a_month": cell(_MONTHLY, {_MONTHLY: row["a_month"]}),
            "whole": cell(_OF, {_OF: row["waste"]}),
            "times": f"{row['times']:,}",
            "calls": f"{row['calls']:,}",
            "many": f"{row['sessions']:,}",
            "sessions": [_session(name, cost) for name, cost in worst(row)[: self.named]],
        }


def worst(row: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    """The sessions in which most of a kind of waste was, with what it cost there."""
    if not row["worst_costs"]:
        return []
    names, costs = (row["worst"] or "").split(BETWEEN), row["worst_costs"].split(BETWEEN)
    # An id that has what stands between ids in it cannot be told apart: then none is named.
    return list(zip(names, map(Decimal, costs), strict=True)) if len(names) == len(costs) else []


def _session(name: str, cost: Decimal) -> dict[str, str]:
    return {
        "name": name,
        "short": name if len(name) <= _SHORT else f"{name[: _SHORT // 2]}…{name[-_SHORT // 2 :]}",
        "to": addresses.session(name) if name else "",
        "cost": cell(_OF, {_OF: cost}).text,
    }


def _unknown(rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> list[dict[str, str]]:
    """What is not known of which sources."""
    told = []
    for row in rows:
        if row["unknown"]:
            sources = ", ".join(titles.get(name, name) for name in row["unknown"].split(", "))
            told.append({"title": row["title"], "sources": sources, "lacking": row["lacking"]})
    return told
