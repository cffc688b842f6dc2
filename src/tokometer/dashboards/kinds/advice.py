"""What could be done otherwise, with what it would save and what says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answered import DISMISSED, Realised, measured
from tokometer.dashboards.cells import cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import Condition, Drill
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.judgement.advice.rule import CALLS, ERRORS

_OF: Final = "judgement.advice"
_WEEKLY: Final = "judgement.advice.per_week"
_MONTHLY: Final = "judgement.advice.a_month"
_FACTS: Final = (
    *("title", "detail", "evidence", "assumption", "how_to", "rule", "key", "agent", "model", "calls", "per_week"),
    "a_month",
)
#: Dimensions of calls that say what a piece is about.
_ABOUT: Final = ("agent", "model", "knowledge_base")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice(Placed):
    """The pieces of advice about the viewer's calls, the largest saving first. What was answered to is left out."""

    kind: ClassVar[str] = "advice"
    #: Pieces at most; the rest is in the CSV, or, of those that can be answered to, folded below.
    most: int = 5
    #: Each with what it assumes, how it is done, and buttons to dismiss it or say that it is done; what was done is
    #: measured below.
    acting: bool = False
    width: int = 6

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_OF,)

    def view(self, context: Context) -> View:
        """Each piece, or that there is none."""
        window = context.window(self.window)
        judged = context.judge("advice", window).rows
        answers = {one.key: one for one in context.answered()}
        rows = [row for row in judged if row["key"] not in answers]
        drill = Drill.of(context, window, [_OF, CALLS, ERRORS])
        shown = [self._piece(row, drill) for row in (rows if self.acting else rows[: self.most])]
        more = len(rows) - len(shown)
        said: dict[str, Any] = {"pieces": shown, "sub": f"{more} more in the CSV" if more else ""}
        if self.acting:
            said["done"] = [_done(one) for one in measured(context, list(answers.values()))]
            said["dismissed"] = [
                {"key": one.key, "title": one.title or one.key} for one in answers.values() if one.did == DISMISSED
            ]
        table = Table((_OF, *_FACTS), [(row["advice"], *(row[name] for name in _FACTS)) for row in rows])
        return View(said, table, window, empty=not rows)

    def _piece(self, row: Mapping[str, Any], drill: Drill) -> dict[str, Any]:
        name = _MONTHLY if self.acting else _WEEKLY
        about = [Condition(one, (row[one],)) for one in _ABOUT if row[one]]
        # What stands idle is about no calls.
        to = drill.address(row["counts"], about) if row["calls"] else ""
        facts = {one: row[one] for one in ("title", "detail", "evidence", "assumption", "how_to", "key", "about")}
        return {
            **facts,
            "agent": row["agent"],
            "model": row["model"] if row["calls"] else "",
            "saving": None if row["advice"] is None else cell(name, {name: row[name.rpartition(".")[2]]}),
            "calls": f"{row['calls']:,}" if row["calls"] else "",
            "to": to,
        }


def _done(one: Realised) -> dict[str, Any]:
    """A piece that was done, in words."""
    told = {"promised": one.promised, "saved": one.saved, "a_month": one.answer.promised}
    texts = {name: None if value is None else cell(_OF, {_OF: value}).text for name, value in told.items()}
    return {
        **texts,
        "key": one.answer.key,
        "title": one.answer.title or one.answer.key,
        "since": one.answer.created.date().isoformat(),
        "calls": f"{one.calls:,}",
        "good": one.saved is not None and one.promised is not None and one.saved >= one.promised / 2,
    }
