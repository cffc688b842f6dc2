"""What matters most, in sentences: what was spent, where it is heading, what to do, what was for nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import PERCENT, USD, show

_COST: Final = "calls.cost"
_SPLIT: Final = "judgement.cost_split"
#: What a changed cost comes from, in words.
_EFFECTS: Final = {"volume": "use", "mix": "the mix of models", "price": "what a token costs"}
#: Less of a change than this is no news.
_NEWS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: what it is about, how it stands, and words with figures between them."""

    about: str
    state: str
    #: Texts, each with the measure that it is a figure of, or ''.
    parts: tuple[tuple[str, str], ...]
    #: The panel of the page that tells more: an anchor.
    to: str

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(part for part, _ in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief(Placed):
    """What a good analyst would write at the head of a note, the viewer's calls and window being what they are."""

    kind: ClassVar[str] = "brief"
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_COST, _SPLIT, "judgement.budget", "judgement.advice", "judgement.waste", "judgement.cron")

    def view(self, context: Context) -> View:
        """A sentence of each that has something to say."""
        window = context.window(self.window)
        told = [sentence for tell in _TELLS if (sentence := tell(context, window))]
        # Its sentences name their windows themselves.
        said = {"sentences": told, "sub": "", "of_window": True}
        table = Table(("about", "state", "text"), [(one.about, one.state, one.text) for one in told])
        return View(said, table, window, empty=not told)


def _spent(context: Context, window: Window) -> Sentence | None:
    row = next(iter(context.judge(_SPLIT, window).rows), None)
    if row is None or row["cost"] is None:
        return None
    cost, previous = show(row["cost"], USD), row["previous"]
    whole = (("Spent: ", ""), (cost, _COST))
    change = float((row["cost"] - previous) / previous) if previous else 0.0
    if abs(change) < _NEWS:
        words = ", about as much as in the period before." if previous else "."
        return Sentence("spent", "none", (*whole, (words, "")), "decisions-split")
    more = "more" if change > 0 else "less"
    parts = sorted(_EFFECTS, key=lambda name: -abs(row[name] or 0))
    causes = ", ".join(f"{_signed(row[name])} by {_EFFECTS[name]}" for name in parts if row[name])
    mover = next((one for one in context.judge("movers", window, "model").rows if one["movers"]), None)
    most = f" Most moved {mover['model']} ({_signed(mover['movers'])})." if mover else ""
    words = f", {show(abs(change), PERCENT)} {more} than in the period before: {causes}.{most}"
    return Sentence("spent", "warning" if change > 0 else "good", (*whole, (words, "")), "decisions-split")


def _heading(context: Context, _window: Window) -> Sentence | None:
    rows = context.judge("budget", context.window("month")).rows
    row: Mapping[str, Any] | None = next((one for one in rows if one["monthly_budget"] is not None), None)
    if row is None or row["projected"] is None:
        return None
    over = Decimal(row["projected"]) - Decimal(row["monthly_budget"])
    ends = f"{show(abs(over), USD)} {'over' if over > 0 else 'below'} its budget of {show(row['monthly_budget'], USD)}"
    words = f"The month is heading for {show(row['projected'], USD)}, {ends}."
    return Sentence("budget", row["standing"], ((words, ""),), "decisions-budgets")


def _advised(context: Context, window: Window) -> Sentence | None:
    answered = {one.key for one in context.answered()}
    rows = [row for row in context.judge("advice", window).rows if row["advice"] and row["key"] not in answered]
    if not rows:
        return None
    first, *rest = rows
    more = f" {len(rest)} more could save something; they do not add up." if len(rest) > 1 else ""
    words = f"The largest saving is {show(first['a_month'], USD)} a month. {first['title']}.{more}"
    return Sentence("advice", "none", ((words, ""),), "decisions-advice")


def _wasted(context: Context, window: Window) -> Sentence | None:
    rows = [row for row in context.judge("waste", window).rows if row["waste"]]
    if not rows:
        return None
    told = [f"{_lower(row['title'])} ({show(row['a_month'], USD)} a month)" for row in rows[:2]]
    return Sentence("waste", "none", ((f"Paid for nothing: most for {' and '.join(told)}.", ""),), "decisions-waste")


def _ran(context: Context, _window: Window) -> Sentence | None:
    row = next(iter(context.judge("cron", context.window("7d")).rows), None)
    if row is None or row["cron"] is None:
        return None
    words = f"Of the scheduled runs of seven days {show(row['cron'], PERCENT)} ended well."
    if row["worst_job"] and row["worst_failures"]:
        cause = row["worst_cause"] or "it did not say why"
        words += f" {row['worst_job']} failed most, {row['worst_failures']:,} times: {cause}."
    return Sentence("jobs", row["standing"], ((words, ""),), "decisions-cron")


def _signed(value: Decimal | None) -> str:
    amount = value or Decimal(0)
    return f"{'+' if amount > 0 else '–'}{show(abs(amount), USD)}"


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


_TELLS: Final[tuple[Callable[[Context, Window], Sentence | None], ...]] = (_spent, _heading, _advised, _wasted, _ran)
