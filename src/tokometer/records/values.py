"""Values as senders write them, turned into values as records keep them.

Every function here takes what a decoder produced (text, numbers, `Decimal`, booleans, lists) and returns the kept
form, or raises ``ValueError`` with a reason that reads on after the field's name: "is negative". None of them repeats
the value that it refuses: it may be anything, a secret included.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from math import isfinite
from typing import Final

from tokometer.records.lengths import MAX_LONG_TEXT, MAX_MESSAGE, MAX_TEXT
from tokometer.records.record import MAX_TOKENS
from tokometer.records.redaction import BEYOND
from tokometer.records.texts import mend
from tokometer.records.time import LATEST, LATEST_US, to_us

#: DECIMAL(18, 9) ends here.
MAX_NANO_USD: Final = 10**18 - 1
#: Nobody tries anything more often.
MOST_ATTEMPTS: Final = 1_000_000
#: Durations beyond a year are a wrong unit.
MAX_DURATION_US: Final = 366 * 86_400 * 1_000_000
_MOST_MS: Final = MAX_DURATION_US // 1_000

#: A decimal exponent beyond which a number is out of all bounds, or nothing; written out it would fill the memory.
_MOST_DIGITS: Final = 400
#: Below this, in seconds, a float still holds microseconds to spare.
_SHORT: Final = 3600.0
#: Below this, in US dollars, a float holds nano-dollars to a thousandth, and this is far from where rounding turns.
_SMALL_CHANGE: Final = 4096.0
_NEXT_TO: Final = 1 / 16
_MOST_BITS: Final = 1_328  # as many digits
_BEYOND: Final = Decimal("1e400")
_NANO: Final = Decimal(10) ** 9
#: A number with an exponent that decimals do not have: its digits, and the exponent's sign.
_HUGE: Final = re.compile(r"([-+]?[0-9]+(?:\.[0-9]*)?)[eE]([-+]?)[0-9]{9,}")
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,20}")
_DATE_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*([Zz]|[+-]\d\d:?\d\d)?")


def text(value: object) -> str:
    """A name or id. Numbers become their digits; a list its first item (finish reasons come as lists of one)."""
    if isinstance(value, str):
        check_unicode(value)
        # Nothing of ours remembers a name of a megabyte; the gate cuts what is left, and counts it.
        return value if len(value) <= MAX_TEXT else mend(value, "long id")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return text(str(value))
    if isinstance(value, list):
        return text(value[0]) if value else ""
    raise ValueError(f"is {name_of(value)}, not text")


def message(value: object) -> str:
    """An error message, or its start: the gate cuts it, and masks what looks like a secret (`records.texts`)."""
    return value[: MAX_MESSAGE + BEYOND] if isinstance(value, str) else text(value)


def long_text(value: object) -> str:
    """A stack trace, or a body as text or JSON, or its start: the gate cuts it, and masks what looks like a secret."""
    if value is not None and not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return (value or "")[: MAX_LONG_TEXT + BEYOND]


def check_unicode(value: str) -> None:
    """Refuse text that no database and no reader of JSON would take."""
    if "\0" in value:
        raise ValueError("contains a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("contains a lone surrogate (half of a character)") from None


def whole(value: object, limit: int = MAX_TOKENS) -> int:
    """A whole number from 0 to `limit`; digits in text and floats without a fraction are accepted."""
    number = value if value.__class__ is int else _integer(value, limit)
    if number < 0:
        raise ValueError("is negative")
    if number > limit:
        raise ValueError(f"is more than {limit:,}" + (" (2^53)" if limit == MAX_TOKENS else ""))
    return number


def _integer(value: object, limit: int) -> int:
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise ValueError("is text, not a whole number")
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (float, Decimal)):
        raise ValueError(f"is {name_of(value)}, not a whole number")  # noqa: TRY004 - a reason, see above
    if not isfinite(value):
        raise ValueError(f"is {name_of(value)}, not a whole number")
    if abs(value) > limit if isinstance(value, float) else value.adjusted() > _MOST_DIGITS or value > limit:
        # Its digits are not worth writing out: 1e300.
        return limit + 1 if value > 0 else -1
    if isinstance(value, Decimal) and value < 0:
        return -1
    if value != int(value):
        raise ValueError("has a fraction; it is a whole number")
    return int(value)


def decimal(text: str) -> Decimal:
    """A number as JSON has it, for decoders; one with an exponent that no decimal has is infinite, or 0.

    Raises:
        ValueError: It is text, not a number.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        found = _HUGE.fullmatch(text)
        if found is None:
            raise ValueError("is text, not a number") from None
        return Decimal(0) if found[2] == "-" or not found[1].strip("-+0.") else Decimal("Infinity")


