"""What customers and teams are charged for a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from generators.told_answers import Teller, judged
from tokometer.accounts.charged import RateCard
from tokometer.judgement.cards import card_for, card_of
from tokometer.judgement.charges import Month, charges_of, in_cents
from tokometer.settings import RateCard as FileCard
from tokometer.settings import Settings
from tokometer.settings.charging import OwnCard
from tokometer.settings.exchange import Rates
from tokometer.settings.owned import OwnRate

TODAY = date(2026, 11, 27)


def _card(value: str = "", by: str = "team", id_: str = "c", **beside: Any) -> OwnCard:
    declared = beside.pop("declared", {})
    made = card_of(RateCard(title=value or "each", by=by, value=value, declared=declared, **beside))
    return OwnCard(**{name: getattr(made, name) for name in OwnCard.__struct_fields__} | {"id": id_})


def _row(cost: str | None, team: str = "red", model: str = "m", **beside: Any) -> dict[str, Any]:
    return {
        "cost": None if cost is None else Decimal(cost),
        "requests": 10,
        "prompt_tokens": 2_000_000,
        "output_tokens": 1_000_000,
        "total_tokens": 3_000_000,
        "unpriced": 0,
        "team": team,
        "model": model,
        **beside,
    }


def _month(rows: Sequence[Mapping[str, Any]], *cards: OwnCard, rates: tuple[OwnRate, ...] = ()) -> Month:
    return charges_of("2026-10", Settings(own_cards=cards), Teller([rows]), Rates(rates).of, TODAY)


@pytest.mark.parametrize(
    ("declared", "total"),
    [
        ({}, "10.00"),
        ({"markup": "0.25"}, "12.50"),
        ({"markup": "-0.1"}, "9.00"),
        ({"input_per_mtok": "1", "output_per_mtok": "5"}, "7.00"),
        ({"per_mtok": "2"}, "6.00"),
        ({"per_request": "0.05"}, "0.50"),
        ({"per_request": "0.05", "monthly_fee": "20"}, "20.50"),
        ({"per_request": "0.05", "minimum": "15"}, "15.00"),
        ({"models": {"m*": {"markup": "1"}}}, "20.00"),
    ],
)
def test_what_a_card_charges(declared: dict[str, Any], total: str) -> None:
    """The cost, a markup or discount on it, prices of tokens and requests, a fee, a minimum, a model apart."""
    [charge] = _month([_row("10")], _card("red", declared=declared)).charges
    assert charge.total == Decimal(total)
    assert charge.margin == charge.total - 10
    assert sum(line.charged or 0 for line in charge.lines) == charge.total


def test_who_is_charged() -> None:
    """A call is charged once: to who is named before each, to a customer before a team, and else to nobody."""
    cards = (
        _card("", id_="each"),
        _card("blue", id_="blue", declared={"markup": "1"}),
        _card("acme", by="label.customer", id_="acme", declared={"per_request": "1"}),
    )
    rows = [
        _row("1", "red", **{"label.customer": ""}),
        _row("2", "blue", **{"label.customer": ""}),
        _row("4", "blue", **{"label.customer": "acme"}),
        _row("8", "", **{"label.customer": ""}),
    ]
    month = _month(rows, *cards)
    found = {(one.by, one.value): (one.cost, one.total) for one in month.charges}
    assert found == {("team", "red"): (1, 1), ("team", "blue"): (2, 4), ("label.customer", "acme"): (4, 10)}
    assert (month.cost, month.uncharged, month.uncharged_requests) == (15, 8, 10)


def test_a_card_that_begins_in_the_month() -> None:
    """Calls before its first day are not its, and its fee is for the days on which it holds."""
    card = _card("red", since=date(2026, 10, 22), declared={"monthly_fee": "31"})
    rows = [_row("1", day=date(2026, 10, 21)), _row("2", day=date(2026, 10, 22))]
    month = _month(rows, card)
    [charge] = month.charges
    assert (charge.cost, month.uncharged, charge.total) == (2, 1, Decimal(12))
    assert charge.lines[-1].title == "Monthly fee, for 32% of the month"


def test_another_currency() -> None:
    """Prices are in the card's currency, the cost is converted; without a rate a markup is not known, and says so."""
    euro = _card("red", currency="EUR", declared={"markup": "0", "per_request": "1"})
    rate = OwnRate(currency="EUR", day=date(2026, 1, 1), usd=Decimal("1.25"))
    [charge] = _month([_row("10")], euro, rates=(rate,)).charges
    assert (charge.total, charge.total_usd) == (Decimal(18), Decimal("22.5"))
    [unknown] = _month([_row("10")], euro).charges
    assert (unknown.total, unknown.total_usd, unknown.margin) == (0, None, None)
    assert unknown.remarks


