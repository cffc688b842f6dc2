"""Both engines give every endpoint the same answer, over a small demo history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from starlette.requests import Request

from generators import demo_history
from generators.examples import in_turn
from servers.ledgers import at_rest, clickhouse
from tokometer.charts import Colours
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import to_datetime
from tokometer.server.endpoints import ENDPOINTS
from tokometer.server.endpoints.asking import read
from tokometer.server.endpoints.serving import Endpoint
from tokometer.server.memory import Memory
from tokometer.settings import Budget, RateCard, Settings

NOW: datetime = to_datetime(demo_history.NOW)
SETTINGS = Settings(budget=Budget(monthly=Decimal(500)), rate_cards=(RateCard(markup=Decimal("0.3")),))
QUERIES = ("", "period=7d&tz=Asia/Kathmandu", "period=month&team=product&interval=1d")


class Alone:
    """As much of a running server as endpoints reach: a ledger that is asked as of one moment."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.settings = SETTINGS
        self.colours = Colours()
        self.book = PriceBook.open(None, None)
        self.names: Memory[Any] = Memory(8)
        self.results: Memory[Result] = Memory(400)

    def now(self) -> datetime:
        """The moment as of which everything is asked."""
        return NOW

    def ask(self, question: Question, every: float = 60.0) -> Result:
        """Answer a question, once."""
        return self.results.get(question, lambda: answer(self.ledger, question, ("default",), NOW))


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """The same demo history of ten days on each engine."""
    records = [*demo_history.records(PriceBook.open(None, None), calls=3_000, days=10)]
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("endpoints") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=records))
        at_rest(ledger)
    yield [Alone(ledger) for ledger in opened]
    for ledger in opened:
        ledger.close()


@pytest.mark.parametrize(
    ("endpoint", "query"),
    [pytest.param(endpoint, query, id=f"{endpoint.path}-{query}") for endpoint, query in in_turn(ENDPOINTS, QUERIES)],
)
def test_engines_agree(servers: list[Any], endpoint: Endpoint, query: str) -> None:
    """The answer is the same, to the last digit but one of a float."""
    here, there = (_made(endpoint, server, query) for server in servers)
    assert _close(here, there)


def _made(endpoint: Endpoint, server: Any, query: str) -> Any:
    takes = {one.name for one in endpoint.takes}
    wanted = [part for part in query.split("&") if part and ("interval" in takes or "interval" not in part)]
    if "model_ids" in takes:
        wanted.append(f"model_ids={_most(server, 'model')}")
    path = {part: _most(server, "model" if "model" in part else "provider") for part in endpoint.names}
    scope = {"type": "http", "query_string": "&".join(wanted).encode(), "path_params": path, "headers": []}
    asked = read(Request(scope), server, period=endpoint.period, takes=endpoint.takes, limit=endpoint.limit)
    return endpoint.make(asked)


def _most(server: Any, dimension: str) -> str:
    from tokometer.server.endpoints.naming import seen

    return next(name for name in seen(server, dimension) if name)


def _close(here: Any, there: Any) -> bool:
    if isinstance(here, dict):
        return list(here) == list(there) and all(_close(value, there[name]) for name, value in here.items())
    if isinstance(here, list):
        return len(here) == len(there) and all(_close(*pair) for pair in zip(here, there, strict=True))
    if isinstance(here, float):
        return bool(there == pytest.approx(here, rel=1e-9, abs=1e-6))
    return bool(here == there)
