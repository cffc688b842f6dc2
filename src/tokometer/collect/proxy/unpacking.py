"""Unpacking a copy of what was packed: gzip, deflate, zstd. Of brotli there is no reader here; it is told as unread."""

from __future__ import annotations

from collections.abc import Callable

from tokometer.collect.unpacking import Deflate, unpacking

#: Unpacks the next piece, to at most so many bytes.
Unpacker = Callable[[bytes, int], bytes]


def unpacker(coding: bytes) -> Unpacker | None:
    """What unpacks a `Content-Encoding`, piece by piece; None where nothing here does."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return lambda data, _: data
    if name == b"deflate":
        return Deflate()
    return unpacking(name.decode("latin-1"))
