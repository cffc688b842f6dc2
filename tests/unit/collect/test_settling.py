"""Rollups follow the records by themselves, and hold no commit up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tokometer.collect import settling
from tokometer.collect.settling import Settler
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, now_us


class Watched(DuckDBLedger):
    """A ledger whose settling can be counted, held up and made to fail."""

    def __init__(self, path: Path) -> None:
        self.settled = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.failures = 0
        super().__init__(path)

    def settle(self) -> int:
        """Settle, once the gate is open and no more failures are wanted."""
        self.entered.set()
        assert self.gate.wait(30)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        found = super().settle()
        self.settled += 1
        return found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Watched]:
    """An empty ledger."""
    opened = Watched(tmp_path / "l.duckdb")
    yield opened
    opened.gate.set()
    opened.close()


def a_call(number: int) -> ModelCall:
    """One call."""
    return ModelCall(source="t", native_id=str(number), started_at=now_us())


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, not for ever."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def in_cells(ledger: Ledger) -> int:
    """Calls that the rollup knows of."""
    return int(ledger.fetch(Statement("SELECT coalesce(sum(requests), 0) FROM cells"))[0][0])


def test_what_is_committed_reaches_the_rollups(ledger: Watched) -> None:
    """Nobody asks, and the cells follow: soon after a pause, and while records keep coming."""
    writer = Writer(ledger, PriceBook())
    writer.submit(Batch([a_call(0)])).result()
    until(lambda: in_cells(ledger) == 1)
    stop = time.monotonic() + 2.5
    count = 1
    while time.monotonic() < stop:
        writer.submit(Batch([a_call(count)])).result()
        count += 1
        if in_cells(ledger) > 1:
            break
        time.sleep(0.01)
    assert in_cells(ledger) > 1
    writer.close()
    assert in_cells(ledger) == count
    assert ledger.audit() == []


def test_commits_go_on_while_the_ledger_settles(ledger: Watched) -> None:
    """A settle that takes long keeps no sender waiting."""
    ledger.gate.clear()
    writer = Writer(ledger, PriceBook())
    assert ledger.entered.wait(30)
    for number in range(5):
        assert writer.submit(Batch([a_call(number)])).result(30).accepted == 1
    assert ledger.settled == 0
    ledger.gate.set()
    writer.close()
    assert in_cells(ledger) == 5


def test_a_settle_that_fails_is_tried_again(
    ledger: Watched, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread goes on, and what failed is done later."""
    monkeypatch.setattr(settling, "_FIRST_RETRY", 0.05)
    ledger.failures = 2
    with caplog.at_level(logging.CRITICAL):
        settler = Settler(ledger)
        ledger.commit(Batch([a_call(0)]))
        settler.touch()
        until(lambda: in_cells(ledger) == 1)
    assert ledger.failures == 0
    settler.close()
    settler.close()


def test_an_idle_ledger_is_left_alone(ledger: Watched) -> None:
    """After the first look nothing happens until something is committed."""
    settler = Settler(ledger)
    until(lambda: ledger.settled == 1)
    time.sleep(0.3)
    assert ledger.settled == 1
    settler.close()
    assert ledger.settled == 1
