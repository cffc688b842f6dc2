"""History at another price: shown first, written when told to, and never where a source reported the cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tokometer.collect.repricing import reprice
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from tokometer.records import ModelCall
from tokometer.records.time import QUARTER_US

START = 1_780_000_000_000_000
OVERRIDE = """
[[price]]
provider = "acme"
model = "rocket-1"
input = 2.0
output = 10.0
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Calls of a model that nobody knows, one of them with a cost that its source reported, over three days."""
    opened = open_ledger(tmp_path)
    book = PriceBook.open(None, tmp_path / "cache")
    calls = [
        ModelCall(
            source="t",
            native_id=str(number),
            started_at=START + number * 96 * QUARTER_US,
            provider="acme",
            model="rocket-1",
            input_tokens=1_000_000,
            output_tokens=100_000,
            session_id="s",
            cost_reported=5_000_000_000 if number == 2 else None,
        )
        for number in range(3)
    ]
    book.apply(calls)
    opened.commit(Batch(list(calls)))
    yield opened
    opened.close()


def _costs(ledger: Ledger) -> list[object]:
    return [row[0] for row in ledger.fetch(Statement("SELECT cost_usd FROM calls ORDER BY started_at"))]


def test_a_new_price_is_shown_and_then_written(ledger: Ledger, tmp_path: Path) -> None:
    """The same answer twice, and only the second one changes anything; a third finds nothing to do."""
    (tmp_path / "prices.toml").write_text(OVERRIDE)
    book = PriceBook.open(tmp_path / "prices.toml", tmp_path / "cache")
    shown = reprice(ledger, book, apply=False)
    # What its source reported stays the cost of one of them.
    assert (shown["calls"], shown["changed"], shown["marked"], shown["applied"]) == (3, 2, 1, False)
    (model,) = shown["models"]
    assert (model["unpriced_before"], model["unpriced_after"], Decimal(model["after"])) == (2, 0, Decimal(6))
    assert _costs(ledger) == [None, None, Decimal(5)]

    written = reprice(ledger, book, apply=True)
    assert written["models"] == shown["models"]
    assert _costs(ledger) == [Decimal(3), Decimal(3), Decimal(5)]
    assert ledger.fetch(Statement("SELECT sum(cost_usd), sum(unpriced) FROM cells")) == [(Decimal(11), 0)]
    assert ledger.audit() == []
    assert reprice(ledger, book, apply=True)["changed"] == 0


def test_an_empty_ledger_has_nothing_to_price(tmp_path: Path) -> None:
    """No calls, no changes, no error."""
    empty = open_ledger(tmp_path / "empty")
    assert reprice(empty, PriceBook.open(None, tmp_path / "cache"), apply=True)["calls"] == 0
    empty.close()


def test_a_call_that_costs_what_it_did_may_be_marked_anew(tmp_path: Path) -> None:
    """All that a price rests on is read back, and what changes is only how sure it is."""
    ledger = open_ledger(tmp_path / "old")
    book = PriceBook.open(None, tmp_path / "cache")
    facts: list[dict[str, object]] = [
        {"model": "gpt-4.1", "provider": "azure", "service_tier": "batch"},
        {"model": "claude-opus-4-8", "provider": "anthropic", "region": "us"},
        {"model": "claude-opus-4-8", "provider": "anthropic", "quantities": {"web_searches": 2_000, "dreams": 1_000}},
        {"model": "gpt-audio", "provider": "openai", "parts": {"input_audio": 900, "output_audio": 0}},
        {"model": "claude-opus-4-8", "provider": "anthropic", "stop_reason": "refusal", "output_tokens": 0},
        {"model": "gpt-4.1", "unsplit_tokens": 50, "input_tokens": None, "output_tokens": None},
        {"model": "gpt-4.1", "unsplit_tokens": 50},
        {"model": "nobody-knows"},
        {"model": "gpt-4.1", "service_tier": "batch", "cost_reported": 7},
    ]
    calls = [
        ModelCall(
            **{
                "source": "t",
                "native_id": str(number),
                "started_at": START + number,
                "input_tokens": 1_000,
                "output_tokens": 10,
                **fact,
            }  # type: ignore[arg-type]
        )
        for number, fact in enumerate(facts)
    ]
    book.apply(calls)
    bases = [call.price_basis for call in calls]
    assert bases == [
        "assumed:tier",
        "",
        "assumed:quantity",
        "",
        "",
        "unpriced:no-split",
        "assumed:split",
        "unpriced:no-price",
        "",
    ]
    for call in calls:
        call.price_basis = ""
    ledger.commit(Batch(list(calls)))
    told = reprice(ledger, book, apply=True)
    assert (told["changed"], told["marked"]) == (0, 5)
    assert [row[0] for row in ledger.fetch(Statement("SELECT price_basis FROM calls ORDER BY started_at"))] == bases
    again = reprice(ledger, book, apply=True)
    assert (again["changed"], again["marked"]) == (0, 0)
    ledger.close()
