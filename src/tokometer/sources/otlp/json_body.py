"""OTLP traces in JSON: bytes → spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import field

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.attributes import Reading
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.json_values import Camel, Pair, Resource, found_in, id_of, nanoseconds, spoiled, why
from tokometer.sources.otlp.labels import SHARED, share
from tokometer.sources.otlp.span import Event, Span
from tokometer.sources.pieces import elements, members

_STATUS_CODES: Final = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_EVENTS: Final = frozenset(
    {
        "exception",
        "First Token Stream Event",
        "ai.stream.firstChunk",
        "gen_ai.content.first_token",
        "llm.content.completion.chunk",
    }
)


class _Status(Camel):
    code: int | str | None = None
    message: str | None = None


class _Event(Camel):
    name: str | None = None
    time_unix_nano: int | str | None = None
    attributes: list[Pair] | None = None


class _Span(Camel):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[Pair] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _ScopeSpans(Camel):
    # Raw, so that one span with a value of the wrong type is refused by itself.
    spans: list[msgspec.Raw] | None = None


class _ResourceSpans(Camel):
    resource: Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None
    #: The name up to OTLP 0.19, still written by some.
    instrumentation_library_spans: list[_ScopeSpans] | None = None


class _Request(Camel):
    resource_spans: list[_ResourceSpans] = field(default_factory=list)


_REQUEST: Final = msgspec.json.Decoder(_Request)
_SPAN: Final = msgspec.json.Decoder(_Span)
_RESOURCE: Final = msgspec.json.Decoder(Resource | None)


def spans(body: bytes) -> Iterator[Span | RecordError]:
    """The spans of an `ExportTraceServiceRequest` in JSON, in order; an error stands for one that cannot be read.

    Raises:
        OtlpError: The body is not such an object.
    """
    try:
        request = _REQUEST.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        try:
            apart = list(_taken_apart(body))
        except ValueError:
            raise OtlpError(f"the body is not an OTLP ExportTraceServiceRequest in JSON: {why(error)}") from None
        yield from apart
        return
    for resource_spans in request.resource_spans:
        shared, wrong = _shared(resource_spans.resource)
        for scope in (*(resource_spans.scope_spans or ()), *(resource_spans.instrumentation_library_spans or ())):
            for raw in scope.spans or ():
                yield _one(raw, shared, wrong)


def _taken_apart(body: bytes) -> Iterator[Span | RecordError]:
    """The spans of a body that cannot be decoded as a whole; what is wrong in one of them spoils only that.

    Raises:
        ValueError: It has not the form of a request.
    """
    for at, raw_spans in enumerate(elements(members(body).get(b'"resourceSpans"', b""))):
        where = f"resourceSpans[{at}]"
        try:
            resource_spans = members(raw_spans)
        except ValueError as error:
            yield RecordError(where, f"is {error}")
            continue
        shared: list[tuple[str, Any]] = []
        wrong: RecordError | Reading | None = None
        try:
            shared, wrong = _shared(_RESOURCE.decode(resource_spans.get(b'"resource"', b"null")))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            wrong = spoiled(error, "resource")
        for raw in _raw_spans(resource_spans, where):
            if isinstance(raw, RecordError):
                yield raw
            else:
                yield wrong if isinstance(wrong, RecordError) else _one(raw, shared, wrong)


def _raw_spans(resource_spans: Mapping[bytes, bytes], where: str) -> Iterator[bytes | RecordError]:
    """The spans of a resource, as they stand there; an error stands for a list of them that is none."""
    for name in ("scopeSpans", "instrumentationLibrarySpans"):
        listed = resource_spans.get(f'"{name}"'.encode(), b"null")
        try:
            scopes = [] if listed == b"null" else elements(listed)
        except ValueError as error:
            yield RecordError(f"{where}.{name}", f"is {error}")
            continue
        for at, scope in enumerate(scopes):
            try:
                raw = members(scope).get(b'"spans"', b"null")
                yield from [] if raw == b"null" else elements(raw)
            except ValueError as error:
                yield RecordError(f"{where}.{name}[{at}]", f"is {error}")


def _shared(resource: Resource | None) -> tuple[list[tuple[str, Any]], Reading | None]:
    """What a resource says of all its spans, and the first attribute of it that is wrong."""
    try:
        found, wrong = found_in((resource or Resource()).attributes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(raw: bytes | msgspec.Raw, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span | RecordError:
    try:
        return _span(_SPAN.decode(raw), shared, wrong)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return spoiled(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
        return mistake(error)


def _span(span: _Span, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span:
    found, own_wrong = found_in(span.attributes)
    share(found, shared)
    status = span.status or _Status()
    code = _STATUS_CODES.get(status.code, 0) if isinstance(status.code, str) else status.code or 0
    return Span(
        id_of(span.trace_id, 16),
        id_of(span.span_id, 8),
        id_of(span.parent_span_id, 8),
        span.name or "",
        nanoseconds("startTimeUnixNano", span.start_time_unix_nano),
        nanoseconds("endTimeUnixNano", span.end_time_unix_nano),
        code,
        (status.message or "") if code else "",
        [
            Event(event.name, nanoseconds("timeUnixNano", event.time_unix_nano), found_in(event.attributes)[0])
            for event in span.events or ()
            if event.name in _EVENTS
        ],
        found,
        own_wrong or wrong,
    )
