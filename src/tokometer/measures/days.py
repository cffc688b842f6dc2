"""Whole days of UTC that a question about durations can take from histograms, and what is left for the calls."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from tokometer.measures.axis import MOST_BUCKETS, Axis, Grain
from tokometer.measures.zones import QUARTERS_PER_DAY
from tokometer.records.time import QUARTER_US

#: Quarter hours, from the first to the one after the last.
Range = tuple[int, int]
_DAY_US = QUARTERS_PER_DAY * QUARTER_US
#: So few days are counted as quickly.
_FEW = 3
#: Time buckets of which each day has several.
_SHORT: frozenset[str] = frozenset({"minute", "five_minutes", "quarter", "hour"})


@lru_cache(maxsize=64)
def whole_days(axis: Axis, stretches: tuple[Grain, ...], counted_until: int) -> tuple[Range, ...]:
    """The days of the window that are counted and lie in one bucket of every stretch; none where they are few."""
    window = axis.window
    first = -(-window.since // _DAY_US)
    last = min(window.until // _DAY_US, counted_until // QUARTERS_PER_DAY)
    if last - first < _FEW or not _SHORT.isdisjoint(stretches) or last - first > MOST_BUCKETS:
        return ()
    starts = {bucket.start for stretch in stretches for bucket in axis.buckets(stretch)}
    split = sorted({start // _DAY_US for start in starts if start % _DAY_US})
    if 2 * sum(first <= day < last for day in split) > last - first:
        return ()
    return tuple((low * QUARTERS_PER_DAY, high * QUARTERS_PER_DAY) for low, high in _between(split, first, last))


def rest(first: int, last: int, taken: Iterable[Range]) -> list[Range]:
    """What is left of the quarter hours from `first` to before `last`."""
    left, at = [], first
    for low, high in taken:
        if at < low:
            left.append((at, low))
        at = high
    return [*left, (at, last)] if at < last else left


def _between(split: Iterable[int], first: int, last: int) -> list[Range]:
    return rest(first, last, [(day, day + 1) for day in split if first <= day < last])
