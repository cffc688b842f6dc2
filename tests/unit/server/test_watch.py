"""Tests of tokometer.server.watch: everybody hears when records cannot be taken, and when they can again."""

from __future__ import annotations

import time
from typing import Any

from tokometer.ledger import LedgerFull
from tokometer.server.watch import Watch


class Fickle:
    """A ledger that is ready or not."""

    error: Exception | None = None

    def ready(self) -> None:
        """Say so."""
        if self.error is not None:
            raise self.error


def test_it_tells_each_change_once() -> None:
    """The reason is there while it holds, whatever kind of error it is; the same again is no news."""
    ledger: Any = Fickle()
    told: list[str] = []
    watch = Watch(ledger, lambda: told.append(watch.trouble))
    assert (watch.look(), told) == ("", [])
    ledger.error = LedgerFull("no room")
    assert (watch.look(), watch.look(), told) == ("no room", "no room", ["no room"])
    ledger.error = RuntimeError("odd")
    assert (watch.look(), told) == ("odd", ["no room"])
    ledger.error = None
    assert (watch.look(), told) == ("", ["no room", ""])


def test_it_looks_by_itself() -> None:
    """Nobody has to ask, and it stops."""
    ledger: Any = Fickle()
    ledger.error = LedgerFull("no room")
    beside: list[int] = []
    watch = Watch(ledger, lambda: None, every=0.01)
    watch.start(lambda: beside.append(1))
    until = time.monotonic() + 10
    while not (watch.trouble and beside):
        assert time.monotonic() < until
        time.sleep(0.01)
    watch.stop()
    watch.stop()
