"""A ledger of each engine and accounts, shared by all tests of rules; each test has a workspace of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.ledgers import clickhouse
from tokometer.accounts import open_accounts
from tokometer.accounts.accounts import Accounts
from tokometer.ledger import Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from unit.alerting.world import NUMBERS, World


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """What people make, in a file of SQLite's."""
    folder: Path = tmp_path_factory.mktemp("alerting")
    opened = open_accounts(folder)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ledger]]:
    """Both engines."""
    made: dict[str, Ledger] = {
        "duckdb": DuckDBLedger(tmp_path_factory.mktemp("alerting") / "ledger.duckdb"),
        "clickhouse": clickhouse(),
    }
    yield made
    for ledger in made.values():
        ledger.close()


@pytest.fixture
def world(ledgers: dict[str, Ledger], accounts: Accounts) -> World:
    """An empty workspace on DuckDB."""
    return World(ledgers["duckdb"], accounts, f"w{next(NUMBERS)}")


@pytest.fixture(params=["duckdb", "clickhouse"])
def worlds(request: pytest.FixtureRequest, ledgers: dict[str, Ledger], accounts: Accounts) -> World:
    """The same on each engine."""
    return World(ledgers[request.param], accounts, f"w{next(NUMBERS)}")
