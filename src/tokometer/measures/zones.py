"""A time zone as quarter hours: piecewise constant offsets, so that no engine has to know any zone.

A *quarter* is the number of a quarter hour since the epoch (UTC). Its *wall quarter* is the same for what clocks on the
wall show: quarter + offset. Since 2015, the earliest time that we keep, every offset and every change of one has been
a whole number of quarter hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from tokometer.measures.errors import QueryError, suggest, told
from tokometer.records.time import QUARTER_SECONDS, QUARTER_US

QUARTERS_PER_DAY: Final = 96
_EPOCH: Final = date(1970, 1, 1)
#: No zone changes its offset twice within a day, so sampling once a day finds every change.
_STRIDE: Final = QUARTERS_PER_DAY


@dataclass(frozen=True, slots=True)
class Piece:
    """Quarters from `start` up to `end` (exclusive) that share an offset."""

    start: int
    end: int
    offset: int


class Zone:
    """A time zone over the quarters from `first` up to `last` (exclusive)."""

    def __init__(self, tz: ZoneInfo, first: int, last: int) -> None:
        self.tz = tz
        self.first = first
        self.last = max(last, first + 1)
        #: The stretches of constant offset, in order, without gaps.
        self.pieces: tuple[Piece, ...] = tuple(self._pieces())
        self._starts = [piece.start for piece in self.pieces]

    def piece(self, quarter: int) -> Piece:
        """The stretch that holds a quarter; the first or last one for a quarter outside the span."""
        return self.pieces[max(bisect_right(self._starts, quarter) - 1, 0)]

    def wall(self, quarter: int) -> int:
        """What clocks on the wall show, as a wall quarter."""
        return quarter + self.piece(quarter).offset

    def first_quarter(self, wall: int) -> int:
        """The first quarter at which clocks show at least `wall`: a day's start also where it has no 0:00."""
        for piece in self.pieces:
            quarter = max(piece.start, wall - piece.offset)
            if quarter < piece.end:
                return quarter
        return wall - self.pieces[-1].offset

    def whole_hours(self, first: int, last: int) -> bool:
        """True if from `first` up to `last` the hours of this zone are those of UTC."""
        met = [piece for piece in self.pieces if piece.start < last and piece.end > first]
        return not any(piece.offset % 4 or (piece.start > first and piece.start % 4) for piece in met)

    def _pieces(self) -> Iterator[Piece]:
        start, offset = self.first, _offset(self.tz, self.first)
        for year in range(_year(self.first), _year(self.last) + 1):
            for quarter, later in _changes(self.tz, year):
                if self.first < quarter < self.last:
                    yield Piece(start, quarter, offset)
                    start, offset = quarter, later
        yield Piece(start, self.last, offset)


@lru_cache(maxsize=64)
def zone_info(name: str) -> ZoneInfo:
    """The zone with an IANA name.

    Raises:
        QueryError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        guess = suggest(name[:60], available_timezones())
        raise QueryError("tz", f"there is no time zone {told(name, 60)!r}{guess}; use an IANA name") from None


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def date_of(number: int) -> date:
    """The date that is `number` days after 1970-01-01."""
    return _EPOCH + timedelta(days=number)


def month_number(day: date) -> int:
    """Months since January 1970."""
    return (day.year - 1970) * 12 + day.month - 1


def month_start(number: int) -> date:
    """The first day of the month that is `number` months after January 1970."""
    return date(1970 + number // 12, number % 12 + 1, 1)


def midnight(day: date, tz: ZoneInfo) -> int:
    """The first moment of a local day, in microseconds since the epoch."""
    wall = day_number(day) * QUARTERS_PER_DAY
    span = Zone(tz, wall - QUARTERS_PER_DAY, wall + QUARTERS_PER_DAY)
    return span.first_quarter(wall) * QUARTER_US


def _year(quarter: int) -> int:
    return datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC).year


def _offset(tz: ZoneInfo, quarter: int) -> int:
    delta = datetime.fromtimestamp(quarter * QUARTER_SECONDS, tz).utcoffset()
    return int((delta or timedelta()).total_seconds()) // QUARTER_SECONDS


@lru_cache(maxsize=512)
def _changes(tz: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The quarters of a (UTC) year at which a new offset begins, with the offset."""
    quarter = day_number(date(year, 1, 1)) * QUARTERS_PER_DAY - 1
    last = day_number(date(year + 1, 1, 1)) * QUARTERS_PER_DAY - 1
    found = []
    offset = _offset(tz, quarter)
    while quarter < last:
        ahead = min(quarter + _STRIDE, last)
        later = _offset(tz, ahead)
        if later != offset:
            low, high = quarter, ahead
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(tz, middle) == offset:
                    low = middle
                else:
                    high = middle
            found.append((high, later))
        quarter, offset = ahead, later
    return tuple(found)
