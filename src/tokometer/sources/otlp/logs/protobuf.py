"""OTLP logs in protobuf: bytes → log records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.attributes import Reading
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.events import ANYBODY, EVENT_DIALECTS, EventDialect, Named
from tokometer.sources.otlp.events.declared import settle_whose
from tokometer.sources.otlp.keyvalues import Meanings, plain
from tokometer.sources.otlp.labels import SHARED, share
from tokometer.sources.otlp.logs.record import LONGEST_NAME, LogRecord, message_in, name_of
from tokometer.sources.otlp.messages import (
    AnyValue,
    DecodeError,
    ExportLogsServiceRequest,
    KeyValue,
    LogMessage,
    Message,
    RequestInParts,
    Resource,
    ResourceInParts,
    Scope,
    ScopeInParts,
)

_BROKEN: Final = "the body is not an OTLP ExportLogsServiceRequest in protobuf"
_MEANINGS: Final = {dialect: Meanings(dialect.table) for dialect in (ANYBODY, *EVENT_DIALECTS)}
#: How the attribute `event.name` begins: the tag and length of its key, the key, the tag of its value.
_EVENT_NAME: Final = b"\x0a\x0aevent.name\x12"
#: Where its text begins: behind the length of the value, its tag and its own length.
_TEXT: Final = len(_EVENT_NAME) + 3
_STRING, _ONE_BYTE = 0x0A, 0x80
#: Bodies up to so many bytes may be an event's name, and come again.
_SHORT: Final = LONGEST_NAME + 2
#: Of a body that is kept; the gate cuts it shorter.
_MOST_BODY: Final = 4096

_Shared = tuple[list[tuple[str, Any]], Reading | None]


def log_records(body: bytes) -> Iterator[LogRecord | RecordError]:
    """The records of an `ExportLogsServiceRequest`, in order; an error stands for one that cannot be read.

    Raises:
        OtlpError: The body is not such a message.
    """
    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        yield from _in_parts(body)
        return
    for resource_logs in request.resource_logs:
        shared = _shared(resource_logs.resource)
        for scope_logs in resource_logs.scope_logs:
            scope = scope_logs.scope.name.decode("utf-8", "replace")
            for record in scope_logs.log_records:
                yield _one(record, scope, shared)


def _in_parts(body: bytes) -> list[LogRecord | RecordError]:
    """The records of a request that cannot be decoded as a whole; what is broken in one of them spoils only that.

    Raises:
        OtlpError: No record of it is whole.
    """
    found: list[LogRecord | RecordError] = []
    try:
        for at, raw in enumerate(RequestInParts.FromString(body).resource_spans):
            found += _of_resource(raw, f"resourceLogs[{at}]")
    except DecodeError:
        found.clear()
    if not any(isinstance(record, LogRecord) for record in found):
        raise OtlpError(_BROKEN)
    return found


def _of_resource(raw: bytes, where: str) -> Iterator[LogRecord | RecordError]:
    try:
        parts = ResourceInParts.FromString(raw)
    except DecodeError:
        yield RecordError(where, "is broken")
        return
    try:
        shared = _shared(Resource.FromString(parts.resource))
    except DecodeError:
        shared = [], Reading("", 0, None, "is broken", "resource")
    for at, scope_logs in enumerate(parts.scope_spans):
        try:
            listed = ScopeInParts.FromString(scope_logs)
            scope = Scope.FromString(listed.scope).name.decode("utf-8", "replace")
        except DecodeError:
            yield RecordError(f"{where}.scopeLogs[{at}]", "is broken")
            continue
        for record in listed.spans:
            try:
                yield _one(LogMessage.FromString(record), scope, shared)
            except DecodeError:
                yield RecordError("", "is broken")


def _shared(resource: Message) -> _Shared:
    """What a resource says of all its records, and the first attribute of it that is wrong."""
    try:
        found, wrong = _MEANINGS[ANYBODY].found(resource.attributes)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    settle_whose(found)
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(record: Message, scope: str, shared: _Shared) -> LogRecord | RecordError:
    try:
        body = record.body
        read = _head if len(body) <= _SHORT else _read_head
        head = read(scope, body, record.event_name)
        return head.nothing or _record(record, head, scope, *shared)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this record, and the others count
        return mistake(error)


def _record(
    record: Message, head: _Head, scope: str, shared: list[tuple[str, Any]], wrong: Reading | None
) -> LogRecord:
    named, said = head.named, head.body
    attributes = record.attributes
    if head.unsure:
        named = name_of(scope, _event_name(attributes), said, head.field)
        if named.event is not None and named.event.what == "nothing":
            return LogRecord(named)
    found, own_wrong = _found(named.dialect, attributes)
    settle_whose(found)
    share(found, shared)
    return LogRecord(
        named,
        scope,
        record.time_unix_nano,
        record.observed_time_unix_nano,
        record.severity_number,
        said,
        record.trace_id.hex(),
        record.span_id.hex(),
        found,
        own_wrong or wrong,
    )


class _Head(NamedTuple):
    """What a record says that has no attributes yet: the same of every event of one name."""

    named: Named
    body: str
    field: str
    #: Whether its attributes have to say which event it is: mostly the body does.
    unsure: bool
    #: What stands for all of those that become nothing.
    nothing: LogRecord | None


def _read_head(scope: str, body: bytes, field: bytes) -> _Head:
    said, name = _body(body), field.decode("utf-8", "replace")
    named = name_of(scope, "", said, name)
    unsure = named.event is None or bool(named.dialect.others)
    nothing = not unsure and named.event is not None and named.event.what == "nothing"
    return _Head(named, said, name, unsure, LogRecord(named) if nothing else None)


_head: Final = lru_cache(maxsize=1024)(_read_head)


def _found(dialect: EventDialect, attributes: Iterable[bytes]) -> tuple[dict[str, Any], Reading | None]:
    return _MEANINGS[dialect].found(attributes)


def _event_name(attributes: Iterable[bytes]) -> str:
    for encoded in attributes:
        if encoded.startswith(_EVENT_NAME):
            if encoded[_TEXT - 2] == _STRING and encoded[_TEXT - 1] == len(encoded) - _TEXT < _ONE_BYTE:
                return encoded[_TEXT:].decode("utf-8", "replace")
            try:
                value = plain(KeyValue.FromString(encoded).value)
            except (DecodeError, UnicodeDecodeError):
                return ""
            return value if isinstance(value, str) else ""
    return ""


def _body(encoded: bytes) -> str:
    """What an encoded `AnyValue` says, where it says something."""
    if not encoded:
        return ""
    if encoded[0] == _STRING and len(encoded) > 1 and encoded[1] == len(encoded) - 2 < _ONE_BYTE:
        return encoded[2:].decode("utf-8", "replace")
    try:
        return message_in(plain(AnyValue.FromString(encoded)))[:_MOST_BODY]
    except (DecodeError, UnicodeDecodeError):
        return ""
