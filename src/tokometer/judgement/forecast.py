"""Where a period will end: what has been used so far, what the rest should bring, and how sure that is.

The expectation of a day is a level times the share of its weekday. The level is the mean of the recent days, older ones
counting less; shares are used from three whole weeks on, and are pulled towards 1 while there are few weeks. The
interval is not assumed but measured: the same forecast is made as of each past day, and what then came, over as many
days as are now left, is compared with it. The median of those ratios corrects the forecast (use that grows runs ahead
of any mean of the past), their 10 % and 90 % quantiles are the interval, and their spread is the error shown beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

#: Days that the level looks back on, and after how many of them a day counts half.
_LOOK_BACK: Final = 56
_HALF_LIFE: Final = 10.0
_WEEK: Final = 7
#: Whole weeks before weekdays are told apart, and the weight of "every day is alike" against them, in weeks.
_SEASON_WEEKS: Final = 3
_SEASON_PRIOR: Final = 1.0
#: Days before a forecast is made at all, and past forecasts before their errors are believed.
_LEAST_DAYS: Final = 3
_LEAST_TRIALS: Final = 10
_MOST_TRIALS: Final = 60
#: Half of the 80 % interval of a normal distribution, in standard deviations.
_Z80: Final = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Day:
    """What one calendar day used, in whatever unit."""

    date: date
    value: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected total of a period.

    `low` and `high` enclose it in four of five cases and are None while there is too little history to say.
    """

    so_far: float
    estimate: float
    low: float | None
    high: float | None
    #: Median size of the back-tested errors of the rest, as a share of the total forecast then; None without trials.
    error: float | None
    #: Complete days that it rests on.
    days: int
    #: Weekdays were told apart.
    seasonal: bool
    #: The expected value of each day left, today's rest first.
    path: tuple[Day, ...] = ()


def forecast(history: Sequence[Day], so_far: float, today: Day, elapsed: float, end: date) -> Forecast | None:
    """Forecast the total of a period that is under way.

    Args:
        history: Complete days before today, oldest first, without gaps (a day without use is a zero). Days before the
            first use should be left out.
        so_far: What the period has used up to now, today included.
        today: Today's date and what it has used up to now.
        elapsed: The share of today that has passed, 0 to 1.
        end: The first day after the period.

    Returns:
        None while fewer than three days are known.
    """
    values = [day.value for day in history]
    if len(values) < _LEAST_DAYS:
        return None
    left = max(0, (end - today.date).days - 1)
    expectation = _Expectation(values, history[-1].date)
    # Today's rest is what such a day brings in the time that is left of it.
    rest_today = expectation.of(today.date) * min(1.0, max(0.0, 1.0 - elapsed))
    path = [Day(today.date, rest_today)]
    path += [Day(day, expectation.of(day)) for day in (today.date + timedelta(days=ahead + 1) for ahead in range(left))]
    horizon = left + min(1.0, max(0.0, 1.0 - elapsed))
    ratios = sorted(_trials(history, max(1, round(horizon))))
    middle = _quantile(ratios, 0.5) if len(ratios) >= _LEAST_TRIALS else 1.0
    path = [Day(day.date, day.value * middle) for day in path]
    rest = math.fsum(day.value for day in path)
    low, high = _interval(rest, horizon, [ratio / middle for ratio in ratios] if middle > 0 else [], values)
    return Forecast(
        so_far=so_far,
        estimate=so_far + rest,
        low=None if low is None else so_far + low,
        high=None if high is None else so_far + high,
        error=_typical([ratio / middle for ratio in ratios] if middle > 0 else [], rest, so_far),
        days=len(values),
        seasonal=expectation.seasonal,
        path=tuple(path),
    )


class _Expectation:
    """What a day of a given date is expected to bring, learnt from complete days up to `last`."""

    def __init__(self, values: Sequence[float], last: date) -> None:
        recent = values[-_LOOK_BACK:]
        self.seasonal = len(recent) >= _SEASON_WEEKS * _WEEK
        dates = [(last.toordinal() - back - 1) % _WEEK for back in range(len(recent))][::-1]
        shares = _weekday_shares(recent, dates) if self.seasonal else [1.0] * _WEEK
        total = weight = 0.0
        for back, (value, weekday) in enumerate(zip(reversed(recent), reversed(dates), strict=True)):
            counts = 0.5 ** (back / _HALF_LIFE)
            # Both sides keep the weekday's share, so that a weekday that is always zero does not divide by it.
            total += counts * value
            weight += counts * shares[weekday]
        self._level = total / weight if weight > 0 else 0.0
        self._shares = shares

    def of(self, day: date) -> float:
        return self._level * self._shares[(day.toordinal() - 1) % _WEEK]


def _weekday_shares(values: Sequence[float], weekdays: Sequence[int]) -> list[float]:
    """Each weekday's mean over the mean of all days, pulled towards 1 while few weeks are known."""
    mean = math.fsum(values) / len(values)
    if mean <= 0:
        return [1.0] * _WEEK
    sums, counts = [0.0] * _WEEK, [0] * _WEEK
    for value, weekday in zip(values, weekdays, strict=True):
        sums[weekday] += value / mean
        counts[weekday] += 1
    return [(total + _SEASON_PRIOR) / (count + _SEASON_PRIOR) for total, count in zip(sums, counts, strict=True)]


def _trials(history: Sequence[Day], horizon: int) -> list[float]:
    """Actual over forecast of the same horizon, as of past days; past totals of zero teach nothing and are left out."""
    first = max(_LEAST_DAYS, len(history) - horizon - _MOST_TRIALS)
    ratios = []
    for cut in range(first, len(history) - horizon + 1):
        known = [day.value for day in history[:cut]]
        expectation = _Expectation(known, history[cut - 1].date)
        expected = math.fsum(expectation.of(day.date) for day in history[cut : cut + horizon])
        if expected > 0:
            ratios.append(math.fsum(day.value for day in history[cut : cut + horizon]) / expected)
    return ratios


def _interval(
    rest: float, horizon: float, ratios: Sequence[float], values: Sequence[float]
) -> tuple[float | None, float | None]:
    """The 80 % interval of what is still to come: from past errors (`ratios`, sorted) or, without, the spread."""
    if horizon <= 0:
        return rest, rest
    if len(ratios) >= _LEAST_TRIALS:
        return rest * min(1.0, _quantile(ratios, 0.1)), rest * max(1.0, _quantile(ratios, 0.9))
    if len(values) < _WEEK:
        return None, None
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
    # The level itself is only known as well as that many days can tell it.
    width = _Z80 * spread * math.sqrt(horizon + horizon * horizon / len(values))
    return max(0.0, rest - width), rest + width


def _typical(ratios: Sequence[float], rest: float, so_far: float) -> float | None:
    """The median error of past forecasts of the rest, as a share of the total that is forecast now."""
    total = so_far + rest
    if len(ratios) < _LEAST_TRIALS or total <= 0:
        return None
    return _quantile(sorted(abs(ratio - 1.0) for ratio in ratios), 0.5) * rest / total


def _quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile of sorted values, linear between them."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
