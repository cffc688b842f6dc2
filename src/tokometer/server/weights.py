"""What an answer takes up in memory, near enough to keep a budget by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from sys import getsizeof
from typing import Any, Final

from msgspec import Struct

from tokometer.settings import Settings

#: So many parts of a long list are weighed, spread over all of it; the others are taken to weigh as much.
_SAMPLE: Final = 200
#: A row has no more columns.
_COLUMNS: Final = 200
#: No answer is nested as deeply; what is below weighs nothing.
_DEEPEST: Final = 8


def weight(value: object, depth: int = 0) -> int:
    """Bytes that a value and what hangs on it take up, estimated from a sample of what is long.

    What many share (settings) weighs nothing; a text that stands in several rows is counted in each.
    """
    if isinstance(value, str | bytes | int | float) or value is None:
        return getsizeof(value)
    if isinstance(value, Settings) or depth > _DEEPEST:
        return 0
    own = getsizeof(value)
    if isinstance(value, Mapping):
        # The names of a row's columns are the same objects in all rows.
        return own + _sampled(value.values(), depth) + (_sampled(value, depth) if len(value) > _COLUMNS else 0)
    if isinstance(value, list | tuple | set | frozenset):
        return own + _sampled(value, depth)
    return own + sum(weight(part, depth + 1) for part in _parts(value))


def _sampled(parts: Collection[Any], depth: int) -> int:
    step = max(1, len(parts) // _SAMPLE)
    weighed = [weight(part, depth + 1) for part in islice(parts, 0, None, step)]
    return sum(weighed) * len(parts) // len(weighed) if weighed else 0


def _parts(value: object) -> Iterable[object]:
    """The fields of a value of one of our own types."""
    if isinstance(value, Struct):
        return (getattr(value, name) for name in value.__struct_fields__)
    if is_dataclass(value):
        return (getattr(value, field.name) for field in fields(value))
    return ()
