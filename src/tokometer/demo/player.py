"""Plays the demo on in real time, so that live pages have something to be live about."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time
from typing import Final

from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.demo.journal import SECOND
from tokometer.demo.rhythm import Pace, pace_of
from tokometer.demo.stream import live
from tokometer.ledger import Ledger
from tokometer.measures import Query, run
from tokometer.prices import PriceBook
from tokometer.records import now_us
from tokometer.records.time import to_us

#: Whoever is this far behind (a machine that slept) goes on from now instead of catching up.
_LATE: Final = 60 * SECOND
#: So many days of the history say how fast it goes on.
_DAYS: Final = 14
#: Calls a second where there is no history.
_ALONE: Final = 0.05


class Player:
    """A thread that hands the writer what each second of the demo brings, when the second is over.

    It goes on as the history in `ledger` went, or with so many calls `per_second`.
    """

    def __init__(
        self, writer: Writer, ledger: Ledger, book: PriceBook, *, seed: int = 1, per_second: float | None = None
    ) -> None:
        self._writer = writer
        self._ledger = ledger
        self._book = book
        self._seed = seed
        self._per_second = per_second
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._play, name="demo player", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """End, and wait until it has, or so many seconds; whether it has. Before the writer is closed."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _play(self) -> None:
        pace = pace_in(self._ledger) if self._per_second is None else self._per_second
        while not self._stopped.is_set():
            due = now_us()
            for batch in live(self._seed, due, per_second=pace, book=self._book):
                due += SECOND
                if self._stopped.wait(max(due - now_us(), 0) / SECOND):
                    return
                if batch.records:
                    try:
                        self._writer.submit(batch)
                    except QueueFull:
                        continue  # demo data can be made again; real records that wait go first
                    except WriterClosed:
                        return
                if now_us() - due > _LATE:
                    break


def pace_in(ledger: Ledger) -> float | Pace:
    """How fast the history that a ledger holds goes on."""
    query = Query(measures=("calls.requests",), by=("calls.day",), since=f"{_DAYS}d")
    days = [(date.fromisoformat(str(row["day"])), row["requests"]) for row in run(ledger, query).rows]
    if not days:
        return _ALONE
    first = datetime.combine(min(day for day, _ in days), time(), UTC)
    return pace_of(sum(calls for _, calls in days), to_us(first), now_us())
