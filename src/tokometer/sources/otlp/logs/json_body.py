"""OTLP logs in JSON: bytes → log records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import field

from tokometer.records import RecordError, mistake
from tokometer.sources.otlp.apart import taken_apart
from tokometer.sources.otlp.attributes import Reading
from tokometer.sources.otlp.errors import OtlpError
from tokometer.sources.otlp.events import ANYBODY
from tokometer.sources.otlp.events.declared import settle_whose
from tokometer.sources.otlp.json_values import Camel, Pair, Resource, found_in, id_of, nanoseconds, plain, spoiled, why
from tokometer.sources.otlp.labels import SHARED, share
from tokometer.sources.otlp.logs.record import LogRecord, message_in, name_of
from tokometer.sources.otlp.signals import SHAPES

_SHAPE: Final = SHAPES["logs"]
_MOST_BODY: Final = 4096
_SEVERITIES: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_HIGHEST: Final = 24


class _Record(Camel):
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    severity_number: int | str | None = None
    body: Any = None
    attributes: list[Pair] | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class _Scope(Camel):
    name: str | None = None


class _ScopeLogs(Camel):
    scope: _Scope | None = None
    # Raw, so that one record with a value of the wrong type is refused by itself.
    log_records: list[msgspec.Raw] | None = None


class _ResourceLogs(Camel):
    resource: Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None


class _Request(Camel):
    resource_logs: list[_ResourceLogs] = field(default_factory=list)


_REQUEST: Final = msgspec.json.Decoder(_Request)
_RECORD: Final = msgspec.json.Decoder(_Record)
_RESOURCE: Final = msgspec.json.Decoder(Resource | None)
_SCOPE: Final = msgspec.json.Decoder(_Scope | None)
_Shared = tuple[list[tuple[str, Any]], Reading | None]


def log_records(body: bytes) -> Iterator[LogRecord | RecordError]:
    """The records of an `ExportLogsServiceRequest` in JSON, in order; an error stands for one that cannot be read.

    Raises:
        OtlpError: The body is not such an object.
    """
    try:
        request = _REQUEST.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        try:
            apart = list(_taken_apart(body))
        except ValueError:
            raise OtlpError(f"the body is not an OTLP ExportLogsServiceRequest in JSON: {why(error)}") from None
        yield from apart
        return
    for resource_logs in request.resource_logs:
        shared = _shared(resource_logs.resource)
        for scope_logs in resource_logs.scope_logs or ():
            scope = (scope_logs.scope or _Scope()).name or ""
            for raw in scope_logs.log_records or ():
                yield _one(raw, scope, shared)


def _taken_apart(body: bytes) -> Iterator[LogRecord | RecordError]:
    """The records of a body that cannot be decoded as a whole.

    Raises:
        ValueError: It has not the form of a request.
    """
    for part in taken_apart(body, _SHAPE):
        if isinstance(part, RecordError):
            yield part
            continue
        try:
            shared: _Shared | RecordError = _shared(_RESOURCE.decode(part.resource))
            scope = (_SCOPE.decode(part.scope) or _Scope()).name or ""
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            shared, scope = spoiled(error, "resource"), ""
        for raw in part.told:
            yield shared if isinstance(shared, RecordError) else _one(raw, scope, shared)


def _shared(resource: Resource | None) -> _Shared:
    """What a resource says of all its records, and the first attribute of it that is wrong."""
    try:
        found, wrong = found_in((resource or Resource()).attributes, ANYBODY.table)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this resource
        return [], Reading("", 0, None, mistake(error).reason, "resource")
    settle_whose(found)
    return [(slot, value) for slot, value in found.items() if slot in SHARED], wrong


def _one(raw: bytes | msgspec.Raw, scope: str, shared: _Shared) -> LogRecord | RecordError:
    try:
        return _record(_RECORD.decode(raw), scope, *shared)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return spoiled(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is of this record, and the others count
        return mistake(error)


def _record(record: _Record, scope: str, shared: list[tuple[str, Any]], wrong: Reading | None) -> LogRecord:
    body = message_in(plain(record.body))[:_MOST_BODY]
    named = name_of(scope, "", body, record.event_name or "")
    if named.event is None or named.dialect.others:
        name = next((plain(pair.value) for pair in record.attributes or () if pair.key == "event.name"), "")
        named = name_of(scope, name if isinstance(name, str) else "", body, record.event_name or "")
    if named.event is not None and named.event.what == "nothing":
        return LogRecord(named)
    found, own_wrong = found_in(record.attributes, named.dialect.table)
    settle_whose(found)
    share(found, shared)
    return LogRecord(
        named,
        scope,
        nanoseconds("timeUnixNano", record.time_unix_nano),
        nanoseconds("observedTimeUnixNano", record.observed_time_unix_nano),
        _severity(record.severity_number),
        body,
        id_of(record.trace_id, 16),
        id_of(record.span_id, 8),
        found,
        own_wrong or wrong,
    )


def _severity(given: int | str | None) -> int:
    """A severity's number: JSON may have the name of it, `SEVERITY_NUMBER_WARN2`."""
    if isinstance(given, int):
        return given if 0 <= given <= _HIGHEST else 0
    bare = (given or "").removeprefix("SEVERITY_NUMBER_")
    name = bare.rstrip("234")
    if name not in _SEVERITIES:
        return 0
    return 4 * _SEVERITIES.index(name) + int(bare[len(name) :] or 1)
