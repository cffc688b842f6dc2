"""Histograms of others: explicit bounds, exponential ones, and Prometheus' counts of all below a bound.

All become the same: ascending upper bounds, each with the count of its own bucket. Of empty buckets only those are kept
whose bound is where a counted one begins. Bounds of an exponential histogram are taken at most :data:`SCALE` fine, so
that the bounds of one that grew coarser stay among those that were told before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, zip_longest
from math import inf, isfinite, isnan
from typing import Final, NamedTuple

#: The finest scale that is kept: bounds are powers of 2^(1/8), so a quantile is within 4.5 % of the true one.
SCALE: Final = 3
#: OpenTelemetry, metrics data model, "Exponential scale".
_SCALES: Final = (-10, 20)
#: Buckets that one histogram is kept with; of one with more, neighbours are put together.
MOST_BUCKETS: Final = 320
#: Exponents of two beyond which a double is infinite, or nothing.
_LARGEST, _SMALLEST = 1023, -1074


class Histogram(NamedTuple):
    """How often something was how large."""

    counted: int
    #: Of everything counted; None where it is not told.
    sum: float | None
    #: Upper bound, inclusive, and how many were in that bucket; ascending.
    buckets: tuple[tuple[float, int], ...]
    smallest: float | None = None
    largest: float | None = None


def explicit(
    bounds: Sequence[float], counts: Sequence[int], total: float | None, count: int | None = None
) -> Histogram:
    """A histogram with these upper bounds; `counts` has one more, for what is above the last.

    Raises:
        ValueError: It contradicts itself; the reason reads on after its name.
    """
    if counts and len(counts) != len(bounds) + 1:
        raise ValueError(f"has {len(counts)} buckets, and {len(bounds)} bounds")
    if any(isnan(bound) for bound in bounds) or any(low >= high for low, high in pairwise(bounds)):
        raise ValueError("has bounds that do not ascend")
    if any(number < 0 for number in counts):
        raise ValueError("has a bucket with less than nothing in it")
    known = sum(counts)
    if counts and count is not None and known != count:
        raise ValueError(f"has {count} values, and {known} in its buckets")
    return Histogram(known if count is None else count, total, _told(zip((*bounds, inf), counts, strict=False)))


def cumulative(below: Mapping[float, float], total: float | None) -> Histogram:
    """A histogram as Prometheus exposes it: upper bound → how many were at most that.

    Raises:
        ValueError: It contradicts itself.
    """
    before, buckets = 0, []
    for bound in sorted(below):
        if not isfinite(below[bound]) or below[bound] < before:
            raise ValueError("has fewer values below a bound than below a smaller one")
        count = round(below[bound])
        buckets.append((bound, count - before))
        before = count
    return Histogram(before, total, _told(buckets))


def _told(buckets: Iterable[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """The buckets that are counted in, and those where one of them begins; of too many, neighbours together."""
    found: list[tuple[float, int]] = []
    empty: tuple[float, int] | None = None
    for bucket in buckets:
        if bucket[1]:
            if empty is not None:
                found.append(empty)
            found.append(bucket)
        empty = None if bucket[1] else bucket
    while len(found) > MOST_BUCKETS:
        # Of two the upper bound is that of the second; a last one without a second stays.
        pairs = zip_longest(found[::2], found[1::2])
        found = [one if other is None else (other[0], one[1] + other[1]) for one, other in pairs]
    return tuple(found)


def exponential(
    scale: int,
    zeros: int,
    positive: tuple[int, Sequence[int]],
    negative: tuple[int, Sequence[int]] = (0, ()),
    total: float | None = None,
    zero_threshold: float = 0.0,
) -> Histogram:
    """An exponential histogram: each side is the index of its first bucket, and the counts from there on.

    Raises:
        ValueError: It contradicts itself.
    """
    if not _SCALES[0] <= scale <= _SCALES[1]:
        raise ValueError(f"has a scale that is not one of {_SCALES[0]} to {_SCALES[1]}")
    if zeros < 0 or any(count < 0 for _, counts in (positive, negative) for count in counts):
        raise ValueError("has a bucket with less than nothing in it")
    kept = min(scale, SCALE)
    above, below = (_coarser(offset, counts, scale - kept) for offset, counts in (positive, negative))
    while len(above) + len(below) > MOST_BUCKETS:
        kept -= 1
        above, below = (_coarser_yet(side) for side in (above, below))
    found: dict[float, int] = {}
    for index in sorted(below, reverse=True):
        found.setdefault(-_power(index + 1, kept), 0)
        _add(found, -_power(index, kept), below[index])
    if zeros:
        _add(found, zero_threshold, zeros)
    for index in sorted(above):
        found.setdefault(_power(index, kept), 0)
        # What is beyond a double has one bound.
        _add(found, _power(index + 1, kept), above[index])
    return Histogram(sum(found.values()), total, _told(sorted(found.items())))


def _coarser(offset: int, counts: Iterable[int], steps: int) -> dict[int, int]:
    """Counts by the index of buckets that are 2^steps times as wide."""
    found: dict[int, int] = {}
    for index, count in enumerate(counts, offset):
        if count:
            found[index >> steps] = found.get(index >> steps, 0) + count
    return found


def _coarser_yet(side: dict[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for index, count in side.items():
        found[index >> 1] = found.get(index >> 1, 0) + count
    return found


def _power(index: int, scale: int) -> float:
    """The lower bound of the bucket with this index: 2^(index / 2^scale)."""
    exponent = index * 2.0**-scale
    return inf if exponent > _LARGEST else 0.0 if exponent < _SMALLEST else float(2.0**exponent)


def _add(found: dict[float, int], bound: float, count: int) -> None:
    found[bound] = found.get(bound, 0) + count


def bound_text(bound: float) -> str:
    """An upper bound as a label has it: the same text for the same bound, `+Inf` for none."""
    return "+Inf" if bound == inf else "-Inf" if bound == -inf else f"{bound:.9g}"


def quantile(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    """The value that a share of what was counted does not exceed, spread evenly within its bucket; None of nothing.

    `buckets` are as in :class:`Histogram`. One that nothing says the beginning of begins at 0, or is its bound where
    that is below 0; what is beyond the last finite bound is told as that bound.
    """
    total = sum(count for _, count in buckets)
    if not total:
        return None
    rank, before, lower = share * total, 0.0, None
    for bound, count in buckets:
        if count and before + count >= rank:
            if bound == inf:
                return lower
            begin = lower if lower is not None else min(bound, 0.0)
            return begin + (bound - begin) * max(0.0, rank - before) / count
        before += count
        lower = bound
    return lower
