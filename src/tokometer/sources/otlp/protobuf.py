"""OTLP traces in protobuf: bytes → spans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.attributes import ATTRIBUTES, Reading
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.keyvalues import Meanings
from tokometer.sources.otlp.labels import SHARED, share
from tokometer.sources.otlp.messages import (
    DecodeError,
    ExportTraceServiceRequest,
    Message,
    RequestInParts,
    Resource,
    ResourceInParts,
    ScopeInParts,
    SpanMessage,
)
from tokometer.sources.otlp.span import Event, Span

#: Events by these names and exceptions are read; prompts and answers come as events too and are not even decoded.
_EVENTS: Final = frozenset(
    {
        b"exception",
        b"First Token Stream Event",
        b"ai.stream.firstChunk",
        b"gen_ai.content.first_token",
        b"llm.content.completion.chunk",
    }
)


_MEANINGS: Final = Meanings(ATTRIBUTES)

_Shared = tuple[list[tuple[str, Any]], Reading | None]


def spans(body: bytes) -> Iterator[Span | RecordError]:
    """The spans of an `ExportTraceServiceRequest` in protobuf, in order; an error stands for one that cannot be read.

    Raises:
        OtlpError: The body is not such a message.
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        yield from _in_parts(body)
        return
    for resource_spans in request.resource_spans:
        shared = _shared(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield _one(span, shared)


def _in_parts(body: bytes) -> list[Span | RecordError]:
    """The spans of a request that cannot be decoded as a whole; what is broken in one of them spoils only that.

    Raises:
        OtlpError: No span of it is whole.
    """
    found: list[Span | RecordError] = []
    try:
        for at, raw in enumerate(RequestInParts.FromString(body).resource_spans):
            found += _of_resource(raw, f"resourceSpans[{at}]")
    except DecodeError:
        found.clear()
    if not any(isinstance(span, Span) for span in found):
        raise OtlpError("the body is not an OTLP ExportTraceServiceRequest in protobuf")
    return found


def _of_resource(raw: bytes, where: str) -> Iterator[Span | RecordError]:
    try:
        parts = ResourceInParts.FromString(raw)
    except DecodeError:
        yield RecordError(where, "is broken")
        return
    try:
        shared = _shared(Resource.FromString(parts.resource))
    except DecodeError:
        shared = [], Reading("", 0, None, "is broken", "resource")
    for at, scope_spans in enumerate(parts.scope_spans):
        try:
            listed = ScopeInParts.FromString(scope_spans).spans
        except DecodeError:
            yield RecordError(f"{where}.scopeSpans[{at}]", "is broken")
            continue
        for span in listed:
            try:
                yield _one(SpanMessage.FromString(span), shared)
            except DecodeError:
                yield RecordError("", "is broken")


def _shared(resource: Message) -> _Shared:
    """What a resource says of all its spans, and the first attribute of it that is wrong."""
    try:
        found, wrong = _MEANINGS.found(resource.attributes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(span: Message, shared: _Shared) -> Span | RecordError:
    try:
        return _span(span, *shared)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
        return mistake(error)


def _span(span: Message, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span:
    found, own_wrong = _MEANINGS.found(span.attributes)
    share(found, shared)
    status = span.status
    code = status.code
    return Span(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name.decode("utf-8", "replace"),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        code,
        status.message.decode("utf-8", "replace") if code else "",
        [
            Event(event.name.decode(), event.time_unix_nano, _MEANINGS.found(event.attributes)[0])
            for event in span.events
            if event.name in _EVENTS
        ],
        found,
        own_wrong or wrong,
    )
