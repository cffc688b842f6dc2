"""Records by what they measure: `latency_ms >= 30000`, `cost > 0.5`. For lists; sums are not kept by such numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import force_setattr

from tokometer.measures.errors import QueryError, suggest, told
from tokometer.measures.fact import Fact
from tokometer.measures.facts import FACTS

if TYPE_CHECKING:
    from tokometer.measures.scope import Scope

Compares = Literal[">=", "<=", ">", "<"]
_TEXT: Final = re.compile(r"\s*([\w.]+)\s*(>=|<=|>|<)\s*(.+?)\s*", re.DOTALL)
#: A column of microseconds, of which milliseconds are told.
_OF_MICROS: Final = " / 1e3"
#: No number of a record has more digits.
_MOST_DIGITS: Final = 30
_MICROS: Final = 1_000


class Comparison(Struct, frozen=True, forbid_unknown_fields=True):
    """Only records whose number (a fact's short name, in the fact's unit) is above, or below, a value.

    Raises:
        QueryError: What is compared is no number.
    """

    fact: str
    op: Compares
    #: A decimal number.
    value: str

    def __post_init__(self) -> None:
        if self.op not in get_args(Compares):
            raise QueryError("where", f"there is no operator {told(self.op, 10)!r}")
        try:
            number = Decimal(self.value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
            raise QueryError("where", f"{self.fact} is compared with a number, not {told(self.value, 40)!r}")
        force_setattr(self, "value", format(number, "f"))

    def __str__(self) -> str:
        return f"{self.fact} {self.op} {self.value}"

    @classmethod
    def parse(cls, given: object, cube: str) -> Comparison:
        """A comparison from its text, `calls.latency_ms >= 1000`, or from what it is as plain data.

        Raises:
            QueryError: The cube's records have no such number.
        """
        if isinstance(given, Comparison):
            fact, op, value = given.fact, given.op, given.value
        elif isinstance(given, Mapping) and set(given) == {"fact", "op", "value"}:
            fact, op, value = (str(given[name]) for name in ("fact", "op", "value"))  # type: ignore[assignment]
        else:
            match = _TEXT.fullmatch(str(given))
            if match is None:
                raise QueryError("where", f"{told(given, 60)!r} compares nothing; write latency_ms >= 1000")
            fact, op, value = match.groups()  # type: ignore[assignment]
            value = _one(value)
        short = fact.removeprefix(f"{cube}.")
        known = comparable(cube)
        if short not in known:
            meant = suggest(short, known) or f"; there are {', '.join(known)}"
            raise QueryError("where", f"{cube} have no number {told(fact, 60)!r}{meant}")
        return cls(short, op, value)

    def condition(self, scope: Scope, cube: str) -> str:
        """The same as SQL; what is unknown is neither above nor below."""
        fact = FACTS[cube][self.fact]
        number, sql = Decimal(self.value), fact.sql
        if sql.endswith(_OF_MICROS):
            number, sql = number * _MICROS, sql.removesuffix(_OF_MICROS)
        elif fact.type == "number":
            # From its digits, as every engine reads them.
            return f"({scope.spelt(sql)}) {self.op} CAST({scope.bind(self.value)} AS DOUBLE)"
        elif fact.type == "money":
            return f"({scope.spelt(sql)}) {self.op} CAST({scope.bind(self.value)} AS DECIMAL(38, 9))"
        # Whole numbers are compared with the next whole one.
        up = self.op in (">=", "<")
        whole = int(number.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))
        return f"({scope.spelt(sql)}) {self.op} CAST({scope.bind(str(whole))} AS Int128)"


def is_comparison(text: str) -> bool:
    """Whether a text compares something, rather than naming values."""
    return _TEXT.fullmatch(text) is not None


def comparable(cube: str) -> dict[str, Fact]:
    """The numbers of a cube's records, by short name: those that a record itself has."""
    return {
        name: fact
        for name, fact in FACTS[cube].items()
        if fact.type in ("integer", "number", "money") and not fact.detail
    }


def _one(value: str) -> str:
    """A value alone, also where an address has it as a list."""
    if not value.startswith("["):
        return value
    try:
        [one] = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return value
    return str(one)
