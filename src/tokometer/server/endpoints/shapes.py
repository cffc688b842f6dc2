"""How values of answers are written as JSON: their type, their unit, and so many digits that no sum of floats shows.

Ratios are written in per cent (0 to 100) and money as numbers, as the documents that name these endpoints have them;
`/api/query` has ratios from 0 to 1 and money as decimal text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from tokometer.judgement.health import NO_DATA


@dataclass(frozen=True, slots=True)
class Shape:
    """How one value is written; what is not known is null whatever the shape."""

    type: Literal["integer", "number", "string", "boolean"]
    #: In words; empty for what is no number.
    unit: str
    write: Callable[[Any], Any]
    #: As JSON Schema has it: `date-time`, `date`, `uri`.
    format: str = ""

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        told: dict[str, Any] = {"type": [self.type, "null"]}
        return told | ({"format": self.format} if self.format else {})


def rfc3339(moment: datetime) -> str:
    """A time with its offset, `Z` for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if moment.utcoffset() == UTC.utcoffset(None) else text


def _rounded(places: int, times: int = 1, by: int = 1) -> Callable[[Any], float]:
    """A float of so many places; sums of decimals are exact up to here."""

    def write(value: Any) -> float:  # noqa: ANN401 - int, float or Decimal
        if isinstance(value, Decimal):
            return float(round(value * times / by, places))
        return round(float(value) * times / by, places)

    return write


def _status(value: str) -> str:
    return "no_data" if value == NO_DATA else value


WHOLE: Final = Shape("integer", "", int)
TOKENS: Final = Shape("integer", "tokens", int)
NUMBER: Final = Shape("number", "", _rounded(6))
PERCENT: Final = Shape("number", "per cent, 0 to 100", _rounded(6, times=100))
CHANGE: Final = Shape("number", "per cent", _rounded(6, times=100))
SCORE: Final = Shape("number", "score, 0 to 100", _rounded(6))
MS: Final = Shape("number", "milliseconds", _rounded(3))
SECONDS: Final = Shape("number", "seconds", _rounded(3))
MINUTES: Final = Shape("number", "minutes", _rounded(6, by=60_000))
USD: Final = Shape("number", "US dollars", _rounded(9))
USD_PER_MTOK: Final = Shape("number", "US dollars per million tokens", _rounded(9))
#: Of an amount per million tokens.
USD_PER_TOKEN: Final = Shape("number", "US dollars per token", _rounded(15, by=1_000_000))
PER_MINUTE: Final = Shape("number", "per minute", _rounded(6))
PER_SECOND: Final = Shape("number", "per second", _rounded(6))
BYTES: Final = Shape("integer", "bytes", int)
TEXT: Final = Shape("string", "", str)
STATUS: Final = Shape("string", "", _status)
TIME: Final = Shape("string", "", rfc3339, "date-time")
DATE: Final = Shape(
    "string", "", lambda value: (value.date() if isinstance(value, datetime) else value).isoformat(), "date"
)
FLAG: Final = Shape("boolean", "", bool)
#: Of a breaker's state.
IS_OPEN: Final = Shape("boolean", "", lambda state: state == "OPEN")
