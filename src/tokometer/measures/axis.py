"""The time axis: which bucket a quarter hour falls into, as SQL and in Python.

A bucket's key is an integer that the engine computes per row; what it means is worked out here. Buckets of a day and
longer are keyed by local date; those of an hour and shorter by absolute time, so that the hour that a change of the
clock repeats stays two buckets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tokometer.measures.dialect import Dialect
from tokometer.measures.errors import QueryError
from tokometer.measures.windows import Window
from tokometer.measures.zones import (
    QUARTERS_PER_DAY,
    Zone,
    date_of,
    day_number,
    month_number,
    month_start,
)
from tokometer.records.time import MICROSECONDS, QUARTER_US

Grain = Literal["minute", "five_minutes", "quarter", "hour", "day", "week", "month", "year"]
GRAINS: Final[tuple[Grain, ...]] = ("minute", "five_minutes", "quarter", "hour", "day", "week", "month", "year")
#: More than anyone can look at, and little enough to hold.
MOST_BUCKETS: Final = 20_000
_MINUTE_US: Final = 60 * MICROSECONDS
_MINUTES: Final[dict[str, int]] = {"minute": 1, "five_minutes": 5}
_QUARTERS_PER_HOUR: Final = 4
_QUARTERS_PER_WEEK: Final = 7 * QUARTERS_PER_DAY
#: 1970-01-01 was a Thursday, three days after a Monday.
_FROM_MONDAY: Final = 3 * QUARTERS_PER_DAY

#: The longest window, in hours, for which a grain is chosen when none is asked for.
_AUTOMATIC: Final[tuple[tuple[float, Grain], ...]] = (
    (3, "minute"),
    (12, "quarter"),
    (4 * 24, "hour"),
    (120 * 24, "day"),
    (2 * 366 * 24, "week"),
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a time axis: its key, and from when to when it is, in microseconds since the epoch."""

    key: int
    start: int
    end: int


def grain_for(window: Window) -> Grain:
    """A grain with which a window makes a readable chart."""
    hours = (window.until - window.since) / 3600 / MICROSECONDS
    return next((grain for longest, grain in _AUTOMATIC if hours <= longest), "month")


