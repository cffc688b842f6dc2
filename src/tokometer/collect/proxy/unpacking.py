"""Unpacking a copy of what was packed: gzip, deflate, zstd. Of brotli there is no reader here; it is told as unread."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Final

#: Unpacks the next piece, to at most so many bytes.
Unpacker = Callable[[bytes, int], bytes]
_GZIP: Final = 16 + zlib.MAX_WBITS
#: deflate with the head of zlib has this in its first four bits.
_DEFLATE: Final = 8


def unpacker(coding: bytes) -> Unpacker | None:
    """What unpacks a `Content-Encoding`, piece by piece; None where nothing here does."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return lambda data, _: data
    if name in (b"gzip", b"x-gzip"):
        return zlib.decompressobj(_GZIP).decompress
    if name == b"deflate":
        return _Deflate()
    if name == b"zstd":
        return _Zstd()
    return None


class _Deflate:
    """With the head of zlib, as the standard has it, or without, as some send it."""

    def __init__(self) -> None:
        self._unpack: Unpacker | None = None

    def __call__(self, data: bytes, most: int) -> bytes:
        if self._unpack is None:
            if not data:
                return b""
            bare = data[0] & 0x0F != _DEFLATE
            self._unpack = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS).decompress
        return self._unpack(data, most)


class _Zstd:
    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor
        else:
            from backports.zstd import ZstdDecompressor
        self._unpack = ZstdDecompressor()

    def __call__(self, data: bytes, most: int) -> bytes:
        from contextlib import suppress

        found = b""
        # At its end it wants no more.
        with suppress(EOFError):
            found = self._unpack.decompress(data, most)
        return found
