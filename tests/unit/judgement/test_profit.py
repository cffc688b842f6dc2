"""Tests of tokometer.judgement.revenue and tokometer.judgement.profit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from generators.told_answers import Teller, judged
from tokometer.measures import Filter, Query
from tokometer.settings import RateCard, Settings

ZERO = Decimal(0)


def _calls(revenue: str = "0", cost: str = "10", requests: int = 100, **beside: Any) -> dict[str, Any]:
    """Calls of a group: two million prompt tokens, a million output tokens, half a million of unknown direction."""
    return {
        "revenue": Decimal(revenue),
        "cost": Decimal(cost),
        "requests": requests,
        "prompt_tokens": 2_000_000,
        "output_tokens": 1_000_000,
        "total_tokens": 3_500_000,
        "unpriced": 0,
        **beside,
    }


def _bill(revenue: str, team: str = "", model: str = "", **beside: Any) -> dict[str, Any]:
    return {"revenue": Decimal(revenue), "team": team, "model": model, **beside}


def _profit(
    totals: Sequence[Mapping[str, Any]],
    bills: Sequence[Mapping[str, Any]],
    *groups: Sequence[Mapping[str, Any]],
    cards: tuple[RateCard, ...] = (),
    **about: Any,
) -> list[Mapping[str, Any]]:
    return judged("profit", totals, bills, *groups, settings=Settings(rate_cards=cards), **about)


def test_nothing_says_that_there_is_revenue() -> None:
    """Without revenue anywhere, profit and margin are unknown, and the row says why."""
    [row] = _profit([_calls()], [], [_calls()])
    assert (row["profit"], row["revenue"], row["margin"]) == (None, None, None)
    assert (row["cost"], row["basis"], row["standing"]) == (Decimal(10), "no revenue configured", "none")


def test_recorded() -> None:
    """Revenue that calls state, minus their cost: 40 − 10 is 75 % of 40."""
    [row] = _profit([_calls("40")], [], [_calls("40")])
    assert (row["profit"], row["margin"], row["recorded"]) == (Decimal(30), 0.75, Decimal(40))
    assert (row["rated"], row["billed"], row["basis"], row["standing"]) == (None, None, "records", "good")


@pytest.mark.parametrize(
    ("card", "revenue"),
    [
        # 30 % on 10; 3.5 million tokens at $2; 2 million in at $1 and 1 million out at $5; 100 requests at 5 cents.
        (RateCard(markup=Decimal("0.3")), Decimal(13)),
        (RateCard(per_mtok=Decimal(2)), Decimal(7)),
        (RateCard(per_input_mtok=Decimal(1), per_output_mtok=Decimal(5)), Decimal(7)),
        (RateCard(per_request=Decimal("0.05")), Decimal(5)),
    ],
)
def test_rate_cards(card: RateCard, revenue: Decimal) -> None:
    """Calls that state no revenue are charged by the card: a markup, a price per million tokens, or per request."""
    [row] = _profit([_calls()], [], [_calls()], cards=(card,))
    assert (row["revenue"], row["rated"], row["recorded"], row["basis"]) == (revenue, revenue, None, "rate cards")


def test_most_specific_card() -> None:
    """The card of team and model wins over the team's, that over the model's, and that over the one for all."""
    cards = (
        RateCard(per_request=Decimal(1)),
        RateCard(model="m", per_request=Decimal(2)),
        RateCard(team="t", per_request=Decimal(3)),
        RateCard(team="t", model="m", per_request=Decimal(4)),
    )
    groups = [_calls(requests=1, team=team, model=model) for team in ("t", "u") for model in ("m", "n")]
    rows = _profit([_calls(team="t"), _calls(team="u")], [], groups, cards=cards, by="team")
    assert {row["team"]: row["revenue"] for row in rows} == {"t": 4 + 3, "u": 2 + 1}


def test_no_call_is_charged_twice() -> None:
    """Where some calls of a group state their revenue, the card is for the others only."""
    card = RateCard(markup=Decimal("0.5"))
    # 100 calls that cost 10 in all; 60 of them state a revenue of 30 in all, the other 40 cost 4.
    rest = _calls("0", "4", 40)
    teller = Teller([[_calls("30")], [], [_calls("30")], [rest]])
    [row] = judged("profit", teller=teller, settings=Settings(rate_cards=(card,)))
    assert (row["recorded"], row["rated"], row["revenue"]) == (Decimal(30), Decimal(6), Decimal(36))
    assert row["basis"] == "records + rate cards"
    last = teller.asked[-1]
    assert isinstance(last, Query)
    assert last.where == (Filter("calls.revenue_stated", "=", ("no",)),)


def test_all_calls_state_their_revenue() -> None:
    """Where all of them do, the card charges nothing."""
    [row] = _profit([_calls("30")], [], [_calls("30")], [], cards=(RateCard(markup=Decimal("0.5")),))
    assert (row["recorded"], row["rated"], row["revenue"]) == (Decimal(30), None, Decimal(30))


def test_bills() -> None:
    """A line that names neither team nor model always counts; one that names a team with revenue already does not."""
    bills = [_bill("500"), _bill("70", team="t"), _bill("80", team="u"), _bill("90", model="m"), _bill("5", model="z")]
    groups = [_calls("40", team="t", model="m"), _calls("0", team="u", model="n")]
    [row] = _profit([_calls("40", "20")], bills, groups)
    assert (row["recorded"], row["billed"], row["left_out"]) == (Decimal(40), Decimal(500 + 80 + 5), Decimal(70 + 90))
    assert (row["revenue"], row["profit"]) == (Decimal(625), Decimal(605))
    assert row["basis"] == "records + bills"


def test_bills_of_what_a_card_charges() -> None:
    """A team that a card charges is not billed again."""
    card = RateCard(team="t", per_request=Decimal(1))
    bills = [_bill("70", team="t"), _bill("80", team="u")]
    groups = [_calls(team="t"), _calls(team="u")]
    [row] = _profit([_calls()], bills, groups, cards=(card,))
    assert (row["rated"], row["billed"], row["left_out"]) == (Decimal(100), Decimal(80), Decimal(70))


def test_bill_without_calls() -> None:
    """By day, a day with a bill and no calls has a row; it cost nothing."""
    rows = _profit(
        [_calls("40", day="2026-03-02")],
        [_bill("7", day="2026-03-01")],
        [_calls("40", day="2026-03-02")],
        by="day",
    )
    assert [(row["day"], row["revenue"], row["cost"], row["profit"]) for row in rows] == [
        ("2026-03-01", 7, 0, 7),
        ("2026-03-02", 40, 10, 30),
    ]


def test_filters_that_bills_do_not_know() -> None:
    """Of some agent's calls, bills say nothing, and are not asked."""
    teller = Teller([[_calls("40")], [_calls("40")]])
    [row] = judged("profit", teller=teller, where=(Filter("calls.agent", "=", ("ana",)),))
    assert row["revenue"] == 40


