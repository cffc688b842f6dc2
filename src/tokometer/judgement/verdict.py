"""Whether a call may be made: which budgets are for it, what is left of them, and what follows from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from tokometer.records.units import PERCENT, USD, show
from tokometer.settings import BudgetLine

Word = Literal["allow", "warn", "stop"]
_RANK: Final[dict[Word, int]] = {"stop": 0, "warn": 1, "allow": 2}
_PERIODS: Final = {"day": "today", "week": "this week", "month": "this month"}
_WHOLE: Final = 1


@dataclass(frozen=True, slots=True)
class Applied:
    """A budget that is for the call."""

    line: BudgetLine
    #: USD in the running period; None where that is not known.
    spent: Decimal | None
    word: Word

    @property
    def used(self) -> float | None:
        """The share of it that is used."""
        return None if self.spent is None else float(self.spent / self.line.amount)

    @property
    def remaining(self) -> Decimal | None:
        """USD; below zero where more was spent."""
        return None if self.spent is None else self.line.amount - self.spent


@dataclass(frozen=True, slots=True)
class Verdict:
    """What whoever is about to make a call should do."""

    word: Word
    #: Why, as a sentence.
    reason: str
    #: The worst one first.
    applied: tuple[Applied, ...]
    #: Dimensions that budgets are for and that nobody told: they may be for the call, too.
    untold: tuple[str, ...]


def decide(
    lines: Iterable[BudgetLine], spent: Mapping[str, Decimal | None], told: Mapping[str, Collection[str]]
) -> Verdict:
    """The verdict on a call.

    *stop* where a budget that is for it, and that stops, is used up; *warn* from the highest of a budget's levels below
    the whole on, and where one is used up that does not stop; else *allow*, also where no budget is for it.

    Args:
        lines: All budgets.
        spent: USD by budget's id, in its running period; without an entry, or None, it is not known.
        told: What is known of the call: by short name of a dimension, values any of which it may be counted under.
    """
    applied, untold = [], set()
    for line in lines:
        missing = [name for name, _ in line.filters if name not in told]
        if any(not set(told[name]) & set(values) for name, values in line.filters if name in told):
            continue
        if missing:
            untold.update(missing)
            continue
        known = spent.get(line.id)
        applied.append(Applied(line, known, _word(line, known)))
    applied.sort(key=lambda one: (_RANK[one.word], -(one.used or 0.0), one.line.title))
    worst = applied[0] if applied else None
    word: Word = worst.word if worst else "allow"
    return Verdict(word, _reason(worst), tuple(applied), tuple(sorted(untold)))


def _word(line: BudgetLine, spent: Decimal | None) -> Word:
    if spent is None:
        return "allow"
    if spent >= line.amount:
        return "stop" if line.stops else "warn"
    warns_at = max((level for level in line.levels if level < _WHOLE), default=None)
    return "warn" if warns_at is not None and float(spent / line.amount) >= warns_at else "allow"


def _reason(worst: Applied | None) -> str:
    if worst is None:
        return "No budget is for this call."
    line = worst.line
    when = _PERIODS[line.period]
    if worst.spent is None or worst.used is None:
        return f"What is spent of the budget {line.title} is not known yet."
    of = f"{show(worst.spent, USD)} of {show(line.amount, USD)} {when}"
    if worst.spent >= line.amount:
        return f"The budget {line.title} is used up: {of}."
    left = show(line.amount - worst.spent, USD)
    return f"{show(worst.used, PERCENT)} of the budget {line.title} is used: {of}; {left} left."
