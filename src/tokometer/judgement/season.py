"""What is usual at an hour or on a day: level, hour of the day, day of the week, and how far values stray from it.

All of it is made of medians, so that the spikes that are looked for do not hide themselves. Values are first taken to a
scale on which small ones count as they are and large ones by their ratio (asinh), because use and its noise multiply.
On that scale

    value = level of the week around it + profile of its hour (workdays and weekends apart) + effect of its weekday

and the spread is the larger of 1.4826 × the median distance and the 80 % distance / 1.28; where the values of one hour
stray more than others do, it is theirs. A change of level that stays is followed by the level within days: it is a
shift (:mod:`tokometer.judgement.shifts`), not a row of spikes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import asinh, sinh, sqrt
from statistics import median
from typing import Final, TypeVar

#: Complete days before anything is called usual, and before weekdays and weekends are told apart.
LEAST_DAYS: Final = 7
_WEEKS: Final = 14
#: Days on either side of a day whose median is its level.
_AROUND: Final = 3
#: The least spread that is believed, on the scale: about so much of a value.
_LEAST_SPREAD: Final = 0.08
#: The weight of the spread of all values against that of an hour's own, in values.
_PRIOR: Final = 12
_MAD: Final = 1.4826
_Z80: Final = 1.2815515655446004
_Z95: Final = 1.959963984540054
#: With more of its periods without use than this, something is used now and then.
_NOW_AND_THEN: Final = 0.25
#: Where the scale turns from counting to comparing: this part of the median of what is not zero.
_TURN: Final = 0.25
#: Less than this is nothing of anything, and too little to divide by.
_LEAST: Final = 1e-100
_SATURDAY: Final = 5
_DAILY: Final = timedelta(hours=20)

#: A period's start, in the zone whose days and hours count, and its value.
Point = tuple[datetime, float]
_Slot = tuple[int, bool]
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of a period: the middle, four spreads to either side of it, in the unit of the values."""

    expected: float
    low: float
    high: float
    #: How many spreads a value is above what is expected; below it, negative. None where no value was given.
    score: float | None = None


