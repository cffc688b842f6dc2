"""What the proxy tells, on its way to a server or a ledger: a bounded queue, sent as often as it has to be.

Nothing here is waited for by a call. What does not fit into the queue is dropped, and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from tokometer.collect.patience import Backoff
from tokometer.collect.proxy.exchange import Exchange

#: Exchanges that wait to be read, and bytes of them; items that wait to be kept.
_MOST_WAITING: Final = 2_000
_MOST_BYTES: Final = 256 << 20
_MOST_ITEMS: Final = 20_000
#: Items that are sent together, and how long others are waited for (seconds).
_TOGETHER: Final = 500
_GATHER: Final = 1.0
_TURN: Final = 0.25
_LOG: Final = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class NotKept(Exception):
    """Items cannot be kept now; `final` where they never can."""

    def __init__(self, reason: str, *, final: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.final = final
        self.retry_after = retry_after


class Keeper:
    """Reads exchanges, and has `keep` take what they tell, as NDJSON. `read` makes an item of an exchange.

    `between` says how many seconds there have to be between two times at which something is kept.
    """

    def __init__(
        self,
        keep: Callable[[bytes], None],
        read: Callable[[Exchange], dict[str, Any]],
        between: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._keep = keep
        self._between = between
        self._kept_at = 0.0
        self._read = read
        self._exchanges: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._count = 0
        self._bytes = 0
        self._lock = threading.Lock()
        self._items: deque[bytes] = deque()
        self._backoff = Backoff(1.0, 60.0, jitter=0.1)
        self._since = 0.0
        self._ending = threading.Event()
        #: Calls that were kept, and that were not: the queue was full, or nobody could take them.
        self.kept = 0
        self.dropped = 0
        #: Why nothing can be kept just now; empty where it can.
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="tokometer-proxy-keep", daemon=True)
        self._thread.start()

    def take(self, exchange: Exchange) -> None:
        """Take an exchange that is over; returns at once."""
        with self._lock:
            if self._count >= _MOST_WAITING or self._bytes + exchange.size > _MOST_BYTES:
                self.dropped += 1
                return
            self._count += 1
            self._bytes += exchange.size
        self._exchanges.put(exchange)

    def close(self, seconds: float) -> None:
        """Keep what waits, within so many seconds; what is left by then is dropped, and counted."""
        self._ending.set()
        self._exchanges.put(None)
        self._thread.join(seconds)
        with self._lock:
            self.dropped += self._count + len(self._items)

    # -- the keeper's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set() or self._exchanges.qsize():
            try:
                exchange = self._exchanges.get(timeout=_TURN)
            except queue.Empty:
                exchange = None
            if exchange is not None:
                self._take(exchange)
            self._send_some()
        self._backoff.went_well()
        while self._items and self._send():
            pass

    def _take(self, exchange: Exchange) -> None:
        size = exchange.size
        try:
            item = _encode(self._read(exchange))
        except Exception:  # noqa: BLE001 - a mistake of ours is of this call alone
            item = b""
            _LOG.exception("a call could not be read, and is not recorded")
        with self._lock:
            self._count -= 1
            self._bytes -= size
            if not item:
                self.dropped += 1
                return
            if not self._items:
                self._since = time.monotonic()
            self._items.append(item)
            while len(self._items) > _MOST_ITEMS:
                self._items.popleft()
                self.dropped += 1

    def _send_some(self) -> None:
        """Send what has waited long enough, or is enough."""
        ripe = len(self._items) >= _TOGETHER or time.monotonic() - self._since >= _GATHER
        while self._items and ripe and not self._backoff.left:
            if time.monotonic() - self._kept_at < self._between() or not self._send():
                return
            ripe = len(self._items) >= _TOGETHER

    def _send(self) -> bool:
        """Send the oldest items. Returns whether that is done with."""
        self._kept_at = time.monotonic()
        some: Sequence[bytes] = [self._items[at] for at in range(min(len(self._items), _TOGETHER))]
        try:
            self._keep(b"\n".join(some) + b"\n")
        except NotKept as why:
            self._failed(str(why), why.retry_after)
            if not why.final:
                return False
            self.dropped += len(some)
        except Exception as error:  # noqa: BLE001 - whatever it is, calls go on
            self._failed(str(error) or type(error).__name__, 0.0)
            return False
        else:
            if self._backoff.went_well():
                _LOG.warning("calls can be recorded again")
            self.trouble = ""
            self.kept += len(some)
        with self._lock:
            for _ in some:
                self._items.popleft()
        return True

    def _failed(self, why: str, at_least: float) -> None:
        first = not self.trouble
        self.trouble = why
        wait = self._backoff.failed(at_least)
        if first:
            _LOG.warning("calls cannot be recorded just now, and wait; again in %.0f s: %s", wait, why)
