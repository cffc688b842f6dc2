"""Telemetry that Copilot CLI writes to files: spans and log records, a line each.

A `chat` span is a call. Some are written once more under another id, with the same answer and the same tokens; and log
records tell of the same requests, or alone of them where spans are turned off. `invoke_agent` spans state the sum of
theirs, and are passed over; so are tools, which the events of the session tell of.
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
#: The log record of a request.
_DETAILS: Final = "gen_ai.client.inference.operation.details"
_BODY: Final = "GenAI inference:"
#: What a call is named by that only a log record tells of starts with this.
_OF_LOG: Final = "log:"
#: Names of what was written to the cache: of two drafts of the conventions, and of before.
_WRITTEN: Final = tuple(
    f"gen_ai.usage.{name}"
    for name in (
        *("cache_creation.input_tokens", "cache_write.input_tokens"),
        *("cache_creation_input_tokens", "cache_write_input_tokens"),
    )
)
#: Names of a log record's moment, by exporter.
_TIMES: Final = ("hrTime", "_hrTime", "time", "timestamp", "timeUnixNano", "observedTimestamp", "hrTimeObserved")
#: Requests that are remembered: what is told of one again follows soon.
_MOST: Final = 500


class TelemetryMemory(msgspec.Struct):
    """What is remembered of a file."""

    #: Answer, model and tokens → what the call is named.
    names: dict[str, str] = {}


class TelemetryReader(LinesReader[TelemetryMemory]):
    """One reading of a file of spans."""

    Memory = TelemetryMemory

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        told = Told(line)
        kind = told.text("type")
        if kind and kind not in _TYPES:
            self.noticed.add("line", f"telemetry of type {kind}", offset)
        elif kind == "span" or (not kind and "spanId" in told and "name" in told):
            said = told.within("attributes")
            if said.text("gen_ai.operation.name") in _CHAT:
                return (self._span(told, said),)
        elif kind != "metric":
            said = told.within("attributes")
            if said.text("event.name") == _DETAILS or told.word("body", "_body").startswith(_BODY):
                return self._log(told, said)
        return ()

    def _span(self, told: Told, said: Told) -> ModelCall:
        call = _call(told, said)
        known, key = self._known(call, told.text("traceId"))
        if known and (call.response_id or known.startswith(_OF_LOG)):
            if not call.response_id:
                # The next that looks the same is another: only its answer's name would tell that it is this one.
                self.memory.names[key] = call.native_id
            call.native_id = known
        return call

    def _log(self, told: Told, said: Told) -> Iterable[Record]:
        """The request that a log record tells of, unless a span has."""
        context = told.within("spanContext")
        trace = told.text("traceId") or context.text("traceId")
        call = _of_log(told, said, trace, told.text("spanId") or context.text("spanId"))
        if not call.revision:
            return
        known, _ = self._known(call, trace)
        if not known:
            yield call

    def _known(self, call: ModelCall, trace: str) -> tuple[str, str]:
        """What a call that looks the same was named, "" for the first; and what it is remembered by."""
        if not call.revision:
            return "", ""
        names = self.memory.names
        counts = (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens)
        key = f"{call.response_id or trace}|{call.model}|{','.join(str(count or 0) for count in counts)}"
        known = names.setdefault(key, call.native_id)
        while len(names) > _MOST:
            del names[next(iter(names))]
        return (known if known != call.native_id else "", key)


def _of_log(told: Told, said: Told, trace: str, span: str) -> ModelCall:
    at = next((found for name in _TIMES if (found := _moment(told, name)) is not None), None)
    began = told.needed(at, _TIMES[0])
    call = _bare(said, began)
    call.native_id = _OF_LOG + (f"{trace}:{span}" if trace and span else f"{began}:{call.response_id}")
    return call


def _call(told: Told, said: Told) -> ModelCall:
    began = told.needed(_moment(told, "startTime", "start_time"), "startTime")
    ended = _moment(told, "endTime", "end_time")
    status, wrong = told.within("status"), said.text("error.type")
    failed = status.raw("code") == _ERROR or bool(wrong)
    words = status.message("message") or wrong
    took = ended - began if ended is not None and ended >= began else None
    call = _bare(said, began)
    call.native_id = f"span:{told.needed(told.text('traceId'), 'traceId')}:{told.needed(told.text('spanId'), 'spanId')}"
    call.status = status_of(said.whole("http.response.status_code"), words) if failed else "ok"
    call.error_message = words if failed else ""
    call.latency_us, call.ttft_us = took, _first(said, took)
    return call


def _bare(said: Told, began: int) -> ModelCall:
    """What the attributes of a request say, of a span's and of a log record's."""
    used = buckets(
        said.whole("gen_ai.usage.input_tokens"),
        said.whole("gen_ai.usage.output_tokens"),
        said.whole("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        said.whole(*_WRITTEN),
        said.whole("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
    )
    session_id = said.text("gen_ai.conversation.id")
    return ModelCall(
        source=SOURCE_NAME,
        native_id="",
        started_at=began,
        # A span can be written twice, the second time with all of its tokens.
        revision=sum(count or 0 for count in used),
        group=f"session:{session_id}" if session_id else "",
        echo=bool(session_id),
        provider=PROVIDER,
        model=said.text("gen_ai.response.model", "gen_ai.request.model"),
        stop_reason=said.text("gen_ai.response.finish_reasons"),
        request_id=said.text("github.copilot.service_request_id"),
        response_id=said.text("gen_ai.response.id"),
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
