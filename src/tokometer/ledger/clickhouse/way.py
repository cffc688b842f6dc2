"""The way to a ClickHouse server: what has gone wrong on it lately, and for whom."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tokometer.ledger.clickhouse.failures import NoAnswer, understood
from tokometer.ledger.protocol import LedgerUnavailable

#: After a server did not answer, nobody else waits for it for so long (seconds).
_PAUSE: Final = 1.0


class Way:
    """The way to one server. Used under the ledger's lock."""

    def __init__(self, place: str) -> None:
        self.place = place
        #: Whether the last write was refused, though the server may answer questions.
        self.refuses = False
        self._silent_until = 0.0
        self._said = ""

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While something is asked.

        Raises:
            LedgerUnavailable: The server does not answer, or did not a moment ago.
            LedgerError: It cannot do it.
        """
        if time.monotonic() < self._silent_until:
            raise LedgerUnavailable(self._said, 1)
        try:
            with understood(self.place):
                yield
        except NoAnswer as error:
            self._silent_until = time.monotonic() + _PAUSE
            self._said = str(error)
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While something is written; raises as :meth:`asking` does."""
        try:
            with self.asking():
                yield
        except LedgerUnavailable:
            self.refuses = True
            raise
        self.refuses = False
