"""Decoding large requests (OTLP, our own records) in a process of its own.

Decoding is Python's work, and so is a part of each commit: in one process they take turns, and each waits for the other
longer than it works. A second process decodes, prices and packs; what is left here is to pass bytes on. A small request
is decoded here, as is any while that process starts, and what it left undone should it die.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from tokometer.collect.bodies import OTLP, PUSHED, UNSUPPORTED, Decoded, decode
from tokometer.collect.patience import Backoff
from tokometer.collect.reading import Prices, priced_and_packed
from tokometer.host.children import end_with
from tokometer.records.redaction.logs import log_discreetly
from tokometer.settings import LabelSettings
from tokometer.sources.protocol import NotUnderstood, Sent

if TYPE_CHECKING:
    from tokometer.sources.otlp import Encoding, Signal

T = TypeVar("T")
#: From this size on a request goes to the other process: about a hundred spans.
WORTH_BYTES: Final = 64 * 1024
#: Of the socket between the two: a request passes through it in one or two pieces.
_SOCKET_BYTES: Final = 1 << 20
#: Bytes of the name of what the body is, and of the body.
_REQUEST: Final = struct.Struct("<HI")
_LONGEST_NAME: Final = 65_535
#: No portion of a request takes as long to decode (seconds); one that does ends the process.
ANSWER_SECONDS: Final = 60.0
#: Nor is an answer as long (bytes).
_MOST_ANSWERED: Final = 1 << 30
#: Requests between two looks for garbage.
_COLLECT_EVERY: Final = 500
_LENGTH: Final = struct.Struct("<I")

#: Decoding holds the interpreter either way; off the event loop it cannot hold up the pages for long.
_THREADS: Final = ThreadPoolExecutor(2, "tokometer-decode")
_LOG: Final = logging.getLogger(__name__)


_encode_json: Final = msgspec.json.Encoder().encode
_decode_answer: Final = msgspec.msgpack.Decoder(Decoded).decode


async def aside(decode: Callable[[], T]) -> T:
    """What `decode` returns, called in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, decode)