class Season:
    """What is usual in a series of hours or days, learned from all of it: for past windows from both sides.

    Args:
        points: Periods of one length in order; gaps are allowed. A period without use is a zero, one of which nothing
            is known is left out.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        self._turn = (_median(value for _, value in points if value > _LEAST) or 1.0) * _TURN
        self.daily = len(points) > 1 and step_of(points) >= _DAILY
        days = sorted({at.date() for at, _ in points})
        #: Complete days that it rests on, from the first to the last.
        self.days = (days[-1] - days[0]).days + 1 if days else 0
        #: Weekends are told from workdays, and weekdays from each other.
        self._apart = self.days >= _WEEKS
        scaled = [(at, self._scaled(value)) for at, value in points]
        self._profile: Mapping[_Slot, float] = {}
        self._weekdays: Mapping[int, float] = {}
        self._levels = _levels(scaled)
        self._learn(scaled)
        left = [(at, value - self._middle(at)) for at, value in scaled]
        self._spread = _spread(
            [value for _, value in left],
            [abs(value) for (_, value), (_, was) in zip(left, points, strict=True) if was > 0],
        )
        alike = _grouped((self._slot(at), value) for at, value in left)
        self._spreads = {slot: _shrunk(values, self._spread) for slot, values in alike.items()}

    @property
    def known(self) -> bool:
        """Whether there is enough of a history to call anything usual."""
        return self.days >= LEAST_DAYS

    def of(self, at: datetime, value: float | None = None) -> Usual:
        """What is usual of the period that starts at a time; of a later one than all, at the last level."""
        middle = self._middle(at)
        spread = max(self._spread, self._spreads.get(self._slot(at), 0.0))
        score = None if value is None else (self._scaled(value) - middle) / spread
        low, high = (self._unscaled(middle + sign * 4 * spread) for sign in (-1, 1))
        return Usual(max(0.0, self._unscaled(middle)), max(0.0, low), max(0.0, high), score)

    def _learn(self, scaled: Sequence[Point]) -> None:
        """The profile of the hours, the effect of weekdays, and the level of what is left of the days."""
        if not self.daily:
            rest = ((at, value - self._level(at)) for at, value in scaled)
            self._profile = _medians((self._slot(at), value) for at, value in rest)
        if self._apart:
            rest = ((at, value - self._middle(at)) for at, value in scaled)
            self._weekdays = _medians((at.weekday(), value) for at, value in rest)
        again = _levels([(at, value - self._middle(at)) for at, value in scaled])
        self._levels = {day: level + again[day] for day, level in self._levels.items()}

    def _slot(self, at: datetime) -> _Slot:
        return (0, False) if self.daily else (at.hour, self._apart and at.weekday() >= _SATURDAY)

    def _level(self, at: datetime) -> float:
        if not self._levels:
            return 0.0
        day = at.date()
        found = self._levels.get(day)
        if found is not None:
            return found
        # A day of which nothing is known has the level of the last one before it.
        before = [known for known in self._levels if known < day]
        return self._levels[max(before) if before else min(self._levels)]

    def _middle(self, at: datetime) -> float:
        return self._level(at) + self._profile.get(self._slot(at), 0.0) + self._weekdays.get(at.weekday(), 0.0)

    def _scaled(self, value: float) -> float:
        return asinh(value / self._turn)

    def _unscaled(self, value: float) -> float:
        # Beyond this no amount of anything is, nor below.
        return sinh(max(min(value, 700.0), -700.0)) * self._turn


def step_of(points: Sequence[Point]) -> timedelta:
    """The length of the periods of a series of two and more; not by the clock on the wall, which is put back."""
    return min(after[0].astimezone(UTC) - before[0].astimezone(UTC) for before, after in pairwise(points))


def _levels(points: Iterable[Point]) -> dict[date, float]:
    """The level of each day: the median of the medians of the week around it; near an end, of the last whole week."""
    days = _medians((at.date(), value) for at, value in points)
    found: dict[date, float] = {}
    if not days:
        return found
    first, last = min(days), max(days) - timedelta(days=2 * _AROUND)
    for day in days:
        start = max(first, min(last, day - timedelta(days=_AROUND)))
        week = (days.get(start + timedelta(days=place)) for place in range(2 * _AROUND + 1))
        found[day] = median([value for value in week if value is not None])
    return found


def _spread(values: Sequence[float], used: Sequence[float]) -> float:
    """The spread of what is left of values, of which these sizes are left where there was any use."""
    if not values:
        return _LEAST_SPREAD
    sizes = sorted(abs(value) for value in values)
    far, farther = (sizes[min(len(sizes) - 1, int(part * len(sizes)))] for part in (0.8, 0.95))
    found = max(_LEAST_SPREAD, _MAD * sizes[len(sizes) // 2], far / _Z80)
    # What is used now and then is not an anomaly each time that it is.
    if not used or len(sizes) - len(used) <= _NOW_AND_THEN * len(sizes):
        return found
    return max(found, farther / _Z95, median(used) / _Z80)


def _shrunk(values: Sequence[float], whole: float) -> float:
    """The spread of an hour's own values, pulled towards that of all while there are few."""
    own = _MAD * median(abs(value) for value in values)
    return sqrt((len(values) * own**2 + _PRIOR * whole**2) / (len(values) + _PRIOR))


def _grouped(pairs: Iterable[tuple[_Key, float]]) -> dict[_Key, list[float]]:
    found: dict[_Key, list[float]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _medians(pairs: Iterable[tuple[_Key, float]]) -> dict[_Key, float]:
    return {key: median(values) for key, values in _grouped(pairs).items()}


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return median(listed) if listed else None
