"""A snapshot: what a DuckDB ledger was at one moment, for several who ask at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger, LedgerUnavailable, Readable
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query
from tokometer.measures.run import run
from tokometer.records import ModelCall, now_us

COUNT = Query(measures=("calls.requests",), since="all")
#: The same from the records, and not from a rollup.
COUNT_RECORDS = Query(measures=("calls.p95_latency", "calls.requests"), since="1h")


def add(ledger: Ledger, name: str) -> None:
    """Commit a call."""
    ledger.commit(Batch([ModelCall(source="t", native_id=name, started_at=now_us(), model="m", provider="p")]))


def counted(reading: Readable) -> set[int]:
    """How many calls there are, as rollups and as records have it, asked by several at the same time."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda query: run(reading, query).rows[0]["requests"], [COUNT, COUNT_RECORDS] * 4))
    return set(found)


def test_it_has_nothing_that_comes_later(tmp_path: Path) -> None:
    """Rollups and records of a snapshot stay as they were, whatever is committed, settled and written to the file."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    try:
        add(ledger, "one")
        snapshot = ledger.snapshot(2)
        same = ledger.snapshot(1)
        assert snapshot.state == same.state
        same.close()
        add(ledger, "two")
        ledger.settle()
        ledger.rest()
        assert counted(snapshot) == {1}
        assert counted(ledger) == {2}
        later = ledger.snapshot(2)
        assert later.state != snapshot.state
        assert counted(later) == {2}
        snapshot.close()
        snapshot.close()
        assert snapshot.is_lost
        with pytest.raises(LedgerUnavailable):
            run(snapshot, COUNT)
        later.close()
    finally:
        ledger.close()


def test_it_is_lost_with_its_ledger(tmp_path: Path) -> None:
    """Once the file was let go of, a snapshot says so and answers no more."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    snapshot = ledger.snapshot(1)
    assert not snapshot.is_lost
    ledger.close()
    assert snapshot.is_lost
    with pytest.raises(LedgerUnavailable):
        run(snapshot, COUNT)


def test_where_an_engine_has_none_it_is_the_present() -> None:
    """ClickHouse answers with what is committed when it is asked, and does not say that two are the same."""
    ledger = clickhouse()
    try:
        snapshot = ledger.snapshot(2)
        assert snapshot.state is None
        add(ledger, "one")
        assert counted(snapshot) == {1}
        snapshot.close()
    finally:
        ledger.close()
