"""Telemetry that Copilot CLI writes to files: spans, a line each.

A `chat` span is a call. `invoke_agent` spans state the sum of theirs, and are passed over; so are tools, which the
events of the session tell of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, RecordError, status_of
from tokometer.records.values import name_of
from tokometer.sources.copilot_cli.places import SOURCE_NAME
from tokometer.sources.copilot_cli.usage import PROVIDER, buckets
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.told import Told

_CHAT: Final = frozenset({"chat", "text_completion", "generate_content"})
#: What OpenTelemetry calls an error.
_ERROR: Final = 2
_TYPES: Final = frozenset({"span", "metric", "log"})


class TelemetryMemory(msgspec.Struct):
    """Nothing is remembered: every span says all."""


class TelemetryReader(LinesReader[TelemetryMemory]):
    """One reading of a file of spans."""

    Memory = TelemetryMemory

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        told = Told(line)
        kind = told.text("type")
        if kind != "span":
            if kind and kind not in _TYPES:
                self.noticed.add("line", f"telemetry of type {kind}", offset)
            return ()
        said = told.within("attributes")
        if said.text("gen_ai.operation.name") not in _CHAT:
            return ()
        return (_call(told, said),)


def _call(told: Told, said: Told) -> ModelCall:
    began = told.needed(_moment(told, "startTime", "start_time"), "startTime")
    ended = _moment(told, "endTime", "end_time")
    used = buckets(
        said.whole("gen_ai.usage.input_tokens"),
        said.whole("gen_ai.usage.output_tokens"),
        said.whole("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        said.whole("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
        said.whole("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
    )
    status, wrong = told.within("status"), said.text("error.type")
    failed = status.raw("code") == _ERROR or bool(wrong)
    words = status.message("message") or wrong
    session_id = said.text("gen_ai.conversation.id")
    took = ended - began if ended is not None and ended >= began else None
    return ModelCall(
        source=SOURCE_NAME,
        native_id=f"span:{told.needed(told.text('traceId'), 'traceId')}:{told.needed(told.text('spanId'), 'spanId')}",
        started_at=began,
        # A span can be written twice, the second time with all of its tokens.
        revision=sum(count or 0 for count in used),
        group=f"session:{session_id}" if session_id else "",
        echo=bool(session_id),
        provider=PROVIDER,
        model=said.text("gen_ai.response.model", "gen_ai.request.model"),
        status=status_of(said.whole("http.response.status_code"), words) if failed else "ok",
        error_message=words if failed else "",
        stop_reason=said.text("gen_ai.response.finish_reasons"),
        request_id=said.text("github.copilot.service_request_id"),
        response_id=said.text("gen_ai.response.id"),
        latency_us=took,
        ttft_us=_first(said, took),
        input_tokens=used.input,
        cache_read_tokens=used.cache_read,
        cache_write_unknown_tokens=used.cache_write,
        output_tokens=used.output,
        reasoning_tokens=used.reasoning,
        session_id=session_id,
        agent=SOURCE_NAME,
    )


def _first(said: Told, took: int | None) -> int | None:
    """The time to the first chunk: in seconds, as the conventions have it; in milliseconds where that cannot be."""
    thousandth = said.milliseconds("gen_ai.response.time_to_first_chunk")
    if thousandth is None or took is None:
        return None
    return next((time for time in (thousandth * 1_000, thousandth) if time <= took), None)


def _moment(told: Told, *names: str) -> int | None:
    """A moment as `[seconds, nanoseconds]`, in microseconds."""
    value = told.raw(*names)
    if value is None:
        return None
    match value:
        case [int(seconds), int(nanoseconds)] if seconds >= 0 <= nanoseconds < 10**9:
            return seconds * 10**6 + nanoseconds // 1000
        case str() | int():
            return told.moment(*names)
    raise RecordError(names[0], f"is {name_of(value)}, not a moment")
