"""Tests of tokometer.judgement.subscriptions."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.told_answers import NOW, Teller, judged
from tokometer.judgement.subscriptions import NOBODY, paid_for
from tokometer.settings import Settings
from tokometer.settings.exchange import Rates
from tokometer.settings.owned import OwnPerson, OwnRate, OwnSubscription

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ADA = OwnPerson(name="Ada", match=(("account", ("ada@example.com",)), ("machine", ("ada-mbp",))))
GRACE = OwnPerson(name="Grace", match=(("account", ("grace@example.com",)),))


def plan(**values: Any) -> OwnSubscription:
    """A subscription of two seats at 200 USD a month, since January."""
    told = {
        "id": "p1",
        "title": "Max",
        "provider": "anthropic",
        "plan": "Max 20x",
        "price": Decimal(200),
        "currency": "USD",
        "period": "month",
        "seats": 2,
        "people": (),
        "filters": (("provider", ("anthropic",)),),
        "limits": (),
        "since": date(2026, 1, 1),
        "until": None,
    } | values
    return OwnSubscription(**told)


def calls(cost: str | None, **names: str) -> dict[str, Any]:
    """What some calls come to."""
    money = None if cost is None else Decimal(cost)
    known = {"provider": "anthropic", "account": "", "machine": "", "day": "2026-03-05"}
    return {**known, "cost": money, "requests": 2, "total_tokens": 10, "unpriced": cost is None, **names}


def worth(rows: list[dict[str, Any]], *plans: OwnSubscription, name: str = "subscriptions") -> list[dict[str, Any]]:
    """What is said of plans."""
    settings = Settings(own_subscriptions=plans)
    return [dict(row) for row in judged(name, teller=Teller((rows,), since=SINCE), settings=settings)]


def test_what_is_paid_is_held_against_what_the_use_is_worth() -> None:
    """The price of all seats for the days of the window, the calls' cost by the API, and who of the seats used it."""
    rows = [calls("90", account="ada@example.com"), calls("20", machine="ada-mbp"), calls("5"), calls(None)]
    [row] = worth(rows, plan(people=(ADA, GRACE), seats=3))
    days = (NOW.date() - SINCE.date()).days + 1
    paid = (Decimal(600) * days / 31).quantize(Decimal("0.000000001"))
    assert (row["subscriptions"], row["paid"], row["saved"]) == (Decimal(115), paid, Decimal(115) - paid)
    assert (row["seats_used"], row["seats_idle"], row["unpriced"], row["requests"]) == (1, 2, 1, 8)


def test_everybody_is_told_of_and_nobody_twice() -> None:
    """By person the use adds up to the plan's; who has a seat and used nothing stands there, too."""
    rows = [
        calls("90", account="ada@example.com"),
        calls("20", account="ada@example.com", machine="ada-mbp"),
        calls("5"),
    ]
    people = {row["person"]: row for row in worth(rows, plan(people=(ADA, GRACE), seats=3), name="subscription_people")}
    assert {name: row["subscription_people"] for name, row in people.items()} == {
        "Ada": Decimal(110),
        "Grace": Decimal(0),
        NOBODY: Decimal(5),
    }
    assert people[NOBODY]["paid"] is None
    assert people["Grace"]["saved"] == -people["Grace"]["paid"] < 0


def test_where_all_seats_have_names_other_calls_are_somebody_elses() -> None:
    """A call of nobody who has a seat goes to the next plan that covers it, or to none."""
    named = plan(people=(ADA, GRACE))
    others = plan(id="p2", title="Team", since=date(2025, 1, 1))
    rows = [calls("90", account="ada@example.com"), calls("7", account="linus@example.com")]
    assert [row["subscriptions"] for row in worth(rows, named)] == [Decimal(90)]
    # The one without names is older, and still comes after.
    assert [row["subscriptions"] for row in worth(rows, others, named)] == [Decimal(7), Decimal(90)]


