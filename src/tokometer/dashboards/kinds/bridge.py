"""How a figure came from what it was before: the parts of its change, which add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import JUDGED, described
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.certainty import mark_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import BETWEEN
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.certainty import CERTAINTY
from tokometer.records.units import PERCENT, USD, Number, exact, show

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge(Placed):
    """A judgement whose value is a change, and whose facts `parts` add up to it, from `before` to `after`."""

    kind: ClassVar[str] = "bridge"
    of: str
    before: str
    after: str
    #: Facts, with what they are called here.
    parts: tuple[tuple[str, str], ...]
    #: What stands at both ends, and what the change is against, where that is not the period before.
    ends: tuple[str, str] = ("Before", "Now")
    versus: str = ""
    width: int = 4

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of, *(f"{self.of}.{name}" for name, _ in self.parts))

    def view(self, context: Context) -> View:
        """One judgement."""
        window = context.window(self.window)
        rows = context.judge(self.of, window).rows
        row: Mapping[str, Any] = rows[0] if rows else {}
        change: Number | None = row.get(self.of.removeprefix(JUDGED))
        facts = (self.before, *(name for name, _ in self.parts), self.after)
        sure = (name for name in CERTAINTY if name in row)
        table = [(self.of, change), *((f"{self.of}.{name}", row.get(name)) for name in (*facts, *sure))]
        better = described(self.of).better
        parts = [(name, title) for name, title in self.parts if row and (row[name] or not self.versus)]
        largest = max((abs(float(row[name])) for name, _ in parts), default=0.0)
        row = row if change is not None else {}
        shown = {
            "before": _money(row.get(self.before)),
            "after": _money(row.get(self.after)),
            "change": _part(change, largest, better) if row else None,
            "share": _share(change, row.get(self.before)),
            "parts": [
                _part(row[name], largest, better)
                | {"title": title, "meaning": described(f"{self.of}.{name}").description}
                for name, title in parts
            ]
            if row
            else [],
            "ends": self.ends,
            "steps": bool(row),
            "mark": mark_of(row),
            "versus": self.versus or context.scope.before,
            "earlier": "" if self.versus else _earlier(context, window),
        }
        return View(shown, Table(("measure", "value"), table), window, empty=not row)


def _earlier(context: Context, window: Window) -> str:
    """The period before, as links have it; '' where there is none."""
    meta = context.query(window, "requests", compare=True).meta
    if not (meta.previous_since and meta.previous_until):
        return ""
    return BETWEEN.join((meta.previous_since.isoformat(), meta.previous_until.isoformat()))


def _part(value: Any, largest: float, better: str) -> dict[str, Any]:  # noqa: ANN401 - a number
    """A part: signed to the cent, with a bar from the middle."""
    length = 50 * min(1.0, abs(float(value)) / largest) if largest else 0.0
    money = _money(value)
    good = "" if not value or not better else "better" if (value > 0) == (better == "higher") else "worse"
    return {
        "text": f"+{money['text']}" if value > 0 else money["text"],
        "exact": money["exact"],
        "x": round(50.0 if value > 0 else 50 - length, 2),
        "width": round(length, 2),
        "good": good,
    }


def _money(value: Decimal | None) -> dict[str, str]:
    """To the cent, so that a reader can add up; amounts below a cent as everywhere."""
    if value is None:
        return {"text": show(None, USD), "exact": exact(None, USD)}
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    return {"text": exact(cents, USD) if cents or not value else show(value, USD), "exact": exact(value, USD)}


def _share(change: Any, before: Any) -> str:  # noqa: ANN401 - numbers or None
    if change is None or not before:
        return ""
    share = float(change / before)
    return f"{'+' if share > 0 else ''}{show(share, PERCENT)}"
