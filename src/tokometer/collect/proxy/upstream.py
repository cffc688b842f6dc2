"""The connection to the server on behalf of one client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from tokometer.collect.proxy import framing
from tokometer.collect.proxy.exchange import Ending, Exchange
from tokometer.collect.proxy.framing import BadMessage, Body

if TYPE_CHECKING:
    from tokometer.collect.proxy.passing import Client

#: A connection that was idle for longer (seconds) is not used again: the server may be about to close it.
_FRESH: Final = 2.0


class Upstream(asyncio.Protocol):
    """The connection to the server on behalf of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._method = b""
        self._exchange: Exchange | None = None
        #: An answer is expected, or coming.
        self.answering = False
        self._begun = False
        self._last = False
        self._closed = False
        self._idle_since = 0.0
        self._buffer = b""
        self._body: Body | None = None
        #: What comes is not understood, and passed on all the same.
        self._blind = False

    @property
    def connected(self) -> bool:
        """Whether it can be written to."""
        return self._transport is not None and not self._closed

    @property
    def closed(self) -> bool:
        """Whether what is written to it goes nowhere any more."""
        return self._closed

    @property
    def usable(self) -> bool:
        """Whether another request may be sent over it."""
        if self._closed or self.answering or self._blind:
            return False
        return self._transport is None or time.monotonic() - self._idle_since < _FRESH

    @property
    def begun(self) -> bool:
        """Whether something of the answer that is under way has been passed on."""
        return self.answering and self._begun

    def expect(self, method: bytes, exchange: Exchange | None) -> None:
        """A request is being sent; `exchange` is what is kept of it."""
        self._method, self._exchange = method, exchange
        self.answering, self._begun = True, False

    def asked(self, content: Iterable[bytes]) -> None:
        """Content of the request's body that was passed on."""
        if self._exchange is not None:
            for piece in content:
                self._exchange.ask(piece)

    def write(self, data: bytes) -> None:
        """Bytes for the server."""
        if self._transport is not None and not self._closed:
            self._transport.write(data)

    def hold(self, *, still: bool) -> None:
        """Take no more from the server, or go on."""
        if self._transport is not None and not self._closed:
            with suppress(RuntimeError):
                (self._transport.pause_reading if still else self._transport.resume_reading)()

    def leave(self) -> None:
        """The client has gone: the server is told in the way in which it would have been."""
        self.end("left")
        if self._transport is not None:
            self._transport.abort()
        self._closed = True

    def close(self) -> None:
        """It is used no more."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def end(self, ending: Ending) -> None:
        """The answer is over; what was kept of it is handed on."""
        if self.answering:
            self.answering = False
            self._idle_since = time.monotonic()
            exchange, self._exchange = self._exchange, None
            if exchange is not None:
                self._client.passing.over(exchange, ending)

    # -- from the server -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server has taken the connection."""
        # uvloop's are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        if self._closed:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer: passed on first, looked at then."""
        if not self.answering or self._closed:
            # Nobody asked for it.
            self.close()
            return
        self._client.answer(data)
        self._begun = True
        if not self._blind:
            self._look(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - whatever it was, it is gone
        """The server has closed the connection."""
        self._closed = True
        if not self.answering:
            # It may have answered before it had the whole request, and taken no more of it.
            self._client.release()
            return
        whole = self._blind or (self._body is not None and self._body.until_close)
        ending: Ending = "whole" if whole else "cut" if self._begun else "unanswered"
        self.end(ending)
        self._client.lost(ending)

    def pause_writing(self) -> None:
        """The server takes more slowly than the client sends."""
        self._client.hold(still=True)

    def resume_writing(self) -> None:
        """It has caught up."""
        self._client.hold(still=False)

    def _look(self, data: bytes) -> None:
        """Find where the answer ends."""
        try:
            while data and self.answering:
                data = self._in_body(data) if self._body is not None else self._in_head(data)
        except BadMessage:
            # It is not for us to judge: the client has it as it came.
            self._blind = True

    def _in_head(self, data: bytes) -> bytes:
        self._buffer += data
        end = self._buffer.find(framing.END)
        if end < 0:
            if len(self._buffer) > framing.MOST_HEAD:
                raise BadMessage("its head is too long")
            return b""
        raw, rest, self._buffer = self._buffer[:end], self._buffer[end + len(framing.END) :], b""
        head = framing.response_of(raw)
        if framing.is_interim(head):
            return rest
        if self._exchange is not None:
            self._exchange.response = head
        if framing.is_switch(head):
            # What follows has no requests and answers.
            self._blind = True
            self._client.switched()
            return b""
        self._last = framing.is_last(head)
        self._body = framing.body_of_response(head, self._method)
        if self._body.done:
            self._whole(rest)
            return b""
        return rest

    def _in_body(self, data: bytes) -> bytes:
        assert self._body is not None
        taken, content = self._body.feed(data)
        if self._exchange is not None:
            for piece in content:
                self._exchange.answer(piece)
        if self._body.done:
            self._whole(data[taken:])
            return b""
        return data[taken:]

    def _whole(self, rest: bytes) -> None:
        self._body = None
        self.end("whole")
        if rest:
            # More than was asked for.
            self.close()
        self._client.answered(last=self._last)
