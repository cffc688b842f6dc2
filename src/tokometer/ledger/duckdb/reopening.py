"""Opening a database again after an error that ended it: at once, and where that fails, after longer and longer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from tokometer.ledger.duckdb.instance import Instance
from tokometer.ledger.protocol import LedgerError, LedgerUnavailable

#: The first wait after a failure (seconds), and the longest.
_FIRST: Final = 0.25
_MOST: Final = 4.0

_LOG: Final = logging.getLogger(__name__)


class Reopening:
    """The instance of a ledger's database that is open just now; `opened` opens one. Thread-safe.

    Raises:
        LedgerError: It cannot be opened for the first time.
    """

    def __init__(self, opened: Callable[[], Instance]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._current = opened()
        self._closed = False
        self._wait = 0.0
        self._not_before = 0.0
        self._trouble = ""

    @property
    def current(self) -> Instance:
        """The instance, opened anew where the last one is over.

        Raises:
            LedgerError: It is closed, or cannot be opened now.
        """
        found = self._current
        return self._renewed() if found.over else found

    def close(self, *, checkpoint: bool) -> None:
        """Let go of the file for good, with `checkpoint` once the log is in it. A second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._current.close(checkpoint=checkpoint)

    def _renewed(self) -> Instance:
        with self._lock:
            if self._closed:
                raise LedgerError("the ledger is closed")
            if not self._current.over:
                return self._current
            if time.monotonic() < self._not_before:
                raise LedgerUnavailable(self._trouble, 1)
            self._current.close()
            try:
                self._current = self._opened()
            except LedgerError as error:
                self._wait = min(max(2 * self._wait, _FIRST), _MOST)
                self._not_before = time.monotonic() + self._wait
                self._trouble = str(error)
                raise
            self._wait = 0.0
            _LOG.warning("%s was opened again; what was acknowledged is there", self._current.path)
            return self._current
