"""The queue of what is to be sent, and the thread that sends it."""

from __future__ import annotations

import gzip
import json
import logging
import os
import random
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

#: A program that ends waits no longer (seconds) for what has not been sent.
AT_EXIT: Final = 2.0
LOG: Final = logging.getLogger("tokometer.client")
#: From this size on a body is packed.
_WORTH_PACKING: Final = 4_096
_FIRST_RETRY: Final = 0.5
_LAST_RETRY: Final = 30.0
_MOST_ANSWER: Final = 1 << 20
_OK: Final = 200
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True)
class Stats:
    """How the sending goes, in records since the start."""

    #: Taken by the server, those that it had already included.
    sent: int = 0
    #: That the server could not believe; it says why at *Refused*.
    refused: int = 0
    #: That were given up: the queue was full, or they could not be written as JSON, or the server will never take them.
    dropped: int = 0
    #: That wait to be sent.
    waiting: int = 0
    #: Why nothing arrives just now; empty while all is well.
    trouble: str = ""


class _Item(NamedTuple):
    path: str
    line: bytes


class Outgoing:
    """A bounded queue, emptied by a thread of its own, which starts with the first item. Thread-safe; survives a fork.

    Args:
        url: The server's address.
        key: The API key, sent as a bearer token; empty for none.
        most: Items that may wait.
        most_bytes: Bytes that may wait.
        batch: Items of one request.
        every: Seconds after which what waits is sent, however little it is.
        timeout: Seconds that the server may take to answer.
    """

    def __init__(
        self, url: str, key: str, *, most: int, most_bytes: int, batch: int, every: float, timeout: float
    ) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server; write http://HOST:7420")
        self._parts = parts
        self._headers = {"Content-Type": "application/x-ndjson", "User-Agent": "tokometer-client"}
        if key:
            # As HTTP has headers: what is in no key anyway must not keep records from being sent.
            self._headers["Authorization"] = f"Bearer {key.strip()}".encode("latin-1", "replace").decode("latin-1")
        self._most, self._most_bytes, self._batch, self._every, self._timeout = most, most_bytes, batch, every, timeout
        self._stats = Stats()
        self._reset()
        _ALL.add(self)

    def _reset(self) -> None:
        """Begin with nothing, as a child after a fork: what waited is the parent's to send."""
        self._changed = threading.Condition()
        self._waiting: deque[_Item] = deque()
        self._bytes = 0
        self._busy = 0
        #: Of what is being sent, so many lines are dealt with.
        self._dealt = 0
        self._flushing = False
        self._closed = False
        self._connection: HTTPConnection | None = None
        self._thread: threading.Thread | None = None

    # -- for the program: never waits, never raises --------------------------------------------------------------------

    def put(self, path: str, item: dict[str, Any]) -> bool:
        """Take an item for a path of the server; False where it is dropped instead."""
        try:
            line = json.dumps(item, ensure_ascii=False, separators=(",", ":"), default=str).encode()
        except Exception:  # noqa: BLE001 - an object of the program says how it is written, and may raise anything
            self._drop(1, "a record that cannot be written as JSON")
            return False
        with self._changed:
            full = len(self._waiting) + self._busy >= self._most or self._bytes + len(line) > self._most_bytes
            if self._closed or full:
                self._drop(1, "the queue is full" if full else "the client is closed")
                return False
            if self._thread is None and not self._begin():
                self._drop(1, "no thread can be started to send it: the program is ending")
                return False
            self._waiting.append(_Item(path, line))
            self._bytes += len(line)
            if len(self._waiting) >= self._batch:
                self._changed.notify_all()
        return True

    def _begin(self) -> bool:
        """Start the thread that sends; whether there is one."""
        thread = threading.Thread(target=self._run, name="tokometer-client", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._thread = thread
        _at_exit_of_child()
        return True

    @property
    def stats(self) -> Stats:
        """How it goes."""
        with self._changed:
            return replace(self._stats, waiting=len(self._waiting) + self._busy)

    def flush(self, seconds: float) -> bool:
        """Send what waits now; whether all of it has been dealt with within so many seconds."""
        until = time.monotonic() + seconds
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            while self._waiting or self._busy:
                left = until - time.monotonic()
                if left <= 0 or self._thread is None or not self._changed.wait(left):
                    break
            self._flushing = False
            return not (self._waiting or self._busy)

    def close(self, seconds: float) -> bool:
        """Send what waits and end; what does not arrive within so many seconds is dropped."""
        done = self.flush(seconds)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        return done

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while (taken := self._take()) is not None:
            path, lines = taken
            if not lines:
                continue
            self._dealt = 0
            try:
                wait = self._send(path, lines)
            except Exception as error:  # noqa: BLE001 - whatever it is, what waits waits on, and the thread lives
                wait = 0.0
                self._trouble(str(error) or type(error).__name__)
            else:
                if wait is None:
                    failures = 0
                    self._done()
                    continue
            self._put_back(path, lines[self._dealt :])
            backoff = min(_FIRST_RETRY * 2.0**failures, _LAST_RETRY) * (0.7 + 0.3 * random.random())  # noqa: S311
            failures = min(failures + 1, 30)
            self._rest(max(wait or 0.0, backoff))
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> tuple[str, list[bytes]] | None:
        """The next items of one path, once there are enough of them, or some have waited long enough."""
        with self._changed:
            if not self._waiting:
                self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            until = time.monotonic() + self._every
            while len(self._waiting) < self._batch and not (self._closed or self._flushing):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            path = self._waiting[0].path if self._waiting else ""
            lines: list[bytes] = []
            while self._waiting and self._waiting[0].path == path and len(lines) < self._batch:
                lines.append(self._waiting.popleft().line)
            self._bytes -= sum(map(len, lines))
            self._busy = len(lines)
            return path, lines

    def _send(self, path: str, lines: list[bytes]) -> float | None:
        """Send lines; None once they are dealt with, else after how many seconds to try again."""
        body = b"\n".join(lines)
        headers = dict(self._headers)
        if len(body) > _WORTH_PACKING:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        status, answer, retry_after = self._post(self._parts.path.rstrip("/") + path, body, headers)
        if status == _OK and not _is_ours(answer):
            # A page to log in at, or whatever else is between: nothing of it was kept.
            self._trouble("who answers there is no Tokometer")
            return retry_after
        if status == _OK:
            refused = _refused(answer)
            self._count(sent=len(lines) - refused, refused=refused)
        elif status in _AGAIN or status in (401, 403):
            self._trouble(f"the server answers HTTP {status}")
            return retry_after
        elif status == _TOO_LARGE and len(lines) > 1:
            half = len(lines) // 2
            wait = self._send(path, lines[:half])
            return self._send(path, lines[half:]) if wait is None else wait
        else:
            self._drop(len(lines), f"the server answers HTTP {status}: {answer[:200].decode('utf-8', 'replace')}")
        self._dealt += len(lines)
        return None

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, float]:
        if self._connection is None:
            made = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
            self._connection = made(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
        try:
            self._connection.request("POST", path, body, headers)
            with self._connection.getresponse() as response:
                answer = response.read(_MOST_ANSWER)
                if response.read(1):
                    self._connection.close()
                after = response.headers.get("Retry-After", "")
                return response.status, answer, min(float(after), _LAST_RETRY) if after.isdigit() else 0.0
        except BaseException:
            # A connection that broke is made anew by the next request.
            self._connection.close()
            raise

    def _put_back(self, path: str, lines: list[bytes]) -> None:
        with self._changed:
            self._busy = 0
            self._waiting.extendleft(_Item(path, line) for line in reversed(lines))
            self._bytes += sum(map(len, lines))

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, seconds)
            if self._closed:
                self._drop(len(self._waiting), "the client was closed before they could be sent")
                self._waiting.clear()
                self._bytes = 0

    def _done(self) -> None:
        with self._changed:
            self._busy = 0
            self._stats = replace(self._stats, trouble="")
            self._changed.notify_all()

    def _count(self, *, sent: int, refused: int) -> None:
        with self._changed:
            stats = self._stats
            if refused and not stats.refused:
                LOG.warning("the server refused %d records; it says why under Refused", refused)
            self._stats = replace(stats, sent=stats.sent + sent, refused=stats.refused + refused)

    def _trouble(self, words: str) -> None:
        with self._changed:
            if not self._stats.trouble:
                LOG.warning("records cannot be sent just now: %s; they wait", words)
            self._stats = replace(self._stats, trouble=words)

    def _drop(self, count: int, why: str) -> None:
        # The lock may be held by whoever calls: it is one that its holder may take again.
        with self._changed:
            if count and not self._stats.dropped:
                LOG.warning("records are dropped, and counted: %s", why)
            self._stats = replace(self._stats, dropped=self._stats.dropped + count)


