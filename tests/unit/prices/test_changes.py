"""When the price of a model changed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.prices import PriceBook
from tokometer.prices.changes import PriceChange, changes
from tokometer.prices.plan import Plan
from tokometer.prices.rates import ALWAYS, Listing, Period, Rates, Slot, Tier
from tokometer.records import ModelCall, to_us

HOUR = 3_600_000_000
DAY = 24 * HOUR
FIRST = to_us(datetime(2026, 1, 1, tzinfo=UTC))
LAST = to_us(datetime(2028, 1, 1, tzinfo=UTC))
#: Models of the catalogue whose prices changed.
DATED = [
    ("anthropic", "claude-opus-4-6"),
    ("deepseek", "deepseek-v4-flash"),
    ("google", "gemini-4-argon"),
    ("bedrock", "global.openai.gpt-5.6-sol"),
    ("doubleword", "google/gemma-4-31B-it"),
]
SIZES = (1_000, 250_000)


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """The catalogue alone."""
    return PriceBook()


def listing(*periods: Period) -> Listing:
    """A model with these prices."""
    return Listing("x", "m", "M", None, False, False, "x", "m", "", None, periods)


def tier(usd_per_mtok: int, above: int = -1) -> Tier:
    """The same price for every token."""
    return Tier(above, Rates(*[usd_per_mtok * 10**12] * 6))


def book_of(folder: Path, text: str) -> PriceBook:
    """A book with the user's own prices."""
    (folder / "prices.toml").write_text(text, encoding="utf-8")
    return PriceBook.open(folder / "prices.toml")


def cost(book: PriceBook, provider: str, model: str, at: int, tokens: int) -> int | None:
    """What a call with so many tokens in each bucket costs at that time."""
    one = ModelCall(
        source="test",
        native_id="1",
        started_at=at,
        provider=provider,
        model=model,
        input_tokens=tokens,
        cache_read_tokens=tokens + 1,
        output_tokens=tokens + 2,
    )
    book.apply([one])
    return one.cost_priced


def test_a_change_of_the_catalogue(book: PriceBook) -> None:
    """With its day, and what differs: an old price against a new one."""
    [first, second] = book.changes("deepseek", "deepseek-v4-flash", FIRST, LAST)
    assert first.at == to_us(datetime(2026, 8, 17, tzinfo=UTC))
    assert (first.before["input"], first.after["input"]) == (Decimal("0.14"), Decimal("0.22"))
    assert (first.dearer, second.dearer) == (True, False)
    assert not first.own
    assert second.at == to_us(datetime(2026, 9, 10, tzinfo=UTC))


def test_a_window_has_the_changes_within_it(book: PriceBook) -> None:
    """Its first moment belongs to it, its last does not."""
    at = to_us(datetime(2026, 8, 17, tzinfo=UTC))
    assert len(book.changes("deepseek", "deepseek-v4-flash", at, at + 1)) == 1
    assert book.changes("deepseek", "deepseek-v4-flash", at + 1, at + DAY) == ()
    assert book.changes("deepseek", "deepseek-v4-flash", at - DAY, at) == ()


def test_a_change_of_large_calls_says_so(book: PriceBook) -> None:
    """Where small ones cost what they did."""
    [change] = book.changes("anthropic", "claude-opus-4-6", FIRST, LAST)
    assert change.above == 200_000
    assert change.before["input"] == 10
    assert change.after["input"] == 5


def test_what_nobody_knows_has_no_changes(book: PriceBook) -> None:
    """Nor has what is free, or never changed."""
    for provider, model in (("", "made-up-model"), ("ollama", "llama3.3"), ("openai", "gpt-4o"), ("", "")):
        assert book.changes(provider, model, 0, LAST) == ()


@pytest.mark.parametrize(("provider", "model"), DATED)
def test_costs_differ_where_a_change_is_told(book: PriceBook, provider: str, model: str) -> None:
    """The price book charges otherwise on the day of the change than on the day before, at some hour and size."""
    found = book.changes(provider, model, FIRST, LAST)
    assert found
    for change in found:
        assert any(
            cost(book, provider, model, change.at - DAY + hour * HOUR, tokens)
            != cost(book, provider, model, change.at + hour * HOUR, tokens)
            for hour in range(24)
            for tokens in SIZES
        )


