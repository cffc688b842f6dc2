"""Numbers as counts: exporters write them as numbers, as text, with a fraction of zero, or in quotes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from tokometer.records.values import whole

_FRACTION_OF_ZERO: Final = re.compile(r'"?([+-]?[0-9]{1,20})(?:\.0*)?"?')

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")


def count(value: object) -> int:
    """A number of tokens. Raises ValueError with a reason that reads on after a name."""
    if isinstance(value, str):
        plain = _FRACTION_OF_ZERO.fullmatch(value.strip())
        if plain is not None:
            value = plain[1]
    return whole(value)


def is_number(value: object) -> bool:
    """Whether a value is a number that says something: not zero, and not true or false."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None and value.strip("+-0.") != ""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and bool(value)
