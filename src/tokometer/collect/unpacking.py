"""Unpacking what comes packed, piece by piece: gzip, deflate, zstd, of any number of members or frames.

A server that packs each event of a stream by itself sends many; a reader of the first alone would miss all others.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Final, Protocol

_GZIP: Final = 16 + zlib.MAX_WBITS
#: What a member of gzip, and a frame of zstd, begins with: what else follows one is none.
_GZIP_HEAD: Final = b"\x1f\x8b"
_ZSTD_HEAD: Final = b"\x28\xb5\x2f\xfd"
#: deflate with the head of zlib has this in its first four bits.
_DEFLATE: Final = 8


class _Stream(Protocol):
    """One member, as zlib and zstd give it."""

    @property
    def eof(self) -> bool:
        """Whether its end has come."""

    @property
    def unused_data(self) -> bytes:
        """What follows it."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """The next piece, unpacked to at most so many bytes."""


class Unpacking:
    """Unpacks the pieces of one body; `make` begins a member, which begins with `head`."""

    def __init__(self, make: Callable[[], _Stream], head: bytes) -> None:
        self._make = make
        self._head = head
        self._stream = make()
        #: The start of a next member, until it is long enough to be told from anything else.
        self._rest = b""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing at the end."""
        return self._stream.eof

    def __call__(self, data: bytes, most: int) -> bytes:
        """The next piece, unpacked to at most so many bytes.

        Raises:
            zlib.error, ValueError: It is not packed so.
        """
        found: list[bytes] = []
        while data and most > 0:
            if self._stream.eof:
                self._rest += data
                if not self._rest.startswith(self._head):
                    if not self._head.startswith(self._rest):
                        # No member: filling, or what nobody reads.
                        self._rest = b""
                    break
                data, self._rest, self._stream = self._rest, b"", self._make()
            piece = self._stream.decompress(data, most)
            most -= len(piece)
            found.append(piece)
            data = self._stream.unused_data if self._stream.eof else b""
        return b"".join(found)


def unpacking(coding: str) -> Unpacking | None:
    """What unpacks a `Content-Encoding`: gzip, zstd; None for others."""
    if coding in ("gzip", "x-gzip"):
        return Unpacking(lambda: zlib.decompressobj(_GZIP), _GZIP_HEAD)
    if coding == "zstd":
        return Unpacking(_zstd, _ZSTD_HEAD)
    return None


def _zstd() -> _Stream:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor
    else:
        from backports.zstd import ZstdDecompressor
    return ZstdDecompressor()


class Deflate:
    """With the head of zlib, as the standard has it, or without, as some send it."""

    def __init__(self) -> None:
        self._unpack: Callable[[bytes, int], bytes] | None = None

    def __call__(self, data: bytes, most: int) -> bytes:
        """The next piece, unpacked to at most so many bytes.

        Raises:
            zlib.error: It is not packed so.
        """
        if self._unpack is None:
            if not data:
                return b""
            bare = data[0] & 0x0F != _DEFLATE
            self._unpack = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS).decompress
        return self._unpack(data, most)
