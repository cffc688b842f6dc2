"""Tests of tokometer.judgement.what_if."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller
from tokometer.judgement.declared import Matter
from tokometer.judgement.what_if import BY, Compared, Scenario, what_if
from tokometer.ledger import Batch
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, to_us

BOOK = PriceBook()
OPUS, HAIKU, GPT = "claude-opus-4-5", "claude-haiku-4-5", "gpt-5"
#: Clocks in Vienna went forward on 2026-03-29.
SPRING = datetime(2026, 3, 31, 12, tzinfo=UTC)


def _group(**values: Any) -> dict[str, Any]:
    return {
        "day": "2026-03-09",
        "agent": "reviewer",
        "provider": "anthropic",
        "model": OPUS,
        "service_tier": "",
        "requests": 10,
        "cost": Decimal("0.75"),
        "cost_priced": Decimal("0.75"),
        "unpriced": 0,
        "prompt_tokens": 100_000,
        "total_tokens": 110_000,
        "input_tokens": 100_000,
        "cache_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 10_000,
        "reasoning_tokens": 0,
    } | values


def _asked(rows: list[dict[str, Any]], scenario: Scenario, **matter: Any) -> Compared:
    about = Matter(now=matter.pop("now", NOW), book=BOOK, **matter)
    return what_if(about, scenario, Teller([rows]))


def test_another_model() -> None:
    """Opus costs 5 and 25 dollars a million tokens, Haiku 1 and 5: a fifth."""
    found = _asked([_group()], Scenario(model=HAIKU))
    assert (found.whole.listed, found.whole.then) == (Decimal("0.75"), Decimal("0.15"))
    assert found.whole.difference == Decimal("-0.6")
    assert found.days == 1
    assert found.a_month == Decimal("-0.6") * Decimal("30.4375")


def test_batch_costs_half() -> None:
    """In the proportion of the rates: what else is in the list price halves with them."""
    found = _asked([_group(cost_priced=Decimal("0.80"))], Scenario(tier="batch"))
    assert found.whole.then == Decimal("0.4")


def test_more_from_the_cache() -> None:
    """A read costs a tenth of the input: half of the prompt from the cache saves 45 % of it."""
    found = _asked([_group()], Scenario(cached=0.5))
    assert found.whole.then == Decimal("0.75") - Decimal("0.5") * Decimal("0.45")
    again = _asked(
        [_group(input_tokens=50_000, cache_read_tokens=50_000, cost_priced=found.whole.then)], Scenario(cached=0.0)
    )
    assert again.whole.then == Decimal("0.75")


def test_another_provider_and_what_nobody_prices() -> None:
    """A provider without the model has no price for it; the calls are then on neither side, and counted."""
    found = _asked([_group(), _group(model="home-made", cost=None, cost_priced=None)], Scenario(provider="openai"))
    assert found.whole.compared == 0
    assert found.whole.requests == 20
    assert found.left_out == {"no list price": 10, "no price there": 10}
    assert found.left_out_cost == Decimal("0.75")
    assert found.whole.difference == 0


def test_a_local_model_under_the_price_of_an_api() -> None:
    """What runs on one's own machine costs nothing at list; at an API's price its tokens do."""
    local = _group(provider="ollama", model="llama3.3:70b", cost=Decimal(0), cost_priced=Decimal(0))
    found = _asked([local], Scenario(provider="anthropic", model=HAIKU))
    assert (found.whole.listed, found.whole.then) == (Decimal(0), Decimal("0.15"))


def test_whoever_makes_a_model_sells_it() -> None:
    """A model that who served the call does not sell is priced as its maker sells it."""
    found = _asked([_group(provider="openai", model=GPT)], Scenario(model=HAIKU))
    assert (found.whole.then, found.left_out) == (Decimal("0.15"), {})


def test_the_tier_stays_only_with_its_provider() -> None:
    """A batch call is a batch call with another model of the provider, and a usual one with another provider."""
    batch = _group(service_tier="batch", cost_priced=Decimal("0.375"))
    assert _asked([batch], Scenario(model=HAIKU)).whole.then == Decimal("0.075")
    other = _asked([batch], Scenario(provider="openai", model=GPT)).whole.then
    assert other == _asked([_group()], Scenario(provider="openai", model=GPT)).whole.then
    assert _asked([batch], Scenario(tier="standard")).whole.then == Decimal("0.75")


@given(
    costs=st.lists(st.integers(0, 10**12), min_size=1, max_size=12),
    days=st.lists(st.integers(1, 28), min_size=12, max_size=12),
    scenario=st.sampled_from(
        (Scenario(), Scenario(model=HAIKU), Scenario(tier="batch"), Scenario(cached=1 / 3), Scenario(prices="now"))
    ),
)
def test_rows_add_up_to_the_total(costs: list[int], days: list[int], scenario: Scenario) -> None:
    """By whatever they are told, to the nano-dollar; a scenario that changes nothing costs what was recorded."""
    rows = [
        _group(
            day=f"2026-03-{day:02}",
            agent=f"a{nano % 3}",
            model=(OPUS, HAIKU, "home-made")[nano % 3],
            cost_priced=Decimal(nano).scaleb(-9) if nano % 3 < 2 else None,
            output_tokens=nano % 100_003,
            requests=1 + nano % 7,
        )
        for nano, day in zip(costs, days, strict=False)
    ]
    found = _asked(rows, scenario)
    for name in BY:
        parts = found.by(name).values()
        for what in ("requests", "compared", "tokens", "cost", "listed", "then", "difference"):
            assert sum(getattr(one, what) for one in parts) == getattr(found.whole, what)
    if not scenario.changes:
        assert found.whole.then == found.whole.listed == sum(row["cost_priced"] or 0 for row in rows)
    assert found.whole.then == found.whole.then.quantize(Decimal("0.000000001"))
    assert found.whole.compared + sum(found.left_out.values()) == found.whole.requests


def _calls(number: int) -> list[ModelCall]:
    rng = random.Random(7)
    made = []
    for at in range(number):
        call = ModelCall(
            source="api",
            native_id=f"c{at}",
            started_at=to_us(SPRING - timedelta(minutes=rng.randrange(4 * 24 * 60))),
            provider="anthropic",
            model=rng.choice((OPUS, HAIKU, "claude-sonnet-4-5")),
            agent=rng.choice(("", "reviewer", "writer")),
            service_tier=rng.choice(("", "batch")),
            status="ok",
            input_tokens=rng.randrange(20_000),
            cache_read_tokens=rng.choice((0, rng.randrange(90_000))),
            cache_write_5m_tokens=rng.choice((None, rng.randrange(5_000))),
            cache_write_1h_tokens=rng.choice((None, rng.randrange(5_000))),
            output_tokens=rng.randrange(1, 4_000),
        )
        made.append(call)
    BOOK.apply(made)
    return made


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Four days of calls over a change of clocks."""
    folder: Path = tmp_path_factory.mktemp("what_if")
    opened = DuckDBLedger(folder / "ledger.duckdb")
    opened.commit(Batch(records=_calls(400)))
    yield opened
    opened.close()


