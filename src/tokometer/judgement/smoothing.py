"""Exponential smoothing of days with weeks: what a family of smoothers expects, as of any day of a history.

Each is the damped-trend method with a multiplicative week (Holt, Winters; Gardner and McKenzie 1985). They differ in
how fast they follow: from one that nearly keeps the mean of a year to one that is there within days. Three things are
added: an error counts at most six times the usual one, so that a spike does not become the level; a weekend's error
counts less, as its share is; and where errors keep to one side (Trigg and Leach 1967) it is a step, and the level
begins anew.

A state is made of the days before it only, so that the states of past days are what would have been forecast then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

WEEK: Final = 7
#: Days from which weekdays are told apart.
SEASON_DAYS: Final = 14
#: How fast the weekdays' shares follow.
_GAMMA: Final = 0.06
#: An error counts at most so many times the usual one.
_HELD: Final = 6.0
#: How fast the usual error follows, and what it is held to be at first, as a share of what is expected.
_FOLLOW: Final = 0.1
_AT_FIRST: Final = 0.4
#: Errors to one side: how far back they are looked at, from where on they are a step (of at most 1), for how many days
#: the level is then the mean of what came since.
_SIDE: Final = 0.15
_STEP: Final = 0.7
_ANEW: Final = 28
#: A weekday with less of the week than this says nothing of the level; one has at most so many times a mean day.
_LEAST_SHARE: Final = 0.05
_MOST_SHARE: Final = 6.0
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Smoother:
    """How fast the level, and the trend (0: there is none), follow; how much of the trend the next day keeps."""

    alpha: float
    beta: float = 0.0
    phi: float = 0.98


SMOOTHERS: Final = (
    Smoother(0.03),
    Smoother(0.08),
    Smoother(0.2),
    Smoother(0.45),
    Smoother(0.08, 0.03),
    Smoother(0.2, 0.05),
)


@dataclass(frozen=True, slots=True)
class State:
    """What is known at the end of a day."""

    level: float
    trend: float
    phi: float
    #: Of the weekdays, the next day's first; they add up to 7.
    shares: tuple[float, ...]
    #: The usual error, as a share of what is expected.
    spread: float

    def days(self, horizon: int) -> list[float]:
        """What is expected of each of the next days."""
        found, level, trend, phi, shares = [], self.level, self.trend, self.phi, self.shares
        for ahead in range(horizon):
            trend *= phi
            level += trend
            found.append(level * shares[ahead % WEEK] if level > 0.0 else 0.0)
        return found

    def total(self, horizon: int) -> float:
        """The same, added up."""
        if self.trend:
            return sum(self.days(horizon))
        weeks, rest = divmod(horizon, WEEK)
        return self.level * (weeks * sum(self.shares) + sum(self.shares[:rest]))


def states(values: Sequence[float], how: Smoother, at: Collection[int]) -> dict[int, State]:
    """What a smoother knows after each of these numbers of days, from 1 to that of all values.

    Values are those of days in a row, none below zero.
    """
    course = _Course(how, values[:WEEK])
    found = {}
    for place, value in enumerate(values):
        course.learn(place, value)
        if place + 1 in at:
            found[place + 1] = course.state(place + 1)
    return found


class _Course:
    """The running state of one smoother."""

    def __init__(self, how: Smoother, first: Sequence[float]) -> None:
        self._how = how
        self._level = sum(first) / len(first) if first else 0.0
        self._trend = 0.0
        self._spread = _AT_FIRST
        self._side = self._size = 0.0
        self._since = _ANEW
        self._shares = [1.0] * WEEK
        self._sums = [0.0] * WEEK

    def learn(self, place: int, value: float) -> None:
        """One more day."""
        weekday = place % WEEK
        share = self._shares[weekday]
        expected = self._level + self._how.phi * self._trend if self._how.beta else self._level
        scale = max(expected, _TINY)
        error = (value / share / scale - 1.0) if share > _LEAST_SHARE else 0.0
        held = max(-_HELD * self._spread, min(_HELD * self._spread, error))
        step = held * scale * self._alpha(place, min(1.0, share), held)
        if expected <= 0 and value > 0:
            # From nothing, any use is infinitely much more.
            step = value * self._how.alpha
        self._level = max(0.0, expected + step)
        if self._how.beta and place >= WEEK:
            self._trend = self._how.phi * self._trend + self._how.beta * step
        self._spread += _FOLLOW * (1.25 * min(abs(error), 3.0 * self._spread + 0.05) - self._spread)
        self._share(place, weekday, value / scale if expected > 0 else 1.0)

    def state(self, count: int) -> State:
        """What is known now, after so many days."""
        after = count % WEEK
        shares = (*self._shares[after:], *self._shares[:after])
        return State(self._level, self._trend, self._how.phi, shares, self._spread)

    def _alpha(self, place: int, weight: float, held: float) -> float:
        """How much of an error the level follows; the first days say more than later ones."""
        self._side += _SIDE * weight * (held - self._side)
        self._size += _SIDE * weight * (abs(held) - self._size)
        alpha = max(self._how.alpha, min(0.5, 1.0 / (place + 1)))
        if place > SEASON_DAYS and abs(self._side) > _STEP * self._size:
            self._since, self._side = 0, 0.0
        if self._since < _ANEW:
            self._since += 1
            alpha = max(alpha, 1.0 / (self._since + 1))
        return alpha * weight

    def _share(self, place: int, weekday: int, ratio: float) -> None:
        """The weekday's share of the week; pulled towards a seventh while there are two of each."""
        ratio = min(_MOST_SHARE, ratio)
        if place < SEASON_DAYS:
            self._sums[weekday] += ratio
            if place == SEASON_DAYS - 1 and (mean := sum(self._sums) / SEASON_DAYS) > 0:
                self._shares = [(total / mean + 1.0) / (SEASON_DAYS / WEEK + 1.0) for total in self._sums]
            return
        gamma = max(_GAMMA, 1.0 / (place // WEEK + 2.5))
        self._shares[weekday] += gamma * (ratio - self._shares[weekday])
        if weekday == WEEK - 1 and (whole := sum(self._shares)) > 0:
            self._shares = [share * WEEK / whole for share in self._shares]
