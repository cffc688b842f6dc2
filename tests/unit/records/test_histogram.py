"""Log-bucket histograms answer within one per cent."""

from __future__ import annotations

from collections import Counter
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from tokometer.records.histogram import RELATIVE_ERROR, bucket_of, value_of

durations = st.integers(1, 10**13)


@given(durations)
def test_a_bucket_stands_for_its_values_within_one_per_cent(value: int) -> None:
    """From a microsecond to four months."""
    assert abs(value_of(bucket_of(value)) - value) <= RELATIVE_ERROR * value * (1 + 1e-9)


@given(durations, durations)
def test_buckets_keep_order(one: int, other: int) -> None:
    """A longer duration is never in a lower bucket."""
    low, high = sorted((one, other))
    assert bucket_of(low) <= bucket_of(high)


def test_nothing_and_less_are_in_the_lowest_bucket() -> None:
    """Zero is a duration below what can be measured."""
    assert bucket_of(0) == bucket_of(1) == 0


@given(st.lists(durations, min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99, 0.999]))
def test_a_quantile_from_buckets_is_within_one_per_cent(values: list[int], share: float) -> None:
    """The nearest-rank quantile of the values and of their buckets differ by at most one per cent."""
    rank = ceil(share * len(values))
    true = sorted(values)[rank - 1]
    seen = 0
    for bucket, count in sorted(Counter(map(bucket_of, values)).items()):
        seen += count
        if seen >= rank:
            assert abs(value_of(bucket) - true) <= RELATIVE_ERROR * true * (1 + 1e-9)
            return
