"""Every ledger test runs on both engines: a DuckDB file, and the real ClickHouse engine in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generators.examples import ENGINES
from tokometer.ledger import Ledger

_NUMBERS = itertools.count()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Which engine a test's ledgers are of."""
    return str(request.param)


@pytest.fixture
def new_ledger(engine: str, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """A function that opens an empty ledger of its own at each call."""
    opened: list[Ledger] = []

    def make() -> Ledger:
        number = next(_NUMBERS)
        if engine == "duckdb":
            from tokometer.ledger.duckdb import DuckDBLedger

            ledger: Ledger = DuckDBLedger(tmp_path / f"{number}.duckdb")
        else:
            from servers.ledgers import clickhouse

            ledger = clickhouse()
        opened.append(ledger)
        return ledger

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(new_ledger: Callable[[], Ledger]) -> Ledger:
    """An empty ledger."""
    return new_ledger()
