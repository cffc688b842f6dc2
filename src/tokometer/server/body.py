"""Request bodies, bounded: as they arrive, as they unpack, by their pace, and all of them together."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from fastapi import Request
from starlette.types import Message

from tokometer.server.room import Crowded, Held, Room

#: How much one step of unpacking may produce: a bomb is noticed before it is large, and room is asked for at each.
_STEP: Final = 1024 * 1024
#: Fed at a time: what a short member leaves over is copied for each.
_FED: Final = 16 * 1024
#: A gzip file of many files; no sender of records has as many, and each takes time however short it is.
_MOST_MEMBERS: Final = 10_000
#: Bytes of the number that Snappy's data begin with.
_SNAPPY_LENGTH: Final = 5
#: zlib and gzip alike, told apart by their header.
_AUTOMATIC: Final = zlib.MAX_WBITS | 32
#: Unpacking runs beside the event loop, and for two bodies at a time.
_THREADS: Final = ThreadPoolExecutor(2, "tokometer-unpack")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a body may be, in bytes, and how slow. An app can have its own as `app.state.body_limits`."""

    #: After unpacking, or of a body that is not packed.
    plain: int = 64 * 1024 * 1024
    #: On the wire, of a packed body.
    packed: int = 16 * 1024 * 1024
    #: Seconds in which nothing comes, after which a body is given up …
    silence: float = 20.0
    #: … and seconds from which on it has to come with so many bytes a second.
    grace: float = 20.0
    pace: int = 32 * 1024


class BodyError(Exception):
    """A body that is not taken, with the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def headers(self) -> dict[str, str]:
        """What the reply has besides: when to try again, and that nothing more is read of who is too slow."""
        if self.status == 503:  # noqa: PLR2004 - HTTP's number
            return {"Retry-After": str(Crowded.retry_after)}
        return {"Connection": "close"} if self.status in (400, 408) else {}


@asynccontextmanager
async def received(request: Request, most: int | None = None) -> AsyncIterator[bytes]:
    """A request's whole body, unpacked where it is packed. `most` bytes, where that is less than the limit.

    The room that it takes of what all bodies share is held until the end of the `async with`.

    Raises:
        BodyError: 413 where it is larger than a limit, 415 where its encoding is unknown, 400 where it is broken or
            ends in the middle, 408 where it comes too slowly, 503 where there is no room for it.
    """
    state = request.app.state
    limits: Limits = getattr(state, "body_limits", None) or Limits()
    if not hasattr(state, "room"):
        state.room = Room()
    with Held(state.room) as held:
        try:
            body = await _read(request, limits, held, limits.plain if most is None else min(most, limits.plain))
        except Crowded as error:
            raise BodyError(503, str(error)) from None
        yield body


async def _read(request: Request, limits: Limits, held: Held, plain: int) -> bytes:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return await _arrived(request, limits, held, plain)
    if encoding not in ("gzip", "x-gzip", "deflate", "snappy"):
        raise BodyError(415, "Content-Encoding is not one of gzip, deflate, snappy, identity")
    packed = await _arrived(request, limits, held, limits.packed, "packed ")
    if encoding == "snappy":
        return await _snappy(packed, held, plain)
    unpacker = _Unpacker(packed, plain)
    loop = asyncio.get_running_loop()
    while True:
        size = await loop.run_in_executor(_THREADS, unpacker.step)
        if not size:
            break
        await held.take(size)
    del packed
    held.give(unpacker.packed)
    return unpacker.finish()


async def _snappy(packed: bytes, held: Held, plain: int) -> bytes:
    """A body in Snappy's block format, which says at its beginning how long it becomes."""
    size = shift = 0
    for byte in packed[:_SNAPPY_LENGTH]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            break
    if size > plain:
        raise _too_large(plain, "unpacked ")
    await held.take(size)
    body = await asyncio.get_running_loop().run_in_executor(_THREADS, _unsnapped, packed)
    held.give(len(packed))
    return body


def _unsnapped(packed: bytes) -> bytes:
    import cramjam

    try:
        return bytes(cramjam.snappy.decompress_raw(packed))
    except cramjam.DecompressionError:
        raise BodyError(400, "the body is not the Snappy data that Content-Encoding says") from None


async def _arrived(request: Request, limits: Limits, held: Held, most: int, what: str = "") -> bytes:
    """What comes, as it comes; held once: what a `BytesIO` gives is what it has."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        # Turned away before it is sent.
        raise _too_large(most, what)
    body = BytesIO()
    began = asyncio.get_running_loop().time()
    size = 0
    while True:
        message = await _next(request, limits, began, size)
        if message["type"] == "http.disconnect":
            raise BodyError(400, "the connection ended in the middle of the body")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise _too_large(most, what)
        await held.take(len(chunk))
        body.write(chunk)
        if not message.get("more_body", False):
            return body.getvalue()


async def _next(request: Request, limits: Limits, began: float, size: int) -> Message:
    """The next part of a body, in time."""
    now = asyncio.get_running_loop().time()
    until = min(now + limits.silence, began + limits.grace + size / limits.pace)
    try:
        async with asyncio.timeout_at(until):
            return await request.receive()
    except TimeoutError:
        raise BodyError(
            408,
            f"the body comes too slowly: {size:,} bytes in {now - began:,.0f} s. It has to come with {limits.pace:,} "
            f"bytes a second after {limits.grace:g} s, and without pauses of {limits.silence:g} s",
        ) from None


class _Unpacker:
    """Unpacks gzip (of any number of members) or zlib, up to a limit, step by step."""

    def __init__(self, packed: bytes, limit: int) -> None:
        self._limit = limit
        self._stream = zlib.decompressobj(_AUTOMATIC)
        self._left = memoryview(packed)
        self._fed: bytes | memoryview = b""
        self._body = BytesIO()
        self._size = 0
        self._members = 0
        #: Bytes of what is unpacked.
        self.packed = len(packed)

    def step(self) -> int:
        """Unpack some more: how many bytes that made; 0 at the end.

        Raises:
            BodyError: The limit is passed, or this is not packed data.
        """
        made = 0
        while made < _STEP:
            if not self._fed:
                self._fed, self._left = self._left[:_FED], self._left[_FED:]
            if not self._fed:
                break
            self._begin()
            try:
                chunk = self._stream.decompress(self._fed, _STEP)
            except zlib.error:
                raise BodyError(400, "the body is not the gzip or deflate data that Content-Encoding says") from None
            made += len(chunk)
            self._size += len(chunk)
            if self._size > self._limit:
                raise _too_large(self._limit, "unpacked ")
            self._body.write(chunk)
            self._fed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return made

    def _begin(self) -> None:
        """See that there is a member to go on with."""
        if self._members and not self._stream.eof:
            return
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BodyError(400, f"the packed body has more than {_MOST_MEMBERS:,} members")
        self._stream = zlib.decompressobj(_AUTOMATIC)

    def finish(self) -> bytes:
        """Everything unpacked.

        Raises:
            BodyError: The data ended in the middle.
        """
        if self._members and not self._stream.eof:
            raise BodyError(400, "the packed body ends in the middle")
        return self._body.getvalue()


def _too_large(limit: int, what: str = "") -> BodyError:
    told = f"{limit // (1024 * 1024):,} MiB" if limit >= 1024 * 1024 else f"{limit // 1024:,} KiB"
    return BodyError(413, f"the {what}body is larger than {told}; send it in several requests")
