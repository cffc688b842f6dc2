"""Both engines give every judgement the same rows, over a small demo history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from generators import demo_history
from generators.examples import in_turn
from servers.ledgers import at_rest, clickhouse
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Filter, Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import Bill, Record, Sample, to_datetime
from tokometer.settings import Budget, RateCard, Settings, SloOverride
from tokometer.settings.owned import OwnMachine, OwnPerson, OwnSeries, OwnSubscription

NOW: datetime = to_datetime(demo_history.NOW)
SETTINGS = Settings(
    slo_overrides=(SloOverride(provider="openai", p95_latency_ms=9_000.0, period="7d"),),
    budget=Budget(monthly=Decimal(500), models=(("gpt-5", Decimal(20)),), providers=(("openai", Decimal(80)),)),
    rate_cards=(RateCard(markup=Decimal("0.3")), RateCard(team="product", per_mtok=Decimal(4))),
)
_DAY = 86_400_000_000
OWNED = structs.replace(
    SETTINGS,
    own_machines=(
        OwnMachine(
            id="m1",
            title="Atlas",
            host="atlas-01",
            price=Decimal(14_800),
            bought=NOW - timedelta(days=8),
            amortisation_months=36,
            power_price=Decimal("0.27"),
            watts=None,
            compared=(("*", "anthropic/claude-haiku-4-5"),),
        ),
    ),
    own_series=(
        OwnSeries(
            id="s1",
            name="orders",
            title="Orders",
            unit="order",
            tz="Europe/Vienna",
            adds=True,
            revision=1,
            points=tuple((NOW.date() - timedelta(days=ago), 100.0 + ago) for ago in range(20, -1, -1)),
        ),
    ),
    own_subscriptions=(
        OwnSubscription(
            id="p1",
            title="Max",
            provider="anthropic",
            plan="Max 20x",
            price=Decimal(200),
            currency="USD",
            period="month",
            seats=3,
            people=(OwnPerson(name="Ada", match=(("user", ("user-01", "user-02")), ("machine", ("ada-mbp",)))),),
            filters=(("provider", ("anthropic",)),),
            limits=(("5h", "tokens", Decimal(900_000)), ("7d", "cost", Decimal(50))),
            since=NOW.date() - timedelta(days=3),
            until=None,
        ),
    ),
)
#: Judgements that list what happened: there may be nothing.
LISTS = ("incidents", "spikes", "advice", "cache_changes", "waste", "anomalies")
FILTERS = {
    "provider": Filter("calls.provider", "in", ("openai", "anthropic")),
    "user": Filter("calls.user", "!=", ("nobody",)),
}
#: Those with a window of their own say the same whatever window is asked.
ASKED = [
    *((one.name, by, "24h") for one in JUDGEMENTS.values() if one.window for by in one.by),
    *(
        (name, by, since)
        for (name, by), since in in_turn(
            [(one.name, by) for one in JUDGEMENTS.values() if not one.window for by in one.by], ("24h", "7d")
        )
    ),
]


def _revenue() -> list[Record]:
    """Lines of revenue in bills: of nobody, of a team that has revenue already, of a model that nobody uses."""
    return [
        Bill(
            source="api",
            native_id=f"revenue-{place}",
            started_at=demo_history.NOW - (place + 1) * _DAY,
            ended_at=demo_history.NOW - place * _DAY,
            type="revenue",
            provider="",
            amount=100_000_000_000,
            team=team,
            model=model,
        )
        for place, (team, model) in enumerate((("", ""), ("product", ""), ("", "unused")))
    ]


def _reports() -> list[Record]:
    """What a gateway says of two providers: one has just come back, one is out."""
    return [
        Sample(
            source="api",
            native_id=f"state-{provider}-{before}",
            started_at=demo_history.NOW - before * 60_000_000,
            metric="litellm_deployment_state",
            value=value,
            unit="1",
            provider=provider,
        )
        for provider, before, value in (("openai", 90, 2.0), ("openai", 60, 0.0), ("openai", 30, 0.0), ("groq", 5, 2.0))
    ]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine with the same demo history of ten days."""
    records = [*demo_history.records(PriceBook.open(None, None), calls=4_000, days=10), *_revenue(), *_reports()]
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("judgements") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=records))
        at_rest(ledger)
    yield opened
    for ledger in opened:
        ledger.close()


def _judge(ledger: Ledger, name: str, matter: Matter, settings: Settings = OWNED) -> Result:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=NOW)

    return judge(JUDGEMENTS[name], matter, settings, ask)


def _told(result: Result) -> list[dict[str, object]]:
    """The rows; of sums of floats, which engines add up in orders of their own, twelve digits."""
    return [
        {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in row.items()}
        for row in result.rows
    ]


@pytest.mark.parametrize(("name", "by", "since"), ASKED)
def test_same_rows(ledgers: list[Ledger], name: str, by: str, since: str) -> None:
    """The same rows by every dimension, as JSON and as CSV; without a dimension there is always something to say."""
    matter = Matter(by=by, since=since, tz="America/New_York", now=NOW)
    one, other = (_judge(ledger, name, matter) for ledger in ledgers)
    assert _told(one) == _told(other)
    assert one.to_csv().count("\n") >= len(one.rows) + 1
    assert [set(row) for row in one.to_json()["rows"]] == [{column.name for column in one.columns}] * len(one.rows)
    assert one.rows or name in LISTS


@pytest.mark.parametrize(
    ("name", "where"),
    [pytest.param(name, FILTERS[by], id=f"{name}-{by}") for name, by in in_turn(tuple(JUDGEMENTS), tuple(FILTERS))],
)
def test_same_rows_with_filters(ledgers: list[Ledger], name: str, where: Filter) -> None:
    """The same rows of some of the calls, whether the other cubes know what they are chosen by or not."""
    matter = Matter(by=JUDGEMENTS[name].by[0], where=(where,), since="7d", now=NOW)
    one, other = (_judge(ledger, name, matter) for ledger in ledgers)
    assert _told(one) == _told(other)


@pytest.fixture(scope="module")
def empty() -> Iterator[Ledger]:
    """A ledger with nothing in it."""
    ledger = clickhouse()
    yield ledger
    ledger.close()


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_empty_ledger(empty: Ledger, name: str) -> None:
    """An empty ledger gives no error, and no figure that nothing supports."""
    for by in JUDGEMENTS[name].by:
        for row in _judge(empty, name, Matter(by=by, now=NOW), Settings()).rows:
            assert row[name] is None
            assert row["standing"] == "none"


def test_reported_states(ledgers: list[Ledger]) -> None:
    """What the gateway reports wins, from its first report in a row on; of the others the state is simulated."""
    for ledger in ledgers:
        rows = {row["provider"]: row for row in _judge(ledger, "breaker", Matter(by="provider", now=NOW)).rows}
        assert (rows["openai"]["breaker"], rows["openai"]["time_in_state"]) == ("CLOSED", 3600)
        assert (rows["groq"]["breaker"], rows["groq"]["origin"]) == ("OPEN", "reported")
        assert rows["anthropic"]["origin"] == "simulated"


def test_revenue_in_bills(ledgers: list[Ledger]) -> None:
    """Bills bring revenue, but not of a team that a rate card charges."""
    for ledger in ledgers:
        [row] = _judge(ledger, "profit", Matter(since="7d", now=NOW)).rows
        assert (row["billed"], row["left_out"]) == (200, 100)
        assert row["basis"] == "records + rate cards + bills"
