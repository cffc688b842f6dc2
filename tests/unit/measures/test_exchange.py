"""Bills in other currencies, in US dollars by the rate of their day: the same on both engines as by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.ledgers import place
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Feed, Query, answer, exchange, run
from tokometer.records import Bill, to_us
from tokometer.records.wire import record_from
from tokometer.settings.exchange import Rates
from tokometer.settings.owned import OwnRate

_DAY: date = date(2026, 10, 1)
_NANO = Decimal("0.000000001")
_NUMBERS = count()
_DAYS = st.integers(0, 20).map(lambda days: _DAY + timedelta(days=days))
_CURRENCIES = st.sampled_from(["EUR", "INR", "USD"])


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """Both engines."""
    made: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("exchange") / "ledger.duckdb"),
        ClickHouseLedger(place("exchange")),
    ]
    yield made
    for ledger in made:
        ledger.close()


@pytest.fixture(autouse=True)
def _no_rates() -> Iterator[None]:
    yield
    exchange.use(())


def bill(currency: str, day: date, amount: Decimal, workspace: str) -> Bill:
    """A line of a bill, at noon of a day."""
    at = to_us(datetime.combine(day, time(12), UTC))
    nano = int(amount / _NANO)
    return Bill(
        source="api",
        native_id=f"b{next(_NUMBERS)}",
        started_at=at,
        ended_at=at,
        provider="openai",
        workspace=workspace,
        currency=currency,
        amount=nano if currency == "USD" else None,
        stated_amount=None if currency == "USD" else nano,
    )


@settings(max_examples=25)
@given(
    lines=st.lists(
        st.tuples(_CURRENCIES, _DAYS, st.decimals(-9_000, 9_000, places=9, allow_nan=False)), min_size=1, max_size=12
    ),
    told=st.dictionaries(
        st.tuples(st.sampled_from(["EUR", "INR"]), _DAYS), st.decimals("0.000000001", 90, places=9), max_size=6
    ),
)
def test_lines_are_converted_by_the_rate_of_their_day(
    ledgers: list[Ledger], lines: list[tuple[str, date, Decimal]], told: dict[tuple[str, date], Decimal]
) -> None:
    """Each line counts with the last rate up to its day, rounded to the ninth decimal; one before any is counted."""
    known = [OwnRate(currency=currency, day=day, usd=usd) for (currency, day), usd in told.items()]
    rates = Rates(known)
    exchange.use(known)
    amounts = [
        None if rate is None else (amount * rate).quantize(_NANO, ROUND_HALF_UP)
        for currency, day, amount in lines
        for rate in [rates.of(currency, day)]
    ]
    workspace = f"w{next(_NUMBERS)}"
    for ledger in ledgers:
        ledger.commit(Batch(records=[bill(*line, workspace) for line in lines]))
        [row] = run(ledger, Query(measures=("bills.amount", "bills.unconverted", "bills.lines")), [workspace]).rows
        assert row["lines"] == len(lines)
        assert row["unconverted"] == amounts.count(None)
        assert row["amount"] == sum((one for one in amounts if one is not None), Decimal(0))


def test_a_rate_that_comes_later_holds_for_the_past(ledgers: list[Ledger]) -> None:
    """A line without a rate has no amount, in sums, lists and groups; once its rate is entered it has."""
    workspace = f"w{next(_NUMBERS)}"
    feed = Feed(cube="bills", columns=("amount", "currency"), since="all")
    by_currency = Query(measures=("bills.amount",), by=("bills.currency",), since="all")
    for ledger in ledgers:
        exchange.use(())
        ledger.commit(Batch(records=[bill("EUR", _DAY, Decimal(10), workspace)]))
        assert answer(ledger, feed, (workspace,)).rows[0]["amount"] is None
        exchange.use([OwnRate(currency="EUR", day=_DAY, usd=Decimal("1.0825"))])
        assert answer(ledger, feed, (workspace,)).rows[0]["amount"] == Decimal("10.825")
        [row] = run(ledger, by_currency, [workspace]).rows
        assert (row["currency"], row["amount"]) == ("EUR", Decimal("10.825"))


def test_an_amount_beyond_all_money_is_not_converted(ledgers: list[Ledger]) -> None:
    """A line that no rate can bring within what money can be stays unknown, and spoils no sum."""
    exchange.use([OwnRate(currency="XAU", day=_DAY, usd=Decimal(900_000))])
    workspace = f"w{next(_NUMBERS)}"
    for ledger in ledgers:
        lines = [bill("XAU", _DAY, Decimal(90_000), workspace), bill("USD", _DAY, Decimal(2), workspace)]
        ledger.commit(Batch(records=lines))
        [row] = run(ledger, Query(measures=("bills.amount", "bills.unconverted"), since="all"), [workspace]).rows
        assert (row["amount"], row["unconverted"]) == (Decimal(2), 1)


def test_our_own_api_takes_bills_in_other_currencies() -> None:
    """`amount` is in the line's currency, `amount_usd` in US dollars whatever that is."""
    told = {"provider": "openai", "amount": "12.5", "currency": "eur", "time": "2026-10-01T00:00:00Z"}
    euros = record_from("bills", told)
    assert isinstance(euros, Bill)
    assert (euros.currency, euros.amount, euros.stated_amount) == ("EUR", None, 12_500_000_000)
    dollars = record_from("bills", {"amount_usd": 1, **{k: v for k, v in told.items() if k != "amount"}})
    assert isinstance(dollars, Bill)
    assert (dollars.amount, dollars.stated_amount) == (1_000_000_000, None)
