"""A log record as both encodings give it, before anything is made of it."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, field

from tokometer.sources.otlp.attributes import Reading
from tokometer.sources.otlp.events import Named, named

#: What is longer, or has a space in it, is something said and no event's name.
LONGEST_NAME: Final = 80


class LogRecord(Struct):
    """One log record: times in nanoseconds since the epoch, ids in hex, and the attributes that mean something to us.

    Of an event that becomes nothing only the name is read.
    """

    named: Named
    scope: str = ""
    time_ns: int = 0
    observed_ns: int = 0
    #: 1 (trace) to 24 (fatal); 0 is not told.
    severity: int = 0
    #: Where it is text, or holds a message; else empty.
    body: str = ""
    trace_id: str = ""
    span_id: str = ""
    #: Slot → value, by the table of its dialect.
    found: dict[str, Any] = field(default_factory=dict)
    #: The first attribute that could not be read and would have counted.
    wrong: Reading | None = None


def name_of(scope: str, attribute: str, body: str, field: str) -> Named:
    """Which event a record is, by the attribute `event.name`, its body and its field `event_name`."""
    return named(scope, _if_name(attribute), _if_name(body), _if_name(field))


def _if_name(text: str) -> str:
    return text if len(text) <= LONGEST_NAME and " " not in text else ""


def message_in(body: object) -> str:
    """What a body says: text as it is, of an object its message."""
    if isinstance(body, dict):
        body = next((body[key] for key in ("message", "msg", "body") if isinstance(body.get(key), str)), "")
    return body if isinstance(body, str) else ""
