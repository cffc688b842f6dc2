"""Telling whoever listens what has changed: one broadcaster, which commits publish to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from typing import Final

#: Changes are told at most this often (seconds); what comes in between is told together, after the wait.
_PAUSE: Final = 0.3
#: Each listener is told so much later than the one before it (seconds), and the last one at most so much later than
#: the first: what they ask for then is made once, and need not be handed out to all at the same moment.
_APART: Final = 0.003
_LATEST: Final = 0.3
#: Pages that may listen at once.
_MOST_LISTENERS: Final = 500


class Listener:
    """One page. What it has not heard yet is one set of kinds, so a slow page costs no memory."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self._kinds: set[str] = set()
        self._closed = False

    def tell(self, kinds: Iterable[str], after: float = 0.0) -> None:
        """Add to what it will hear next, after so many seconds. From any thread."""
        told = frozenset(kinds)
        if after:
            self._loop.call_soon_threadsafe(self._loop.call_later, after, self._add, told)
        else:
            self._loop.call_soon_threadsafe(self._add, told)

    def close(self) -> None:
        """Let it go. From any thread."""
        self._loop.call_soon_threadsafe(self._close)

    async def next(self, timeout: float) -> frozenset[str] | None:  # noqa: ASYNC109 - a beat, not a deadline
        """What has changed, an empty set after `timeout` seconds of nothing, None at the end."""
        try:
            await asyncio.wait_for(self._event.wait(), timeout)
        except TimeoutError:
            return frozenset()
        if self._closed:
            return None
        self._event.clear()
        kinds, self._kinds = frozenset(self._kinds), set()
        return kinds

    def _add(self, kinds: frozenset[str]) -> None:
        self._kinds |= kinds
        self._event.set()

    def _close(self) -> None:
        self._closed = True
        self._event.set()


class Broadcaster:
    """Tells listeners which kinds of record have changed. Thread-safe.

    `version` goes up with each change, at once and before whoever made it is told that it is kept; only the telling may
    come later. An answer that was computed at a version is good until the next. It starts where the caller says: a
    server that is started anew must go on above where the one before it ended.
    """

    def __init__(self, version: int = 0) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._pending: set[str] = set()
        self._timer: threading.Timer | None = None
        self._last = 0.0
        self._closed = False
        self.version = version

    def publish(self, kinds: Iterable[str]) -> None:
        """Tell that records of these kinds have changed: now, or a moment later if something was just told.

        The version is another when this returns: what was computed before is out of date.
        """
        with self._lock:
            self.version += 1
            self._pending |= set(kinds)
            if self._timer is not None or self._closed:
                return
            wait = self._last + _PAUSE - time.monotonic()
            if wait > 0:
                self._timer = threading.Timer(wait, self._flush)
                self._timer.daemon = True
                self._timer.start()
                return
        self._flush()

    def join(self) -> Listener | None:
        """A new listener on the running loop; None where there are too many, or at the end."""
        with self._lock:
            if self._closed or len(self._listeners) >= _MOST_LISTENERS:
                return None
            listener = Listener(asyncio.get_running_loop())
            self._listeners.add(listener)
            return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        with self._lock:
            self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def close(self) -> None:
        """Let every listener go and tell nothing more."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            listeners = list(self._listeners)
        for listener in listeners:
            listener.close()

    def _flush(self) -> None:
        with self._lock:
            kinds, self._pending = frozenset(self._pending), set()
            self._timer = None
            self._last = time.monotonic()
            if self._closed or not kinds:
                return
            listeners = list(self._listeners)
        apart = min(_APART, _LATEST / max(len(listeners), 1))
        for place, listener in enumerate(listeners):
            listener.tell(kinds, place * apart)