def _is_ours(answer: bytes) -> bool:
    """Whether an answer says what became of what was sent; a long one is cut, and begins with that."""
    return answer.lstrip()[:1] == b"{" and b'"accepted"' in answer


def _refused(answer: bytes) -> int:
    """How many records an answer says were refused."""
    try:
        told = json.loads(answer)
        return len(told["refused"]) + int(told.get("more_refused", 0))
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0


#: Every queue of this process: a child has none of its parent's threads and connections.
_ALL: Final[weakref.WeakSet[Outgoing]] = weakref.WeakSet()


def _after_fork() -> None:
    for outgoing in list(_ALL):
        outgoing._reset()  # noqa: SLF001 - ours


def _at_exit_of_child() -> None:
    """In a process of multiprocessing, which ends without what `atexit` knows: send what waits at its end."""
    processes = sys.modules.get("multiprocessing.process")
    if processes is None or processes.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    Finalize(None, close_all, exitpriority=10)


def close_all() -> None:
    """Send what waits in every queue of this process, within a short time."""
    until = time.monotonic() + AT_EXIT
    for outgoing in list(_ALL):
        outgoing.close(max(0.0, until - time.monotonic()))


_register: Callable[..., None] | None = getattr(os, "register_at_fork", None)
if _register is not None:
    _register(after_in_child=_after_fork)
