"""Request bodies, bounded: as they arrive, and as they unpack."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request

#: How much one step of unpacking may produce, so that a bomb is noticed before it is large.
_STEP: Final = 1024 * 1024
#: zlib and gzip alike, told apart by their header.
_AUTOMATIC: Final = zlib.MAX_WBITS | 32


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a body may be, in bytes. An app can have its own as `app.state.body_limits`."""

    #: After unpacking, or of a body that is not packed.
    plain: int = 64 * 1024 * 1024
    #: On the wire, of a packed body.
    packed: int = 16 * 1024 * 1024


class BodyError(Exception):
    """A body that is not taken, with the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, limits: Limits) -> bytes:
    """A request's whole body, unpacked where it is gzip or deflate.

    Raises:
        BodyError: 413 where it is larger than a limit, 415 where its encoding is unknown, 400 where it is broken.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return await _plain(request, limits.plain)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError(415, "Content-Encoding is not one of gzip, deflate, identity")
    _check_length(request, limits.packed)
    unpacker = _Unpacker(limits.plain)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limits.packed:
            raise _too_large(limits.packed, "packed ")
        unpacker.feed(chunk)
    return unpacker.finish()


async def _plain(request: Request, limit: int) -> bytes:
    _check_length(request, limit)
    chunks = []
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _check_length(request: Request, limit: int) -> None:
    """Turn away a body that announces to be too large before it is sent."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)


class _Unpacker:
    """Unpacks gzip (of any number of members) or zlib, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stream = zlib.decompressobj(_AUTOMATIC)
        self._chunks: list[bytes] = []
        self._size = 0
        self._started = False

    def feed(self, data: bytes) -> None:
        """Unpack some more.

        Raises:
            BodyError: The limit is passed, or this is not packed data.
        """
        while data:
            self._started = True
            if self._stream.eof:
                self._stream = zlib.decompressobj(_AUTOMATIC)
            try:
                chunk = self._stream.decompress(data, _STEP)
            except zlib.error:
                raise BodyError(400, "the body is not the gzip or deflate data that Content-Encoding says") from None
            self._size += len(chunk)
            if self._size > self._limit:
                raise _too_large(self._limit, "unpacked ")
            self._chunks.append(chunk)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def finish(self) -> bytes:
        """Everything unpacked.

        Raises:
            BodyError: The data ended in the middle.
        """
        if self._started and not self._stream.eof:
            raise BodyError(400, "the packed body ends in the middle")
        return b"".join(self._chunks)


def _too_large(limit: int, what: str = "") -> BodyError:
    return BodyError(413, f"the {what}body is larger than {limit // (1024 * 1024):,} MiB; send it in several requests")
