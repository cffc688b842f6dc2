"""OpenRouter as a kind of account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from providers.openrouter import OpenRouter
from providers.reading import read
from providers.serving import serving
from tokometer.sources.noticed import Noticed
from tokometer.sources.openrouter.rows import activity
from tokometer.sources.told import Told


def _row(date: str, model: str, usage: float | str, **more: Any) -> dict[str, Any]:
    return {
        "date": date,
        "model": model,
        "model_permaslug": f"{model}-2026",
        "endpoint_id": "e1",
        "provider_name": "Maker",
        "usage": usage,
        "requests": "4",
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "reasoning_tokens": 5,
        **more,
    }


def test_activity_credits_and_keys_are_read_in_full() -> None:
    """Every day of a model is a line of cost and one of usage; credits are the balance, keys are pages of gauges."""
    provider = OpenRouter()
    provider.activity = [
        _row("2026-11-18", "a/one", 0.015),
        _row("2026-11-18 00:00:00", "a/two", "1.25", cached_tokens=30),
        _row("2026-10-25", "a/one", 2, novel="x"),
        {"date": "2026-11-17", "model": "a/one", "requests": 1},
    ]
    provider.keys = [{"name": f"k{at}", "usage": at, "limit": 10 if at else None} for at in range(5)]
    with serving(provider) as url:
        found = read("openrouter", url, provider.key)
    assert found.cost == Decimal("3.265")
    assert (found.sum("requests"), found.sum("input_tokens"), found.sum("cache_read_tokens")) == (12, 270, 30)
    assert found.sum("output_tokens") == 60
    assert found.balance is not None
    assert found.balance.amount == Decimal("100.25")
    assert found.samples["openrouter.key.usage"] == 10
    assert found.samples["openrouter.key.limit"] == 40
    assert {(one.topic, one.name) for one in found.notices} == {("field", "novel")}
    assert {(one.field, one.reason) for one in found.refusals} == {("usage", "is missing")}


def test_a_day_is_the_line_that_the_source_reads() -> None:
    """The polled source and the account name a day of a model the same, so that it is one line."""
    provider = OpenRouter()
    provider.activity = [_row("2026-11-18", "a/one", 0.5)]
    with serving(provider) as url:
        [bill] = read("openrouter", url, provider.key).bills
    polled = activity(Told(provider.activity[0]), Noticed("", ""))
    assert (bill.source, bill.native_id) == (polled.source, polled.native_id)
    assert (bill.account, bill.report) == ("Ours", "activity")


def test_a_key_for_inference_tells_its_own_limit() -> None:
    """Without a management key what is left is what is left of the key."""
    provider = OpenRouter(management=False)
    with serving(provider) as url:
        found = read("openrouter", url, provider.key, reports=False)
    assert found.balance is not None
    assert found.balance.amount == Decimal("12.5")
