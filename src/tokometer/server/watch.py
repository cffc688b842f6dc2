"""Watching whether records can be taken, so that everybody hears when they cannot, and when they can again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from tokometer.ledger import Ledger, LedgerDamaged, LedgerError

#: How often to look (seconds): a look costs a few microseconds, and opens again what an error has closed.
_EVERY: Final = 2.0

_LOG: Final = logging.getLogger(__name__)
#: How long the end waits for a look that is under way (seconds).
_TO_END: Final = 1.0


class Watch:
    """A thread that asks a ledger whether it is ready; `changed` is called from it when the answer is another."""

    def __init__(self, ledger: Ledger, changed: Callable[[], None], every: float = _EVERY) -> None:
        self._ledger = ledger
        self._changed = changed
        self._every = every
        self._beside: Callable[[], None] = lambda: None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokometer-watch", daemon=True)
        #: Why records cannot be taken, or what is damaged; empty where all is well.
        self.trouble = ""
        self.damaged = False

    def start(self, beside: Callable[[], None] = lambda: None) -> None:
        """Begin, and call `beside` after each look; returns at once."""
        self._beside = beside
        self._thread.start()

    def stop(self) -> None:
        """Stop; a ledger that does not answer is not waited for. A second call does nothing."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_TO_END)

    def look(self) -> str:
        """Why records cannot be taken, or what is damaged, as it is now; empty where all is well."""
        self.damaged = False
        try:
            self._ledger.ready()
        except LedgerDamaged as error:
            self.damaged, found = True, str(error)
        except LedgerError as error:
            found = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody must hear of it
            found = str(error) or type(error).__name__
        else:
            found = ""
        before, self.trouble = self.trouble, found
        if bool(before) is not bool(found):
            if found:
                _LOG.warning("not ready: %s", found)
            else:
                _LOG.warning("ready again: records can be taken")
            self._changed()
        return found

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self.look()
            self._beside()