def test_groups_add_up() -> None:
    """Fees are rounded once, so their sum does not depend on what they are grouped by."""
    card = RateCard(markup=Decimal("0.333333333"))
    costs = ("0.000000001", "0.000000002", "0.123456789")
    groups = [_calls("0", cost, team=team) for cost, team in zip(costs, "tuv", strict=True)]
    [row] = _profit([_calls("0", "0.123456792")], [], groups, cards=(card, RateCard(team="x", markup=Decimal(9))))
    assert row["rated"] == (Decimal("0.123456792") * Decimal("1.333333333")).quantize(Decimal("0.000000001"))


@pytest.mark.parametrize(
    ("revenue", "standing"), [("9.99", "critical"), ("10", "warning"), ("12.4", "warning"), ("12.5", "good")]
)
def test_standing(revenue: str, standing: str) -> None:
    """A loss is critical, a margin below 20 % a warning."""
    [row] = _profit([_calls(revenue)], [], [_calls(revenue)])
    assert row["standing"] == standing


def test_unknown_cost() -> None:
    """Of calls that nobody knows the price of, the profit is unknown, too."""
    unknown = {**_calls("40"), "cost": None}
    [row] = _profit([unknown], [], [unknown])
    assert (row["revenue"], row["profit"], row["standing"]) == (Decimal(40), None, "none")


# -- unit economics ----------------------------------------------------------------------------------------------------


def test_unit_economics() -> None:
    """Per request, per million tokens and per session: what it costs, brings in and leaves."""
    measured = {
        **_calls("40"),
        "sessions": 5,
        "cost_per_request": Decimal("0.1"),
        "cost_per_mtok": Decimal("2.857142857"),
    }
    [row] = judged("unit_economics", [measured], [], [_calls("40")])
    assert (row["cost_per_request"], row["revenue_per_request"], row["profit_per_request"]) == (
        Decimal("0.1"),
        Decimal("0.4"),
        Decimal("0.3"),
    )
    assert row["unit_economics"] == Decimal("0.3")
    # 40 for 3.5 million tokens.
    assert row["revenue_per_mtok"] == Decimal("11.428571429")
    assert row["profit_per_mtok"] == Decimal("8.571428572")
    assert (row["cost_per_session"], row["revenue_per_session"], row["profit_per_session"]) == (2, 8, 6)
    assert row["standing"] == "good"


def test_unit_economics_without_revenue() -> None:
    """Costs are told without any revenue; what would need one is unknown."""
    measured = {**_calls(), "sessions": 0, "cost_per_request": Decimal("0.1"), "cost_per_mtok": Decimal(3)}
    [row] = judged("unit_economics", [measured], [], [_calls()])
    assert (row["cost_per_request"], row["cost_per_session"]) == (Decimal("0.1"), None)
    assert (row["unit_economics"], row["revenue_per_mtok"], row["basis"]) == (None, None, "no revenue configured")
