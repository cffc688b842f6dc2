"""What a measure can be, and how each kind adds up.

A measure is declared once, as an attribute of a :class:`Cube`. Its kind decides which tables can answer it: sums add
over any cells, quantiles need a histogram, distinct counts need rows of their own, and a ratio is two measures divided
at the very end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import cached_property
from typing import Any, Final, Literal

from tokometer.measures.atoms import RECORDS, Atom, Different, Extreme, Facts, Rank, Total
from tokometer.records.histogram import value_of
from tokometer.records.units import COUNT, MS, TOKENS_PER_SECOND, Unit

Better = Literal["lower", "higher", ""]
LOWER: Final[Better] = "lower"
HIGHER: Final[Better] = "higher"

Value = int | float | Decimal | None
#: A condition on dimensions: dimension → the values that count.
Where = Mapping[str, tuple[str, ...]]

#: Money is kept to the nano-dollar, and so is what is divided out of it.
_NANO: Final = Decimal("0.000000001")
#: More digits than any sum of money, or of tokens, has.
_DIGITS: Final = Context(prec=60)


def snake(name: str) -> str:
    """The name of a class as cubes and tables have it: `KnowledgeBases` is `knowledge_bases`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


@dataclass(eq=False, kw_only=True)
class Named:
    """What dimensions and measures have in common: a name, and words for people."""

    title: str = ""
    description: str = ""
    #: `calls.cost`; filled in by the cube.
    name: str = ""
    #: What a click on a value leads to: dimensions of the same cube, or `call`, `tool`, … for the records themselves.
    drill: tuple[str, ...] = ()

    def __set_name__(self, owner: type, name: str) -> None:
        cube = snake(owner.__name__)
        self.name = f"{cube}.{name}"
        self.title = self.title or name.replace("_", " ").capitalize()

    @cached_property
    def short(self) -> str:
        """The name without its cube, as rows have it."""
        return self.name.partition(".")[2]

    def __str__(self) -> str:
        return self.name


@dataclass(eq=False)
class Dimension(Named):
    """Something to group and filter by. `column` is where the records have it."""

    column: str = ""
    type: Literal["text", "integer", "date"] = field(default="text", kw_only=True)
    #: Values that are kept; the others read as unknown. For a dimension that is a part of another's values.
    only: tuple[str, ...] = field(default=(), kw_only=True)
    #: SQL for the value, of the columns that the records have, where it takes more than one of them.
    sql: str = field(default="", kw_only=True)
    #: For a dimension worked out in Python from the values of its column.
    derive: Callable[[str], str] | None = field(default=None, kw_only=True)

    @property
    def is_time(self) -> bool:
        """True for a part of the local time, which depends on the asker's time zone."""
        return self.column == "quarter"


@dataclass(eq=False, kw_only=True)
class Measure(Named):
    """Something to add up, count, rank or divide."""

    unit: Unit = COUNT
    better: Better = ""

    def atoms(self) -> tuple[Atom, ...]:
        """What has to be fetched."""
        raise NotImplementedError

    def value(self, facts: Facts) -> Value:
        """The measure's value, None where there is none (nothing was measured, or nothing to divide by)."""
        raise NotImplementedError

    def formula(self) -> str:
        """How the value comes about, in words."""
        raise NotImplementedError

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """What kind of value it has: Python's int, float or Decimal."""
        return "number"


def _words(columns: tuple[str, ...], joint: str = " + ") -> str:
    return joint.join(f"`{column}`" for column in columns)


@dataclass(eq=False, kw_only=True)
class _Adding(Measure):
    """A measure that is one total."""

    columns: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    where: Where = field(default_factory=dict)
    #: The column that counts the records for which the value is unknown. If that is all of them, or the others add up
    #: to nothing, the total is unknown, too: a plain 0 would claim that nothing was missing.
    unknown: str = ""

    @cached_property
    def total(self) -> Total:
        """The total that this measure is."""
        return Total(self.columns, self.minus, tuple(self.where.items()), self.unit.style == "money")

    @cached_property
    def _unknown(self) -> Total:
        return Total((self.unknown,))

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (self.total, RECORDS, self._unknown) if self.unknown else (self.total,)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        number: Value = facts.number(self.total)
        if self.unknown:
            missing = facts.number(self._unknown)
            if missing and (not number or missing >= facts.number(RECORDS)):
                return None
        return number

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        text = f"sum of {_words(self.columns)}" if self.columns else "number of records"
        if self.minus:
            text += f" minus {_words(self.minus)}"
        if self.where:
            text += " where " + " and ".join(f"`{name}` is {' or '.join(of)}" for name, of in self.where.items())
        return text

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        style = self.unit.style
        return "money" if style == "money" else "number" if style == "number" else "integer"


class Sum(_Adding):
    """The columns' sum over the records: `Sum("input_tokens", "output_tokens")`."""

    def __init__(self, *columns: str, **words: Any) -> None:  # noqa: ANN401 - see Measure
        super().__init__(columns=columns, **words)


