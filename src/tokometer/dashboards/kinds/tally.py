"""How many ended in which way: a bar of the parts, their counts, and what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import STANDING, described, rows_of
from tokometer.dashboards.cells import cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.figure import figure
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import PERCENT, show

#: Which standing each part is drawn in; what is none of these is neither good nor bad.
_STATES: Final = {"ok": "good", "failed": "critical", "skipped": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Placed):
    """A judgement whose facts count how many ended in which way (`parts`), with further facts in words."""

    kind: ClassVar[str] = "tally"
    of: str
    parts: tuple[str, ...]
    facts: tuple[str, ...] = ()
    #: What is said where nothing has happened.
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of, *(f"{self.of}.{name}" for name in (*self.parts, *self.facts)))

    def view(self, context: Context) -> View:
        """The share that went well, and the counts behind it."""
        window = context.window(self.window)
        rows = rows_of(context, self.measures, window=window)
        row: dict[str, Any] = rows[0] if rows else {}
        counts = {name: int(row.get(f"{self.of}.{name}") or 0) for name in self.parts}
        whole = sum(counts.values())
        shown: dict[str, Any] = {
            "figure": figure(self.of, row.get(self.of)),
            "standing": str(row.get(self.of + STANDING) or "none"),
            "parts": [self._part(name, count, whole) for name, count in counts.items()],
            "facts": [
                {"title": described(f"{self.of}.{name}").title, "cell": cell(f"{self.of}.{name}", row)}
                for name in self.facts
                if row.get(f"{self.of}.{name}") not in (None, "", 0)
            ],
            "nothing": self.nothing,
        }
        at = 0.0
        for part in shown["parts"]:
            part["at"], at = at, at + part["share"]
        table = Table(("measure", "value"), [(name, row.get(name)) for name in self.measures])
        return View(shown, table, window, empty=not whole)

    def _part(self, name: str, count: int, whole: int) -> dict[str, Any]:
        share = count / whole if whole else 0.0
        return {
            "name": f"{self.of}.{name}",
            "title": described(f"{self.of}.{name}").title,
            "count": f"{count:,}",
            "share": share,
            "share_text": show(share, PERCENT),
            "state": _STATES.get(name, "none"),
        }
