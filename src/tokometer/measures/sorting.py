"""What a list of records is sorted by, and the place in it after which a page begins, as SQL and as a token.

Records of the same value come newest first, and records of one moment in the order that every engine has. What is
unknown comes last, whichever way a list is sorted.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import frexp, isfinite
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from tokometer.measures.errors import QueryError
from tokometer.measures.facts import FACTS
from tokometer.measures.query import dimension_named
from tokometer.measures.scope import Scope
from tokometer.measures.windows import Window
from tokometer.records.time import to_us

#: How many characters of a text decide.
_CHARACTERS: Final = 120
#: Bits of a float's mantissa.
_MANTISSA: Final = 53
_MOST_TOKEN: Final = 4_096
#: Amounts have nine digits before the point.
_MOST_USD: Final = 1_000_000_000
_Micros = Annotated[int, Meta(ge=0, lt=1 << 62)]
Kind = Literal["integer", "money", "float", "text"]
_KINDS: Final[dict[str, Kind]] = {"integer": "integer", "money": "money", "number": "float", "text": "text"}


@dataclass(frozen=True, slots=True)
class Order:
    """By which column of a cube, and which way."""

    cube: str
    column: str
    descending: bool

    @property
    def by_time(self) -> bool:
        """True where the time itself decides."""
        return self.column == "at"

    @property
    def kind(self) -> Kind:
        """What is compared."""
        fact = FACTS[self.cube].get(self.column)
        if fact is None:
            return "text" if dimension_named(f"{self.cube}.{self.column}").type == "text" else "integer"
        return "integer" if fact.type == "time" or self._whole else _KINDS[fact.type]

    @property
    def _whole(self) -> str:
        """The column of microseconds that a number of milliseconds is made of."""
        fact = FACTS[self.cube].get(self.column)
        return fact.sql.removesuffix(" / 1e3") if fact and fact.sql.endswith(" / 1e3") else ""

    def sql(self, scope: Scope) -> str:
        """What is compared, as SQL; NULL where it is unknown."""
        fact = FACTS[self.cube].get(self.column)
        if fact is None:
            sql = scope.value(dimension_named(f"{self.cube}.{self.column}"))
        elif fact.type == "time":
            sql = scope.dialect.micros(fact.sql)
        else:
            sql = scope.spelt(self._whole or fact.sql)
        if self.kind == "text":
            return scope.dialect.start(sql, _CHARACTERS)
        # Infinity and NaN are shown as unknown, and engines place them differently.
        return f"CASE WHEN isFinite({sql}) THEN {sql} END" if self.kind == "float" else f"({sql})"

    def value(self, scope: Scope, value: Any) -> str:  # noqa: ANN401 - as the kind has it
        """A value that it is compared with, bound, in the type of the column."""
        if self.kind == "text":
            return scope.bind(str(value))
        if self.kind == "integer":
            return f"CAST({scope.bind(str(value))} AS Int128)" if abs(value) >= 1 << 62 else scope.bind(int(value))
        if self.kind == "money":
            return f"CAST({scope.bind(format(value, 'f'))} AS DECIMAL(18, 9))"
        mantissa, exponent = frexp(value)
        whole = scope.bind(int(mantissa * (1 << _MANTISSA)))
        # From its parts, because engines read decimals to different last digits.
        return f"(CAST({whole} AS DOUBLE) * pow(2e0, {scope.bind(exponent - _MANTISSA)}))"


@dataclass(frozen=True, slots=True)
class Place:
    """The last record of a page: its value, when it began, and what tells it from others of that moment."""

    value: Any
    at: int
    source: str
    native_id: str
    workspace: str

    def later(self, scope: Scope, *, newest: bool) -> list[str]:
        """Conditions for what comes after it among records of the same value."""
        than = "<" if newest else ">"
        micros, at = scope.dialect.micros("started_at"), scope.bind(self.at)
        source, native, space = (scope.bind(text) for text in (self.source, self.native_id, self.workspace))
        inner = f"native_id {than} {native} OR native_id = {native} AND workspace {than} {space}"
        return [
            f"{micros} {'<=' if newest else '>='} {at}",
            f"({micros} <> {at} OR source {than} {source} OR source = {source} AND ({inner}))",
        ]


def place_of(row: tuple[Any, ...], kind: Kind) -> Place:
    """The place of a row that begins with the value, the start, the source, the native id and the workspace."""
    value, at, source, native_id, workspace = row[:5]
    if isinstance(value, float) and not isfinite(value):
        value = None
    if value is not None:
        value = int(value) if kind == "integer" else value
    return Place(value, to_us(at) if isinstance(at, datetime) else int(at), source, native_id, workspace)


class _Told(Struct, array_like=True, forbid_unknown_fields=True):
    """A place as text has it."""

    digest: str
    since: _Micros
    until: _Micros
    #: Amounts as decimals, floats in hexadecimal; None where it is unknown.
    value: str | None
    at: _Micros
    source: str
    native_id: str
    workspace: str


def token(digest: str, window: Window, place: Place) -> str:
    """A place in the list of a question, within the window that its first page had, as text for an address."""
    value = place.value.hex() if isinstance(place.value, float) else place.value
    told = _Told(
        digest,
        window.since,
        window.until,
        None if value is None else str(value),
        place.at,
        *(place.source, place.native_id, place.workspace),
    )
    return urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")


def placed(digest: str, given: str, kind: Kind) -> tuple[Window, Place]:
    """What :func:`token` made text of.

    Raises:
        QueryError: It is no such text, or that of another question.
    """
    try:
        text = urlsafe_b64decode(given[:_MOST_TOKEN] + "=" * (-len(given) % 4))
        told = msgspec.json.decode(text, type=_Told)
        value = None if told.value is None else _READ[kind](told.value)
    except (ValueError, InvalidOperation, OverflowError):
        raise QueryError("after", "it is no place in a list; begin at the first page") from None
    if told.digest != digest:
        raise QueryError("after", "it is a place in the list of another question; begin at the first page")
    if told.since >= told.until or (kind != "text" and value is not None and not _FITS[kind](value)):
        raise QueryError("after", "it is no place in a list; begin at the first page")
    return Window(told.since, told.until), Place(value, told.at, told.source, told.native_id, told.workspace)


_READ: Final[dict[Kind, Callable[[str], Any]]] = {
    "text": str,
    "integer": int,
    "money": Decimal,
    "float": float.fromhex,
}
#: Values that a column can have.
_FITS: Final[dict[Kind, Callable[[Any], bool]]] = {
    "integer": lambda value: abs(value) < 1 << 126,
    "money": lambda value: value.is_finite() and abs(value) < _MOST_USD,
    "float": isfinite,
}
