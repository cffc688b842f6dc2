"""A request of any signal: its bytes → records and refusals, and the reply's bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec

from tokometer.records import Refusal
from tokometer.sources.otlp.gathered import Gathered
from tokometer.sources.otlp.logs import decode_logs
from tokometer.sources.otlp.messages import ExportResponse, Failure, RetryInfo
from tokometer.sources.otlp.metrics import decode_metrics
from tokometer.sources.otlp.portions import json_portions, protobuf_portions
from tokometer.sources.otlp.signals import SHAPES, Signal
from tokometer.sources.otlp.snake import camelled
from tokometer.sources.otlp.traces import decode_traces

Encoding = Literal["protobuf", "json"]

#: Media type → encoding.
ENCODINGS: Final[dict[str, Encoding]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
MEDIA_TYPES: Final[dict[Encoding, str]] = {"protobuf": "application/x-protobuf", "json": "application/json"}

#: How many refusals the reply spells out.
_SPELLED_OUT: Final = 5
_DECODERS: Final[dict[Signal, Callable[[bytes, Encoding, int | None, int], Gathered]]] = {
    "traces": decode_traces,
    "logs": decode_logs,
    "metrics": decode_metrics,
}


def decode(signal: Signal, body: bytes, encoding: Encoding, now: int | None = None, first: int = 0) -> Gathered:
    """What a request holds. Safe to call from several threads.

    `now` is our clock in microseconds since the epoch; what is more than a day ahead of it is kept aside. `first` is
    the index of the first of what it tells, where the body is a portion of a larger one.

    Raises:
        OtlpError: The body as a whole cannot be read.
    """
    return _DECODERS[signal](camelled(body) if encoding == "json" else body, encoding, now, first)


def portions(signal: Signal, body: bytes, encoding: Encoding) -> Iterator[bytes]:
    """A large request in requests that can be decoded one by one.

    Raises:
        OtlpError: The body as a whole cannot be read. What came before may have been given.
    """
    if encoding == "protobuf":
        return protobuf_portions(body, shape=SHAPES[signal])
    return json_portions(camelled(body), shape=SHAPES[signal])


def reply(signal: Signal, refusals: list[Refusal], encoding: Encoding, refused: int = 0) -> bytes:
    """An `Export…ServiceResponse`: empty where all went well, else how many were rejected and why.

    `refused` is how many they are where not all are given.
    """
    if not refusals:
        return b"" if encoding == "protobuf" else b"{}"
    reasons = [f"{refusal.field}: {refusal.reason}" for refusal in refusals[:_SPELLED_OUT]]
    count = max(refused, len(refusals))
    more = count - len(reasons)
    message = "; ".join(reasons) + (f"; and {more} more, see GET /api/refused" if more else "")
    if encoding == "json":
        told = {SHAPES[signal].rejected: str(count), "errorMessage": message}
        return msgspec.json.encode({"partialSuccess": told})
    return ExportResponse(partial_success={"rejected": count, "error_message": message}).SerializeToString()


def failure(message: str, encoding: Encoding) -> bytes:
    """What OTLP/HTTP replies with when a request as a whole fails: a `google.rpc.Status`."""
    if encoding == "json":
        return msgspec.json.encode({"message": message})
    return Failure(message=message).SerializeToString()


def status_with_retry(code: int, message: str, seconds: int) -> bytes:
    """A `google.rpc.Status` that says after how many seconds the request can be sent again."""
    delay = RetryInfo(retry_delay={"seconds": seconds}).SerializeToString()
    detail = {"type_url": "type.googleapis.com/google.rpc.RetryInfo", "value": delay}
    return Failure(code=code, message=message, details=[detail]).SerializeToString()
