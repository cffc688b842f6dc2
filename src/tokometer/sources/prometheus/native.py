"""Prometheus' native histograms → ours.

Of schemas -4 to 8 bucket `i` ends at 2^(i / 2^schema), which is OpenTelemetry's exponential histogram one further; of
schema -53 the bounds are told.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import inf, isfinite
from typing import Any, Final

from tokometer.sources.series import Histogram, explicit, exponential

_CUSTOM: Final = -53
#: `value.StaleNaN` of Prometheus, and the bit that processors set when they copy such a number.
_STALE: Final = 0x7FF0_0000_0000_0002
_QUIET: Final = 0x0008_0000_0000_0000
_SCHEMAS: Final = (-4, 8)
#: Buckets that one histogram may span: spans that are far apart would fill the memory.
_MOST: Final = 100_000


def is_stale(message: Any) -> bool:  # noqa: ANN401 - a message
    """Whether it only says that its series ended (a scrape failed, a target is gone): Prometheus' stale marker.

    Taken for a histogram it would be one that began anew at nothing, and all that it counted would count again.
    """
    return (int.from_bytes(struct.pack(">d", message.sum)) & ~_QUIET) == _STALE


def histogram_of(message: Any) -> Histogram:  # noqa: ANN401 - a message
    """The histogram that a message of remote write is.

    Raises:
        ValueError: It contradicts itself, or is of a schema that nobody knows.
    """
    total = message.sum if isfinite(message.sum) else None
    offset, above = _side(message.positive_spans, message.positive_deltas, message.positive_counts)
    if message.schema == _CUSTOM:
        if not 0 <= offset <= _MOST:
            raise ValueError("has spans of buckets that cannot be")
        bounds = list(message.custom_values)
        counts = [0] * offset + above
        counts += [0] * (len(bounds) + 1 - len(counts))
        return explicit(bounds, counts, total)
    if not _SCHEMAS[0] <= message.schema <= _SCHEMAS[1]:
        raise ValueError(f"has schema {message.schema}, which is none of a native histogram")
    below_offset, below = _side(message.negative_spans, message.negative_deltas, message.negative_counts)
    if not 0 <= message.zero_threshold < inf:
        raise ValueError("has a zero bucket that has no end")
    zeros = message.zero_count_int or _whole(message.zero_count_float)
    return exponential(
        message.schema,
        zeros,
        (offset - 1, above),
        (below_offset - 1, below),
        total,
        message.zero_threshold,
    )


def _side(spans: Sequence[Any], deltas: Sequence[int], counts: Sequence[float]) -> tuple[int, list[int]]:
    """The index of the first bucket of one side, and the counts from there on, gaps included."""
    told = iter([_whole(count) for count in counts] or list(_summed(deltas)))
    found: list[int] = []
    first = 0
    for number, span in enumerate(spans):
        if number == 0:
            first = span.offset
        elif span.offset < 0 or len(found) + span.offset > _MOST:
            raise ValueError("has spans of buckets that cannot be")
        else:
            found += [0] * span.offset
        if len(found) + span.length > _MOST:
            raise ValueError("has more buckets than a histogram can have")
        for _ in range(span.length):
            count = next(told, None)
            if count is None:
                raise ValueError("has fewer counts than buckets")
            found.append(count)
    return first, found


def _summed(deltas: Sequence[int]) -> Iterator[int]:
    count = 0
    for delta in deltas:
        count += delta
        yield count


def _whole(count: float) -> int:
    if not isfinite(count):
        raise ValueError("has a bucket of which the count is no number")
    return round(count)
