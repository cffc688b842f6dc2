"""Tests of the parts of a gap: whatever the sides say, they add up to it, and turning the sides turns the signs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.judgement.reconciliation.across import settle
from tokometer.judgement.reconciliation.cell import Parted, part
from tokometer.judgement.reconciliation.names import meeting, tier_of
from tokometer.judgement.reconciliation.sides import Cell, Charged, Used
from tokometer.judgement.reconciliation.stated import Reach, Stated, reaches

_DAY = date(2026, 10, 5)
_PRICE = [1_250.0, 125.0, 1_562.5, 2_500.0, 10_000.0]
_TIERS = st.sampled_from(["", "batch", "priority"])
_TOKENS = st.lists(st.integers(0, 10**9), min_size=5, max_size=5)
_USED = st.builds(
    Used,
    requests=st.integers(0, 10**6),
    tokens=_TOKENS,
    cost=st.integers(0, 10**14),
    unpriced=st.integers(0, 10**9),
    unsplit=st.integers(0, 10**6),
)
_AMOUNT = st.integers(-(10**14), 10**14)
_CHARGED = st.builds(
    Charged,
    usage=_AMOUNT,
    listed=_AMOUNT,
    credits=_AMOUNT,
    lines=st.integers(0, 100),
    foreign=st.integers(0, 10**14),
    tokens=st.dictionaries(_TIERS, _TOKENS, max_size=2),
    unsplit=st.floats(0, 1e9),
)
_CELL = st.builds(
    Cell,
    st.sampled_from(["openai", "anthropic"]),
    st.integers(0, 9).map(lambda days: _DAY + timedelta(days=days)),
    st.sampled_from(["gpt-5", "gpt-5-mini", ""]),
    metered=st.dictionaries(_TIERS, _USED, max_size=3),
    reported=st.dictionaries(_TIERS, _USED, max_size=3),
    billed=_CHARGED,
    called=st.just({"gpt-5"}),
)


def _prices(_provider: str, model: str, _day: date, tier: str, _prompt: int) -> list[float] | None:
    return None if tier == "priority" else [price / 2 for price in _PRICE] if tier == "batch" else _PRICE


@settings(max_examples=200)
@given(st.lists(_CELL, min_size=1, max_size=12), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_adds_up(cells: list[Cell], known: bool, until: int, final: int) -> None:
    """The parts and what is unexplained add up to the gap of each cell exactly, also after days were compared."""
    parted = [part(cell, _prices if known else lambda *_: None) for cell in cells]
    for one in parted:
        assert sum(one.parts.values()) == one.cell.gap
    settle(parted, Reach(_DAY, _DAY + timedelta(days=until), _DAY + timedelta(days=min(until, final))))
    for one in parted:
        assert sum(one.parts.values()) == one.cell.gap


@given(_TOKENS, _TOKENS)
def test_symmetrical(ours: list[int], theirs: list[int]) -> None:
    """Turned around, each cause has the same size and the other sign; what was not seen was not billed."""

    def cell(metered: list[int], reported: list[int]) -> Parted:
        def worth(tokens: list[int]) -> int:
            return round(sum(number * price for number, price in zip(tokens, _PRICE, strict=True)))

        made = Cell("openai", _DAY, "gpt-5", called={"gpt-5"})
        made.metered[""] = Used(requests=1, tokens=metered, cost=worth(metered))
        made.reported[""] = Used(requests=2, tokens=reported)
        made.billed = Charged(usage=worth(reported), listed=worth(reported), lines=1)
        return part(made, _prices)

    one, other = cell(ours, theirs), cell(theirs, ours)
    slack = 1e-6 * (1 + sum(ours) + sum(theirs)) * max(_PRICE)
    assert abs(one.parts["cache"] + other.parts["cache"]) <= slack
    if sum(ours) and sum(theirs):
        assert abs(one.parts["unseen"] + other.parts["unbilled"]) <= slack


def test_one_day_alone_is_no_price() -> None:
    """A ratio that one day has against all others of its model stays unexplained; two days that agree are a price."""

    def cells(*ratios: float) -> list[Parted]:
        made = []
        for number, ratio in enumerate(ratios):
            one = Cell("openai", _DAY + timedelta(days=number), "gpt-5", called={"gpt-5"})
            tokens = [1_000_000 + number * 7_919, 0, 0, 0, 100_000]
            cost = round(sum(a * b for a, b in zip(tokens, _PRICE, strict=True)))
            one.metered[""] = Used(requests=9, tokens=tokens, cost=cost)
            one.reported[""] = Used(requests=9, tokens=list(tokens))
            one.billed = Charged(usage=round(cost * ratio), listed=round(cost * ratio), lines=1)
            made.append(part(one, _prices))
        settle(made, Reach(_DAY, date(2026, 11, 1), date(2026, 11, 1)))
        return made

    alone = cells(1.0, 1.3, 1.0, 1.0)
    assert alone[1].parts["unexplained"] == alone[1].cell.gap > 0
    agreed = cells(1.0, 1.3, 1.3, 1.0)
    assert agreed[1].parts["price"] == agreed[1].cell.gap > 0
    assert [one.parts["unexplained"] for one in agreed] == [0, 0, 0, 0]


def test_anthropic_priority() -> None:
    """What was metered in Anthropic's priority tier is not in its report of costs: that is tier, not missing."""
    one = Cell("anthropic", _DAY, "claude-sonnet-4-5", called={"claude-sonnet-4-5"})
    one.metered["priority"] = Used(requests=3, tokens=[1_000, 0, 0, 0, 10], cost=5_000_000)
    one.reported["priority"] = Used(requests=3, tokens=[1_000, 0, 0, 0, 10])
    parts = part(one, _prices).parts
    assert {name: amount for name, amount in parts.items() if amount} == {"tier": -5_000_000}


def test_names_meet() -> None:
    """Models meet without dates and vendors' spellings; tiers under one name."""
    for model, provider in (("gpt-5-2025-08-07", "openai"), ("openai/gpt-5", "openai"), ("GPT-5", "azure")):
        assert meeting(model, provider) == "gpt-5"
    assert meeting("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock") == "claude-sonnet-4-5"
    assert meeting("anthropic/claude-sonnet-4.5", "openrouter") == "claude-sonnet-4-5"
    assert meeting("Claude Sonnet 4.5", "anthropic") == "claude-sonnet-4-5"
    assert tier_of("default") == tier_of("standard") == ""
    assert tier_of("batches") == "batch"


def test_reach() -> None:
    """Days before a provider's first line are in no gap; days may change as long as its account says."""
    today = date(2026, 10, 20)
    days = {"openai": (date(2026, 10, 3), date(2026, 10, 18)), "other": (date(2026, 10, 1), date(2026, 10, 9))}
    months = {"openai": (date(2026, 10, 1), date(2026, 10, 1)), "other": (date(2026, 9, 1), date(2026, 10, 1))}
    told = {"openai": Stated("openai", until=date(2026, 10, 19), final=date(2026, 10, 12))}
    found = reaches(days, months, told, today, date(2026, 11, 1))
    assert found["openai"] == Reach(date(2026, 10, 3), date(2026, 10, 19), date(2026, 10, 17))
    assert found["other"].first == date(2026, 9, 1)
    assert not found["openai"].holds(date(2026, 10, 2))
    assert datetime(2026, 10, 20, tzinfo=UTC).date() == today
