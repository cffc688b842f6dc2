"""Atoms: what a query has to fetch before a measure can be computed from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True)
class Total:
    """Columns added up over rows, minus others; with no columns at all, the number of records."""

    columns: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    money: bool = False

    def __hash__(self) -> int:
        # Looked up for each value of each row: hashing all of it would cost more than the rest of a row.
        return hash(self.columns)


@dataclass(frozen=True, slots=True)
class Rank:
    """The value at a share (in thousandths) of the ordered values of a column."""

    column: str
    permille: int


@dataclass(frozen=True, slots=True)
class Different:
    """The number of different things that took part."""

    things: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest, smallest or last value of a column."""

    column: str
    which: Literal["max", "min", "last"]


@dataclass(frozen=True, slots=True)
class Minute:
    """The number of minutes that had calls, or of those in which most of the calls failed."""

    which: Literal["active", "bad"]


#: The number of records.
RECORDS: Final = Total()
#: What a query has to fetch before a measure can be computed.
Atom = Total | Rank | Different | Extreme | Minute


@dataclass(frozen=True, slots=True)
class Facts:
    """The atoms of one row of an answer, and what tells the seconds of wall time that the row stands for."""

    atoms: Mapping[Atom, Any]
    elapsed: Callable[[], float]

    @property
    def seconds(self) -> float:
        """Seconds of wall time; few measures ask, and to know it of hours and weekdays is a walk through the window."""
        return self.elapsed()

    def number(self, atom: Atom) -> Any:  # noqa: ANN401 - int, float or Decimal, as the column has it
        """The value of an atom; what was never seen adds up to nothing."""
        value = self.atoms.get(atom)
        if value is None and isinstance(atom, Total):
            return Decimal(0) if atom.money else 0
        if value is None and isinstance(atom, Different | Minute):
            return 0
        return value
