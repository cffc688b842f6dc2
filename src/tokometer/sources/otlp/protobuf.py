"""OTLP traces in protobuf: bytes → spans."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.attributes import ATTRIBUTES, ENDINGS, SLOTS, Attribute, Reading, attribute_of
from tokometer.sources.otlp.counts import count
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.labels import LABELS, ON_CHANGE, SHARED, labelling_of, share
from tokometer.sources.otlp.messages import (
    DecodeError,
    ExportTraceServiceRequest,
    KeyValue,
    Message,
    RequestInParts,
    Resource,
    ResourceSpansInParts,
    ScopeSpansInParts,
    SpanMessage,
)
from tokometer.sources.otlp.span import Event, Span, settle
from tokometer.sources.otlp.tokens import PREFIXES
from tokometer.sources.otlp.unread import UNREAD

#: Attributes up to this size are remembered whole; longer ones (prompts) are never the same twice, and neither are
#: these slots.
_REMEMBERED_BYTES: Final = 96
_REMEMBERED: Final = 16_384
_UNREPEATED: Final = frozenset({"input", "output", "total", "cost", "ttft", "ttft_ms", "response_id", "tool_call_id"})

_KEY, _VALUE = 0x0A, 0x12  # tags of KeyValue
_STRING, _INT, _DOUBLE = 0x0A, 0x18, 0x21  # tags of AnyValue
_ONE_BYTE: Final = 0x80
_SHORTEST: Final = 4
_SHORT_VARINT: Final = 4
_UNPACK_DOUBLE: Final = struct.Struct("<d")

_BY_BYTES: Final = {name.encode(): attribute for name, attribute in ATTRIBUTES.items()}
#: What the keys begin with that are read by their words where no table has them.
_BY_WORDS: Final = tuple(prefix.encode() for prefix in PREFIXES)
_ENDINGS: Final = tuple(ending.encode() for ending in ENDINGS)
#: An attribute, read: nothing to us; a first choice as slot and value, ready to use; anything else as its own key.
#: Labels stand under the attribute's name, in a tuple.
_Known = tuple[str, Any] | tuple[Attribute, Reading] | tuple[tuple[str], dict[str, str]] | None
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


#: An attribute of which not even the name can be read.
_BROKEN: Final = Attribute("attributes", "broken", 0, count)


class _Seen(dict[bytes, "_Known"]):
    """Encoded attributes and what they mean; reads those that it does not know when they are looked up.

    Dictionary lookups are atomic, so threads can share it; at worst two of them read the same attribute.
    """

    def __missing__(self, encoded: bytes) -> _Known:
        """Read an encoded `KeyValue`, and remember it where it may come again."""
        # The usual form by hand: tag, length below 128, key, tag, length below 128, one member of the union.
        if len(encoded) > _SHORTEST and encoded[0] == _KEY and encoded[1] < _ONE_BYTE:
            end = 2 + encoded[1]
            attribute = _BY_BYTES.get(encoded[2:end])
            if len(encoded) <= end + 3 or encoded[end] != _VALUE:
                known = _slow(encoded)
            elif attribute is None and (attribute := _other(encoded[2:end])) is None:
                known = _labels(encoded[2:end], encoded)
            elif encoded[end + 1] == len(encoded) - end - 2:
                known = _quick(attribute, encoded[end + 2], encoded[end + 3 :], encoded)
                if attribute.slot in _UNREPEATED:
                    return known
            else:
                known = _slow(encoded)
        else:
            known = _slow(encoded)
        if len(encoded) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[encoded] = known
        return known


_SEEN: Final = _Seen()
_meaning: Final = _SEEN.__getitem__
ON_CHANGE.append(_SEEN.clear)


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
        parts = ResourceSpansInParts.FromString(raw)
    except DecodeError:
        yield RecordError(where, "is broken")
        return
    try:
        shared = _shared(Resource.FromString(parts.resource))
    except DecodeError:
        shared = [], Reading("", 0, None, "is broken", "resource")
    for at, scope_spans in enumerate(parts.scope_spans):
        try:
            listed = ScopeSpansInParts.FromString(scope_spans).spans
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
        found, wrong = _attributes(resource.attributes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(span: Message, shared: _Shared) -> Span | RecordError:
    try:
        return _span(span, *shared)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
        return mistake(error)


def _span(span: Message, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span:
    found, own_wrong = _attributes(span.attributes)
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
            Event(event.name.decode(), event.time_unix_nano, _attributes(event.attributes)[0])
            for event in span.events
            if event.name in _EVENTS
        ],
        found,
        own_wrong or wrong,
    )


def _attributes(attributes: Iterable[bytes]) -> tuple[dict[str, Any], Reading | None]:
    """Slot → value, and the first attribute that is wrong."""
    # One line that runs in C: this is where most of the time of an ingest would go.
    found: dict[Any, Any] = dict(filter(None, map(_meaning, attributes)))
    if found.keys() <= SLOTS:
        return found, None
    later = [found.pop(key) for key in [key for key in found if key.__class__ is Attribute]]
    labels: dict[str, str] = {}
    for key in [key for key in found if key.__class__ is tuple]:
        labels.update(found.pop(key))
    wrong = settle(found, later)
    if labels:
        found[LABELS] = labels
    return found, wrong


def _quick(attribute: Attribute, tag: int, content: bytes, encoded: bytes) -> _Known:
    """An attribute in the usual form; `content` is what follows the tag of its value."""
    value: object
    if tag == _INT and len(content) <= _SHORT_VARINT:
        if content[-1] >= _ONE_BYTE:
            return _slow(encoded)
        number = content[-1]
        for byte in content[-2::-1]:
            number = number << 7 | byte & 0x7F
        if attribute.convert is count and not attribute.rank:
            # Small enough, and not negative: what nearly all counts are.
            return attribute.slot, number
        value = number
    elif tag == _STRING and content[0] == len(content) - 1:
        try:
            value = content[1:].decode()
        except UnicodeDecodeError:
            return _not_text(attribute)
    elif tag == _DOUBLE and len(content) == _UNPACK_DOUBLE.size:
        (value,) = _UNPACK_DOUBLE.unpack(content)
    else:
        return _slow(encoded)
    return _known(attribute, value)


def _slow(encoded: bytes) -> _Known:
    """Any valid encoding of a `KeyValue`, by the protobuf library."""
    try:
        message = KeyValue.FromString(encoded)
    except DecodeError:
        return _broken(encoded)
    attribute = _BY_BYTES.get(message.key) or _other(message.key)
    if attribute is None:
        return _labels(message.key, encoded)
    try:
        return _known(attribute, _plain(message.value))
    except UnicodeDecodeError:
        return _not_text(attribute)


def _broken(encoded: bytes) -> _Known:
    """An attribute that the library does not take; it refuses its span where it would have counted, or may have."""
    attribute: Attribute | None = _BROKEN
    if encoded[:1] == bytes([_KEY]) and encoded[1:2] < bytes([_ONE_BYTE]) and len(encoded) > _SHORTEST:
        key = encoded[2 : 2 + encoded[1]]
        attribute = _BY_BYTES.get(key) or _other(key)
    if attribute is None or attribute.slot == UNREAD:
        return None
    return attribute, Reading(attribute.slot, attribute.rank, None, "is broken, or nested too deeply", attribute.name)


def _other(key: bytes) -> Attribute | None:
    """How an attribute is read that no table has: mostly not at all."""
    if not key.startswith(_BY_WORDS) and not key.endswith(_ENDINGS):
        return None
    try:
        return attribute_of(key.decode())
    except UnicodeDecodeError:
        return None


def _labels(key: bytes, encoded: bytes) -> _Known:
    """The labels that an attribute becomes which fills no field: mostly none."""
    name = key.decode("utf-8", "replace")
    labelling = labelling_of(name)
    if labelling is None:
        return None
    try:
        value = _plain(KeyValue.FromString(encoded).value)
    except (DecodeError, UnicodeDecodeError):
        value = b""
    labels = labelling.read(labelling.key, value)
    return ((name,), labels) if labels else None


def _known(attribute: Attribute, value: object) -> _Known:
    if value is None:
        return None
    try:
        converted = attribute.convert(value)
    except ValueError as error:
        return attribute, Reading(attribute.slot, attribute.rank, None, str(error), attribute.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this attribute
        return attribute, Reading(attribute.slot, attribute.rank, None, mistake(error).reason, attribute.name)
    if converted is None:
        return None
    if attribute.rank:
        return attribute, Reading(attribute.slot, attribute.rank, converted)
    return attribute.slot, converted


def _not_text(attribute: Attribute) -> _Known:
    return attribute, Reading(attribute.slot, attribute.rank, None, "is not valid UTF-8", attribute.name)


def _plain(value: Message) -> object:
    """An `AnyValue` as Python has it."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    content = getattr(value, which)
    if which == "string_value":
        return content.decode()
    if which == "array_value":
        return [_plain(item) for item in content.values]
    if which == "kvlist_value":
        return {pair.key.decode(): _plain(pair.value) for pair in content.values}
    return content
