"""`POST /v1/traces`: a request's bytes → records, refusals, and the reply's bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from tokometer.records import Notice, Record, RecordError, Refusal, mistake, now_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import Aside, admit
from tokometer.sources.otlp import json_body, protobuf
from tokometer.sources.otlp.build import SOURCE, records_of
from tokometer.sources.otlp.messages import ExportTraceServiceResponse, Failure
from tokometer.sources.otlp.portions import json_portions, protobuf_portions
from tokometer.sources.otlp.roles import unknown_word
from tokometer.sources.otlp.span import Span
from tokometer.sources.otlp.steps import steps_of
from tokometer.sources.otlp.unread import UNREAD, Unread

Encoding = Literal["protobuf", "json"]

#: Media type → encoding.
ENCODINGS: Final[dict[str, Encoding]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
MEDIA_TYPES: Final[dict[Encoding, str]] = {"protobuf": "application/x-protobuf", "json": "application/json"}
PLACE: Final = "POST /v1/traces"

#: How many refusals the reply spells out.
_SPELLED_OUT: Final = 5


@dataclass(slots=True)
class Traces:
    """What a request held."""

    records: list[Record] = field(default_factory=list)
    #: Spans that look like a model call, an agent or a tool and cannot be believed.
    refusals: list[Refusal] = field(default_factory=list)
    #: The index of the span that each record is made of.
    positions: list[int] = field(default_factory=list)
    #: Records of those spans that are refused because our clock does not believe them yet.
    aside: list[Aside] = field(default_factory=list)
    spans: int = 0
    #: Spans of which nothing is kept: HTTP requests, database queries.
    skipped: int = 0
    #: What stood in spans that became records and no rule understood, and words for kinds of spans that none knows.
    notices: list[Notice] = field(default_factory=list)


def decode_traces(body: bytes, encoding: Encoding, now: int | None = None, first: int = 0) -> Traces:
    """What an `ExportTraceServiceRequest` holds. Safe to call from several threads.

    `now` is our clock in microseconds since the epoch; spans more than a day ahead of it are kept aside.
    `first` is the index of the first span, where the body is a portion of a larger one.

    Raises:
        OtlpError: The body as a whole cannot be read.
    """
    at = now_us() if now is None else now
    spans: Iterable[Span | RecordError] = protobuf.spans(body) if encoding == "protobuf" else json_body.spans(body)
    traces = Traces()
    records, refusals, unread = traces.records, traces.refusals, Unread(SOURCE, PLACE)
    others: list[Span] = []
    positions: list[int] = []
    for index, told in enumerate(spans, first):
        traces.spans += 1
        try:
            span, made, strange = _read(told)
            unread.add(index, strange)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this span, and the others count
            refusals.append(_refusal(index, told, mistake(error), at))
            continue
        if made:
            records.extend(made)
            positions.extend([index] * len(made))
        else:
            others.append(span)
    if others:
        steps = list(steps_of(others, records))
        records.extend(steps)
        traces.skipped = len(others) - len(steps)
        # Which of the other spans a step is does not matter to who sent them all.
        positions.extend([0] * len(steps))
    admitted = admit(records, PLACE, positions, at)
    traces.records, traces.positions, traces.aside = admitted.records, admitted.positions, admitted.aside
    traces.refusals, traces.notices = fit_to_tell(
        traces.refusals + admitted.refusals, unread.notices(at) + admitted.notices
    )
    return traces


def _read(told: Span | RecordError) -> tuple[Span, list[Record], Iterable[tuple[str, str]]]:
    """A span, the records that it makes, and what of it no rule understood."""
    if isinstance(told, RecordError):
        raise told
    made = records_of(told)
    if made:
        return told, made, told.found.get(UNREAD, ())
    word = unknown_word(told.found)
    return told, made, [("event", word)] if word else ()


def portions(body: bytes, encoding: Encoding) -> Iterator[bytes]:
    """A large request in requests that can be decoded one by one.

    Raises:
        OtlpError: The body as a whole cannot be read. What came before may have been given.
    """
    return protobuf_portions(body) if encoding == "protobuf" else json_portions(body)


def reply(refusals: list[Refusal], encoding: Encoding, refused: int = 0) -> bytes:
    """An `ExportTraceServiceResponse`: empty where all went well, else how many spans were rejected and why.

    `refused` is how many they are where not all are given.
    """
    if not refusals:
        return b"" if encoding == "protobuf" else b"{}"
    reasons = [f"{refusal.field}: {refusal.reason}" for refusal in refusals[:_SPELLED_OUT]]
    count = max(refused, len(refusals))
    more = count - len(reasons)
    message = "; ".join(reasons) + (f"; and {more} more, see GET /api/refused" if more else "")
    if encoding == "json":
        return msgspec.json.encode({"partialSuccess": {"rejectedSpans": str(count), "errorMessage": message}})
    return ExportTraceServiceResponse(
        partial_success={"rejected_spans": count, "error_message": message}
    ).SerializeToString()


def failure(message: str, encoding: Encoding) -> bytes:
    """What OTLP/HTTP replies with when a request as a whole fails: a `google.rpc.Status`."""
    if encoding == "json":
        return msgspec.json.encode({"message": message})
    return Failure(message=message).SerializeToString()


def _refusal(index: int, span: Span | RecordError, error: RecordError, at: int) -> Refusal:
    # An id that is none can have any length.
    which = f"span {span.span_id[:16]} of trace {span.trace_id[:32]}" if isinstance(span, Span) else f"span {index}"
    return Refusal(
        source=SOURCE, place=PLACE, position=index, field=error.field, reason=f"{error.reason} ({which})", at=at
    )
