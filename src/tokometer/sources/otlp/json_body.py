"""OTLP traces in JSON: bytes → spans."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.attributes import Reading, attribute_of, read
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.labels import LABELS, SHARED, labelling_of, share
from tokometer.sources.otlp.span import Event, Span, settle
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
_LAST_INSTANT: Final = 2**64
#: Of a 64-bit number.
_DIGITS: Final = 20


class _Camel(Struct, rename="camel", gc=False):
    pass


class _KeyValue(_Camel):
    key: str = ""
    value: Any = None


class _Status(_Camel):
    code: int | str | None = None
    message: str | None = None


class _Event(_Camel):
    name: str | None = None
    time_unix_nano: int | str | None = None
    attributes: list[_KeyValue] | None = None


class _Span(_Camel):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[_KeyValue] | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _ScopeSpans(_Camel):
    # Raw, so that one span with a value of the wrong type is refused by itself.
    spans: list[msgspec.Raw] | None = None


class _Resource(_Camel):
    attributes: list[_KeyValue] | None = None


class _ResourceSpans(_Camel):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None
    #: The name up to OTLP 0.19, still written by some.
    instrumentation_library_spans: list[_ScopeSpans] | None = None


class _Request(_Camel):
    resource_spans: list[_ResourceSpans] = field(default_factory=list)


_REQUEST: Final = msgspec.json.Decoder(_Request)
_SPAN: Final = msgspec.json.Decoder(_Span)
_RESOURCE: Final = msgspec.json.Decoder(_Resource | None)


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
            raise OtlpError(f"the body is not an OTLP ExportTraceServiceRequest in JSON: {_why(error)}") from None
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
            wrong = _spoiled(error, "resource")
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


def _shared(resource: _Resource | None) -> tuple[list[tuple[str, Any]], Reading | None]:
    """What a resource says of all its spans, and the first attribute of it that is wrong."""
    try:
        found, wrong = _attributes((resource or _Resource()).attributes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(raw: bytes | msgspec.Raw, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span | RecordError:
    try:
        return _span(_SPAN.decode(raw), shared, wrong)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return _spoiled(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
        return mistake(error)


def _span(span: _Span, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span:
    found, own_wrong = _attributes(span.attributes)
    share(found, shared)
    status = span.status or _Status()
    code = _STATUS_CODES.get(status.code, 0) if isinstance(status.code, str) else status.code or 0
    return Span(
        _id(span.trace_id, 16),
        _id(span.span_id, 8),
        _id(span.parent_span_id, 8),
        span.name or "",
        _nanoseconds("startTimeUnixNano", span.start_time_unix_nano),
        _nanoseconds("endTimeUnixNano", span.end_time_unix_nano),
        code,
        (status.message or "") if code else "",
        [
            Event(event.name, _nanoseconds("timeUnixNano", event.time_unix_nano), _attributes(event.attributes)[0])
            for event in span.events or ()
            if event.name in _EVENTS
        ],
        found,
        own_wrong or wrong,
    )


def _attributes(attributes: Iterable[_KeyValue] | None) -> tuple[dict[str, Any], Reading | None]:
    found: dict[str, Any] = {}
    labels: dict[str, str] = {}
    later = []
    for attribute in attributes or ():
        value = _plain(attribute.value)
        reading = read(attribute.key, value)
        if reading is None:
            labelling = None if attribute_of(attribute.key) else labelling_of(attribute.key)
            if labelling is not None:
                labels.update(labelling.read(labelling.key, value))
        elif reading.rank == 0 and not reading.error:
            found[reading.slot] = reading.value
        else:
            later.append(reading)
    wrong = settle(found, later) if later else None
    if labels:
        found[LABELS] = labels
    return found, wrong


def _plain(value: object) -> object:
    """An `AnyValue` as Python has it: `{"intValue": "5"}` → 5."""
    if not isinstance(value, dict) or not value:
        return None
    kind, content = next(iter(value.items()))
    if (
        kind == "intValue"
        and isinstance(content, str)
        and content.removeprefix("-").isdecimal()
        and len(content) <= _DIGITS
    ):
        return int(content)
    if kind == "doubleValue" and isinstance(content, str):
        # JSON has no NaN and no infinity; protobuf's mapping writes them as text.
        try:
            return float(content)
        except ValueError:
            return content
    if kind == "arrayValue":
        values = content.get("values") if isinstance(content, dict) else None
        return [_plain(item) for item in values] if isinstance(values, list) else []
    return _map(content) if kind == "kvlistValue" else content


def _map(content: object) -> dict[str, object]:
    pairs = content.get("values") if isinstance(content, dict) else None
    return {
        pair["key"]: _plain(pair.get("value"))
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def _id(encoded: str | None, size: int) -> str:
    """An id in hex: OTLP says hex, and some exporters write base64 as protobuf's own JSON does. "" where neither."""
    if not encoded:
        return ""
    if len(encoded) == 2 * size:
        try:
            return bytes.fromhex(encoded).hex()
        except ValueError:
            return ""
    try:
        plain = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (Base64Error, ValueError):
        return ""
    return plain.hex() if len(plain) == size else ""


def _nanoseconds(name: str, value: int | str | None) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str):
        if not value.isdecimal() or len(value) > _DIGITS:
            raise RecordError(name, "is text, not nanoseconds since 1970")
        value = int(value)
    if not 0 <= value < _LAST_INSTANT:
        raise RecordError(name, "is not a 64-bit number of nanoseconds since 1970")
    return value


def _spoiled(error: Exception, within: str = "") -> RecordError:
    """The field that a decoder's message names (`… - at `$.startTimeUnixNano``), in a record error."""
    reason, _, path = _why(error).partition(" - at ")
    name = path.strip("`").removeprefix("$.")
    return RecordError(".".join(filter(None, (within, name))), reason[:1].lower() + reason[1:])


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, UnicodeError):
        return "is not valid UTF-8"
    return str(error)
