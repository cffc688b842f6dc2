"""The grammar of panels: every kind with its fields, as the dataclasses declare them.

From these come what a declaration as plain data may say (:mod:`tokometer.dashboards.declared`) and the form in which
somebody composes a panel: a new field, or a new kind, is known here without a word about it.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from tokometer.dashboards import kinds
from tokometer.dashboards.calendar import RANGES
from tokometer.dashboards.panel import Placed
from tokometer.measures import Filter

#: Every kind of panel by its name.
KINDS: Final[dict[str, type[Placed]]] = {
    one.kind: one for name in kinds.__all__ if isinstance(one := getattr(kinds, name), type) and issubclass(one, Placed)
}
#: Windows that a panel can always be about.
WINDOWS: Final = ("", *(name for name in RANGES if name != "custom"), "5m", "15m", "6h", "72h")
#: What fields of these names hold, whatever the kind.
DIMENSIONS: Final = ("by", "across", "inner", "group")
_MEASURES: Final = ("of", "columns", "parts", "x", "y", "size", "rank", "figure")
#: Kinds that nobody composes from measures; they are copied, or written as TOML.
_FIXED: Final = ("periods", "cards", "feed", "balance", "bridge", "gapmap", "tally", "verdicts")

Form = Literal["text", "number", "whole", "flag", "word", "measure", "measures", "dimension", "window", "filters", ""]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind: how it is filled in, what it holds, and what it is without."""

    name: str
    #: The type of the dataclass's field.
    hint: Any
    #: What a form has for it; '' for what forms do not fill in.
    form: Form
    required: bool
    default: Any
    #: The words that it takes, where it takes only some.
    words: tuple[str, ...] = ()


def fields_of(kind: Any) -> dict[str, Field]:  # noqa: ANN401 - a dataclass, which is no value of its own type
    """The fields of a kind of panel, or of a part of one such as a column."""
    return _fields(kind)


@cache
def _fields(kind: Any) -> dict[str, Field]:  # noqa: ANN401 - a dataclass
    hints = get_type_hints(kind)
    found = {}
    for one in fields(kind):
        hint = hints[one.name]
        required = one.default is MISSING and one.default_factory is MISSING
        default = None if required or one.default is MISSING else one.default
        words = words_of(hint)
        found[one.name] = Field(one.name, hint, _form(one.name, hint, words), required, default, words)
    return found


def composed() -> list[str]:
    """The kinds that somebody can put together in a form: all whose required fields a form fills in."""
    return [
        kind
        for kind, of in KINDS.items()
        if kind not in _FIXED and all(one.form for one in fields_of(of).values() if one.required)
    ]


def words_of(hint: Any) -> tuple[str, ...]:  # noqa: ANN401 - a type
    """The words of a Literal, or of several."""
    if get_origin(hint) is Literal:
        return tuple(str(word) for word in get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        parts = [words_of(part) for part in get_args(hint)]
        return tuple(dict.fromkeys(word for part in parts for word in part)) if all(parts) else ()
    return ()


def is_named(hint: Any) -> bool:  # noqa: ANN401 - a type
    """Whether a field holds something that is worked out, or nothing."""
    return any(get_origin(part) is Callable for part in parts_of(hint))


def parts_of(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type
    """The types of which a value has one."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def item_of(hint: Any) -> Any:  # noqa: ANN401 - a type
    """What a tuple of any length is of; None where it is none of these."""
    inner = get_args(hint)
    return inner[0] if get_origin(hint) is tuple and len(inner) == 2 and inner[1] is Ellipsis else None  # noqa: PLR2004


def _form(name: str, hint: Any, words: tuple[str, ...]) -> Form:  # noqa: ANN401 - a type
    """How a form has a field filled in."""
    simple: dict[Any, Form] = {bool: "flag", int: "whole", float: "number", str: "text"}
    if name in ("filters", "window"):
        return "filters" if name == "filters" else "window"
    if words:
        return "word"
    if hint is str and name in DIMENSIONS:
        return "dimension"
    if name in _MEASURES and hint is str:
        return "measure"
    item = item_of(hint)
    if name in _MEASURES and (item is str or (is_dataclass(item) and item is not Filter) or _titled(item)):
        return "measures"
    return simple.get(hint, "")


def _titled(item: Any) -> bool:  # noqa: ANN401 - a type
    """Whether an item is a measure with what it is called and its colour."""
    return item is not None and get_args(item) == (str, str, str)
