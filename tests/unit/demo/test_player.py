"""The demo, played on in real time."""

from __future__ import annotations

import threading
from pathlib import Path

from tokometer.collect.writer import Writer
from tokometer.demo import generate
from tokometer.demo.player import Player, pace_in
from tokometer.demo.rhythm import HOUR
from tokometer.ledger import Receipt, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Query, run
from tokometer.prices import PriceBook
from tokometer.records import now_us


def test_calls_arrive_second_by_second_until_it_is_stopped(tmp_path: Path, book: PriceBook) -> None:
    """They are committed like anybody's, and nothing comes after the stop."""
    ledger = open_ledger(tmp_path)
    arrived = threading.Semaphore(0)

    def committed(receipt: Receipt) -> None:
        if receipt.accepted:
            arrived.release()

    writer = Writer(ledger, book, committed)
    player = Player(writer, ledger, book, per_second=20)
    player.start()
    assert arrived.acquire(timeout=30)
    assert arrived.acquire(timeout=30)
    player.stop()
    writer.close()

    [(calls, labelled)] = ledger.fetch(
        Statement("SELECT count(*), count(*) FILTER (native_id LIKE 'demo-%') FROM calls")
    )
    ledger.close()
    assert calls == labelled > 0


def test_it_can_be_stopped_at_once(tmp_path: Path, book: PriceBook) -> None:
    """Also before its first second is over."""
    ledger = open_ledger(tmp_path)
    writer = Writer(ledger, book, lambda receipt: None)
    player = Player(writer, ledger, book)
    player.start()
    player.stop()
    writer.close()
    ledger.close()


def test_it_goes_on_as_fast_as_its_history_went(tmp_path: Path, book: PriceBook) -> None:
    """The running hour does not dwarf the days before: its pace is that of the ledger's own hours."""
    ledger = open_ledger(tmp_path)
    now = now_us()
    for batch in generate(20, 20_000, 1, now, book=book):
        ledger.commit(batch)
    hours = run(ledger, Query(measures=("calls.requests",), since="14d", grain="hour")).rows
    pace = pace_in(ledger)
    ledger.close()

    assert callable(pace)
    most = max(row["requests"] for row in hours)
    assert all(3600 * pace(now + hour * HOUR) <= most for hour in range(24))
    assert max(3600 * pace(now + hour * HOUR) for hour in range(24)) > most / 6


def test_without_a_history_it_plays_on_all_the_same(tmp_path: Path, book: PriceBook) -> None:
    """A demo whose ledger is empty still has something to be live about."""
    ledger = open_ledger(tmp_path)
    assert pace_in(ledger) == 0.05
    ledger.close()
