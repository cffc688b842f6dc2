"""Tests of tokometer.judgement.verdict."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tokometer.judgement.verdict import decide
from tokometer.settings import BudgetLine


def _line(id_: str, amount: str = "100", **more: Any) -> BudgetLine:
    filters = tuple(sorted((name, tuple(values)) for name, values in more.pop("filters", {}).items()))
    return BudgetLine(id=id_, title=id_, amount=Decimal(amount), filters=filters, **more)


def _word(spent: str | None, **more: Any) -> str:
    return decide([_line("a", **more)], {"a": None if spent is None else Decimal(spent)}, {}).word


def test_allow_warn_stop() -> None:
    """It warns from the highest level below the whole on, and stops when all is used, unless it does not stop."""
    assert [_word(spent) for spent in ("0", "79.99", "80", "99.99", "100", "500")] == [
        *("allow", "allow", "warn", "warn", "stop", "stop"),
    ]
    assert _word("100", stops=False) == "warn"
    assert _word("99", levels=(1.0,)) == "allow"
    assert _word(None) == "allow"


def test_only_budgets_for_the_call() -> None:
    """A budget is for a call that has one of its values in each of its dimensions; what was not told is named."""
    lines = [
        _line("all", "1000"),
        _line("team", filters={"team": ["research", "web"]}),
        _line("both", filters={"team": ["research"], "model": ["m"]}),
        _line("other", filters={"team": ["sales"]}),
    ]
    spent = {line.id: Decimal(150) for line in lines}
    found = decide(lines, spent, {"team": ["research"]})
    assert [(one.line.id, one.word) for one in found.applied] == [("team", "stop"), ("all", "allow")]
    assert found.untold == ("model",)
    assert found.reason == "The budget team is used up: $150.00 of $100.00 this month."
    assert found.applied[0].remaining == Decimal(-50)
    assert decide(lines[1:], spent, {"team": ["nobody"]}).reason == "No budget is for this call."
    # A key is told whole and as it is shown: either counts.
    assert (
        decide([_line("key", filters={"api_key": ["…ab12"]})], {"key": Decimal(100)}, {"api_key": ["k", "…ab12"]}).word
        == "stop"
    )


def test_what_is_unknown_stops_nobody() -> None:
    """Nothing measured yet is no reason to stop, and said."""
    found = decide([_line("a")], {}, {})
    assert (found.word, found.applied[0].used) == ("allow", None)
    assert "not known yet" in found.reason


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 300), st.booleans(), st.sampled_from("abc")), max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_worst_counts_whatever_the_order(given_: list[tuple[int, int, bool, str]], order: random.Random) -> None:
    """The verdict is that of the worst budget, whatever the order of budgets; more spent never makes it better."""
    lines, spent = [], {}
    for number, (amount, cost, stops, team) in enumerate(given_):
        lines.append(_line(str(number), str(amount), stops=stops, filters={"team": [team]}))
        spent[str(number)] = Decimal(cost)
    found = decide(lines, spent, {"team": ["a"]})
    rank = {"allow": 0, "warn": 1, "stop": 2}
    alone = [decide([line], spent, {"team": ["a"]}).word for line in lines]
    assert rank[found.word] == max((rank[word] for word in alone), default=0)
    mixed = list(lines)
    order.shuffle(mixed)
    assert decide(mixed, spent, {"team": ["a"]}).word == found.word
    more = decide(lines, {id_: cost + 1 for id_, cost in spent.items()}, {"team": ["a"]})
    assert rank[more.word] >= rank[found.word]
