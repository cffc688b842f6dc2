"""The gap between billed and metered by model and day: where the books do not balance, at a glance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Final

from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Item, heat
from tokometer.dashboards.drawing.periods import ms
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.reconciliation.sides import usd
from tokometer.records.units import USD

_OF: Final = "judgement.reconciliation"
_LINES: Final = "bills.amount"
_DAY: Final = timedelta(days=1)
#: Columns at most: of a longer window, its last days.
_MOST: Final = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMap(Placed):
    """A row a model, a column a day of UTC; the darker, the larger the gap, whichever side has more."""

    kind: ClassVar[str] = "gapmap"
    top: int = 14
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
        """One reconciliation."""
        from tokometer.dashboards.reconciled import book_of

        window = context.window(self.window)
        book = book_of(context, window)
        gaps: defaultdict[str, dict[date, int]] = defaultdict(dict)
        called: dict[str, str] = {}
        for one in book.parted:
            cell = one.cell
            if cell.provider in book.unbilled:
                continue
            gaps[cell.model][cell.day] = gaps[cell.model].get(cell.day, 0) + cell.gap
            called.setdefault(cell.model, min(cell.stated or cell.called or {""}))
        order = sorted(gaps, key=lambda name: (-sum(abs(gap) for gap in gaps[name].values()), name))[: self.top]
        end = min(book.span.end, context.scope.now.astimezone(UTC).date() + _DAY)
        days = [book.span.first + at * _DAY for at in range((end - book.span.first).days)][-_MOST:]
        names = Names("model", context.colours, order)
        items = [
            Item(name, names.label(name) if name else "(no model)", names.colour(name), filter="model")
            for name in order
        ]
        values = [[_dollars(gaps[name].get(day)) for day in days] for name in order]
        chart = heat(
            items,
            [f"{day.day} {day:%b}" for day in days],
            values,
            USD,
            titles=[f"{day:%A}, {day.day} {day:%B} (UTC)" for day in days],
            what="Gap (billed − metered)",
            colour="cost",
        )
        chart["of"] = _LINES
        chart["rows"] = [["model", called[name]] for name in order]
        starts = [datetime.combine(day, time(), UTC) for day in days]
        chart["columns"] = [[ms(start), ms(start + _DAY)] for start in starts]
        rows = [(name, day.isoformat(), usd(gap)) for name in gaps for day, gap in sorted(gaps[name].items())]
        shown: dict[str, Any] = {
            "key": "",
            "sub": "days of UTC",
            "tall": "tall",
            "alt": f"Gap by model and day, {window.title}",
        }
        return View(shown, Table(("model", "day", "gap"), rows), window, chart, empty=not rows)


def _dollars(gap: int | None) -> float | None:
    return None if gap is None else float(usd(gap))
