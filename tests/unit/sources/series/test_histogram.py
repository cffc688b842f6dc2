"""Tests of tokometer.sources.series.histogram."""

from __future__ import annotations

import itertools
from math import ceil, inf, log2, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.sources.series import cumulative, explicit, exponential, quantile
from tokometer.sources.series.histogram import MOST_BUCKETS, SCALE, bound_text

_VALUES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60)


def test_explicit_bounds() -> None:
    """Each bound with its own count; of empty buckets only where a counted one begins."""
    found = explicit([0.1, 0.5, 1.0, 2.0], [0, 0, 3, 0, 1], 9.5)
    assert found == (4, 9.5, ((0.5, 0), (1.0, 3), (2.0, 0), (inf, 1)), None, None)


@pytest.mark.parametrize(
    ("bounds", "counts", "count", "reason"),
    [
        ([1.0], [1], None, "has 1 buckets, and 1 bounds"),
        ([2.0, 1.0], [0, 1, 0], None, "bounds that do not ascend"),
        ([nan], [1, 0], None, "bounds that do not ascend"),
        ([1.0], [-1, 2], None, "less than nothing"),
        ([1.0], [1, 2], 4, "has 4 values, and 3 in its buckets"),
    ],
)
def test_a_histogram_that_contradicts_itself(
    bounds: list[float], counts: list[int], count: int | None, reason: str
) -> None:
    """It is refused with what is wrong with it."""
    with pytest.raises(ValueError, match=reason):
        explicit(bounds, counts, None, count)


def test_without_buckets() -> None:
    """A histogram may tell no more than its count and sum."""
    assert explicit([], [], 7.0, 5) == (5, 7.0, (), None, None)


@given(_VALUES, st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=12, unique=True))
def test_what_prometheus_counts_below_a_bound(values: list[float], bounds: list[float]) -> None:
    """Counts of all below each bound say the same as counts of each bucket."""
    bounds = sorted(bounds)
    edges = [-inf, *bounds, inf]
    counts = [sum(low < value <= high for value in values) for low, high in itertools.pairwise(edges)]
    below = {bound: float(sum(value <= bound for value in values)) for bound in (*bounds, inf)}
    assert cumulative(below, 1.0) == explicit(bounds, counts, 1.0)


def test_counts_below_bounds_that_fall() -> None:
    """More below a bound than below a larger one is refused."""
    with pytest.raises(ValueError, match="fewer values"):
        cumulative({1.0: 5.0, 2.0: 4.0}, None)


def _index(value: float, scale: int) -> int:
    return ceil(log2(value) * 2**scale) - 1


@given(_VALUES, st.integers(-2, 10))
def test_an_exponential_histogram_keeps_its_values_near(values: list[float], scale: int) -> None:
    """Every count is in a bucket around its value, no finer than is kept, and quantiles are as near as that."""
    indexes = [_index(value, scale) for value in values]
    first = min(indexes)
    counts = [0] * (max(indexes) - first + 1)
    for index in indexes:
        counts[index - first] += 1
    found = exponential(scale, 0, (first, counts))
    assert found.counted == len(values) == sum(count for _, count in found.buckets)
    ratio = 2.0 ** (2.0 ** -min(scale, SCALE)) * (1 + 1e-9)
    middle = quantile(found.buckets, 0.5)
    true = sorted(values)[ceil(len(values) / 2) - 1]
    assert middle is not None
    assert true / ratio <= middle <= true * ratio


@given(_VALUES, st.integers(SCALE, 8))
def test_a_finer_scale_makes_no_other_buckets(values: list[float], scale: int) -> None:
    """What is told finer than is kept, and what is told as fine as that, become the same."""

    def told(at: int) -> object:
        indexes = [_index(value, SCALE) << (at - SCALE) for value in values]
        first = min(indexes)
        counts = [0] * (max(indexes) - first + 1)
        for index in indexes:
            counts[index - first] += 1
        return exponential(at, 0, (first, counts)).buckets

    assert told(scale) == told(SCALE)


def test_zeros_and_negative_values() -> None:
    """Buckets ascend from the most negative over zero to the largest."""
    found = exponential(0, 2, (1, [1]), (0, [3]), total=-1.0)
    assert found.buckets == ((-2.0, 0), (-1.0, 3), (0.0, 2), (2.0, 0), (4.0, 1))
    assert found.counted == 6


def test_buckets_without_end() -> None:
    """A histogram over all magnitudes is kept with few buckets, and every count of it."""
    found = exponential(20, 0, (-(1 << 29), [1] * 10), (1 << 29, [1, 0, 2]))
    assert found.counted == 13
    wide = exponential(3, 0, (-4000, [1] * 8000))
    assert wide.counted == 8000
    assert len(wide.buckets) <= MOST_BUCKETS + 1


@pytest.mark.parametrize("scale", [-11, 21])
def test_a_scale_that_there_is_not(scale: int) -> None:
    """It is refused."""
    with pytest.raises(ValueError, match="scale"):
        exponential(scale, 0, (0, [1]))


def test_quantiles() -> None:
    """Spread evenly within a bucket; what is beyond the last bound is that bound, and of nothing there is none."""
    buckets = [(1.0, 4), (2.0, 4), (inf, 2)]
    assert quantile(buckets, 0.25) == 0.625
    assert quantile(buckets, 0.5) == 1.25
    assert quantile(buckets, 0.99) == 2.0
    assert quantile([], 0.5) is None


def test_bounds_as_text() -> None:
    """A bound has one text, as short as tells it from the others."""
    assert [bound_text(bound) for bound in (0.25, 1.0, 2.0**0.125, inf, -inf)] == [
        *("0.25", "1", "1.09050773", "+Inf", "-Inf"),
    ]
