"""How a span ended: its status in our words, and how long its first token took."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final, NamedTuple

from tokometer.records import RecordError, Status, status_of
from tokometer.records.values import MAX_DURATION_US, message
from tokometer.sources.otlp.attributes import COMPLETION_BEGAN
from tokometer.sources.otlp.span import ERROR, OK, UNSET, Span
from tokometer.sources.otlp.unread import note


class Outcome(NamedTuple):
    """A call's status with what is known of an error."""

    status: Status
    error_message: str = ""
    http_status: int | None = None


_FINE: Final = Outcome("ok")
_HTTP_STATUS: Final = re.compile(r"[1-5][0-9][0-9]")


def outcome_of(span: Span) -> Outcome:
    """The outcome that a span tells, by its status, `error.type`, an HTTP status, or an exception that it recorded.

    An exception beside an answer was dealt with (a retry), so it alone makes no error.
    """
    found = span.found
    http = found.get("http_status")
    kind = found.get("error_type", "")
    if span.status_code != ERROR and not kind and not span.events and not http and "langfuse_level" not in found:
        return _FINE if found.get("success", True) else Outcome("server_error", found.get("error_message", ""))
    text = found.get("error_message", "") or (message(span.status_message) if span.status_message else "")
    thrown = False
    for event in span.events:
        if event.name == "exception":
            thrown = True
            kind = kind or event.found.get("error_type", "")
            text = text or event.found.get("error_message", "")
    if _HTTP_STATUS.fullmatch(kind):
        http = http or int(kind)
    refused = http is not None and http >= HTTPStatus.BAD_REQUEST
    failed = (
        span.status_code == ERROR
        or (bool(found.get("error_type")) and span.status_code != OK)
        or refused
        or found.get("langfuse_level") == "ERROR"
        or not found.get("success", True)
        or (thrown and span.status_code == UNSET and "output" not in found)
    )
    if not failed:
        return Outcome("ok", http_status=http)
    status = status_of(http if refused else None, kind)
    if status == "server_error" and http is None and text:
        status = status_of(None, text)
    return Outcome(status, text or message(kind), http)


def ttft_of(span: Span) -> int | None:
    """Time to the first token in microseconds, where the span says it; one before the start says nothing, and is noted.

    Raises:
        RecordError: It was more than a year after the start.
    """
    found = span.found
    stated: int | None = found.get("ttft")
    if stated is None:
        stated = found.get("ttft_ms")
    field = ""
    if stated is None and "first_token_at" in found:
        field = COMPLETION_BEGAN
        stated = found["first_token_at"] - span.start_ns // 1000
    if stated is None:
        times = [event.time_ns for event in span.events if event.name != "exception"]
        if times:
            field = "events.timeUnixNano"
            stated = (min(times) - span.start_ns) // 1000
    if stated is None or 0 <= stated <= MAX_DURATION_US:
        return stated
    if stated > 0:
        raise RecordError(field, "is more than a year after startTimeUnixNano")
    # Clocks of two processes: the rest of the call is no less right.
    note(found, "field", f"{field} before the start")
    return None