@settings(max_examples=150, deadline=None)
@given(
    model=st.sampled_from(DATED),
    days=st.tuples(st.integers(0, 700), st.integers(0, 700)),
    hour=st.integers(0, 23),
    tokens=st.sampled_from(SIZES),
)
def test_costs_are_the_same_where_no_change_is_told(
    model: tuple[str, str], days: tuple[int, int], hour: int, tokens: int
) -> None:
    """Between two days without a change between them, at the same hour."""
    book = PriceBook()
    first, last = sorted(FIRST + day * DAY + hour * HOUR for day in days)
    if not book.changes(*model, first + 1, last + 1):
        assert cost(book, *model, first, tokens) == cost(book, *model, last, tokens)


def test_own_prices_change_when_they_say(tmp_path: Path) -> None:
    """At their first moment, to the hour, and at their last; what they do not change is none."""
    book = book_of(
        tmp_path,
        """
        [[price]]
        provider = "openai"
        model = "gpt-4o"
        input = 1
        output = 10
        valid_from = 2026-03-01T06:30:00Z
        valid_until = 2026-04-01
        """,
    )
    begin, end = book.changes("openai", "gpt-4o", FIRST, LAST)
    assert begin.at == to_us(datetime(2026, 3, 1, 6, 30, tzinfo=UTC))
    assert begin.after["input"] == 1
    assert begin.before["input"] == Decimal("2.5")
    assert "output" not in begin.before
    assert begin.own
    assert end.at == to_us(datetime(2026, 4, 1, tzinfo=UTC))
    assert (end.before["input"], end.after["input"], end.own) == (1, Decimal("2.5"), True)


def test_a_price_where_there_was_none(tmp_path: Path) -> None:
    """Before it there is nothing to compare with."""
    text = '[[price]]\nmodel = "made-up"\ninput = 1\noutput = 2\nvalid_from = 2026-03-01\n'
    [change] = book_of(tmp_path, text).changes("", "made-up", FIRST, LAST)
    assert change.before == {}
    assert change.after["output"] == 2
    assert change.dearer is None


def test_own_prices_hide_what_the_catalogue_changes(tmp_path: Path) -> None:
    """What counts is what is charged."""
    text = '[[price]]\nprovider = "deepseek"\nmodel = "deepseek-v4-flash"\ninput = 1\noutput = 2\n'
    assert book_of(tmp_path, text).changes("deepseek", "deepseek-v4-flash", FIRST, LAST) == ()


def test_hours_of_the_day_are_no_change_and_a_change_of_some_hours_is() -> None:
    """Cheap nights are no event; dearer nights are one."""
    nights = Period(ALWAYS, (Slot(0, (tier(1),)), Slot(8 * HOUR, (tier(2),))))
    plan = Plan((), listing(nights, Period(FIRST, (Slot(0, (tier(1),)), Slot(8 * HOUR, (tier(3),))))), free=False)
    [change] = changes(plan, "x", "m", 0, LAST)
    assert (change.before["input"], change.after["input"], change.partly) == (2, 3, True)
    assert changes(Plan((), listing(nights), free=False), "x", "m", 0, LAST) == ()
    every = Period(FIRST, (Slot(0, (tier(2),)), Slot(8 * HOUR, (tier(4),))))
    [change] = changes(Plan((), listing(nights, every), free=False), "x", "m", 0, LAST)
    assert (change.before["input"], change.after["input"], change.partly) == (1, 2, False)


def test_some_dearer_and_some_cheaper_is_neither() -> None:
    """A change is dearer or cheaper only where all of it is."""
    change = PriceChange(
        provider="x",
        model="m",
        at=0,
        before={"input": Decimal(1), "output": Decimal(5)},
        after={"input": Decimal(2), "output": Decimal(4)},
    )
    assert change.dearer is None
