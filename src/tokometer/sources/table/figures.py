"""Numbers as tables write them in text: grouped, with a comma for a point, in dollars, or not there at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

#: What stands in a column of numbers or times where there is none.
_NONE: Final = frozenset(
    {"", "null", "none", "nan", "n/a", "na", "nil", "undefined", "\\n", "-", "\u2013", "\u2014", "<na>", "nat"}
)
#: The same in a column of text, where `NA` can be a name.
_NO_TEXT: Final = frozenset({"", "NULL", "\\N"})
#: What groups digits beside commas and points: spaces, thin and not breaking ones too, and the apostrophe.
_SPACES: Final = " '\u2019\u00a0\u2009\u202f"
_GROUPED: Final = {
    # By the mark of the fraction: 1,234.5 and 1 234.5; 1.234,5 and 1 234,5.
    ".": re.compile(rf"[-+]?\d{{1,3}}(?:,\d{{3}})+(?:\.\d*)?|[-+]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:\.\d*)?"),
    ",": re.compile(rf"[-+]?\d{{1,3}}(?:\.\d{{3}})+(?:,\d*)?|[-+]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:,\d*)?"),
}
_GROUPING: Final = {mark: re.compile(rf"[{other}{_SPACES}]") for mark, other in ((".", ","), (",", "."))}
_COMMA: Final = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d{1,3})?")
_DOLLARS: Final = re.compile(r"(?:US)?\$|\bUSD\b", re.IGNORECASE)
#: What most numbers look like.
_SIMPLE: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?")
#: Of these a comma that is no group of thousands tells that it is the mark of fractions, and a point that it is not.
_WITH_COMMA: Final = re.compile(r"\s*[-+]?\d+(?:\.\d{3})*,\d+\s*(?:\$|USD)?\s*")
_THOUSANDS: Final = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:,\d{3})+\s*(?:\$|USD)?\s*")
_WITH_POINT: Final = re.compile(r"\s*\$?\s*[-+]?\d+(?:,\d{3})*\.(?:\d{1,2}|\d{4,})(?:[eE][-+]?\d+)?\s*")


def is_absent(value: object, *, number: bool) -> bool:
    """Whether a value is none, in a column of numbers or times or (`number` is false) of text."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in _NONE if number else value in _NO_TEXT
    return isinstance(value, (float, Decimal)) and value != value  # noqa: PLR0124 - not a number


def plain(value: str, mark: str) -> str:
    """A number as everybody reads it; what is none is given back as it is. `mark` parts its fraction: "." or ","."""
    if value.isdecimal() or (mark == "." and _SIMPLE.fullmatch(value)):
        return value
    found = _DOLLARS.sub("", value).strip() if "$" in value or "USD" in value.upper() else value.strip()
    if _GROUPED[mark].fullmatch(found):
        found = _GROUPING[mark].sub("", found)
    if mark == "," and _COMMA.fullmatch(found):
        found = found.replace(",", ".")
    return found


def mark_of(values: Iterable[object]) -> str:
    """What parts fractions in a table: "," where some numbers say so and none says otherwise, else ""."""
    comma = False
    for value in values:
        if not isinstance(value, str):
            continue
        if "." in value and _WITH_POINT.fullmatch(value):
            return ""
        comma = comma or ("," in value and bool(_WITH_COMMA.fullmatch(value)) and not _THOUSANDS.fullmatch(value))
    return "," if comma else ""
