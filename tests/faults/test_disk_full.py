"""A full disk: nothing acknowledged is lost or doubled, reads go on, and records are taken again once there is room."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from faults.disk import Disk, small_disk
from tokometer.ledger import Batch, LedgerError, LedgerFull, LedgerUnavailable, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, run
from unit.ledger.test_ledger import call


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 12 MB."""
    with small_disk(tmp_path / "disk", 12) as found:
        yield found


def fed(ledger: DuckDBLedger, numbers: range) -> int:
    """Commit calls, and give how many."""
    receipt = ledger.commit(Batch([call(number) for number in numbers]))
    assert receipt.accepted + receipt.duplicate == len(numbers)
    return receipt.accepted


def counted(ledger: DuckDBLedger) -> tuple[int, int]:
    """How many calls there are, from the records and as a question is answered."""
    [(rows,)] = ledger.fetch(Statement("SELECT count(*) FROM calls"))
    [row] = run(ledger, Query(measures=("calls.requests",), since="all")).rows
    return rows, row["requests"]


def until(true: Callable[[], Any], seconds: float = 10.0) -> float:
    """Wait for something; how long it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def is_ready(ledger: DuckDBLedger) -> bool:
    """Whether records can be taken."""
    try:
        ledger.ready()
    except LedgerUnavailable:
        return False
    return True


def test_a_checkpoint_that_does_not_fit_ends_nothing(disk: Disk) -> None:
    """After DuckDB lets go of the file it is opened again, with everything, and answers on the full disk."""
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    fed(ledger, range(6_000))
    ledger.settle()
    disk.fill()
    with pytest.raises(LedgerError):
        ledger._write(lambda instance: instance.connection.execute("CHECKPOINT"))
    assert counted(ledger) == (6_000, 6_000)
    with pytest.raises(LedgerFull, match="free some space"):
        fed(ledger, range(6_000, 6_001))
    assert not is_ready(ledger)
    disk.empty()
    assert is_ready(ledger)
    assert fed(ledger, range(5_000, 7_000)) == 1_000
    assert counted(ledger) == (7_000, 7_000)
    assert ledger.audit() == []
    ledger.close()


def test_records_are_refused_before_anything_breaks(disk: Disk) -> None:
    """Commits go on until there would be no room for the checkpoint, and no error of DuckDB comes before or after."""
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    kept = 0
    with suppress(LedgerFull):
        while kept < 1_000_000:
            kept += fed(ledger, range(kept, kept + 3_000))
            ledger.settle()
            assert disk.free > 300_000
    assert 5_000 < kept < 1_000_000
    instance = ledger._instance
    ledger.rest()
    assert counted(ledger) == (kept, kept)
    assert not instance.over
    ledger.close()
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    assert counted(ledger) == (kept, kept)
    ledger.close()


def test_a_disk_that_others_fill_and_empty(disk: Disk) -> None:
    """However the room comes and goes, every commit that was acknowledged is there once, and the audit is clean."""
    chance = random.Random(5)
    ledger = DuckDBLedger(disk.folder / "ledger.duckdb")
    kept: set[int] = set()
    refused = 0
    for turn in range(30):
        disk.empty()
        if chance.random() < 0.6:
            disk.fill(leave=int(chance.choice([0, 20_000, 400_000, 1_500_000, 4_000_000])))
        numbers = range(turn * 60, turn * 60 + 120)
        try:
            ledger.commit(Batch([call(number) for number in numbers]))
            kept.update(numbers)
        except LedgerUnavailable:
            refused += 1
        for do in chance.sample([ledger.settle, ledger.rest, lambda: checkpoint(ledger)], 2):
            with suppress(LedgerUnavailable):
                do()
        if turn % 10 == 9:
            assert ledger.fetch(Statement("SELECT count(*) FROM calls")) == [(len(kept),)]
    assert refused
    disk.empty()
    assert counted(ledger) == (len(kept), len(kept))
    assert ledger.missing is None
    assert ledger.audit() == []
    ledger.close()


def checkpoint(ledger: DuckDBLedger) -> None:
    """A checkpoint whether or not there is room."""
    ledger._write(lambda instance: instance.connection.execute("FORCE CHECKPOINT"))
