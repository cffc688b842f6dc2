"""Pricing says what it did not understand."""

from __future__ import annotations

from tokometer.prices import PriceBook
from tokometer.prices.notices import notices_of
from tokometer.records import ModelCall
from tokometer.records.refusal import TOPICS, Notice


def test_tiers_without_a_price_and_calls_without_a_model_are_counted_by_source() -> None:
    """Once each, with a number and the latest time; what is understood is not mentioned."""
    calls = [
        ModelCall(source=source, native_id=str(at), started_at=at, model=model, service_tier=tier, input_tokens=1)
        for at, (source, model, tier) in enumerate(
            [
                ("a", "gpt-5", "hyperspeed"),
                ("a", "gpt-5", "hyperspeed"),
                ("b", "gpt-5", "hyperspeed"),
                ("a", "gpt-5", "flex"),
                ("a", "", ""),
                ("a", "nobody-knows", ""),
                ("a", "claude-opus-5", "standard"),
            ]
        )
    ]
    PriceBook().apply(calls)
    found = notices_of(calls, "v1/traces:3")
    assert found == [
        Notice("a", "tier", "hyperspeed", "v1/traces:3", 2, 1),
        Notice("b", "tier", "hyperspeed", "v1/traces:3", 1, 2),
        Notice("a", "model", "", "v1/traces:3", 1, 4),
    ]
    assert {notice.topic for notice in found} <= set(TOPICS)
