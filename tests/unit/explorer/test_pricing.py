"""How a call came to its cost: parts that add up to it, whoever priced it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tokometer.explorer.pricing import REPORTED, SINCE, priced
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, now_us

BOOK = PriceBook()
_COUNT = st.one_of(st.none(), st.integers(0, 300_000))


@st.composite
def _calls(draw: st.DrawFn) -> ModelCall:
    output = draw(_COUNT)
    call = ModelCall(
        source="api",
        native_id="x",
        started_at=now_us(),
        provider="anthropic",
        model=draw(st.sampled_from(["claude-sonnet-4-5", "claude-haiku-4-5", "nobody-knows"])),
        status=draw(st.sampled_from(["ok", "ok", "server_error"])),
        input_tokens=draw(_COUNT),
        cache_read_tokens=draw(_COUNT),
        cache_write_5m_tokens=draw(_COUNT),
        cache_write_1h_tokens=draw(_COUNT),
        output_tokens=output,
        reasoning_tokens=None if output is None else output // 3,
        quantities=draw(st.sampled_from([None, {"web_searches": 2_000}])),
        cost_reported=draw(st.one_of(st.none(), st.integers(0, 10**10))),
    )
    BOOK.apply([call])
    # What was computed with other prices, long ago.
    if call.cost_priced is not None and draw(st.booleans()):
        call.cost_priced = max(0, call.cost_priced + draw(st.integers(-(10**6), 10**6)))
    return call


@given(_calls())
def test_parts_add_up_to_the_cost_exactly(call: ModelCall) -> None:
    """To the nano-dollar, reported or priced, at today's prices or others; an unpriced call has no parts."""
    found = priced(call, BOOK)
    assert found.cost == call.cost
    if call.cost is None:
        assert not found.parts
    else:
        assert sum(part.cost for part in found.parts) == call.cost


def _call(**fields: object) -> ModelCall:
    given_ = {
        "source": "api",
        "native_id": "x",
        "started_at": now_us(),
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
    }
    call = ModelCall(**{**given_, "input_tokens": 1_000, "output_tokens": 100, **fields})  # type: ignore[arg-type]
    BOOK.apply([call])
    return call


def test_a_reported_cost_is_told_from_the_computed_one() -> None:
    """What the source reported counts; the parts are the computed ones and the difference."""
    call = _call(cost_reported=9_000_000)
    found = priced(call, BOOK)
    assert (found.how, found.reported, found.computed) == ("reported", 9_000_000, 4_500_000)
    assert [(part.name, part.cost) for part in found.parts] == [
        ("input", 3_000_000),
        ("output", 1_500_000),
        (REPORTED, 4_500_000),
    ]


def test_other_prices_than_then_are_said(tmp_path: Path) -> None:
    """Where today's prices give another figure, it is there, and what counts is still what it was priced at."""
    call = _call()
    prices = tmp_path / "prices.toml"
    prices.write_text('[[price]]\nprovider = "anthropic"\nmodel = "claude-sonnet-4-5"\ninput = 30\noutput = 15\n')
    found = priced(call, PriceBook.open(prices))
    assert (found.cost, found.today, found.has_changed) == (4_500_000, 31_500_000, True)
    assert found.parts[-1].name == SINCE
    assert "prices.toml" in found.source
    assert not priced(call, BOOK).has_changed
