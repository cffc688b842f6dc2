"""Spans that mean nothing by themselves are kept where calls hang on each other over them."""

from __future__ import annotations

from typing import Any

from generators.otlp_spans import protobuf, span
from tokometer.records import ModelCall, Step
from tokometer.sources.otlp import decode_traces

TRACE = f"{7:032x}"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
}


def at(number: int, parent: int, attributes: dict[str, Any] | None = None) -> dict[str, Any]:
    """A span of the trace by numbers; a chat, unless it is said to be something else."""
    return span(
        "POST /v1/chat?key=secret",
        CHAT if attributes is None else attributes,
        traceId=TRACE,
        spanId=f"{number:016x}",
        parentSpanId=f"{parent:016x}" if parent else "",
    )


def steps(*spans: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The steps of a request: span, parent, type and name."""
    found = decode_traces(protobuf(*spans), "protobuf").records
    return [(s.span_id[-1], s.parent_id[-1:], s.type, s.name) for s in found if isinstance(s, Step)]


def test_spans_between_calls_are_bridges_without_a_name() -> None:
    """Two plain spans between two calls are kept, and nothing of what they are called."""
    assert steps(at(4, 3), at(3, 2, {}), at(2, 1, {}), at(1, 0)) == [("3", "2", "bridge", ""), ("2", "1", "bridge", "")]


def test_spans_below_and_above_all_calls_are_not_kept() -> None:
    """What a call does over HTTP, and the request of a web server around it, make no rows."""
    assert steps(at(3, 2, {}), at(2, 1), at(1, 0, {})) == []


def test_a_plain_trace_makes_no_rows() -> None:
    """HTTP and database spans alone are nothing to a meter."""
    traces = decode_traces(protobuf(at(2, 1, {}), at(1, 9, {})), "protobuf")
    assert (traces.records, traces.skipped) == ([], 2)


def test_a_bridge_to_a_span_that_comes_later_is_kept() -> None:
    """The span above may come with another request; it may be a call."""
    assert steps(at(3, 2), at(2, 9, {})) == [("2", "9", "bridge", "")]


def test_two_calls_below_one_plain_root_need_no_bridge() -> None:
    """However they hang on the root, nothing is above it."""
    assert steps(at(5, 3), at(4, 2), at(3, 1, {}), at(2, 1, {}), at(1, 0, {})) == []


def test_steps_of_a_broken_span_are_left_out() -> None:
    """A step that cannot be believed is neither kept nor refused: it would mean nothing."""
    broken = {**at(1, 0, {"traceloop.span.kind": "task"}), "startTimeUnixNano": 1, "endTimeUnixNano": 2}
    traces = decode_traces(protobuf(broken, at(2, 1)), "protobuf")
    assert traces.refusals == []
    assert [type(record) for record in traces.records] == [ModelCall]