class Decoder:
    """Decodes requests, large ones in a process of its own, which starts with the first. Used by one event loop.

    `worth_bytes` is the size from which a request is large; `labels` says which attributes become labels;
    a request that takes longer than `seconds` is given up.
    """

    def __init__(
        self,
        prices: Prices,
        worth_bytes: int = WORTH_BYTES,
        labels: LabelSettings | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._prices = prices
        self._labels = labels or LabelSettings()
        self._worth_bytes = worth_bytes
        self._seconds = seconds
        self._other: _Other | None = None
        #: Between two starts of a process that did not come to be ready.
        self._patience = Backoff(first=1.0, most=60.0)
        self._closed = False

    @property
    def process(self) -> int | None:
        """The process that decodes, by its id; None while there is none that is ready."""
        return self._other.pid if self._other is not None and self._other.ready else None

    async def otlp(self, signal: Signal, body: bytes, encoding: Encoding, first: int = 0) -> Decoded:
        """What an OTLP request holds. `first` is the index of its first span (or the like), for refusals.

        Raises:
            OtlpError: The body as a whole cannot be read.
        """
        found = await self._decoded(f"{OTLP}:{signal}:{first}:{encoding}", body)
        if found.error:
            from tokometer.sources.otlp import OtlpError

            raise OtlpError(found.error)
        return found

    async def own(self, kind: str, body: bytes, media_type: str, *, bodies: bool = False, first: int = 0) -> Decoded:
        """What a body in our own format holds. `kind` is a key of `records.KINDS`, `first` the index of the first.

        With `bodies`, those of requests and answers are kept in details of errors.

        Raises:
            NotRecords: The body as a whole cannot be read, or is in no media type that we take.
        """
        found = await self._decoded(f"{kind}:{bodies:d}:{first}:{media_type}", body)
        if found.error:
            from tokometer.sources.own import NotRecords

            raise NotRecords(found.error, media_type=found.unfit)
        return found

    async def pushed(self, source: str, which: int, body: bytes, sent: Sent) -> Decoded:
        """What a request to a source held; `which` of its `pushed` it is.

        Raises:
            NotUnderstood: Nothing in it can be read.
        """
        found = await self._decoded(f"{PUSHED}:{source}:{which}:{_encode_json(sent).decode()}", body)
        if found.error:
            raise NotUnderstood(found.error, UNSUPPORTED if found.unfit else 400)
        return found

    async def _decoded(self, what: str, body: bytes) -> Decoded:
        if len(body) >= self._worth_bytes and not self._closed:
            other = self._other
            if other is not None and other.gone:
                if not other.ready:
                    # It was ended, or there was no room for it, just then: it is tried again, but not at once.
                    self._patience.failed()
                other = self._other = None
            if other is None and not self._patience.left:
                other = self._other = _Other(self._prices, self._labels, self._seconds)
            if other is not None and other.ready:
                self._patience.went_well()
                with suppress(ConnectionError):
                    found = await other.ask(what, body)
                    if not found.undone:
                        return found
        return await aside(lambda: decode(what, body, self._labels))

    def renew(self) -> None:
        """Use the prices as they are now. Safe to call from any thread; what is being decoded is not disturbed."""
        other, self._other = self._other, None
        if other is not None:
            other.finish()

    def close(self) -> None:
        """End the other process. Safe to call from any thread; a second call does nothing."""
        self._closed = True
        self.renew()


class _Other:
    """The other process, seen from here: requests go out and answers come back in order. Starts at once."""

    def __init__(self, prices: Prices, labels: LabelSettings, seconds: float = ANSWER_SECONDS) -> None:
        self._socket, self._its = socket.socketpair()
        self._prices = prices
        self._labels = labels
        self._waiting: deque[asyncio.Future[Decoded]] = deque()
        self._sending = asyncio.Lock()
        self._writer: asyncio.StreamWriter
        #: Whether it takes requests, or did before it ended.
        self.ready = False
        self.pid = 0
        self._program: subprocess.Popen[bytes] | None = None
        self._seconds = seconds
        self._life = asyncio.create_task(self._live())

    @property
    def gone(self) -> bool:
        """Whether it has ended, or could not be started."""
        return self._life.done()

    async def ask(self, what: str, body: bytes) -> Decoded:
        """Have a request decoded.

        Raises:
            ConnectionError: The process is gone; nothing came of the request.
        """
        if self.gone:
            raise ConnectionError
        future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
        name = what.encode("utf-8", "replace")[:_LONGEST_NAME]
        async with self._sending:
            self._waiting.append(future)
            self._writer.write(_REQUEST.pack(len(name), len(body)) + name)
            # In pieces: what the socket does not take at once would be copied whole.
            with memoryview(body) as view:
                for at in range(0, len(body), _SOCKET_BYTES):
                    self._writer.write(view[at : at + _SOCKET_BYTES])
                    await self._writer.drain()
        return await future

    def finish(self) -> None:
        """Let it end by itself, once it has answered what it was asked."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    async def _live(self) -> None:
        try:
            reader, self._writer = await asyncio.open_connection(sock=self._socket, limit=_SOCKET_BYTES)
            self.pid = await asyncio.to_thread(self._start)
        except (OSError, ValueError) as error:
            _LOG.warning("requests are decoded in the server's own process: %s", error)
            self._socket.close()
            return
        finally:
            self._its.close()
        try:
            await reader.readexactly(1)
            self.ready = True
            while True:
                (length,) = _LENGTH.unpack(await self._head(reader))
                if length > _MOST_ANSWERED:
                    raise ConnectionError("the other process said something else than an answer")
                answer = _decode_answer(await reader.readexactly(length))
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer)
        except (OSError, asyncio.IncompleteReadError, msgspec.DecodeError):
            if not self.ready:
                _LOG.warning("requests are decoded in the server's own process: the other one did not start")
        finally:
            self.finish()
            self._kill()
            for future in self._waiting:
                if not future.done():
                    future.set_exception(ConnectionError())
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        """The head of the next answer; of one that takes too long nothing more comes.

        Raises:
            ConnectionError: It took too long.
        """
        while True:
            asked = self._waiting[0] if self._waiting else None
            try:
                async with asyncio.timeout(self._seconds):
                    return await reader.readexactly(_LENGTH.size)
            except TimeoutError:
                if asked is None or asked is not next(iter(self._waiting), None):
                    continue
                self._waiting.popleft()
                if not asked.done():
                    asked.set_result(Decoded([], error=f"it takes longer than {self._seconds:g} s to decode"))
                raise ConnectionError("the other process does not answer") from None

    def _kill(self) -> None:
        """End it at once: what it still does, nobody waits for."""
        if self._program is not None and self._program.poll() is None:
            self._program.kill()

    def _start(self) -> int:
        for end in (self._socket, self._its):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        number, paths = self._its.fileno(), ["" if path is None else str(path) for path in self._prices]
        # -P: not what happens to lie in the current folder.
        command = [sys.executable, "-P", "-m", "tokometer.collect.decoding", str(os.getpid()), str(number), *paths]
        command.append(msgspec.json.encode(self._labels).decode())
        program = self._program = subprocess.Popen(command, pass_fds=(number,))  # noqa: S603 - ourselves
        # Somebody has to hear of its end, whether or not the event loop still runs then.
        threading.Thread(target=program.wait, name="tokometer-decode-end", daemon=True).start()
        return program.pid


# -- the other process -------------------------------------------------------------------------------------------------


def main(parent: str, descriptor: str, overrides: str, cache: str, made: str, labels: str) -> None:
    """Answer requests that come over the socket with this file number, until it is closed or `parent` is gone."""
    end_with(int(parent))
    from tokometer.sources import otlp  # noqa: F401 - before the first request, not with it

    log_discreetly()

    book = Prices(*(Path(path) if path else None for path in (overrides, cache, made))).open()
    settings = msgspec.json.decode(labels, type=LabelSettings)
    encode = msgspec.msgpack.Encoder().encode
    # What a request makes is gone after it, but for a cycle now and then.
    gc.disable()
    with socket.socket(fileno=int(descriptor)) as connection, connection.makefile("rb", _SOCKET_BYTES) as stream:
        connection.sendall(b"!")
        for number in count():
            head = stream.read(_REQUEST.size)
            if not head:
                return
            if number % _COLLECT_EVERY == 0:
                gc.collect()
            name, length = _REQUEST.unpack(head)
            what = stream.read(name).decode("utf-8", "replace")
            body = stream.read(length)
            try:
                answer = decode(what, body, settings)
                answer.packed, answer.records = priced_and_packed(answer.records, book, answer.stood), []
                answer.stood = []
                data = encode(answer)
            except Exception:  # noqa: BLE001 - whatever it is, the next request is to be answered; it is met again there
                data = encode(Decoded([], undone=True))
            connection.sendall(_LENGTH.pack(len(data)) + data)


if __name__ == "__main__":
    with suppress(BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        main(*sys.argv[1:])
    # Nothing here needs tidying up.
    os._exit(0)
