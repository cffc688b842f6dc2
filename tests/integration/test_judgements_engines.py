"""Both engines give every judgement the same rows, over a small demo history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from generators import demo_history
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Filter, Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.settings import Budget, RateCard, Settings, SloOverride

NOW: datetime = to_datetime(demo_history.NOW)
SETTINGS = Settings(
    slo_overrides=(SloOverride(provider="openai", p95_latency_ms=9_000.0, period="7d"),),
    budget=Budget(monthly=Decimal(500), models=(("gpt-5", Decimal(20)),), providers=(("openai", Decimal(80)),)),
    rate_cards=(RateCard(markup=Decimal("0.3")), RateCard(team="search", per_mtok=Decimal(4))),
)
ASKED = [(judgement.name, by) for judgement in JUDGEMENTS.values() for by in judgement.by]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine with the same demo history of ten days."""
    records = list(demo_history.records(PriceBook.open(None, None), calls=4_000, days=10))
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("judgements") / "ledger.duckdb"),
        ClickHouseLedger("chdb://memory/judgements_engines"),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=records))
    yield opened
    for ledger in opened:
        ledger.close()


def _judge(ledger: Ledger, name: str, matter: Matter, settings: Settings = SETTINGS) -> Result:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=NOW)

    return judge(JUDGEMENTS[name], matter, settings, ask)


def _told(result: Result) -> list[dict[str, object]]:
    """The rows; of sums of floats, which engines add up in orders of their own, twelve digits."""
    return [
        {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in row.items()}
        for row in result.rows
    ]


@pytest.mark.parametrize(("name", "by"), ASKED)
@pytest.mark.parametrize("since", ["24h", "7d"])
def test_same_rows(ledgers: list[Ledger], name: str, by: str, since: str) -> None:
    """The same rows by every dimension, as JSON and as CSV; without a dimension there is always something to say."""
    matter = Matter(by=by, since=since, tz="America/New_York", now=NOW)
    one, other = (_judge(ledger, name, matter) for ledger in ledgers)
    assert _told(one) == _told(other)
    assert one.to_csv().count("\n") >= len(one.rows) + 1
    assert [set(row) for row in one.to_json()["rows"]] == [{column.name for column in one.columns}] * len(one.rows)
    assert one.rows or name == "incidents"


@pytest.mark.parametrize("name", JUDGEMENTS)
@pytest.mark.parametrize(
    "where",
    [Filter("calls.provider", "in", ("openai", "anthropic")), Filter("calls.user", "!=", ("nobody",))],
    ids=["provider", "user"],
)
def test_same_rows_with_filters(ledgers: list[Ledger], name: str, where: Filter) -> None:
    """The same rows of some of the calls, whether the other cubes know what they are chosen by or not."""
    matter = Matter(by=JUDGEMENTS[name].by[0], where=(where,), since="7d", now=NOW)
    one, other = (_judge(ledger, name, matter) for ledger in ledgers)
    assert _told(one) == _told(other)


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_empty_ledger(name: str) -> None:
    """An empty ledger gives no error, and no figure that nothing supports."""
    ledger = ClickHouseLedger("chdb://memory/judgements_empty")
    try:
        for by in JUDGEMENTS[name].by:
            for row in _judge(ledger, name, Matter(by=by, now=NOW), Settings()).rows:
                assert row[name] is None
                assert row["standing"] == "none"
    finally:
        ledger.close()
