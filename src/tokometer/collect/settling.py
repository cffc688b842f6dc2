"""Keeping the rollups up to date beside the commits: soon, and never for much of the time."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from tokometer.collect.patience import Backoff
from tokometer.ledger import Ledger, LedgerError, LedgerUnavailable

#: The rollups are brought up to date when nothing has come for this long (seconds) …
_QUIET: Final = 0.05
#: … and at the latest this long after a change, …
_STALE: Final = 1.0
#: … unless that would take more than a twentieth of the time. Whoever reads the rollups settles first anyway.
_SHARE: Final = 19
#: What cannot be settled is tried again after a second, and after a minute at the latest.
_FIRST_RETRY: Final = 1.0
_LAST_RETRY: Final = 60.0
#: The longest wait while the ledger is away, which passes (seconds).
_LAST_WHILE_AWAY: Final = 4.0

_LOG: Final = logging.getLogger(__name__)


class Settler:
    """A thread that settles a ledger whenever it has been touched. Commits go on meanwhile."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._changed = threading.Condition()
        # A process that was killed may have left the rollups behind the records.
        self._dirty_since: float | None = time.monotonic()
        self._touched_at = 0.0
        self._not_before = 0.0
        self._backoff = Backoff(_FIRST_RETRY, _LAST_RETRY)
        self._closing = False
        #: Whoever closes did not wait: what goes wrong from then on, because the ledger is closed, is no news.
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="tokometer-settler", daemon=True)
        self._thread.start()

    def touch(self) -> None:
        """Say that calls have been committed."""
        with self._changed:
            self._touched_at = time.monotonic()
            if self._dirty_since is None:
                self._dirty_since = self._touched_at
                self._changed.notify()

    def close(self, seconds: float | None = None) -> bool:
        """Bring the rollups up to date a last time, and stop; whether that was done within so many seconds.

        What is not done stays marked, and is done at the next start.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(seconds)
        self._given_up = self._thread.is_alive()
        return not self._given_up

    # -- the settler's thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._wait():
            self._settle()
        if self._dirty_since is not None:
            self._settle()

    def _wait(self) -> bool:
        """Wait until it is time to settle; False where it is time to stop."""
        with self._changed:
            while not self._closing:
                patience = self._patience()
                if patience is not None and patience <= 0:
                    return True
                self._changed.wait(patience)
            return False

    def _patience(self) -> float | None:
        """How long it is, in seconds, until it is time to settle; None where there is nothing to do."""
        if self._dirty_since is None:
            return None
        due = min(self._touched_at + _QUIET, self._dirty_since + _STALE)
        return max(due, self._not_before) - time.monotonic()

    def _settle(self) -> None:
        started = time.monotonic()
        with self._changed:
            self._dirty_since = None
        try:
            self._ledger.settle()
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on
            if self._given_up:
                return
            # Nothing is lost: readers settle for themselves, and so does the next round.
            wait = self._backoff.failed()
            if isinstance(error, LedgerUnavailable):
                # It will be over as soon as there is room, say; the rollups should not be late for long then.
                wait = min(wait, _LAST_WHILE_AWAY)
            trace = self._backoff.worth_a_trace and not isinstance(error, LedgerError)
            _LOG.warning(
                "the rollups could not be brought up to date; trying again in %.0f s: %s", wait, error, exc_info=trace
            )
            with self._changed:
                self._dirty_since = started
                self._not_before = time.monotonic() + wait
        else:
            self._backoff.went_well()
            ended = time.monotonic()
            self._not_before = ended + _SHARE * (ended - started)