def number(value: object) -> Decimal:
    """A finite number, exactly as written; one beyond all bounds is 10^400, which every bound of a field refuses."""
    if isinstance(value, str):
        value = decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError(f"is {name_of(value)}, not a number")  # noqa: TRY004 - a reason, see above
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() <= _MOST_BITS else _BEYOND.copy_sign(-1 if value < 0 else 1)
    if not isfinite(value):
        raise ValueError(f"is {name_of(value)}, not a number")
    # `repr` of a float is the shortest text that means it, which is what its sender wrote.
    amount = Decimal(repr(value)) if isinstance(value, float) else value
    if amount.adjusted() > _MOST_DIGITS:
        return _BEYOND.copy_sign(amount)
    return amount if amount.adjusted() > -_MOST_DIGITS else Decimal(0)


def floating(value: object) -> float:
    """A number that a float can hold."""
    found = float(number(value))
    if not isfinite(found):
        raise ValueError("is more than a number can be")
    return found


def duration(value: object, unit_us: int) -> int:
    """A duration given in units of `unit_us` microseconds, in whole microseconds."""
    if isinstance(value, float) and 0 <= value < _SHORT:
        # Exact enough (2^-53 of an hour) and ten times faster than by way of a decimal.
        return round(value * unit_us)
    if value.__class__ is int and 0 <= value <= MAX_DURATION_US // unit_us:
        return int(value) * unit_us
    amount = number(value)
    if amount < 0:
        raise ValueError("is negative")
    if amount > MAX_DURATION_US // unit_us:
        raise ValueError("is more than a year; is the unit wrong?")
    return int((amount * unit_us).to_integral_value(ROUND_HALF_EVEN))


def seconds(value: object) -> int:
    """A duration given in seconds, in whole microseconds."""
    return duration(value, 1_000_000)


def milliseconds(value: object) -> int:
    """A duration given in milliseconds, in whole microseconds."""
    if value.__class__ is int and 0 <= value <= _MOST_MS:
        return value * 1_000
    return duration(value, 1_000)


def money(value: object, *, signed: bool = False) -> int:
    """An amount of US dollars, in whole nano-dollars; beyond nine decimals it is rounded half to even."""
    if value.__class__ is float and 0 <= value < _SMALL_CHANGE:
        # Its sender wrote a number of nano-dollars where it is this close to one: no decimal says it otherwise.
        scaled: float = value * 1e9
        nano = round(scaled)
        if abs(scaled - nano) < _NEXT_TO:
            return nano
    amount = number(value)
    if amount < 0 and not signed:
        raise ValueError("is negative")
    if abs(amount) > MAX_NANO_USD // 10**9:
        raise ValueError("is more than 999,999,999 USD")
    return int((amount * _NANO).to_integral_value(ROUND_HALF_EVEN))


def moment(value: object) -> int:
    """A point in time, in whole microseconds since the epoch.

    Text is RFC 3339 with an offset. A number counts from 1970 in the unit that its size tells: below 10^11 seconds,
    below 10^14 milliseconds, below 10^17 microseconds, above that nanoseconds.
    """
    if isinstance(value, str):
        found = _DATE_TIME.fullmatch(value.strip())
        if found is not None:
            return _date_time(*found.groups())
        if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]*)?", value.strip()):
            raise ValueError("is not a time; write RFC 3339 (2026-11-22T09:30:00Z) or a Unix time")
    amount = number(value)
    if amount < 0:
        raise ValueError("is before 1970")
    if amount < 10**11:
        amount *= 10**6
    elif amount < 10**14:
        amount *= 1000
    elif amount >= 10**17:
        amount /= 1000
    return _not_too_late(LATEST_US + 1 if amount > LATEST_US else int(amount))


def _date_time(date: str, time: str, fraction: str | None, offset: str | None) -> int:
    if offset is None:
        raise ValueError("has no time zone; add Z or an offset such as +05:30")
    if offset not in "Zz" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    try:
        point = datetime.fromisoformat(f"{date}T{time}{'+00:00' if offset in 'Zz' else offset}")
        microseconds = int(f"{fraction or '':0<6}"[:6])
        us = to_us(point) + microseconds
    except (ValueError, OverflowError):
        raise ValueError("is not a date and time that exists") from None
    return _not_too_late(us)


def _not_too_late(us: int) -> int:
    if us > LATEST_US:
        raise ValueError(f"is too far in the future, after {LATEST:%Y}; is the unit wrong?")
    return us


def flag(value: object) -> bool:
    """A yes or no, also as the words `true` and `false`."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError(f"is {name_of(value)}, not true or false")


def name_of(value: object) -> str:
    """What a value is, in words and without its content."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (float, Decimal)) and not isfinite(value):
        return "infinite" if value == value else "NaN"  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    if isinstance(value, (str, bytes)):
        return "text" if isinstance(value, str) else "bytes"
    return "a list" if isinstance(value, list) else "an object"
