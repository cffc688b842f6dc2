"""`POST /v1/logs`: a request's bytes → records and refusals."""

from __future__ import annotations

from typing import Final, Literal

from tokometer.records import Record, now_us
from tokometer.sources.otlp.gathered import Gathered, Strange, gather
from tokometer.sources.otlp.logs import json_body, protobuf
from tokometer.sources.otlp.logs.build import records_of
from tokometer.sources.otlp.logs.record import LogRecord
from tokometer.sources.otlp.signals import SHAPES
from tokometer.sources.otlp.unread import UNREAD

_SHAPE: Final = SHAPES["logs"]
_QUIET: Final = "log lines below info"


def decode_logs(body: bytes, encoding: Literal["protobuf", "json"], now: int | None = None, first: int = 0) -> Gathered:
    """What an `ExportLogsServiceRequest` holds. Safe to call from several threads.

    `now` is our clock in microseconds since the epoch; records more than a day ahead of it are kept aside. `first` is
    the index of the first log record, where the body is a portion of a larger one.

    Raises:
        OtlpError: The body as a whole cannot be read.
    """
    at = now_us() if now is None else now
    records = protobuf.log_records(body) if encoding == "protobuf" else json_body.log_records(body)
    return gather(records, _read, _SHAPE, at, first)


def _read(told: LogRecord) -> tuple[list[Record], Strange]:
    """The records that a log record makes, and what of it no rule understood."""
    made = records_of(told)
    if made:
        return made, told.found.get(UNREAD, ())
    named = told.named
    if named.event is not None:
        return made, ()
    return made, [("event", named.name) if named.name else ("signal", _QUIET)]
