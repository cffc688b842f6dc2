"""Time as the product keeps it: whole microseconds since 1970-01-01 UTC, and quarter hours of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from tokometer.records.errors import RecordError

MICROSECONDS: Final = 1_000_000
QUARTER_SECONDS: Final = 900
QUARTER_US: Final = QUARTER_SECONDS * MICROSECONDS

#: Nothing that we meter existed before; an earlier time is a broken clock or a wrong unit.
EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
EARLIEST_US: Final = int(EARLIEST.timestamp()) * MICROSECONDS
#: What claims to be of a later time is of a wrong unit, whatever our clock says.
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
LATEST_US: Final = int(LATEST.timestamp()) * MICROSECONDS
#: How far ahead of our clock a record may be before it is kept aside until our clock has come to it.
CLOCK_SKEW: Final = timedelta(days=1)
CLOCK_SKEW_US: Final = 86_400 * MICROSECONDS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


#: Where the time comes from, in nanoseconds since the epoch; tests put another clock in its place.
_clock: Callable[[], int] = time.time_ns


def now_us() -> int:
    """The time now, in microseconds since the epoch."""
    return _clock() // 1_000


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch, exactly; a naive datetime is read as UTC."""
    try:
        since = moment - _EPOCH
    except TypeError:
        # Asking each for its zone beforehand would cost more than all the rest.
        since = moment.replace(tzinfo=UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * MICROSECONDS + since.microseconds


def to_datetime(us: int) -> datetime:
    """The aware UTC datetime of `us` microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=us)


def quarter_of(us: int) -> int:
    """The number of the quarter hour that holds this moment, counted from the epoch."""
    return us // QUARTER_US


def check_time(us: int, field: str) -> int:
    """`us` if it can be the time of a record whatever our clock says, which may be wrong; see `records.gate` for that.

    Raises:
        RecordError: It cannot.
    """
    if us < EARLIEST_US:
        raise RecordError(field, f"{show_time(us)} is before {EARLIEST:%Y}; is the unit wrong?")
    if us > LATEST_US:
        raise RecordError(field, f"{show_time(us)} is in the future, after {LATEST:%Y}; is the unit wrong?")
    return us


def show_time(us: int) -> str:
    """A time for people: `2026-11-22T09:30:00Z`."""
    try:
        return to_datetime(us).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{us} µs"
