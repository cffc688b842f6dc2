"""Token numbers: inclusive as Codex states them, disjoint as we keep them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokometer.sources.codex.rows import Usage
from tokometer.sources.codex.usage import Vector, buckets_of, difference, fell, vector_of

numbers = st.none() | st.integers(0, 10**9)


def test_cached_and_written_input_are_taken_out_of_the_input() -> None:
    """Input contains cache reads and writes; what remains is uncached."""
    found = buckets_of(Usage(100, 60, 30, 20, 5))
    assert found == (10, 60, 30, 20, 5)


def test_a_part_above_its_whole_is_cut_to_it() -> None:
    """More cached than input, and more reasoning than output, leave the wholes as they were."""
    assert buckets_of(Usage(100, 150, 10, 20, 30)) == (0, 100, 0, 20, 20)


def test_what_is_not_stated_stays_unknown() -> None:
    """A missing number is unknown, not nothing."""
    assert buckets_of(Usage(input_tokens=7, output_tokens=3)) == (7, None, None, 3, None)


@given(numbers, numbers, numbers, numbers, numbers)
def test_buckets_add_up_to_the_stated_input(
    fresh: int | None, cached: int | None, written: int | None, output: int | None, reasoning: int | None
) -> None:
    """Whatever is stated, the buckets are disjoint, not negative, and sum to the input."""
    found = buckets_of(Usage(fresh, cached, written, output, reasoning))
    if fresh is not None:
        assert sum(number or 0 for number in found[:3]) == fresh
    assert found.output_tokens == output
    assert all(number is None or number >= 0 for number in found)


def test_a_usage_without_numbers_is_none() -> None:
    """An empty object is no usage, zeros are one."""
    assert vector_of(Usage()) is None
    assert vector_of(None) is None
    assert vector_of(Usage(0, 0, 0, 0, 0, 0)) == Vector()


def test_the_difference_of_totals_is_what_was_used() -> None:
    """Between two totals lies one request."""
    total = Usage(300, 200, None, 40, 10, 340)
    found = difference(total, Vector(300, 200, 0, 40, 10, 340), Vector(100, 50, 0, 30, 10, 130))
    assert (found.input_tokens, found.cached_input_tokens, found.output_tokens) == (200, 150, 10)
    assert found.cache_write_input_tokens is None


def test_a_total_that_fell_counts_from_zero() -> None:
    """A counter that started over shows all that was used since."""
    total = Usage(50, 0, None, 5, None, 55)
    now, before = Vector(50, 0, 0, 5, 0, 55), Vector(100, 0, 0, 9, 0, 109)
    assert fell(now, before)
    assert difference(total, now, before) is total
    assert difference(total, now, None) is total
