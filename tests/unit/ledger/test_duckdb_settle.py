"""Settling beside commits, on one DuckDB file."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from tokometer.ledger import Batch, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.slices import Span
from tokometer.records.time import QUARTER_US
from unit.ledger.test_ledger import NOON, call


def correct(ledger: DuckDBLedger, chance: random.Random) -> None:
    """Commit calls again and again, each time with more tokens, in another quarter hour and session; reprice some."""
    for revision in range(60):
        batch = Batch()
        for number in chance.sample(range(40), 8):
            moment, session = NOON + chance.randrange(4) * QUARTER_US, f"s{chance.randrange(3)}"
            batch.records.append(
                call(number, revision=revision, output_tokens=revision, started_at=moment, session_id=session)
            )
        ledger.commit(batch)
        if revision % 20 == 19:
            ids = ledger.fetch(Statement("SELECT id FROM calls LIMIT 10"))
            ledger.reprice({id_.bytes: (chance.randrange(10**6), "v", "") for (id_,) in ids})


def test_commits_and_settles_at_once_lose_no_mark(tmp_path: Path) -> None:
    """Records that are added, corrected, moved and repriced while settles run are in the rollups after the next one."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    done = threading.Event()

    def settle() -> None:
        while not done.is_set():
            ledger.settle()

    with ThreadPoolExecutor(4) as threads:
        settling = [threads.submit(settle) for _ in range(2)]
        committing = [threads.submit(correct, ledger, random.Random(seed)) for seed in range(2)]
        wait(committing)
        done.set()
        for each in (*committing, *settling):
            each.result()
    assert ledger.audit() == []
    assert ledger.fetch(Statement("SELECT count(*) FROM dirty_quarters")) == [(0,)]
    ledger.close()


def test_a_commit_is_not_held_up_by_a_settle(tmp_path: Path) -> None:
    """While a settle is under way a commit goes through; its quarter hour stays marked, and is settled next."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger.commit(Batch([call(1)]))
    cells = ledger._instance.settling._settle_cells

    def interrupted(span: Span) -> int:
        count = cells(span)
        another = threading.Thread(target=ledger.commit, args=(Batch([call(2)]),))
        another.start()
        another.join(30)
        assert not another.is_alive()
        return count

    ledger._instance.settling._settle_cells = interrupted  # type: ignore[method-assign]
    assert ledger.settle() == 1
    ledger._instance.settling._settle_cells = cells  # type: ignore[method-assign]
    assert ledger.fetch(Statement("SELECT sum(requests) FROM cells")) == [(1,)]
    assert ledger.settle() == 1
    assert ledger.fetch(Statement("SELECT sum(requests) FROM cells")) == [(2,)]
    assert ledger.audit() == []
    ledger.close()


class Door:
    """A lock that tells who has come to it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.come = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.come.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()

    def acquire(self, timeout: float = -1) -> bool:
        """As a lock is taken."""
        return self.lock.acquire(timeout=timeout)

    def release(self) -> None:
        """As a lock is let go of."""
        self.lock.release()


def test_of_those_who_wait_for_a_settle_one_works_for_all(tmp_path: Path) -> None:
    """What was committed before they came is settled once, though more is committed all the while."""
    ledger = DuckDBLedger(tmp_path / "l.duckdb")
    ledger.commit(Batch([call(1)]))
    settling = ledger._instance.settling
    cells, door = settling._settle_cells, Door()

    def busy(span: Span) -> int:
        count = cells(span)
        ledger.commit(Batch([call(2)]))
        return count

    settling._settle_cells, settling._lock = busy, door  # type: ignore[assignment, method-assign]
    with ThreadPoolExecutor(5) as threads:
        with door.lock:
            waiting = [threads.submit(ledger.settle) for _ in range(5)]
            for _ in waiting:
                door.come.acquire()
        assert sorted(each.result() for each in waiting) == [0, 0, 0, 0, 1]
    settling._settle_cells = cells  # type: ignore[method-assign]
    assert ledger.audit() == []
    ledger.close()
