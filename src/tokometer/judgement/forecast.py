"""Where a period will end: what has been used so far, what the rest should bring, and how sure that is.

What is expected is a mean of smoothers (:mod:`tokometer.judgement.smoothing`), which differ in how fast they follow the
days; each counts by how near it came in back-tests: the same total forecast as of past days, and held against what then
came. The mean itself is tested in the same way, with the weights that it would have had then, and beside it the
seasonal-naive forecast, which takes the last week for every week to come.

The interval is measured rather than assumed. The mean square of those back-tested errors is its variance; as back-tests
of a month overlap and few of them are independent, what the spread of single days makes of a horizon counts beside them
(`σ² Σ (1 + α k / 2)²`, the variance of a smoothed level, halved), as does the doubt of a short history. A Student
quantile of as many degrees of freedom makes 80 % of it. Why no library does this: decision 033.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from tokometer.judgement.smoothing import SEASON_DAYS, SMOOTHERS, WEEK, State, states

#: Days before a forecast is made at all; for more than a month ahead, a quarter of the days ahead.
LEAST_DAYS: Final = 3
_FAR: Final = 31
_FAR_PART: Final = 4
#: What lies farther back teaches nothing.
_LOOK_BACK: Final = 400
#: Days before the first back-test; every day is tested of the last so many, then every second one.
_FIRST_TRIAL: Final = 7
_EVERY_DAY: Final = 60
_MOST_DAYS: Final = 240
#: Back-tests before the weights are theirs, and before their errors are told.
_LEAST_TRIALS: Final = 5
_TOLD_TRIALS: Final = 10
#: How much a back-test counts less for each day that it lies back; the share of the mean error that is none.
_FADING: Final = 0.985
_NO_ERROR: Final = 0.02
#: The weight of what the spread of single days says against independent back-tests, and the parts of it that count.
_PRIOR: Final = 1.5
_PRIOR_SPREAD: Final = 0.38
_PRIOR_ALPHA: Final = 0.5
_TRIED: Final = 0.6
#: The doubt of a short history, as variances: of all days, of less than two weeks, of as many days ahead as it has.
_DOUBT: Final = 0.075
_DOUBT_SHORT: Final = 0.25
_DOUBT_FAR: Final = 0.012
#: The most that the interval may be either side, as a logarithm.
_WIDEST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Day:
    """What one calendar day used, in whatever unit."""

    date: date
    value: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected total of a period; `low` and `high` enclose it in four of five cases."""

    so_far: float
    estimate: float
    low: float
    high: float
    #: Mean size of the back-tested errors of the rest, as a share of the total forecast now; None with too few trials.
    error: float | None
    #: The same of the seasonal-naive forecast, in the same back-tests.
    naive_error: float | None
    #: Complete days that it rests on.
    days: int
    #: Weekdays were told apart.
    seasonal: bool
    #: The expected value of each day left, today's rest first.
    path: tuple[Day, ...] = ()


