"""Moving bytes between a client and the server that it means, as they come.

Every connection of a client has at most one to the server, for one request after the other. Of a head only what a proxy
has to change is changed: the Host, and offers to switch to another protocol. A body is passed on byte by byte.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from tokometer.collect.proxy import framing
from tokometer.collect.proxy.destination import Destination
from tokometer.collect.proxy.exchange import Ending, shape_of
from tokometer.collect.proxy.framing import BadMessage, Body, Head
from tokometer.collect.proxy.upstream import Upstream

if TYPE_CHECKING:
    from tokometer.collect.proxy.server import Passing

_CONNECT_SECONDS: Final = 10.0
_PHRASES: Final = {
    400: "Bad Request",
    403: "Forbidden",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}
#: What only holds between two neighbours, where it offers another protocol.
_OFFERS: Final = (b"upgrade", b"http2-settings", b"connection")


class Client(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, passing: Passing) -> None:
        self.passing = passing
        self._destination: Destination = passing.destination
        self._transport: asyncio.Transport
        self._buffer = b""
        #: The request whose body is still coming.
        self._body: Body | None = None
        #: What waits until there is a connection to the server.
        self._waiting: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None
        self.upstream: Upstream | None = None
        #: A request is under way: until its answer is whole, the next one waits.
        self._under_way = False
        #: It has sent so much ahead that no more is taken.
        self._ahead = False
        #: Both sides speak another protocol now: what comes is passed on, whatever it is.
        self._switched = False
        #: What is under way is the last on this connection.
        self._last = False
        self._gone = False

    # -- from the client -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        # uvloop's are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self.passing.clients.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, or of its body."""
        self._buffer = self._buffer + data if self._buffer else data
        self._go_on()

    def eof_received(self) -> bool:
        """A client that sends no more has gone: most that do cannot be told from those, and servers do the same."""
        return False

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - whatever it was, it is gone
        """The client has gone."""
        self._gone = True
        self.passing.gone(self)
        if self._connecting is not None:
            self._connecting.cancel()
        if self.upstream is not None:
            self.upstream.leave()

    def pause_writing(self) -> None:
        """The client reads more slowly than the server writes."""
        if self.upstream is not None:
            self.upstream.hold(still=True)

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.upstream is not None:
            self.upstream.hold(still=False)

    def _go_on(self) -> None:
        """Take from the buffer what can be taken now."""
        try:
            while self._buffer and not self._gone:
                if self._switched:
                    data, self._buffer = self._buffer, b""
                    self._send(data)
                elif self._body is not None:
                    self._pass_body()
                elif self._under_way:
                    # It sends ahead. What is one head too many can wait where it is.
                    if len(self._buffer) > framing.MOST_HEAD and not self._ahead:
                        self._ahead = True
                        self._transport.pause_reading()
                    return
                elif not self._begin():
                    return
        except BadMessage as bad:
            self._refuse(bad.status, str(bad))

    def _begin(self) -> bool:
        """Begin with the next request, if its head is whole."""
        end = self._buffer.find(framing.END)
        if end < 0:
            if len(self._buffer) > framing.MOST_HEAD:
                raise BadMessage("its head is too long", 431)
            return False
        raw, self._buffer = self._buffer[:end], self._buffer[end + len(framing.END) :]
        head = framing.request_of(raw)
        self.passing.check(head)
        body = framing.body_of_request(head)
        method, target, version = head.first
        shape = shape_of(method, target)
        exchange = None if shape is None else self.passing.observe(head, shape)
        self._body = None if body.done else body
        self._under_way = True
        self._last = framing.is_last(head)
        self._open().expect(method, exchange)
        self._send(self._head(head, method, target, version))
        return True

    def _head(self, head: Head, method: bytes, target: bytes, version: bytes) -> bytes:
        """The head as the server is to have it."""
        leave_out: tuple[bytes, ...] = (b"host",)
        lines = [b" ".join((method, self._destination.target(target), version)), b"Host: " + self._destination.host]
        if head.get(b"upgrade") and not framing.is_websocket(head):
            leave_out += _OFFERS
            kept = [item for item in head.all(b"connection") if item not in (b"upgrade", b"http2-settings")]
            if kept:
                lines.append(b"Connection: " + b", ".join(kept))
        return b"\r\n".join((*lines, *framing.lines_of(head, leave_out), b"", b""))

    def _pass_body(self) -> None:
        assert self._body is not None
        taken, content = self._body.feed(self._buffer)
        data, self._buffer = self._buffer[:taken], self._buffer[taken:]
        self._send(data)
        if self.upstream is not None:
            self.upstream.asked(content)
        if self._body.done:
            self._body = None
            self._over()

    def _send(self, data: bytes) -> None:
        upstream = self.upstream
        assert upstream is not None
        if upstream.connected:
            upstream.write(data)
        elif not upstream.closed:
            self._waiting.append(data)

    def _open(self) -> Upstream:
        """A connection to the server: the one that there is, or another."""
        upstream = self.upstream
        if upstream is None or not upstream.usable:
            if upstream is not None:
                upstream.close()
            upstream = self.upstream = Upstream(self)
            self._transport.pause_reading()
            self._connecting = asyncio.ensure_future(self._connect(upstream))
        return upstream

    async def _connect(self, upstream: Upstream) -> None:
        """Connect to the server, and send what has waited for that."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._destination.connect(lambda: upstream)
        except TimeoutError:
            upstream.end("unanswered")
            self._refuse(504, f"{self._destination.url} does not answer within {_CONNECT_SECONDS:g} s")
            return
        except OSError as error:
            upstream.end("unanswered")
            self._refuse(502, f"{self._destination.url} cannot be reached ({error.strerror or type(error).__name__})")
            return
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            upstream.write(data)
        if not self._gone:
            self._transport.resume_reading()

    def hold(self, *, still: bool) -> None:
        """Take no more from the client, or go on, as fast as the server takes it."""
        if not self._gone and self.upstream is not None and self.upstream.connected:
            with suppress(RuntimeError):
                (self._transport.pause_reading if still else self._transport.resume_reading)()

    def release(self) -> None:
        """Go on taking from the client what the server takes no more of: it belongs to a request that is answered."""
        if not self._gone and not self._ahead:
            with suppress(RuntimeError):
                self._transport.resume_reading()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer in the server's place, and end the connection."""
        if self._gone:
            return
        if self.upstream is not None and self.upstream.begun:
            # The answer has begun: another one behind it would be taken for a part of it.
            self._transport.abort()
            return
        body = json.dumps({"error": {"type": "tokometer_proxy", "message": f"Tokometer's proxy: {reason}"}}).encode()
        head = f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self._buffer = b""
        self._transport.write(head.encode() + body)
        self._transport.close()

    # -- from the server -----------------------------------------------------------------------------------------------

    def answer(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._transport.write(data)

    def switched(self) -> None:
        """The server has taken the offer of another protocol (WebSocket)."""
        self._switched = True
        if self._ahead and not self._gone:
            self._ahead = False
            self._transport.resume_reading()
        self._go_on()

    def answered(self, *, last: bool) -> None:
        """The answer is whole; `last` where its server says that nothing comes after it."""
        self._last = self._last or last
        self._over()

    def _over(self) -> None:
        if self._body is None and self.upstream is not None and not self.upstream.answering:
            self._under_way = False
            if self._last or self.passing.ending:
                self._transport.close()
                return
            if self._ahead and not self._gone:
                self._ahead = False
                self._transport.resume_reading()
            if self._buffer:
                self._go_on()

    def lost(self, ending: Ending) -> None:
        """The server's connection is gone, and the answer that was under way with it, or ended by it."""
        if ending == "unanswered":
            self._refuse(502, f"{self._destination.url} closed the connection without an answer")
        elif ending == "cut":
            # An end that nobody takes for a whole answer.
            self._transport.abort()
        else:
            self._transport.close()

    def close(self) -> None:
        """End the connection once what is under way is over."""
        if not self._under_way:
            self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        self._transport.abort()
