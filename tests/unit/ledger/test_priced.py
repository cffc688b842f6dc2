"""The stored calls are read back with all that their price rests on."""

from __future__ import annotations

from tokometer.ledger import Batch, Ledger
from tokometer.ledger.priced import priced_calls
from tokometer.prices import PriceBook
from tokometer.records import ModelCall

_AT = 1_790_000_000_000_000


def test_what_is_read_back_is_priced_as_what_was_sent(ledger: Ledger) -> None:
    """Tiers, regions, refusals, parts, quantities, totals and reported costs survive, on every engine."""
    book = PriceBook()
    facts: list[dict[str, object]] = [
        {"service_tier": "batch", "region": "us"},
        {"stop_reason": "refusal", "output_tokens": 0},
        {"quantities": {"web_searches": 2_500, "dreams": 1}},
        {"model": "gpt-audio", "provider": "openai", "parts": {"input_audio": 7, "output_audio": 0}},
        {"unsplit_tokens": 9, "input_tokens": None, "output_tokens": None},
        {"cost_reported": 12_345, "service_tier": "hyperspeed"},
        {"status": "rate_limit", "http_status": 429, "input_tokens": None, "output_tokens": None},
        {"cache_write_1h_tokens": 4, "reasoning_tokens": 3},
        {"model": ""},
    ]
    usual = {"provider": "anthropic", "model": "claude-opus-4-8", "input_tokens": 1_000, "output_tokens": 10}
    calls = [
        ModelCall(source="t", native_id=str(number), started_at=_AT + number, **{**usual, **fact})  # type: ignore[arg-type]
        for number, fact in enumerate(facts)
    ]
    book.apply(calls)
    ledger.commit(Batch(list(calls)))
    kept = sorted((row for _, _, rows in priced_calls(ledger) for row in rows), key=lambda row: row.call.started_at)
    assert [(row.id, row.cost, row.basis) for row in kept] == [
        (call.id, call.cost_priced, call.price_basis) for call in calls
    ]
    again = [row.call for row in kept]
    book.apply(again)
    prices = ("cost_priced", "price_version", "price_basis")
    assert [[getattr(call, name) for name in prices] for call in again] == [
        [getattr(call, name) for name in prices] for call in calls
    ]
