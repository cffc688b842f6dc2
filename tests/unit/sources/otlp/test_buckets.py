"""Invariants of buckets, whatever the counts."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.records import PARTS
from tokometer.sources.otlp.buckets import Usage, buckets
from tokometer.sources.otlp.tokens import SLOTS

GROUPS = ["cache_read", "cache_write", "reasoning", "tool_input", "input_parts", "output_parts", "lifetimes"]
#: Few and small, so that sums meet.
COUNTS = st.dictionaries(
    st.sampled_from(sorted(SLOTS.keys() - {"vercel_cached", "thoughts", "own_sum"})), st.integers(0, 40)
)
FIELD = {"input_tokens": 0, "cache_read_tokens": 1, "output_tokens": 5}


@settings(max_examples=400, deadline=None)
@given(counts=COUNTS, beside=st.sets(st.sampled_from(GROUPS)), google=st.booleans())
def test_buckets_hold_what_is_in_them(counts: dict[str, int], beside: set[str], google: bool) -> None:
    """No bucket is negative, reasoning is within the output, and parts are within their buckets."""
    usage, _ = buckets(counts, beside, google=google)
    assert all(count is None or count >= 0 for count in (*usage[:6], usage.reasoning, usage.unsplit))
    assert (usage.reasoning or 0) <= (usage.output or 0)
    sums: dict[str, int] = {}
    for part, count in (usage.parts or {}).items():
        assert count > 0
        sums[PARTS[part]] = sums.get(PARTS[part], 0) + count
    for field, count in sums.items():
        assert count <= (usage[FIELD[field]] or 0)  # type: ignore[operator]


@settings(max_examples=400, deadline=None)
@given(counts=COUNTS, beside=st.sets(st.sampled_from(GROUPS)), google=st.booleans())
def test_a_total_is_kept_or_noticed(counts: dict[str, int], beside: set[str], google: bool) -> None:
    """What is kept adds up to a stated total, or it is noticed, or it is the cache alone that the total leaves out."""
    usage, at_odds = buckets(counts, beside, google=google)
    total = counts.get("total")
    if not total:
        # Parts that fit nowhere are at odds by themselves.
        assert not at_odds or any(slot.endswith(("_audio", "_image", "_video")) for slot in counts)
        return
    cached = sum(count or 0 for count in usage[1:5])  # type: ignore[misc]
    assert at_odds or usage.total in (total, total + cached)
    assert (usage.total or 0) >= total


@settings(max_examples=200, deadline=None)
@given(counts=COUNTS, beside=st.sets(st.sampled_from(GROUPS)))
def test_the_order_of_counts_does_not_matter(counts: dict[str, int], beside: set[str]) -> None:
    """The same counts come to the same buckets in any order."""
    backwards: dict[str, Any] = dict(reversed(list(counts.items())))
    assert buckets(counts, beside) == buckets(backwards, beside)


def test_nothing_is_nothing() -> None:
    """Without counts nothing is known."""
    assert buckets({}) == (Usage(), False)