def test_a_plan_covers_its_own_days() -> None:
    """Calls before its first day or from its last on are not covered, and those days are not paid."""
    rows = [calls("1", day="2026-03-03"), calls("10", day="2026-03-04"), calls("100", day="2026-03-06")]
    [row] = worth(rows, plan(since=date(2026, 3, 4), until=date(2026, 3, 6), price=Decimal(31)))
    assert (row["subscriptions"], row["paid"]) == (Decimal(10), Decimal(4))


def test_what_nobody_used_is_worth_nothing() -> None:
    """A plan that covers no call is worth nothing, which is known; of calls without a price nobody knows."""
    [row] = worth([], plan())
    assert (row["subscriptions"], row["standing"]) == (Decimal(0), "warning")
    [row] = worth([calls(None)], plan())
    assert (row["subscriptions"], row["saved"]) == (None, None)


def test_somebody_who_is_known_by_nothing_may_have_made_any_call() -> None:
    """As long as one of the seats' holders is known by name alone, other calls may be theirs."""
    [row] = worth([calls("7", account="linus@example.com")], plan(people=(ADA, OwnPerson(name="Grace"))))
    assert row["subscriptions"] == Decimal(7)


def test_a_price_in_another_currency_needs_its_rate() -> None:
    """Without the rate of its days what is paid is unknown, and that is said."""
    [row] = worth([calls("1")], plan(currency="EUR"))
    assert (row["paid"], row["saved"], row["standing"]) == (None, None, "none")
    assert "EUR" in row["note"]


@given(
    since=st.integers(0, 800),
    cuts=st.lists(st.integers(1, 700), max_size=6),
    length=st.integers(1, 700),
    period=st.sampled_from(["month", "year"]),
)
def test_what_is_paid_adds_up(since: int, cuts: list[int], length: int, period: str) -> None:
    """Windows that follow each other are paid as much as the whole, to a billionth for each."""
    begin = date(2025, 1, 1) + timedelta(days=since)
    end = begin + timedelta(days=length)
    bounds = sorted({begin, end, *(begin + timedelta(days=cut) for cut in cuts if cut < length)})
    one = plan(period=period, currency="EUR", price=Decimal("29.99"), seats=7, since=date(2025, 6, 1))
    rates = Rates([OwnRate(currency="EUR", day=date(2025, 1, 1), usd=Decimal("1.0845"))])
    whole = paid_for(one, begin, end, rates)
    parts = [paid_for(one, *pair, rates) for pair in itertools.pairwise(bounds)]
    assert whole is not None
    assert abs(whole - sum((part or Decimal(0) for part in parts), Decimal(0))) <= Decimal("0.000000001") * len(bounds)


@pytest.mark.parametrize(
    ("period", "paid"), [("month", Decimal(28)), ("year", (Decimal(28) * 28 / 365).quantize(Decimal("0.000000001")))]
)
def test_a_whole_month_is_a_months_price(period: str, paid: Decimal) -> None:
    """February costs a month's price, or its days' share of a year's."""
    one = plan(price=Decimal(28), seats=1, period=period)
    assert paid_for(one, date(2026, 2, 1), date(2026, 3, 1), Rates()) == paid


def test_limits_are_measured_in_their_own_windows() -> None:
    """Each limit is asked of the calls that the plan covers, over its window up to now."""
    one = plan(limits=(("5h", "tokens", Decimal(1000)), ("7d", "cost", Decimal(50))))
    teller = Teller(([{"total_tokens": 900}], [{"cost": Decimal(60)}]), since=SINCE)
    rows = judged("subscription_limits", teller=teller, settings=Settings(own_subscriptions=(one,)))
    assert [(row["subscription_limits"], row["standing"]) for row in rows] == [(0.9, "warning"), (1.2, "critical")]
    assert [question.since for question in teller.asked] == ["5h", "7d"]  # type: ignore[union-attr]
