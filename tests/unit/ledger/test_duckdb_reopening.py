"""Tests of tokometer.ledger.duckdb.reopening: at once, else after longer and longer, and never once it is closed."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tokometer.ledger import Batch, LedgerError, LedgerFull, LedgerUnavailable, Statement
from tokometer.ledger.duckdb import DuckDBLedger, reopening
from tokometer.ledger.duckdb.reopening import Reopening
from unit.ledger.test_ledger import call


class Opened:
    """What stands for an instance."""

    path = Path("ledger.duckdb")

    def __init__(self) -> None:
        self.over = False
        self.closed = False

    def close(self, *, checkpoint: bool = False) -> None:
        """Let go."""
        self.over, self.closed = True, not checkpoint


def test_what_cannot_be_opened_is_tried_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries everybody gets the reason at once; a success starts over."""
    now = 100.0
    monkeypatch.setattr(reopening.time, "monotonic", lambda: now)
    tries: list[float] = []
    fails = False

    def opened() -> Any:
        tries.append(now)
        if fails:
            raise LedgerFull("no room")
        return Opened()

    found = Reopening(opened)
    first = found.current
    assert found.current is first
    first.over, fails = True, True
    while now < 120:
        with pytest.raises(LedgerUnavailable, match="no room"):
            _ = found.current
        now += 0.125
    waits = [after - before for before, after in pairwise(tries[1:])]
    assert waits[:5] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert max(waits) == 4.0
    now, fails = now + 5, False
    assert found.current is not first
    found.close(checkpoint=False)
    with pytest.raises(LedgerError, match="closed"):
        _ = found.current


def test_many_ask_while_it_is_opened_again(tmp_path: Path) -> None:
    """Each of many threads gets its answer from the new instance, and the old one is let go of."""
    ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    ledger.commit(Batch([call(number) for number in range(100)]))
    old = ledger._instance
    counts: list[int] = []
    start = threading.Barrier(9)

    def ask() -> None:
        start.wait()
        counts.extend(ledger.fetch(Statement("SELECT count(*) FROM calls"))[0][0] for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    start.wait()
    old.over = True
    ledger.commit(Batch([call(100)]))
    for thread in threads:
        thread.join()
    assert len(counts) == 160
    assert set(counts) <= {100, 101}
    assert ledger._instance is not old
    assert ledger.settle() > 0
    assert ledger.audit() == []
    ledger.close()


def test_a_close_without_room_leaves_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No checkpoint is begun that does not fit; the log is replayed at the next start."""
    path = tmp_path / "ledger.duckdb"
    ledger = DuckDBLedger(path)
    ledger.commit(Batch([call(number) for number in range(100)]))
    size = path.stat().st_size
    monkeypatch.setattr("tokometer.ledger.duckdb.room.free_bytes", lambda _: 1_000)
    ledger.close()
    assert path.stat().st_size == size
    assert path.with_name("ledger.duckdb.wal").exists()
    ledger = DuckDBLedger(path)
    assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(100,)]
    assert ledger.missing is None
    ledger.close()
