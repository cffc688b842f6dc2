"""Where a series of days changed its level, found by ranks, so that single days far out decide nothing.

Pettitt's test: with the days ranked by value, the sum of the ranks before a day is held against what it would be if the
order said nothing; the day with the largest difference is where the level changed. How likely so large a difference is
by chance is told by shuffling the days (499 times, always the same ones). A change must also be large enough to matter:
the medians before and after it are compared. Both sides are then looked at in turn.

A. N. Pettitt, *A non-parametric approach to the change-point problem*, Applied Statistics 28 (1979).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from random import Random
from statistics import median
from typing import Final

#: Days on either side of a change.
LEAST_DAYS: Final = 7
_SHUFFLES: Final = 499
_SEED: Final = 1979
#: How likely a change may be by chance; by the formula that holds for many days, where shuffling is not worth it.
LIKELY: Final = 0.01
_HOPELESS: Final = 0.1
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of level: the first day of the new one, as a place in the series; medians; how likely by chance."""

    at: int
    before: float
    after: float
    likely: float
    #: Where the levels begin and end that are compared: places in the series.
    first: int
    last: int


def shifts(values: Sequence[float], matters: Callable[[float, float], bool]) -> list[Shift]:
    """The changes of level in a series, in order; at most four.

    Args:
        values: One for each day.
        matters: Whether a change from one level to another is large enough to be told.
    """
    bounds = [0, len(values)]
    found: dict[int, float] = {}
    waiting = [(0, len(values))]
    while waiting and len(found) < _MOST:
        first, last = waiting.pop(0)
        one = _change(values[first:last], matters)
        if one is None:
            continue
        at = first + one[0]
        found[at] = one[1]
        bounds.append(at)
        waiting += [(first, at), (at, last)]
    edges = sorted(set(bounds))
    told = []
    for at, likely in sorted(found.items()):
        place = edges.index(at)
        first, last = edges[place - 1], edges[place + 1]
        told.append(Shift(at, median(values[first:at]), median(values[at:last]), likely, first, last))
    return told


def _change(values: Sequence[float], matters: Callable[[float, float], bool]) -> tuple[int, float] | None:
    """The place of the largest change of a stretch and how likely it is by chance; None where there is none."""
    count = len(values)
    if count < 2 * LEAST_DAYS:
        return None
    scores = [2 * rank - (count + 1) for rank in _ranks(values)]
    most, at = max((abs(total), place) for place, total in _inner(scores))
    if not matters(median(values[:at]), median(values[at:])):
        return None
    if 2 * exp(-6 * most**2 / (count**3 + count**2)) > _HOPELESS:
        return None
    rng = Random(_SEED)  # noqa: S311 - a test of chance that gives the same each time
    as_large = 0
    for _ in range(_SHUFFLES):
        rng.shuffle(scores)
        as_large += max(abs(total) for _, total in _inner(scores)) >= most
    likely = (as_large + 1) / (_SHUFFLES + 1)
    return (at, likely) if likely <= LIKELY else None


def _inner(scores: Sequence[float]) -> list[tuple[int, float]]:
    """How many days stand before each place that may be a change, and the sum of their scores."""
    sums = list(accumulate(scores))
    return [(place, sums[place - 1]) for place in range(LEAST_DAYS, len(scores) - LEAST_DAYS + 1)]


def _ranks(values: Sequence[float]) -> list[float]:
    """Each value's rank from 1 on; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop < len(order) and values[order[stop]] == values[order[start]]:
            stop += 1
        for place in order[start:stop]:
            ranks[place] = (start + 1 + stop) / 2
        start = stop
    return ranks
