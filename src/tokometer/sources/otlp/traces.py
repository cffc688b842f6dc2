"""`POST /v1/traces`: a request's bytes → records and refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from tokometer.records import Record, RecordError, Refusal, mistake, now_us
from tokometer.records.fitting import fit_to_tell
from tokometer.records.gate import admit
from tokometer.sources.otlp import json_body, protobuf
from tokometer.sources.otlp.build import SOURCE, records_of
from tokometer.sources.otlp.former import nowadays
from tokometer.sources.otlp.gathered import Gathered
from tokometer.sources.otlp.roles import unexplained_usage, unknown_word
from tokometer.sources.otlp.signals import SHAPES
from tokometer.sources.otlp.span import Span
from tokometer.sources.otlp.steps import steps_of
from tokometer.sources.otlp.unread import UNREAD, Unread

PLACE: Final = SHAPES["traces"].place


@dataclass(slots=True)
class Traces(Gathered):
    """What a request of spans held."""

    @property
    def spans(self) -> int:
        """How many spans there were."""
        return self.count


def decode_traces(body: bytes, encoding: Literal["protobuf", "json"], now: int | None = None, first: int = 0) -> Traces:
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
        traces.count += 1
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
    told.name = nowadays(told.name)
    made = records_of(told)
    if made:
        return told, made, told.found.get(UNREAD, ())
    word = unknown_word(told.found)
    if not word and unexplained_usage(told):
        return told, made, [("usage", "tokens of a span that is no call")]
    return told, made, [("event", word)] if word else ()


def _refusal(index: int, span: Span | RecordError, error: RecordError, at: int) -> Refusal:
    # An id that is none can have any length.
    which = f"span {span.span_id[:16]} of trace {span.trace_id[:32]}" if isinstance(span, Span) else f"span {index}"
    return Refusal(
        source=SOURCE, place=PLACE, position=index, field=error.field, reason=f"{error.reason} ({which})", at=at
    )
