"""What the fault suite shares: how much to try, from which seed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.budget import Budget
from tokometer.ledger import Ledger
from tokometer.ledger.duckdb import DuckDBLedger

#: Asked here, before any worker starts: all of them have one seed.
_BUDGET = Budget.from_environment()


@pytest.fixture(scope="session")
def budget() -> Budget:
    """How much to try; see :class:`faults.budget.Budget`."""
    return _BUDGET


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger in a DuckDB file, for all tests of a module: what the fuzzers' inputs come to has to be kept."""
    opened = DuckDBLedger(tmp_path_factory.mktemp("fuzzed") / "ledger.duckdb")
    yield opened
    opened.close()


def pytest_report_header() -> str:
    """Say with what a failed run can be repeated."""
    return f"faults: FAULTS={'long' if _BUDGET.long else 'short'} FAULTS_SEED={_BUDGET.seed}"
