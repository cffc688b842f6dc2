"""Explorer tests run on both engines; each module shares one ledger of an engine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokometer.explorer import Reading
from tokometer.ledger import Ledger

_NUMBERS = itertools.count()


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger that the tests of a module share: each uses ids of its own."""
    if request.param == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        folder: Path = tmp_path_factory.mktemp("explorer")
        opened: Ledger = DuckDBLedger(folder / "x.duckdb")
    else:
        from servers.ledgers import clickhouse

        opened = clickhouse()
    yield opened
    opened.close()


@pytest.fixture
def reading(ledger: Ledger) -> Reading:
    """What asks it."""
    return Reading(ledger, ["default"])
