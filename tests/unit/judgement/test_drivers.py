"""Tests of tokometer.judgement.drivers."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.certainty import CERTAINTY
from tokometer.judgement.changes import to_the_cent
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.drivers import BUCKETS, EFFECTS, Spent, compared, effects
from tokometer.measures import Meta, Question, Result
from tokometer.settings import Settings

_CENT = Decimal("0.01")
_MONEY = st.decimals(0, 1_000_000, places=9, allow_nan=False)
_COUNT = st.integers(0, 10**10)
_SPENT = st.builds(Spent, _MONEY, _COUNT, _COUNT, st.lists(_COUNT, min_size=4, max_size=4))
_PERIOD = st.dictionaries(st.tuples(st.just("p"), st.sampled_from("abcd")), _SPENT, max_size=4)
#: List prices of a token in pico-dollars: fresh, read, written for 5 minutes, for an hour, output.
_RATES = (("p", "a", 1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000),)


@given(_PERIOD, _PERIOD)
def test_adds_up(now: dict[Any, Spent], before: dict[Any, Spent]) -> None:
    """The effects add up to the difference exactly, and rounded to cents they add up to the rounded difference."""
    change = sum((one.cost for one in now.values()), Decimal(0)) - sum(
        (one.cost for one in before.values()), Decimal(0)
    )
    parts = effects(now, before, _RATES)
    assert sum(parts.values(), Decimal(0)) == change
    cents = to_the_cent(parts)
    assert sum(cents.values(), Decimal(0)) == change
    if max(abs(part) for part in parts.values()) >= 1:
        shown = sum((part.quantize(_CENT, ROUND_HALF_UP) for part in cents.values()), Decimal(0))
        assert abs(shown - change) <= Decimal("0.005")


def test_cache() -> None:
    """A million prompt tokens of which half is no longer read from the cache cost 45 cents more."""
    before = {("p", "a"): Spent(Decimal("0.55"), 1_000_000, 10, [500_000, 500_000, 0, 0])}
    now = {("p", "a"): Spent(Decimal("1.00"), 1_000_000, 10, [1_000_000, 0, 0, 0])}
    parts = effects(now, before, _RATES)
    assert parts == {"volume": 0, "mix": 0, "cache": Decimal("0.45"), "rate": 0}


def test_rate_and_volume() -> None:
    """Twice the tokens at a price a tenth higher are volume, and the price of what there is now."""
    before = {("p", "a"): Spent(Decimal(10), 1_000, 1, [1_000, 0, 0, 0])}
    now = {("p", "a"): Spent(Decimal(22), 2_000, 1, [2_000, 0, 0, 0])}
    assert effects(now, before, _RATES) == {"volume": 10, "mix": 0, "cache": 0, "rate": 2}


def test_yearly() -> None:
    """Ten dollars more in a week than in the two weeks before it are compared by the day."""
    [row] = compared(
        {"": {("p", "a"): Spent(Decimal(17), 10)}},
        {"": {("p", "a"): Spent(Decimal(20), 10)}},
        (),
        (timedelta(days=7), timedelta(days=14)),
    ).values()
    assert row["yearly"].quantize(_CENT) == (Decimal(365) * (Decimal(17) / 7 - Decimal(20) / 14)).quantize(_CENT)
    assert row["cost_drivers"] == -3


class _Compared(Teller):
    def __call__(self, question: Question) -> Result:
        told = super().__call__(question)
        since = NOW - timedelta(days=1)
        return Result(
            [], told.rows, Meta(since, NOW, "UTC", previous_since=since - timedelta(days=1), previous_until=since)
        )


def _row(team: str, model: str, cost: str, tokens: int) -> dict[str, Any]:
    return {
        "team": team,
        "provider": "p",
        "model": model,
        "cost": Decimal(cost),
        "priced_tokens": tokens,
        "requests": 1,
        **dict.fromkeys(BUCKETS, 0),
        "input_tokens": tokens,
        **dict.fromkeys(CERTAINTY, 0),
    }


def test_by_owner() -> None:
    """Each owner's effects are its own, the largest change first, and all of them add up to the whole change."""
    teller = _Compared(
        [
            [{"requests": 4}],
            [_row("ml", "a", "30", 300), _row("web", "a", "5", 50)],
            [_row("ml", "a", "10", 100), _row("web", "a", "6", 60)],
            [{"provider": "p", "model": "a", "requests": 4}],
        ]
    )
    rows = judge(JUDGEMENTS["cost_drivers"], Matter(by="team", now=NOW), Settings(), teller).rows
    assert [(row["team"], row["cost_drivers"], row["volume"]) for row in rows] == [("ml", 20, 20), ("web", -1, -1)]
    assert sum(row[effect] for row in rows for effect in EFFECTS) == 19