def test_what_has_no_price_is_said() -> None:
    """Calls without a known price are in no amount, and counted."""
    [charge] = _month([_row(None, unpriced=10), _row("5", model="n", unpriced=2)], _card("red")).charges
    assert (charge.total, charge.unpriced, len(charge.remarks)) == (5, 12, 1)


_COSTS = some.lists(some.decimals("0", "1000", places=9, allow_nan=False), min_size=1, max_size=12)


@given(costs=_COSTS)
def test_statements_add_up(costs: list[Decimal]) -> None:
    """The costs of all statements and of what nobody is charged for are the month's cost, to the cent."""
    rows = [_row(f"{cost:f}", f"team-{at % 4}") for at, cost in enumerate(costs)]
    month = _month(rows, _card("team-0", id_="0"), _card("team-1", id_="1"), _card("team-2", id_="2"))
    shares = [one.cost_cents for one in month.charges]
    assert sum(shares, month.uncharged_cents) == month.cost_cents
    assert all(abs(one.cost_cents - one.cost) < Decimal("0.01") for one in month.charges)


@given(parts=some.lists(some.decimals("-50", "1000", places=6, allow_nan=False), max_size=20))
def test_cents_by_largest_remainder(parts: list[Decimal]) -> None:
    """Parts in whole cents are together the sum in whole cents, none off by a cent or more."""
    cents = in_cents(parts)
    assert sum(cents, Decimal(0)) == sum(parts, Decimal(0)).quantize(Decimal("0.01"))
    assert all(abs(cent - part) < Decimal("0.01") for cent, part in zip(cents, parts, strict=True))


def test_cards_of_the_page_win_over_the_files() -> None:
    """Revenue is by the card of the page on its days, else by the file's; a fee counts by the day."""
    totals = {"revenue": Decimal(0), "cost": Decimal(10), "requests": 100, "unpriced": 0, "assumed": 0}
    tokens = {"prompt_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    group = {**totals, **tokens, "team": "red"}
    card = _card("red", since=date(2026, 3, 10), declared={"per_request": "0.2", "monthly_fee": "31"})
    settings = Settings(rate_cards=(FileCard(per_request=Decimal("0.1")),), own_cards=(card,))
    days = [{**group, "day": date(2026, 3, 9)}, {**group, "day": date(2026, 3, 10)}]
    [row] = judged("profit", [totals], [], days, settings=settings)
    # 10 by the file, 20 by the page, and of the fee one day of the two that the window touches.
    assert row["rated"] == Decimal(31)


def test_card_for() -> None:
    """Of two that name who pays the one that began last holds; none holds outside of its days."""
    old, new = _card("red", id_="old"), _card("red", id_="new", since=date(2026, 10, 1), until=date(2026, 11, 1))
    for day, found in ((date(2026, 9, 30), old), (date(2026, 10, 1), new), (date(2026, 11, 1), old)):
        assert card_for((old, new), {"team": "red"}, day) == found
    assert card_for((new,), {"team": "red"}, datetime(2026, 11, 1, tzinfo=UTC).date()) is None
