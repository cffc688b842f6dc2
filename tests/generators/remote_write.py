"""Requests of Prometheus' remote write, 1.0 and 2.0, encoded by hand from the specification's messages."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Written(NamedTuple):
    """A series as Prometheus writes it: its labels, samples (milliseconds, value) and encoded native histograms."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[int, float]] = ()
    histograms: Sequence[bytes] = ()


def varint(number: int) -> bytes:
    """An unsigned number of any size; a negative one as 64 bits."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def zigzag(number: int) -> bytes:
    """A signed number (`sint32`, `sint64`)."""
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def tag(number: int, kind: int) -> bytes:
    """The key of a field: 0 a number, 1 eight bytes, 2 something with a length."""
    return varint(number << 3 | kind)


def sized(number: int, content: bytes) -> bytes:
    """A field of text or of a message."""
    return tag(number, 2) + varint(len(content)) + content


def double(number: int, value: float) -> bytes:
    """A field of a `double`."""
    return tag(number, 1) + struct.pack("<d", value)


def sample(at: int, value: float) -> bytes:
    """A `Sample`, the same in both versions."""
    return double(1, value) + tag(2, 0) + varint(at)


def histogram(
    at: int,
    schema: int,
    total: float,
    spans: Sequence[tuple[int, int]],
    deltas: Sequence[int],
    zeros: int = 0,
    bounds: Sequence[float] = (),
) -> bytes:
    """A `Histogram` of whole counts, the same in both versions."""
    found = tag(1, 0) + varint(sum(_counts(deltas)) + zeros) + double(3, total) + tag(4, 0) + zigzag(schema)
    found += double(5, 0.001) + tag(6, 0) + varint(zeros)
    for offset, length in spans:
        found += sized(11, tag(1, 0) + zigzag(offset) + tag(2, 0) + varint(length))
    found += sized(12, b"".join(zigzag(delta) for delta in deltas)) + tag(15, 0) + varint(at)
    return found + (sized(16, b"".join(struct.pack("<d", bound) for bound in bounds)) if bounds else b"")


def _counts(deltas: Sequence[int]) -> list[int]:
    found: list[int] = []
    for delta in deltas:
        found.append((found[-1] if found else 0) + delta)
    return found


def version_1(series: Sequence[Written]) -> bytes:
    """A `prometheus.WriteRequest`."""
    found = b""
    for one in series:
        content = b"".join(
            sized(1, sized(1, name.encode()) + sized(2, value.encode())) for name, value in sorted(one.labels.items())
        )
        content += b"".join(sized(2, sample(*each)) for each in one.samples)
        content += b"".join(sized(4, each) for each in one.histograms)
        found += sized(1, content)
    # Metadata come in requests of their own, or with the rest.
    return found + sized(3, tag(1, 0) + varint(1) + sized(2, b"up"))


def version_2(series: Sequence[Written]) -> bytes:
    """An `io.prometheus.write.v2.Request`."""
    symbols = [""]
    content = b""
    for one in series:
        refs = []
        for text in (text for pair in sorted(one.labels.items()) for text in pair):
            if text not in symbols:
                symbols.append(text)
            refs.append(symbols.index(text))
        told = sized(1, b"".join(varint(ref) for ref in refs))
        told += b"".join(sized(2, sample(*each)) for each in one.samples)
        told += b"".join(sized(3, each) for each in one.histograms)
        content += sized(5, told + sized(5, tag(1, 0) + varint(1)))
    return b"".join(sized(4, text.encode()) for text in symbols) + content
