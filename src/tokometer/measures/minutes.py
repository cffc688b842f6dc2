"""Availability is told by the minute: how many minutes had calls, and in how many of them most calls failed.

A minute counts for the calls that are asked for, whatever they are: a group of them, those that a filter lets through.
So the minutes of two groups are not those of both together, and are never added up. Of a window that begins or ends
within a minute, only the calls inside decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tokometer.measures.atoms import Atom, Facts, Minute
from tokometer.measures.kinds import Measure, Value

_WORDS: Final = {
    "active": "number of minutes that had calls",
    "bad": "number of minutes in which fewer than half of the calls succeeded; a cancelled one counts as succeeded",
}


@dataclass(eq=False)
class Minutes(Measure):
    """How many minutes had calls (`active`), or had calls of which fewer than half succeeded (`bad`)."""

    which: Literal["active", "bad"]

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (Minute(self.which),)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        number: Value = facts.number(Minute(self.which))
        return number

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return _WORDS[self.which]

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return "integer"
