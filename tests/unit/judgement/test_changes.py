"""Tests of tokometer.judgement.changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.changes import EFFECTS, Use, split, to_the_cent
from tokometer.judgement.declared import Matter, judge
from tokometer.measures import Question, Result
from tokometer.settings import Settings

CENT = Decimal("0.01")
_MONEY = st.decimals(0, 10_000_000, places=9, allow_nan=False)
_TOKENS = st.integers(0, 10**13)
_USES = st.dictionaries(st.text(max_size=3), st.builds(Use, _MONEY, _TOKENS, _MONEY, _TOKENS), min_size=1, max_size=8)


class Compared(Teller):
    """Answers that compare with a period before."""

    def __call__(self, question: Question) -> Result:
        """The next answer, with a window before."""
        told = super().__call__(question)
        return replace(told, meta=replace(told.meta, previous_since=NOW - timedelta(days=2)))


def _row(name: str, cost: str | None, tokens: int, before: str | None, tokens_before: int) -> dict[str, Any]:
    return {
        "model": name,
        "cost": None if cost is None else Decimal(cost),
        "priced_tokens": tokens,
        "cost.previous": None if before is None else Decimal(before),
        "priced_tokens.previous": tokens_before,
        "requests": tokens,
        "requests.previous": tokens_before,
    }


def _split(*rows: dict[str, Any], by: str = "") -> list[Any]:
    return judged("cost_split", teller=Compared([rows]), by=by)


def test_volume_mix_and_price() -> None:
    """A hand-computed case: 3,000 tokens instead of 2,000, more of them of the dear model, which has become dearer.

    Before: a 1,000 for $10 (1 cent each), b 1,000 for $2 (0.2 cents each): $12. Now: a 2,000 for $24 (1.2 cents each),
    b 1,000 for $2: $26.
    """
    rows = [_row("a", "24", 2_000, "10", 1_000), _row("b", "2", 1_000, "2", 1_000)]
    [whole] = _split(*rows)
    assert (whole["cost_split"], whole["cost"], whole["previous"]) == (14, 26, 12)
    # Half as many tokens more: half of $12. Prices: 2,000 × 0.2 cents = $4. The rest: a has 2/3 instead of 1/2.
    assert (whole["volume"], whole["price"], whole["mix"]) == (6, 4, 4)
    assert (whole["tokens"], whole["previous_tokens"]) == (3_000, 2_000)
    models = {
        row["model"]: (row["cost_split"], row["volume"], row["mix"], row["price"]) for row in _split(*rows, by="model")
    }
    assert models == {"a": (14, 5, 5, 4), "b": (0, 1, -1, 0)}


def test_new_and_gone() -> None:
    """What is new or gone is mix, beside its share of the volume: the same use, of another model at another price."""
    rows = [_row("new", "8", 1_000, "0", 0), _row("gone", "0", 0, "10", 1_000)]
    [whole] = _split(*rows)
    assert (whole["cost_split"], whole["volume"], whole["mix"], whole["price"]) == (-2, 0, -2, 0)
    models = {row["model"]: row["mix"] for row in _split(*rows, by="model")}
    assert models == {"new": 8, "gone": -10}


def test_nothing_before() -> None:
    """Where nothing was used before, all of the cost is volume."""
    [whole] = _split(_row("a", "8.5", 1_000, "0", 0))
    assert (whole["volume"], whole["mix"], whole["price"]) == (Decimal("8.5"), 0, 0)


def test_unpriced() -> None:
    """A model that nobody knows the price of takes no part."""
    [whole] = _split(_row("a", "8", 1_000, "4", 500), _row("b", None, 0, None, 0))
    assert (whole["cost_split"], whole["volume"], whole["mix"], whole["price"]) == (4, 4, 0, 0)


def test_no_period_before() -> None:
    """Of all time there is no period before, and nothing to split."""
    assert judged("cost_split", [_row("a", "8", 1_000, "0", 0)]) == []


@given(_USES)
def test_parts_add_up(uses: dict[str, Use]) -> None:
    """Whatever changed, the parts of each model add up to its change, exactly, to the last of nine digits."""
    for name, parts in split(uses).items():
        assert sum(parts.values()) == uses[name].change
        assert all(-parts[effect].as_tuple().exponent <= 9 for effect in EFFECTS)


@given(st.lists(st.decimals(-(10**7), 10**7, places=9, allow_nan=False), min_size=3, max_size=3))
def test_cents_add_up(amounts: list[Decimal]) -> None:
    """Rounded to cents they add up exactly, and as they are shown; none is off by more than a cent."""
    parts = dict(zip(EFFECTS, amounts, strict=True))
    shown = to_the_cent(parts)
    total = sum(amounts)
    assert sum(shown.values()) == total
    assert list(shown) == list(EFFECTS)
    if max(abs(part) for part in amounts) >= 1:
        assert all(abs(shown[name] - parts[name]) <= CENT for name in EFFECTS)
        cents = sum(part.quantize(CENT, ROUND_HALF_UP) for part in shown.values())
        # At exactly half a cent, rounding away from zero depends on the sign of what is rounded.
        assert cents == total.quantize(CENT, ROUND_HALF_UP) or abs(total % CENT) == CENT / 2


def test_largest_part_takes_the_rest() -> None:
    """Thirds of ten dollars: two of them are whole cents, and the first of the largest takes what is left."""
    third = Decimal("3.333333333")
    parts = {"volume": third, "mix": third, "price": third + Decimal("0.000000001")}
    assert to_the_cent(parts) == {
        "volume": Decimal("3.33"),
        "mix": Decimal("3.33"),
        "price": Decimal("3.340000000"),
    }
    parts = {"volume": third, "mix": third, "price": third}
    assert to_the_cent(parts)["volume"] == Decimal("3.339999999")


def test_small_amounts_stay() -> None:
    """Where all parts are below a dollar, cents would hide them."""
    parts = {"volume": Decimal("0.004"), "mix": Decimal("-0.001"), "price": Decimal(0)}
    assert to_the_cent(parts) == parts


# -- movers ------------------------------------------------------------------------------------------------------------


def test_movers() -> None:
    """The largest changes first, whichever way; what is new or gone is marked; what is unknown comes last."""
    rows = [
        _row("up", "30", 3, "20", 2),
        _row("new", "5", 1, "0", 0),
        _row("gone", "0", 0, "40", 4),
        _row("unpriced", None, 1, "7", 1),
        _row("same", "9", 1, "9", 1),
    ]
    found = judged("movers", rows, by="model")
    assert [(row["model"], row["movers"], row["change"], row["note"]) for row in found] == [
        ("gone", -40, -1.0, "gone"),
        ("up", 10, 0.5, None),
        ("new", 5, None, "new"),
        ("same", 0, 0.0, None),
        ("unpriced", None, None, None),
    ]


@pytest.mark.parametrize("by", JUDGEMENTS["movers"].by)
def test_movers_compare(by: str) -> None:
    """They compare with the period before, by any of their dimensions."""
    teller = Teller([[]])
    judge(JUDGEMENTS["movers"], Matter(by=by, since="7d", now=NOW), Settings(), teller)
    [question] = teller.asked
    assert (question.compare, question.by, question.since) == ("previous", (f"calls.{by}",), "7d")


def test_changes_say_how_sure_they_are() -> None:
    """What is not in a cost of either period, and what of it is assumed, is counted for movers and for the split."""
    sure = {"unpriced": 3, "no_price": 2, "usage_unknown": 1, "assumed": 4, "cost_assumed": Decimal("0.5")}
    row = _row("a", "8", 1_000, "4", 500) | sure | {f"{name}.previous": value for name, value in sure.items()}
    other = _row("b", "1", 100, "1", 100) | {"no_price": 5, "unpriced": 5}
    [mover, _] = judged("movers", [row, other], by="model")
    assert [mover[name] for name in sure] == [2 * value for value in sure.values()]
    [whole] = _split(row, other)
    assert (whole["unpriced"], whole["no_price"], whole["cost_assumed"]) == (11, 9, 1)
    assert [one["no_price"] for one in _split(row, other, by="model")] == [4, 5]
