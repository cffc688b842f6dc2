"""Following the files of prices while the server runs: what comes, and had no price, is priced by what they say."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tokometer.collect.patience import Backoff
from tokometer.collect.reading import Prices
from tokometer.prices import PriceBook

#: A file that is gone for one look may only be written anew by an editor.
_GONE_LOOKS: Final = 2
#: One that cannot be used is tried again when it changes, after this long, and then ever more rarely (seconds).
_FIRST_RETRY: Final = 4.0
_LAST_RETRY: Final = 120.0
_LOG: Final = logging.getLogger(__name__)

State = tuple[int, ...] | None


class PriceList:
    """Looks at the user's files of prices now and then; `use` is called with a book of what they say when they change.

    From any thread. A file that cannot be used changes nothing: the prices before it hold on.
    """

    def __init__(
        self, prices: Prices, use: Callable[[PriceBook], None], write_made: Callable[[], None] | None = None
    ) -> None:
        self._prices = prices
        self._lock = threading.Lock()
        #: Has the file of what people make say what they have made by now.
        self._write_made = write_made
        self._made = _state_of(prices.made)
        self._use = use
        self._read = self._state()
        self._gone = 0
        self._backoff = Backoff(_FIRST_RETRY, _LAST_RETRY)
        #: Why the file as it is cannot be used; empty where it can.
        self.error = ""

    def look(self) -> None:
        """See whether a file has changed, and use it then. Never raises."""
        with self._lock:
            if self._write_made is not None:
                self._write_made()
            self._look()

    def _look(self) -> None:
        made = _state_of(self._prices.made)
        if made != self._made:
            # Written whole by us: it need not be waited for.
            self._made = made
            self._read_again(changed=True)
            return
        state = self._state()
        self._gone = self._gone + 1 if state is None else 0
        if 0 < self._gone < _GONE_LOOKS:
            return
        changed = state != self._read
        if not changed and (not self.error or self._backoff.left):
            return
        self._read = state
        self._read_again(changed=changed)

    def _read_again(self, *, changed: bool) -> None:
        try:
            book = self._prices.open()
        except ValueError as error:
            # What it says is no price, and where; see `tokometer.prices.overrides`.
            self._failed(str(error), changed=changed)
        except Exception as error:  # noqa: BLE001 - whatever it is, what was read before holds on
            self._failed(f"the prices cannot be read: {type(error).__name__}", changed=changed)
        else:
            self.error = ""
            self._backoff.went_well()
            self._use(book)

    def _failed(self, reason: str, *, changed: bool) -> None:
        if changed:
            self._backoff.went_well()
            _LOG.warning("%s; the prices before hold on", reason)
        self.error = reason
        self._backoff.failed()

    def _state(self) -> State:
        """What tells one version of the file from another; None where there is none."""
        return _state_of(self._prices.overrides)


def _state_of(path: Path | None) -> State:
    if path is None:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116 - as the other looks at files
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return (error.errno or 0,)
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
