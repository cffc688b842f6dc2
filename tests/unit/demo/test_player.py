"""The demo, played on in real time."""

from __future__ import annotations

import threading
from pathlib import Path

from tokometer.collect.writer import Writer
from tokometer.demo.player import Player
from tokometer.ledger import Receipt, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook


def test_calls_arrive_second_by_second_until_it_is_stopped(tmp_path: Path, book: PriceBook) -> None:
    """They are committed like anybody's, and nothing comes after the stop."""
    ledger = open_ledger(tmp_path)
    arrived = threading.Semaphore(0)

    def committed(receipt: Receipt) -> None:
        if receipt.accepted:
            arrived.release()

    writer = Writer(ledger, book, committed)
    player = Player(writer, book, per_second=20)
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
    player = Player(writer, book)
    player.start()
    player.stop()
    writer.close()
    ledger.close()
