"""OTLP traces in protobuf: bytes → spans."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tokometer.records.values import whole
from tokometer.sources.otlp.attributes import ATTRIBUTES, RESOURCE_SLOTS, Attribute, Reading, convert
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.messages import DecodeError, ExportTraceServiceRequest, KeyValue, Message
from tokometer.sources.otlp.span import Event, Span, settle

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
_UNSEEN: Final = object()
#: An attribute, read: nothing to us; a first choice with its value, ready to use; or anything else.
_Known = tuple[str, Any] | Reading | None
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


class ProtobufReader:
    """Reads requests, remembering attributes that it has seen before. Safe to share between threads."""

    def __init__(self) -> None:
        self._seen: dict[bytes, _Known] = {}

    def spans(self, body: bytes) -> Iterator[Span]:
        """The spans of an `ExportTraceServiceRequest`, in order.

        Raises:
            OtlpError: The body is not such a message.
        """
        try:
            request = ExportTraceServiceRequest.FromString(body)
        except DecodeError:
            raise OtlpError("the body is not an OTLP ExportTraceServiceRequest in protobuf") from None
        for resource_spans in request.resource_spans:
            shared, wrong = self._resource(resource_spans.resource.attributes)
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    yield self._span(span, shared, wrong)

    def _resource(self, attributes: Iterable[bytes]) -> tuple[list[tuple[str, Any]], Reading | None]:
        found, wrong = self._attributes(attributes)
        return [(slot, value) for slot, value in found.items() if slot in RESOURCE_SLOTS], wrong

    def _span(self, span: Message, shared: list[tuple[str, Any]], wrong: Reading | None) -> Span:
        found, own_wrong = self._attributes(span.attributes)
        for slot, value in shared:
            found.setdefault(slot, value)
        status = span.status
        return Span(
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.name.decode("utf-8", "replace"),
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            status.code,
            status.message.decode("utf-8", "replace") if status.code else "",
            self._events(span.events),
            found,
            own_wrong or wrong,
        )

    def _events(self, events: Iterable[Message]) -> list[Event]:
        return [
            Event(event.name.decode(), event.time_unix_nano, self._attributes(event.attributes)[0])
            for event in events
            if event.name in _EVENTS
        ]

    def _attributes(self, attributes: Iterable[bytes]) -> tuple[dict[str, Any], Reading | None]:
        found: dict[str, Any] = {}
        later: list[Reading] = []
        seen = self._seen.get
        for encoded in attributes:
            known = seen(encoded, _UNSEEN)
            if known is _UNSEEN:
                known = self._read(encoded)
            if known is None:
                continue
            if known.__class__ is tuple:
                slot, value = known
                found[slot] = value
            else:
                later.append(known)  # type: ignore[arg-type]
        return found, settle(found, later) if later else None

    def _read(self, encoded: bytes) -> Any:  # noqa: ANN401 - see _Known
        """One encoded `KeyValue`, not remembered."""
        known: _Known = None
        attribute = None
        # The usual form by hand: tag, length below 128, key, tag, length below 128, one member of the union.
        if len(encoded) > _SHORTEST and encoded[0] == _KEY and encoded[1] < _ONE_BYTE:
            end = 2 + encoded[1]
            attribute = _BY_BYTES.get(encoded[2:end])
            if len(encoded) <= end + 3 or encoded[end] != _VALUE:
                known = _slow(encoded)
            elif attribute is None:
                known = None
            elif encoded[end + 1] == len(encoded) - end - 2:
                known = _quick(attribute, encoded[end + 2], encoded[end + 3 :], encoded)
            else:
                known = _slow(encoded)
        else:
            known = _slow(encoded)
        if len(encoded) <= _REMEMBERED_BYTES and (attribute is None or attribute.slot not in _UNREPEATED):
            if len(self._seen) >= _REMEMBERED:
                self._seen = {}
            self._seen[encoded] = known
        return known


def _quick(attribute: Attribute, tag: int, content: bytes, encoded: bytes) -> _Known:
    """An attribute in the usual form; `content` is what follows the tag of its value."""
    value: object
    if tag == _INT and len(content) <= _SHORT_VARINT:
        value = content[0] & 0x7F
        for place, byte in enumerate(content[1:], 1):
            value |= (byte & 0x7F) << 7 * place
        if content[-1] < _ONE_BYTE and attribute.convert is whole and not attribute.rank:
            # A whole number of at most 28 bits needs no checking.
            return attribute.slot, value
    elif tag == _STRING and content[0] == len(content) - 1:
        try:
            value = content[1:].decode()
        except UnicodeDecodeError:
            return _not_text(attribute)
    elif tag == _DOUBLE and len(content) == _UNPACK_DOUBLE.size:
        (value,) = _UNPACK_DOUBLE.unpack(content)
    else:
        return _slow(encoded)
    return _known(convert(attribute, value))


def _slow(encoded: bytes) -> _Known:
    """Any valid encoding of a `KeyValue`, by the protobuf library."""
    try:
        message = KeyValue.FromString(encoded)
    except DecodeError:
        raise OtlpError("the body is not an OTLP ExportTraceServiceRequest in protobuf: broken attribute") from None
    attribute = _BY_BYTES.get(message.key)
    if attribute is None:
        return None
    try:
        return _known(convert(attribute, _plain(message.value)))
    except UnicodeDecodeError:
        return _not_text(attribute)


def _known(reading: Reading | None) -> _Known:
    if reading is None or reading.rank or reading.error:
        return reading
    return reading.slot, reading.value


def _not_text(attribute: Attribute) -> Reading:
    return Reading(attribute.slot, attribute.rank, None, "is not valid UTF-8", attribute.name)


def _plain(value: Message) -> object:
    """An `AnyValue` as Python has it; maps, which no attribute that we read has, become an empty dictionary."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    content = getattr(value, which)
    if which == "string_value":
        return content.decode()
    if which == "array_value":
        return [_plain(item) for item in content.values]
    return {} if which == "kvlist_value" else content