def _of_ledger(ledger: Any, scenario: Scenario) -> Compared:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=SPRING)

    about = Matter(since="2026-03-26", until="2026-03-31", tz="Europe/Vienna", now=SPRING, book=BOOK)
    return what_if(about, scenario, ask)


def test_the_same_model_is_the_recorded_list_price(ledger: Any) -> None:
    """To the nano-dollar, each local day too, the short one among them."""
    calls = _calls(400)
    found = _of_ledger(ledger, Scenario())
    assert found.whole.then == found.whole.listed == Decimal(sum(call.cost_priced or 0 for call in calls)).scaleb(-9)
    assert (found.whole.requests, found.whole.compared, found.left_out) == (400, 400, {})
    assert len(found.by("day")) == 5
    assert sum(one.then for one in found.by("day").values()) == found.whole.then
    same = _of_ledger(ledger, Scenario(provider="anthropic"))
    assert same.whole.then == found.whole.then


def test_another_model_is_every_call_priced_anew(ledger: Any) -> None:
    """As the price book would have priced each call under that model, but for the rounding of each to a nano-dollar."""
    calls = _calls(400)
    for call in calls:
        call.model = HAIKU
    BOOK.apply(calls)
    anew = Decimal(sum(call.cost_priced or 0 for call in calls)).scaleb(-9)
    found = _of_ledger(ledger, Scenario(model=HAIKU))
    assert found.whole.compared == 400
    assert abs(found.whole.then - anew) <= Decimal(400).scaleb(-9)


def test_the_usual_tier_is_every_call_priced_anew(ledger: Any) -> None:
    """What went through the batch tier costs twice as much without it."""
    calls = _calls(400)
    for call in calls:
        call.service_tier = ""
    BOOK.apply(calls)
    anew = Decimal(sum(call.cost_priced or 0 for call in calls)).scaleb(-9)
    found = _of_ledger(ledger, Scenario(tier="standard"))
    assert abs(found.whole.then - anew) <= Decimal(400).scaleb(-9)
