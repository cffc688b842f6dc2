"""Connections, bounded: how many there are, how long a request's head may take, and how slowly a reply is read.

Uvicorn waits without end for a request that never comes and for a reader that does not read. Whoever opens a thousand
connections and sends nothing would lock out everybody.
"""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Connections at a time, files permitting.
MOST: Final = 4_096
#: Files that everything else may have open, or half of those that we may.
_OTHER_FILES: Final = 256
_FILES: Final = 65_536
#: How long a request's head may take to come, from the connection's beginning or its own first byte (seconds).
HEAD_SECONDS: Final = 10.0
#: What a head may have, in bytes: the URL and all headers.
HEAD_BYTES: Final = 64 * 1024
#: Requests that may wait on one connection for the one before them.
_PIPELINED: Final = 100
#: A reader gets so much time (seconds) …
READ_SECONDS: Final = 20.0
#: … for each so many bytes of what waits for it.
_READ_BYTES: Final = 32 * 1024

#: A request's head is still to come; it is being answered; nothing is under way.
_State = Literal["head", "busy", "idle"]

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 2\r\n"
    b"connection: close\r\ncontent-length: 31\r\n\r\nall connections are in use now\n"
)


class HeadError(Exception):
    """A request's head that is not taken."""


class Doors:
    """All connections of a server, by what they wait for, the oldest first. Used by one event loop."""

    def __init__(self, most: int, head_seconds: float = HEAD_SECONDS, read_seconds: float = READ_SECONDS) -> None:
        self.most = most
        self.head_seconds = head_seconds
        self.read_seconds = read_seconds
        #: What time it was when somebody last said so (seconds since the epoch).
        self.second = 0
        self._by_state: dict[_State, dict[Connection, None]] = {"head": {}, "busy": {}, "idle": {}}

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self._by_state.values()))

    def move(self, connection: Connection, state: _State | None) -> None:
        """Note what a connection waits for now; None when it has gone."""
        for connections in self._by_state.values():
            connections.pop(connection, None)
        if state is not None:
            self._by_state[state][connection] = None

    def make_room(self) -> bool:
        """Let the one go that has been silent for longest, where there are too many; False where all are at work."""
        while len(self) >= self.most:
            oldest = next((one for state in ("head", "idle") for one in self._by_state[state]), None)
            if oldest is None:
                return False
            self.move(oldest, None)
            oldest.transport.abort()
        return True


def doors() -> Doors:
    """Doors for as many connections as this process may have files, after asking for more of those."""
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Doors(min(MOST, max(soft - _OTHER_FILES, soft // 2)))


def protocol(doors: Doors) -> type[Connection]:
    """The protocol for Uvicorn, with these doors."""
    return type("BoundedConnection", (Connection,), {"doors": doors})


class Connection(HttpToolsProtocol):
    """One connection, which has to send in time what it is there for, and to read what it asked for."""

    doors: Doors

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Uvicorn's
        super().__init__(*args, **kwargs)
        self._state: _State = "head"
        self._timer: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        self._head = 0

    # -- what the transport tells ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or turn it away where all others are at work."""
        super().connection_made(transport)
        if not self.doors.make_room():
            transport.write(_FULL)
            transport.close()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._enter(None)
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if self.transport.is_closing():
            return
        self._tell_the_time()
        if self._state == "idle":
            self._wait_for_head()
        super().data_received(data)
        if self._state == "head" and not self.transport.is_closing():
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self.send_400_response("the head of the request is too large")

    def pause_writing(self) -> None:
        """More waits to be read than is good; see that it is."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """It is being read."""
        self._stop_watching()
        super().resume_writing()

    # -- what the parser tells ---------------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        """Begin to answer; raise what is no head of ours."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            raise HeadError("the head of the request is too large")
        if len(self.pipeline) >= _PIPELINED:
            raise HeadError("too many requests at once")
        self._enter("busy")
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request; or for the last reply to be read."""
        more = bool(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_reader()
        elif not more:
            self._enter("idle")

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for a while. A reply that was not read by now will not be."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    # -- our own -----------------------------------------------------------------------------------------------

    def _tell_the_time(self) -> None:
        """Have replies say when they were made: what they say by themselves is when somebody last looked."""
        now = int(time.time())
        if now != self.doors.second:
            self.doors.second = now
            dated = [(b"date", formatdate(now, usegmt=True).encode())]
            self.server_state.default_headers = dated + self.config.encoded_headers

    def _wait_for_head(self) -> None:
        self._enter("head")
        self._head = 0
        self._timer = self.loop.call_later(self.doors.head_seconds, self._too_late)

    def _too_late(self) -> None:
        if self._state == "head" and not self.transport.is_closing():
            self.transport.abort()

    def _enter(self, state: _State | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if state is not None:
            self._state = state
        self.doors.move(self, state)

    def _watch_reader(self, before: int | None = None) -> None:
        """Give up who reads nothing, or next to nothing, of what waits for it."""
        waits = self.transport.get_write_buffer_size()
        if before is not None and waits and before - waits < _READ_BYTES:
            self.transport.abort()
            return
        self._stop_watching()
        if waits:
            self._reader = self.loop.call_later(self.doors.read_seconds, self._watch_reader, waits)

    def _stop_watching(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
