"""Service tiers are read from whatever a call calls them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokometer.prices.tiers import PRICED, Tiers, tiers_of
from tokometer.records.tiers import TIERS


@pytest.mark.parametrize(
    ("service_tier", "model", "tiers"),
    [
        ("", "claude-opus-5", ()),
        ("standard", "claude-opus-5", ()),
        ("standard_only", "claude-opus-5", ()),
        ("default", "gpt-5", ()),
        ("SERVICE_TIER_DEFAULT", "gpt-5", ()),
        ("auto", "gpt-5", ()),
        ("on_demand", "llama-3.3-70b-versatile", ()),
        ("ON-DEMAND", "gemini-2.5-pro", ()),
        ("ON_DEMAND_FLEX", "gemini-2.5-pro", ("flex",)),
        ("ON_DEMAND_PRIORITY", "gemini-2.5-pro", ("priority",)),
        ("PROVISIONED_THROUGHPUT", "gemini-2.5-pro", ("provisioned",)),
        ("Batch", "gpt-5", ("batch",)),
        ("fast", "claude-opus-5", ("fast",)),
        ("batch+fast", "claude-opus-5", ("batch", "fast")),
        ("standard fast", "claude-opus-5", ("fast",)),
        ("", "claude-opus-4-6-fast", ("fast",)),
        ("", "grok-4-fast", ()),
        ("priority", "gpt-5", ("priority",)),
        ("priority fast", "gpt-5", ("priority",)),
        ("flex", "gpt-5", ("flex",)),
        ("scale", "gpt-5", ("scale",)),
        ("TRAFFIC_TYPE_UNSPECIFIED", "gemini-2.5-pro", ()),
    ],
)
def test_service_tiers_are_read_from_tier_and_model(service_tier: str, model: str, tiers: tuple[str, ...]) -> None:
    """Standard is no tier, however it is said; Claude's fast mode may stand in the model's name."""
    assert tiers_of(service_tier, model) == Tiers(tiers)


@pytest.mark.parametrize(
    ("service_tier", "unknown"),
    [("nonsense", ("nonsense",)), ("ultra batch", ("ultra",)), ("tier-7", ("7",)), ("é", ("é",)), (" ", ())],
)
def test_a_word_that_nobody_declared_is_not_taken_for_standard(service_tier: str, unknown: tuple[str, ...]) -> None:
    """It is handed on, so that it can be counted."""
    assert tiers_of(service_tier, "gpt-5").unknown == unknown


@given(text=st.text(max_size=400))
def test_reading_a_tier_never_fails(text: str) -> None:
    """Whatever the text: known words are declared ones, unknown words are not."""
    found = tiers_of(text, "gpt-5")
    assert set(found.known) <= PRICED
    assert not set(found.unknown) & set(TIERS)