class Quantity(_Adding):
    """The sum of columns that are kept in thousandths."""

    def __init__(self, *columns: str, **words: Any) -> None:  # noqa: ANN401 - see Measure
        super().__init__(columns=columns, **words)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        return facts.number(self.total) / 1000  # type: ignore[no-any-return]

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return f"{super().formula()}, which are kept in thousandths, / 1,000"

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return "number"


class Count(_Adding):
    """The number of records, or of those whose dimensions have the given values: `Count(where={"status": ERRORS})`."""


@dataclass(eq=False)
class Ratio(Measure):
    """One measure divided by another, after both have been added up. Nothing divided by nothing is unknown."""

    numerator: Measure
    denominator: Measure
    #: What the quotient is multiplied with: 1,000,000 for a price per million.
    times: int = field(default=1, kw_only=True)

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (*self.numerator.atoms(), *self.denominator.atoms())

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        upper, lower = self.numerator.value(facts), self.denominator.value(facts)
        if upper is None or not lower:
            return None
        if isinstance(upper, Decimal):
            quotient = _DIGITS.divide(_DIGITS.multiply(upper, Decimal(self.times)), Decimal(lower))
            return quotient.quantize(_NANO, context=_DIGITS) if self.unit.style == "money" else float(quotient)
        return float(upper) * self.times / float(lower)

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        scale = f" × {self.times:,}" if self.times != 1 else ""
        return f"{_named(self.numerator)} / {_named(self.denominator)}{scale}"

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return "money" if self.unit.style == "money" else "number"


@dataclass(eq=False)
class Difference(Measure):
    """One measure minus another; unknown where either is."""

    minuend: Measure
    subtrahend: Measure

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (*self.minuend.atoms(), *self.subtrahend.atoms())

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        left, right = self.minuend.value(facts), self.subtrahend.value(facts)
        if left is None or right is None:
            return None
        if isinstance(left, Decimal):
            return _DIGITS.subtract(left, Decimal(right))
        return left - right  # type: ignore[operator]

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return f"{_named(self.minuend)} − {_named(self.subtrahend)}"

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return self.minuend.type


@dataclass(eq=False)
class Mean(Measure):
    """The mean of a column over the records that have a value; of a duration (µs), in milliseconds."""

    column: str
    #: What counts the records with a value.
    counted: str
    unit: Unit = field(default=MS, kw_only=True)
    #: How many of the column's units are one of the measure's.
    scale: int = field(default=1000, kw_only=True)

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (Total((self.column,)), Total((self.counted,)))

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        upper, lower = (facts.number(atom) for atom in self.atoms())
        return float(upper) / lower / self.scale if lower else None

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return f"sum of `{self.column}` / number of records that have one"


@dataclass(eq=False)
class Quantile(Measure):
    """The smallest value that at least a share of the records do not exceed (nearest rank), in milliseconds.

    `column` is a duration's log bucket (:mod:`tokometer.records.histogram`), so the value is within 1 % of the true
    one; with `exact` it is the duration itself, in microseconds.
    """

    column: str
    share: float
    exact: bool = field(default=False, kw_only=True)
    unit: Unit = field(default=MS, kw_only=True)

    @property
    def rank(self) -> Rank:
        """The rank that this measure is."""
        return Rank(self.column, round(self.share * 1000))

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (self.rank,)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        found = facts.number(self.rank)
        if found is None:
            return None
        return (found if self.exact else value_of(found)) / 1000

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        error = "exact" if self.exact else "from a histogram with log buckets, at most 1 % off"
        return f"nearest rank: the value of rank ⌈{self.share:g} × n⌉ of the n known ones, {error}"


@dataclass(eq=False)
class Distinct(Measure):
    """How many different things took part: sessions."""

    things: str

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (Different(self.things),)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        number: Value = facts.number(self.atoms()[0])
        return number

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return f"number of different {self.things}"

    @property
    def type(self) -> Literal["integer", "number", "money"]:
        """See :attr:`Measure.type`."""
        return "integer"


@dataclass(eq=False)
class Throughput(Measure):
    """A measure per second of wall time of the window, or of the part of the row's time bucket that has passed."""

    amount: Measure
    unit: Unit = field(default=TOKENS_PER_SECOND, kw_only=True)
    #: What the rate a second is multiplied with: 60 for one a minute.
    times: int = field(default=1, kw_only=True)

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return self.amount.atoms()

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        amount = self.amount.value(facts)
        return None if amount is None or facts.seconds <= 0 else float(amount) * self.times / facts.seconds

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        scale = f" × {self.times:,}" if self.times != 1 else ""
        return f"{_named(self.amount)} / seconds of wall time that have passed{scale}"


@dataclass(eq=False)
class Reading(Measure):
    """The largest, smallest or last value of a column of readings."""

    column: str
    which: Literal["max", "min", "last"]

    def atoms(self) -> tuple[Atom, ...]:
        """See :meth:`Measure.atoms`."""
        return (Extreme(self.column, self.which),)

    def value(self, facts: Facts) -> Value:
        """See :meth:`Measure.value`."""
        number: Value = facts.number(self.atoms()[0])
        return number

    def formula(self) -> str:
        """See :meth:`Measure.formula`."""
        return f"{self.which} of `{self.column}`"


def _named(measure: Measure) -> str:
    return f"`{measure.name}`" if measure.name else f"({measure.formula()})"
