"""When people and machines work: how much of the demo's traffic falls into each hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from tokometer.demo.company import ZONES

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
#: In an hour.
SECONDS: Final = 3600

#: How busy a desk is at each hour of a local working day.
_WORKDAY: Final = (
    *(0.03, 0.02, 0.01, 0.01, 0.01, 0.03, 0.08, 0.25),
    *(0.62, 0.95, 1.0, 0.97, 0.58, 0.85, 1.0, 0.98),
    *(0.9, 0.68, 0.36, 0.22, 0.17, 0.16, 0.12, 0.06),
)
#: How busy each day is, Monday first.
_WEEK: Final = (0.96, 1.06, 1.1, 1.05, 0.84, 0.17, 0.13)
#: What customers and machines add at any hour, next to the desks.
FLOOR: Final = 0.055
#: By how much traffic grows over the window: e to this power.
_GROWTH: Final = 0.75
_DAY_NOISE: Final = 0.1
#: A last part that is not longer than this belongs to the hour before it: sessions need time to end in.
_TOO_SHORT: Final = HOUR // 2
#: What sessions that began earlier add to the last hour, where nothing of its own runs over into the next.
_CARRIED_OVER: Final = 0.35
_WEEK_DAYS: Final = 7
#: Played on, the demo never falls below this share of what its history has in an hour on average: somebody is looking.
_AWAKE: Final = 0.5

#: Calls a second at a time, in microseconds since the epoch.
Pace = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the window, or the part of it that the window holds."""

    start: int
    end: int
    #: Where its start is in the window, from 0 to 1.
    moment: float
    #: Calls that should have been made by its end, since the window began.
    target: int
    #: How busy each of `ZONES` is.
    zones: tuple[float, ...]
    #: How busy customers and machines are, on the same scale as `zones`.
    machines: float


def desks(us: int) -> tuple[float, ...]:
    """How busy the people of each zone are at a time."""
    busy = []
    for offset, share in ZONES:
        local = us + int(offset * HOUR)
        weekday = (local // DAY + 3) % 7
        busy.append(share * _WORKDAY[local % DAY // HOUR] * _WEEK[weekday])
    return tuple(busy)


def hours(start: int, end: int, calls: int, rng: Random) -> Iterator[Hour]:
    """The hours of a window, with `calls` spread over them: by day and week, growing, no two days alike."""
    found = []
    noise: dict[int, float] = {}
    for hour in range(start // HOUR * HOUR, end - _TOO_SHORT, HOUR):
        begin, stop = max(hour, start), min(hour + HOUR, end)
        if end - stop <= _TOO_SHORT:
            stop = end
        moment = (begin - start) / (end - start)
        day = hour // DAY
        if day not in noise:
            noise[day] = exp(rng.gauss(0, _DAY_NOISE))
        zones = desks(hour)
        weight = (sum(zones) + FLOOR) * exp(_GROWTH * moment) * noise[day] * (stop - begin)
        if stop == end:
            weight *= 1 - _CARRIED_OVER
        found.append((begin, stop, moment, weight, zones))
    total = sum(weight for _, _, _, weight, _ in found)
    reached = 0.0
    for begin, stop, moment, weight, zones in found:
        reached += weight
        yield Hour(begin, stop, moment, round(calls * min(reached / total, 1.0)), zones, FLOOR)


def pace_of(calls: int, start: int, end: int) -> Pace:
    """How fast a history of so many calls between two times goes on: as it went at that hour on its busiest days.

    So the running hour stands among those of the days before, whatever the hour is. At night the history's calls would
    be minutes apart; then there are half as many as in an hour of it on average.
    """
    spread = range(start // HOUR * HOUR, max(end, start + HOUR), HOUR)
    scale = calls / sum(map(_busy, spread)) / SECONDS
    least = _AWAKE * calls / len(spread) / SECONDS

    def pace(at: int) -> float:
        return max(scale * max(_busy(at - day * DAY) for day in range(_WEEK_DAYS)), least)

    return pace


def _busy(at: int) -> float:
    """How busy everybody is at a time, desks and machines."""
    return sum(desks(at)) + FLOOR