class Axis:
    """The local time of one window."""

    def __init__(self, window: Window, tz: ZoneInfo) -> None:
        self.window = window
        self.tz = tz
        self.first = window.since // QUARTER_US
        self.last = -(-window.until // QUARTER_US)
        #: Reaches beyond the window, because a bucket can begin before it and end after it.
        self.zone = Zone(tz, self.first - 400 * QUARTERS_PER_DAY, self.last + 400 * QUARTERS_PER_DAY)

    # -- in SQL ------------------------------------------------------------------------------------------------

    def wall(self, quarter: str, modulo: int = 0) -> str:
        """SQL for the wall quarter of a quarter; with `modulo`, only its rest needs to be right."""
        pieces: list[tuple[int, int]] = []
        for piece in self.zone.pieces:
            if piece.end <= self.first or piece.start >= self.last:
                continue
            offset = piece.offset % modulo if modulo else piece.offset
            if pieces and pieces[-1][1] == offset:
                pieces[-1] = (piece.end, offset)
            else:
                pieces.append((piece.end, offset))
        if len(pieces) == 1:
            return f"({quarter} + {pieces[0][1]})" if pieces[0][1] else quarter
        cases = " ".join(f"WHEN {quarter} < {end} THEN {offset}" for end, offset in pieces[:-1])
        return f"({quarter} + CASE {cases} ELSE {pieces[-1][1]} END)"

    def key(self, grain: Grain, quarter: str, micros: str, dialect: Dialect) -> str:
        """SQL for the key of the bucket that a quarter (or, below a quarter, a time in microseconds) falls into."""
        if grain in _MINUTES:
            return dialect.divide(micros, _MINUTES[grain] * _MINUTE_US)
        if grain == "quarter":
            return quarter
        if grain == "hour":
            return self._hour(quarter)
        if grain == "week":
            return dialect.divide(f"({self.wall(quarter)} + {_FROM_MONDAY})", _QUARTERS_PER_WEEK)
        day = dialect.divide(self.wall(quarter), QUARTERS_PER_DAY)
        return day if grain == "day" else self.coarsen(grain, day, dialect)

    def _hour(self, quarter: str) -> str:
        key = f"({quarter} - {self.wall(quarter, _QUARTERS_PER_HOUR)} % {_QUARTERS_PER_HOUR})"
        for piece in self.zone.pieces:
            change = piece.start
            whole = (change + piece.offset) % _QUARTERS_PER_HOUR == 0
            if not whole and self.first - _QUARTERS_PER_HOUR < change < self.last:
                # Clocks changed in the middle of a local hour: what follows is a bucket of its own.
                key = f"CASE WHEN {quarter} >= {change} AND {key} < {change} THEN {change} ELSE {key} END"
        return key

    @staticmethod
    def coarsen(grain: Grain, day: str, dialect: Dialect) -> str:
        """SQL for the key of a month or year from a day's."""
        month = dialect.month_of(day)
        return month if grain == "month" else dialect.divide(month, 12)

    def hour_of_day(self, quarter: str, dialect: Dialect) -> str:
        """SQL for the local hour of the day, 0 to 23."""
        return dialect.divide(f"({self.wall(quarter, QUARTERS_PER_DAY)} % {QUARTERS_PER_DAY})", _QUARTERS_PER_HOUR)

    def weekday(self, quarter: str, dialect: Dialect) -> str:
        """SQL for the local day of the week, 1 (Monday) to 7."""
        return f"{dialect.divide(f'({self.wall(quarter)} + {_FROM_MONDAY})', QUARTERS_PER_DAY)} % 7 + 1"

    # -- in Python ---------------------------------------------------------------------------------------------

    def buckets(self, grain: Grain) -> list[Bucket]:
        """The buckets that the window touches, in order, without gaps.

        Raises:
            QueryError: there are too many.
        """
        self._check(grain)
        if grain in _MINUTES:
            step = _MINUTES[grain] * _MINUTE_US
            keys = range(self.window.since // step, -(-self.window.until // step))
            return [Bucket(key, key * step, (key + 1) * step) for key in keys]
        if grain == "quarter":
            return [Bucket(key, key * QUARTER_US, (key + 1) * QUARTER_US) for key in range(self.first, self.last)]
        if grain == "hour":
            return self._hours()
        number, start = _CALENDAR[grain]
        first, last = (number(self.day(quarter)) for quarter in (self.first, self.last - 1))
        edges = [self._day_start(start(key)) for key in range(first, last + 2)]
        return [Bucket(first + i, edges[i], edges[i + 1]) for i in range(last - first + 1)]

    def day(self, quarter: int) -> date:
        """The local date of a quarter."""
        return date_of(self.zone.wall(quarter) // QUARTERS_PER_DAY)

    def seconds(self, buckets: Sequence[Bucket], now: int) -> dict[int, float]:
        """Seconds of wall time of each bucket that are in the window and have passed, by key."""
        end = min(self.window.until, now)
        return {
            bucket.key: max(min(bucket.end, end) - max(bucket.start, self.window.since), 0) / MICROSECONDS
            for bucket in buckets
        }

    def slices(self, now: int) -> list[tuple[int, int]]:
        """The quarters of the window that have begun, each with the microseconds of it that are in it and passed."""
        end = min(self.window.until, now)
        return [
            (quarter, min((quarter + 1) * QUARTER_US, end) - max(quarter * QUARTER_US, self.window.since))
            for quarter in range(self.first, min(self.last, -(-end // QUARTER_US)))
        ]

    def part(self, name: str, quarter: int) -> int:
        """The value that a time dimension's SQL gives for a quarter."""
        wall = self.zone.wall(quarter)
        day = wall // QUARTERS_PER_DAY
        if name == "hour":
            return wall % QUARTERS_PER_DAY // _QUARTERS_PER_HOUR
        if name == "weekday":
            return (day + 3) % 7 + 1
        return _CALENDAR[name][0](date_of(day))

    def _hours(self) -> list[Bucket]:
        starts: list[int] = []
        for piece in self.zone.pieces:
            low, high = max(piece.start, self.first), min(piece.end, self.last)
            if low < high:
                whole = low - (low + piece.offset) % _QUARTERS_PER_HOUR
                starts += [max(start, piece.start) for start in range(whole, high, _QUARTERS_PER_HOUR)]
        piece = self.zone.piece(self.last - 1)
        end = starts[-1] + _QUARTERS_PER_HOUR - (starts[-1] + piece.offset) % _QUARTERS_PER_HOUR
        edges = [*starts, min(end, piece.end)]
        return [Bucket(low, low * QUARTER_US, high * QUARTER_US) for low, high in pairwise(edges)]

    def _day_start(self, day: date) -> int:
        return self.zone.first_quarter(day_number(day) * QUARTERS_PER_DAY) * QUARTER_US

    def _check(self, grain: Grain) -> None:
        smallest = {**{name: n * _MINUTE_US for name, n in _MINUTES.items()}, "quarter": QUARTER_US}
        length = smallest.get(grain, 3600 * MICROSECONDS if grain == "hour" else 86_400 * MICROSECONDS)
        if (self.window.until - self.window.since) // length > MOST_BUCKETS:
            raise QueryError(
                "grain", f"the window has more than {MOST_BUCKETS:,} buckets of {grain!r}; take a coarser one"
            )


def moment(us: int, tz: ZoneInfo) -> datetime:
    """The datetime at a time in microseconds, with the offset that the zone has then.

    The offset is fixed, because two datetimes of one ZoneInfo are compared by what the clock shows: in the hour that a
    change of the clock repeats, later ones would sort first, and equal ones would not be equal moments.
    """
    local = datetime.fromtimestamp(us // MICROSECONDS, tz)
    return local.replace(microsecond=us % MICROSECONDS, tzinfo=_fixed(local.utcoffset() or timedelta()), fold=0)


@lru_cache(maxsize=256)
def _fixed(offset: timedelta) -> timezone:
    """One object an offset: datetimes that share theirs are compared in a fraction of the time."""
    return timezone(offset)


def index_of(buckets: Sequence[Bucket], us: int) -> int:
    """The position of the bucket that holds a moment, -1 before the first."""
    return bisect_right([bucket.start for bucket in buckets], us) - 1


def _week_number(day: date) -> int:
    return (day_number(day) + 3) // 7


def _week_start(number: int) -> date:
    return date_of(number * 7 - 3)


_CALENDAR: Final[dict[str, tuple[Callable[[date], int], Callable[[int], date]]]] = {
    "day": (day_number, date_of),
    "week": (_week_number, _week_start),
    "month": (month_number, month_start),
    "year": (lambda day: day.year - 1970, lambda key: date(1970 + key, 1, 1)),
}


def date_of_key(name: str, key: int) -> date:
    """The first date of the day, week, month or year with a key."""
    return _CALENDAR[name][1](key)


def key_of_date(name: str, day: date) -> int:
    """The key of the day, week, month or year that holds a date."""
    return _CALENDAR[name][0](day)
