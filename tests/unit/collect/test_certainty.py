"""Which prices are assumed or missing, why, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokometer.collect.certainty import Ask, Uncertain, totals, uncertain
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.opening import open_ledger
from tokometer.measures import run
from tokometer.records import ModelCall
from tokometer.records.basis import ASSUMPTIONS, PRICE_MENDS, REASONS, assumed, unpriced

AT = 1_790_000_000_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with closing(open_ledger(tmp_path)) as opened:
        yield opened


def asking(ledger: Ledger) -> Ask:
    """Puts questions to a ledger."""
    return lambda query: run(ledger, query)


def call(number: int, basis: str, cost: int | None, **fields: Any) -> ModelCall:
    """A priced call (nano-USD), or one without a price."""
    fields = {"provider": "openai", "model": "gpt-5", "input_tokens": 10, **fields}
    return ModelCall(source="api", native_id=f"{number}", started_at=AT, cost_priced=cost, price_basis=basis, **fields)


def test_every_reason_is_told_by_model(ledger: Ledger) -> None:
    """Calls, cost, what is assumed or missing; exact and reported costs are not there."""
    both = assumed("tier", "region")
    ledger.commit(
        Batch(
            [
                call(1, "", 5_000_000_000),
                call(2, both, 2_000_000_000),
                call(3, both, 1_500_000_000),
                call(4, unpriced("no-price"), None, model="odd", provider=""),
                call(5, unpriced("no-usage"), None, input_tokens=None),
                # As an older Tokometer left them.
                call(6, "", None, model="old"),
                call(7, "", None, model="old", input_tokens=None),
                # What its source reported needs no price.
                call(8, unpriced("no-price"), None, cost_reported=7),
            ]
        )
    )
    known = totals(asking(ledger))
    assert (known["requests"], known["assumed"], known["cost_assumed"]) == (8, 2, Decimal("3.5"))
    assert (known["unpriced"], known["no_price"], known["usage_unknown"]) == (4, 2, 2)
    assert uncertain(asking(ledger), known) == [
        Uncertain("assumed", ("region", "tier"), "openai", "gpt-5", 2, Decimal("3.5")),
        Uncertain("unpriced", ("no-price",), "", "odd", 1, None),
        Uncertain("unpriced", ("no-usage",), "openai", "gpt-5", 1, None),
        Uncertain("unpriced", ("no-price",), "openai", "old", 1, None),
        Uncertain("unpriced", ("no-usage",), "openai", "old", 1, None),
    ]


def test_where_all_is_exact_nothing_is_asked(ledger: Ledger) -> None:
    """The calls are not looked through for nothing."""
    ledger.commit(Batch([call(1, "", 5)]))
    known = totals(asking(ledger))

    def never(query: object) -> Any:
        raise AssertionError(query)

    assert uncertain(never, known) == []


def test_an_empty_ledger_has_no_doubts(ledger: Ledger) -> None:
    """Nothing is nothing."""
    known = totals(asking(ledger))
    assert (known["assumed"], known["unpriced"]) == (0, 0)


def test_every_word_says_what_would_mend_it() -> None:
    """Nobody is shown a doubt without a word on what to do."""
    assert PRICE_MENDS.keys() == {**ASSUMPTIONS, **REASONS}.keys()
    told = Uncertain("assumed", ("region", "tier"), "p", "m", 1, Decimal(1)).told()
    assert told["meaning"] == f"{ASSUMPTIONS['region']} {ASSUMPTIONS['tier']}"
    assert PRICE_MENDS["tier"] in told["mend"]
    assert told["cost"] == "1.000000000"
