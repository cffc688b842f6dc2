"""What a condition is: declared once, and from there in the grammar, the form, the API, the docs and the engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

from tokometer.measures import Question, Result
from tokometer.records.labels import MAX_VALUE

if TYPE_CHECKING:
    from tokometer.alerting.rule import Terms
    from tokometer.alerting.situation import Situation


class RuleError(ValueError):
    """Something in a rule cannot be understood: the `field` and the `reason`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """Something that a condition takes."""

    name: str
    title: str
    meaning: str = ""
    form: Literal["number", "whole", "word", "text"] = "number"
    words: tuple[str, ...] = ()
    #: What it is where nothing is said; None with `required` false: it may be left out.
    default: Any = None
    required: bool = False
    least: float = -1e15
    most: float = 1e15
    #: What stands behind the number; `measure`: the unit of what is measured.
    unit: str = ""

    def read(self, given: object) -> Any:  # noqa: ANN401 - float, int or str, as its form says
        """What is given, understood.

        Raises:
            RuleError: It cannot be.
        """
        if self.form == "word":
            if given not in self.words:
                raise RuleError(self.name, f"has to be one of {', '.join(self.words)}")
            return given
        if self.form == "text":
            if not isinstance(given, str) or len(given) > MAX_VALUE:
                raise RuleError(self.name, f"has to be text of at most {MAX_VALUE} characters")
            return given.strip()
        return self._number(given)

    def _number(self, given: object) -> float:
        try:
            text = isinstance(given, str | Decimal | int | float) and not isinstance(given, bool)
            number = float(Decimal(str(given).strip())) if text else float("nan")
        except (InvalidOperation, OverflowError, ValueError):
            number = float("nan")
        if not isfinite(number):
            raise RuleError(self.name, "has to be a number")
        if not self.least <= number <= self.most:
            raise RuleError(self.name, f"has to be from {self.least:g} to {self.most:g}")
        if self.form == "whole" and number != int(number):
            raise RuleError(self.name, "has to be a whole number")
        return int(number) if self.form == "whole" else number


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a condition says at one moment of one value of the rule's dimension ('' where there is none)."""

    value: str = ""
    #: The condition holds.
    holds: bool
    #: It is over; neither where it lies between the two bounds of a rule that has a bound for being over.
    over: bool
    #: What was measured, and what it was compared with; None where that is unknown.
    measured: float | None = None
    against: float | None = None
    #: Both for people.
    words: str = ""


#: Yields what it wants to know, is sent the answers in the same order, and returns the readings. Of values that it
#: does not name the condition is over.
Inquiry = Generator[tuple[Question, ...], tuple[Result, ...], list[Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition: how it is said, what it takes, and how it is read."""

    name: str
    title: str
    meaning: str
    read: Callable[[Terms, Situation], Inquiry]
    #: How a rule of it is told, with what it takes in braces: `is {op} {value}`.
    phrase: str
    takes: tuple[Param, ...] = ()
    #: What is measured: `any` measure or judgement, a `measure` only, or nothing that one could choose.
    of: Literal["any", "measure", ""] = ""
    #: The measure where none can be chosen, for links and marks.
    measure: str = "calls.requests"
    #: The values that are told apart: a dimension, `any` that somebody chooses, or none.
    each: str = ""
    #: The dimensions that can be chosen; empty for all of the cube.
    dimensions: tuple[str, ...] = ()
    #: The window where nothing is said; '' where it has one of its own.
    window: str = ""
    #: Whether filters may be given.
    filtered: bool = True
    #: Whether the past can be asked: a rule can then be tried on it, and late records change what was.
    past: bool = True
    #: The page that shows what is behind it, where that are no records.
    page: str = ""
    #: How often it is worth asking.
    pace: timedelta = timedelta(minutes=1)
    #: A rule as `tokometer.toml` may have it, beside `title` and `condition`.
    example: Mapping[str, Any] = field(default_factory=dict)

    def param(self, name: str) -> Param | None:
        """What it takes under a name."""
        return next((one for one in self.takes if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """Something that is asked or read by itself, and how that goes."""

    name: str
    title: str
    failing: bool
    since: datetime | None = None
    #: Why.
    problem: str = ""


#: Every condition by its name, in the order in which they are offered. Filled by :func:`declare`.
CONDITIONS: Final[dict[str, Condition]] = {}


def declare(condition: Condition) -> Condition:
    """Have a condition: the one place where it has to be said."""
    CONDITIONS[condition.name] = condition
    return condition
