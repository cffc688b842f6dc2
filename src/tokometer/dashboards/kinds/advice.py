"""What could be done otherwise, with what it would save and what says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.cells import cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.panel import Placed, Table, View

_OF: Final = "judgement.advice"
_WEEKLY: Final = "judgement.advice.per_week"
_FACTS: Final = ("title", "detail", "evidence", "rule", "agent", "model", "calls", "per_week")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice(Placed):
    """The pieces of advice about the viewer's calls, the largest saving first."""

    kind: ClassVar[str] = "advice"
    #: Pieces at most; the rest is in the CSV.
    most: int = 5
    width: int = 6

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_OF,)

    def view(self, context: Context) -> View:
        """Each piece, or that there is none."""
        window = context.window(self.window)
        judged = context.judge("advice", window).rows
        shown: list[dict[str, Any]] = [
            {
                "title": row["title"],
                "detail": row["detail"],
                "evidence": row["evidence"],
                "agent": row["agent"],
                "model": row["model"],
                "saving": None if row["advice"] is None else cell(_WEEKLY, {_WEEKLY: row["per_week"]}),
            }
            for row in judged[: self.most]
        ]
        more = len(judged) - len(shown)
        table = Table((_OF, *_FACTS), [(row["advice"], *(row[name] for name in _FACTS)) for row in judged])
        said = {"pieces": shown, "sub": f"{more} more in the CSV" if more else ""}
        return View(said, table, window, empty=not judged)
