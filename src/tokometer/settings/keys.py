"""What a key takes: declared once at its field, for the reader, the Settings page, the API and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from tokometer.records.units import Unit

#: What a value is written as in the file. `money` is read as Decimal, so that $0.10 is ten cents.
Form = Literal["number", "whole", "money", "text", "word"]


@dataclass(frozen=True, slots=True)
class Key:
    """What a key means and which values it takes."""

    #: For people: a sentence without its full stop.
    meaning: str
    unit: Unit | None = None
    #: Bounds; `above` and `below` are not themselves allowed.
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    #: How many of its unit one of it is: a key in minutes has 60 seconds.
    times: int = 1

    @property
    def bounds(self) -> str:
        """Which numbers it takes, in words: `above 0 and below 1`; empty for all."""
        words = (("above", self.above), ("at least", self.least), ("below", self.below), ("at most", self.most))
        return " and ".join(f"{word} {bound:,}" for word, bound in words if bound is not None)

    def takes(self, number: float | Decimal) -> bool:
        """Whether a number is within the bounds."""
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


@dataclass(frozen=True, slots=True)
class Field:
    """A key as it stands in a section: its name, form, default and declaration."""

    name: str
    key: Key
    form: Form
    #: None where there is none by default.
    default: Any
    required: bool
    #: The words that it takes, where it takes only some.
    words: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """What it takes, in words."""
        if self.form in ("text", "word"):
            return ", ".join(f'"{word}"' for word in self.words) or "text"
        what = {"number": "a number", "whole": "a whole number", "money": "an amount"}[self.form]
        return f"{what} {self.key.bounds}".strip()


_FORMS: Final[dict[Any, Form]] = {float: "number", int: "whole", Decimal: "money", str: "text"}


@cache
def fields_of(section: type[Struct]) -> dict[str, Field]:
    """The keys of a section by name, as they are declared. Fields without a :class:`Key` are none."""
    hints = get_type_hints(section, include_extras=True)
    found: dict[str, Field] = {}
    for field in fields(section):
        hint = hints[field.name]
        if get_origin(hint) is not Annotated:
            continue
        kind, key = get_args(hint)[:2]
        kind = _without_none(kind)
        words = get_args(kind) if get_origin(kind) is Literal else ()
        required = field.default is NODEFAULT and field.default_factory is NODEFAULT
        found[field.name] = Field(
            field.name,
            key,
            "word" if words else _FORMS[kind],
            None if required else field.default,
            required,
            words,
        )
    return found


def _without_none(kind: Any) -> Any:  # noqa: ANN401 - a type as Python writes it
    """`float` of `float | None`."""
    if get_origin(kind) in (Union, type(int | None)):
        return next(one for one in get_args(kind) if one is not type(None))
    return kind