def least_days(horizon: float) -> int:
    """The complete days that a forecast of so many days ahead needs."""
    return LEAST_DAYS if horizon <= _FAR else math.ceil(horizon / _FAR_PART)


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
        None while too few days are known; see :func:`least_days`.
    """
    values = [day.value for day in history[-_LOOK_BACK:]]
    left = max(0, (end - today.date).days - 1)
    open_part = min(1.0, max(0.0, 1.0 - elapsed))
    horizon = left + open_part
    if len(values) < least_days(horizon):
        return None
    test = back_tested(tuple(values), max(1, round(horizon)))
    dates = [today.date + timedelta(days=ahead) for ahead in range(left + 1)]
    # Today's rest is what such a day brings in the time that is left of it.
    expected = test.days(left + 1)
    path = tuple(
        Day(when, value * (1.0 if ahead else open_part))
        for ahead, (when, value) in enumerate(zip(dates, expected, strict=True))
    )
    rest = math.fsum(day.value for day in path)
    wide = test.width(horizon) if horizon > 0 else 0.0
    told = rest / (so_far + rest) if so_far + rest > 0 else None
    error, naive = (None if told is None or one is None else one * told for one in (test.error, test.naive_error))
    return Forecast(
        so_far=so_far,
        estimate=so_far + rest,
        low=so_far + rest * math.exp(-wide),
        high=so_far + rest * math.exp(wide),
        error=error,
        naive_error=naive,
        days=len(history),
        seasonal=len(values) >= SEASON_DAYS,
        path=path,
    )


class _BackTest:
    """The smoothers as of now and as of past days, their weights, and how far off their mean was."""

    def __init__(self, values: tuple[float, ...], horizon: int) -> None:
        self._values = values
        # A total as long as the one that is forecast, or as the history has room to try.
        self._horizon = max(1, min(horizon, len(values) // 3))
        count = len(values)
        last = count - self._horizon
        cuts = range(max(_FIRST_TRIAL, count - _MOST_DAYS), last + 1)
        self._cuts = [cut for cut in cuts if last - cut < _EVERY_DAY or (last - cut) % 2 == 0]
        found = learned(values)
        self._now = [known[count] for known in found]
        self._totals = [[known[cut].total(self._horizon) for cut in self._cuts] for known in found]
        self._actual = [math.fsum(values[cut : cut + self._horizon]) for cut in self._cuts]
        self._weights = self._learn()
        self._errors = self._try()

    @property
    def error(self) -> float | None:
        """Mean size of the errors over the mean of what came."""
        return self._mean_error(self._forecasts)

    @property
    def naive_error(self) -> float | None:
        """The same of the last week, repeated."""
        weeks, rest = divmod(self._horizon, WEEK)
        naive = [
            weeks * math.fsum(self._values[cut - WEEK : cut]) + math.fsum(self._values[cut - WEEK : cut - WEEK + rest])
            for cut in self._cuts
        ]
        return self._mean_error(naive)

    def days(self, count: int) -> list[float]:
        """What is expected of each of the next days."""
        lines = [state.days(count) for state in self._now]
        return [
            math.fsum(weight * line[ahead] for weight, line in zip(self._weights[-1], lines, strict=True))
            for ahead in range(count)
        ]

    def width(self, horizon: float) -> float:
        """How far the ends of the 80 % interval are from what is expected, as a logarithm."""
        days = max(1, round(horizon))
        alone = len(self._cuts) and (self._cuts[-1] - self._cuts[0] + 1) / self._horizon
        tried = 0.0
        if self._errors:
            tried = _TRIED * math.fsum(error * error for error in self._errors) / len(self._errors)
            tried *= (self._alone(days) / self._alone(self._horizon)) ** 2
        count = len(self._values)
        doubt = _DOUBT / count + _DOUBT_SHORT * max(0.0, 1.0 - count / SEASON_DAYS) ** 2
        doubt += _DOUBT_FAR * (days / count) ** 2
        variance = (alone * tried + _PRIOR * self._alone(days) ** 2) / (alone + _PRIOR) + doubt
        return min(_WIDEST, _student(alone + _PRIOR + 1.0) * math.sqrt(variance))

    def _learn(self) -> list[list[float]]:
        """The weights of the smoothers before each back-test, and now: of those whose outcome was known then."""
        sums = [0.0] * len(SMOOTHERS)
        found, known = [], 0
        for cut in [*self._cuts, len(self._values)]:
            while known < len(self._cuts) and self._cuts[known] + self._horizon <= cut:
                off = [abs(totals[known] - self._actual[known]) for totals in self._totals]
                sums = [_FADING * total + error for total, error in zip(sums, off, strict=True)]
                known += 1
            found.append(_weights(sums, known))
        return found

    def _try(self) -> list[float]:
        """The errors of the mean in the back-tests, as shares of what it expected; and what it expected."""
        self._forecasts = [
            math.fsum(weight * totals[place] for weight, totals in zip(weights, self._totals, strict=True))
            for place, weights in enumerate(self._weights[:-1])
        ]
        pairs = zip(self._actual, self._forecasts, strict=True)
        return [min(2.5, abs(actual / expected - 1.0)) for actual, expected in pairs if expected > 0]

    def _mean_error(self, forecasts: Sequence[float]) -> float | None:
        came = math.fsum(self._actual)
        if len(self._cuts) < _TOLD_TRIALS or came <= 0:
            return None
        return math.fsum(abs(a - b) for a, b in zip(forecasts, self._actual, strict=True)) / came

    def _alone(self, days: int) -> float:
        """The spread of a total of so many days that the spread of single days makes, as a share of it."""
        alpha = math.fsum(weight * how.alpha for weight, how in zip(self._weights[-1], SMOOTHERS, strict=True))
        spread = math.fsum(w * state.spread for w, state in zip(self._weights[-1], self._now, strict=True))
        follow = _PRIOR_ALPHA * alpha
        # Σ (1 + a k)² for k from 0 to days − 1.
        total = days + follow * days * (days - 1) + follow**2 * (days - 1) * days * (2 * days - 1) / 6
        return _PRIOR_SPREAD * max(spread, 1e-9) * math.sqrt(total) / days


@lru_cache(maxsize=32)
def learned(values: tuple[float, ...]) -> tuple[Mapping[int, State], ...]:
    """What each smoother knows after each number of days: the same for all horizons, of which there are several."""
    return tuple(states(values, how, range(1, len(values) + 1)) for how in SMOOTHERS)


@lru_cache(maxsize=512)
def back_tested(values: tuple[float, ...], horizon: int) -> _BackTest:
    """What complete days tell of as many days to come: the same until another is over, however often it is asked."""
    return _BackTest(values, horizon)


def _weights(sums: Sequence[float], known: int) -> list[float]:
    """By the inverse fourth power of the errors so far; alike while there are few."""
    mean = math.fsum(sums) / len(sums)
    if known < _LEAST_TRIALS or mean <= 0:
        return [1.0 / len(sums)] * len(sums)
    found = [(mean / (one + _NO_ERROR * mean)) ** 4 for one in sums]
    whole = math.fsum(found)
    return [one / whole for one in found]


def _student(freedom: float) -> float:
    """The 90 % quantile of Student's distribution, by its expansion around the normal one (Abramowitz 26.7.5)."""
    z = 1.2815515655446004
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
