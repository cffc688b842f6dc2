"""A span as both encodings give it, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tokometer.sources.otlp.attributes import Reading
from tokometer.sources.otlp.unread import UNREAD, note

#: `Status.code` of a span.
UNSET, OK, ERROR = 0, 1, 2


class Event(Struct, gc=False):
    """One event of a span that we read: an exception, or the first token of a stream."""

    name: str
    time_ns: int
    found: dict[str, Any]


class Span(Struct):
    """One span: ids in hex, times in nanoseconds since the epoch, and the attributes that mean something to us."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    status_code: int
    status_message: str
    events: list[Event]
    #: Slot → value; see :mod:`tokometer.sources.otlp.attributes`.
    found: dict[str, Any]
    #: The first attribute that could not be read and would have counted.
    wrong: Reading | None = None


def settle(found: dict[str, Any], later: Iterable[Reading]) -> Reading | None:
    """Put the attributes with other than first-choice names into `found`, and return the first that is wrong."""
    wrong = None
    for reading in sorted(later, key=_rank):
        if reading.slot == UNREAD:
            # One whose value cannot be read is a name that nothing reads all the same.
            note(found, "usage", reading.value or reading.name)
            continue
        if reading.rank >= 0 and reading.slot in found:
            continue
        if reading.error:
            wrong = wrong or reading
        else:
            found[reading.slot] = reading.value
    return wrong


def _rank(reading: Reading) -> int:
    # Names that beat the first choice come last, where they overwrite it.
    return reading.rank if reading.rank >= 0 else 1 << 30
