"""Times and durations as databases write them → as our own record format takes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tokometer.records.time import to_us
from tokometer.records.values import number
from tokometer.sources.table.written import Told, told_of, written

#: .NET counts ticks of 100 ns from the year 1; as nanoseconds from 1970 these would be in 1989 to 1992.
_TICKS_1970: Final = 621_355_968_000_000_000
_TICKS: Final = (620_000_000_000_000_000, 700_000_000_000_000_000)
#: Julian days of 1970 and of 2100; as seconds these would be in January 1970.
_JULIAN_1970: Final = Decimal("2440587.5")
_JULIAN: Final = (Decimal(2440588), Decimal(2488070))
_DAY_US: Final = 86_400_000_000
_US: Final = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
_MS: Final = {"s": Decimal(1_000), "ms": Decimal(1), "us": Decimal("0.001"), "ns": Decimal("0.000001")} | {
    "ticks": Decimal("0.0001"),
    "julian": Decimal(86_400_000),
}
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NAIVE: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:[.,]\d+)?\s*(?:[Zz]|[+-]\d\d:?\d\d)")
_SHORT_OFFSET: Final = re.compile(r"(.*\d)\s*([+-]\d\d)")
_DIGITS: Final = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE]\+?[0-9]{1,2})?")
_MOST_EXPONENT: Final = 30
#: A day as a number: 20261105. As seconds these would all be in August 1970.
_DAYS: Final = (20_000_101, 20_991_231)
_DAY: Final = re.compile(r"(20\d\d)(\d\d)(\d\d)")
#: `TimeSpan` of .NET, `interval` of PostgreSQL: days, hours, minutes, seconds.
_SPAN: Final = re.compile(r"(?:(\d{1,6})(?:\.| days? ?))?(\d{1,4}):(\d\d):(\d\d(?:\.\d+)?)")


def time_of(value: object, unit: str = "") -> object:
    """A point in time as `records.values.moment` takes it; text without a zone is in UTC, or `unit` names it.

    What is no time is given back as it is, for its field to refuse.

    Raises:
        RecordError: It does not say which is the day and which the month.
    """
    told = told_of(unit)
    if isinstance(value, datetime):
        return to_us_number(value if told.zone is None or value.tzinfo else value.replace(tzinfo=told.zone))
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, str):
        value = value.strip()
        if not _DIGITS.fullmatch(value):
            return _text_time(value, told)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return value
    try:
        amount = number(value)
    except ValueError:
        return value
    return _counted(amount, told)


def to_us_number(value: datetime) -> int:
    """A time in microseconds since the epoch; one without a zone is in UTC."""
    return to_us(value if value.tzinfo is not None else value.replace(tzinfo=UTC))


def _text_time(value: str, told: Told) -> object:
    if told.zone is None:
        if _DATE.fullmatch(value):
            return f"{value}T00:00:00Z"
        found = _NAIVE.fullmatch(value)
        if found is not None:
            clock = found[2] if found[2].count(":") > 1 else f"{found[2]}:00"
            return f"{found[1]}T{clock}Z"
    # PostgreSQL and SQLite write +00, without minutes.
    short = _SHORT_OFFSET.fullmatch(value)
    if short is not None and ":" in short[1]:
        value = f"{short[1]}{short[2]}:00"
    if _RFC3339.fullmatch(value):
        return value
    point = written(value, told)
    return value if point is None else to_us_number(point)


def _counted(amount: Decimal, told: Told) -> object:
    unit = told.unit
    if unit == "ticks" or (not unit and _TICKS[0] <= amount < _TICKS[1]):
        return _microseconds((amount - _TICKS_1970) / 10)
    if unit == "julian" or (not unit and _JULIAN[0] <= amount < _JULIAN[1]):
        return _microseconds((amount - _JULIAN_1970) * _DAY_US)
    if not unit and _DAYS[0] <= amount <= _DAYS[1] and (day := _DAY.fullmatch(str(amount))) is not None:
        return _text_time("-".join(day.groups()), told)
    if unit:
        return _microseconds(amount * _US[unit])
    # With an exponent it would be text in JSON that nobody takes for a number.
    exponent = amount.as_tuple().exponent
    return int(amount) if isinstance(exponent, int) and 0 < exponent < _MOST_EXPONENT else amount


def _microseconds(amount: Decimal) -> object:
    """Microseconds, said so that no size can be mistaken for another unit."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(amount))
    except (OverflowError, ValueError):
        return "beyond all times"
    return moment.isoformat().replace("+00:00", "Z")


def duration_of(value: object, unit: str = "ms") -> object:
    """A duration in milliseconds; what is none is given back as it is."""
    if isinstance(value, timedelta):
        return value / timedelta(milliseconds=1)
    if isinstance(value, str):
        found = _SPAN.fullmatch(value.strip())
        if found is not None:
            days, hours, minutes, seconds = found.groups()
            whole = int(days or 0) * 86_400 + int(hours) * 3_600 + int(minutes) * 60
            return (whole + Decimal(seconds)) * 1_000
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)) or unit == "ms":
        return value
    try:
        return number(value) * _MS[unit]
    except ValueError:
        return value
