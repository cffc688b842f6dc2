"""Plays the demo on in real time, so that live pages have something to be live about."""

from __future__ import annotations

import threading
from typing import Final

from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.demo.journal import SECOND
from tokometer.demo.stream import live
from tokometer.prices import PriceBook
from tokometer.records import now_us

#: Whoever is this far behind (a machine that slept) goes on from now instead of catching up.
_LATE: Final = 60 * SECOND
#: Calls a second: about what the busy hours of the history have, so that the last one does not tower over them.
PER_SECOND: Final = 0.2


class Player:
    """A thread that hands the writer what each second of the demo brings, when the second is over."""

    def __init__(self, writer: Writer, book: PriceBook, *, seed: int = 1, per_second: float = PER_SECOND) -> None:
        self._writer = writer
        self._book = book
        self._seed = seed
        self._per_second = per_second
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._play, name="demo player", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has. Before the writer is closed."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _play(self) -> None:
        while not self._stopped.is_set():
            due = now_us()
            for batch in live(self._seed, due, per_second=self._per_second, book=self._book):
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
