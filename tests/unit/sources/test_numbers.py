"""A number that no call can have is refused as that one record, by the field as its sender wrote it: every source."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from generators.codex_lines import NAME, event, item, line, meta
from generators.otlp_spans import as_json, protobuf, span
from tokometer.records import ModelCall, ToolCall
from tokometer.records.fields import FIELDS, REQUIRED
from tokometer.sources.claude_code import FOUND as CLAUDE_CODE
from tokometer.sources.codex import FOUND as CODEX
from tokometer.sources.otlp import decode_traces
from tokometer.sources.own import read

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 5,
    "gen_ai.usage.output_tokens": 7,
}
#: As they stand in JSON.
HOSTILE = ("1e400", "-1e400", "1" + "0" * 400, "-1", "1e99999999999999999999", "1e999999999", "NaN", "Infinity")
#: What a number of these types can be, and in what other way.
_NUMERIC = ("integer", "number")
_VALUES = {"started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "value": 1, "amount": 1}


def _numeric(kind: str) -> list[str]:
    names = []
    for field in FIELDS[kind]:
        said = field.type.schema.get("type", "")
        any_of = [one.get("type") for one in field.type.schema.get("anyOf", ())]
        if said in _NUMERIC or (isinstance(said, list) and "number" in said) or set(_NUMERIC) & set(any_of):
            names.append(field.name)
    return names


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in FIELDS for name in _numeric(kind)])
def test_own_records_refuse_it_by_field(kind: str, name: str) -> None:
    """Of ten records with one hostile number each in this field, all are refused by it; the ones beside are kept."""
    plain = {required: _VALUES.get(required, "x") for required in ("started_at", *REQUIRED[kind])}
    lines = [json.dumps({**plain, "id": "first"})]
    for at, hostile in enumerate(HOSTILE):
        given = {other: value for other, value in plain.items() if other != name}
        lines.append(json.dumps({**given, "id": f"bad {at}", name: "HERE"}).replace('"HERE"', hostile))
    lines.append(json.dumps({**plain, "id": "last"}))
    own = read(kind, "\n".join(lines).encode(), "application/x-ndjson")
    kept = {record.native_id for record in own.records}
    assert {"first", "last"} <= kept
    # What may be below zero may be -1.
    assert kept <= {"first", "last", f"bad {HOSTILE.index('-1')}"}
    assert {refusal.field for refusal in own.refusals} == {name}


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("calls", {"attempt": 2**31}, "attempt"),
        ("calls", {"attempt": 1_000_001}, "attempt"),
        ("calls", {"http_status": 2147483648}, "http_status"),
        ("calls", {"latency_ms": 1e12}, "latency_ms"),
        ("calls", {"ttft_ms": 1e12}, "ttft_ms"),
        ("calls", {"cost_usd": "1000000000"}, "cost_usd"),
        ("calls", {"quantities": {"web_searches": 1e300}}, "quantities.web_searches"),
        ("calls", {"parts": {"input_audio": 1e300}}, "parts.input_audio"),
        ("calls", {"started_at": 1e18}, "started_at"),
        ("calls", {"ended_at": "9999-01-01T00:00:00Z"}, "ended_at"),
        ("jobs", {"next_run_at": "9999-12-31T00:00:00Z"}, "next_run_at"),
        ("models", {"released_at": 9e18}, "released_at"),
        ("models", {"parameters": "9e999999999999999999B"}, "parameters"),
        ("runs", {"stated_tokens": 2**54}, "stated_tokens"),
    ],
)
def test_own_records_refuse_what_no_call_can_have(kind: str, fields: dict[str, Any], field: str) -> None:
    """Attempts, statuses, durations, money, amounts and times have a most."""
    plain = {required: _VALUES.get(required, "x") for required in ("started_at", *REQUIRED[kind])}
    known = {name for each in FIELDS[kind] for name in (each.name, *each.aliases)}
    own = read(kind, json.dumps([plain, {**plain, **fields}]).encode(), "application/json")
    assert fields.keys() <= known
    assert len(own.records) == 1
    assert [refusal.field for refusal in own.refusals] == [field]


#: Attributes of a span, and the field that it is refused for.
SPANS: list[tuple[dict[str, Any], str]] = [
    ({"langfuse.observation.completion_start_time": 9.9e20}, "langfuse.observation.completion_start_time"),
    (
        {"langfuse.observation.completion_start_time": '"2090-01-01T00:00:00Z"'},
        "langfuse.observation.completion_start_time",
    ),
    ({"gen_ai.response.time_to_first_chunk": 1e10}, "gen_ai.response.time_to_first_chunk"),
    ({"ttft_ms": 1e13}, "ttft_ms"),
    ({"ttft_ms": float("inf")}, "ttft_ms"),
    ({"attempt": 2**31}, "attempt"),
    ({"http.response.status_code": 2147483648}, "http.response.status_code"),
    ({"gen_ai.usage.input_tokens": 2**53 + 1}, "gen_ai.usage.input_tokens"),
    ({"gen_ai.usage.input_tokens": 1e300}, "gen_ai.usage.input_tokens"),
    ({"gen_ai.usage.cost": 1e9}, "gen_ai.usage.cost"),
    ({"gen_ai.usage.cost": "1e99999999999999999999"}, "gen_ai.usage.cost"),
    ({"gen_ai.cost.input_cost": 999_999_999.0, "gen_ai.cost.output_cost": 1.0}, "cost of input and output"),
    ({"tokometer.revenue_usd": 1e300}, "tokometer.revenue_usd"),
    (
        {"langfuse.observation.cost_details": '{"total": 1e99999999999999999999}'},
        "langfuse.observation.cost_details.total",
    ),
    (
        {"langfuse.observation.cost_details": '{"input": 999999999, "output": 999999999}'},
        "langfuse.observation.cost_details",
    ),
    (
        {"langfuse.observation.usage_details": '{"input": 1e99999999999999999999}'},
        "langfuse.observation.usage_details.input",
    ),
    ({"langfuse.observation.usage_details": '{"input": -1e999999}'}, "langfuse.observation.usage_details.input"),
    ({"gen_ai.usage.images": 1e300}, "gen_ai.usage.images"),
]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize(("attributes", "field"), SPANS, ids=lambda value: str(value)[:60])
def test_a_span_is_refused_by_its_attribute(attributes: dict[str, Any], field: str, encoding: Any) -> None:
    """The spans before and after it are kept."""
    spans = [span("chat", CHAT), span("chat", {**CHAT, **attributes}), span("chat", CHAT)]
    body = protobuf(*spans) if encoding == "protobuf" else json.dumps(as_json(*spans)).encode()
    traces = decode_traces(body, encoding)
    assert len(traces.records) == 2
    assert [(refusal.field, refusal.position) for refusal in traces.refusals] == [(field, 1)]


def test_a_first_token_before_the_start_is_noticed_and_not_kept() -> None:
    """Clocks of two processes differ: the call is kept without it."""
    start = (time.time_ns() // 10**9 - 3600) * 10**9
    early = {**CHAT, "langfuse.observation.completion_start_time": str((start - 10**9) // 1000)}
    traces = decode_traces(protobuf(span("chat", early, start_ns=start)), "protobuf")
    [call] = traces.records
    assert isinstance(call, ModelCall)
    assert call.ttft_us is None
    assert call.input_tokens == 5
    [notice] = traces.notices
    assert (notice.topic, notice.name) == ("field", "langfuse.observation.completion_start_time before the start")


def test_events_far_from_their_span_are_refused() -> None:
    """An event of the first token more than a year later is none."""
    far = span("chat", CHAT, events=[{"name": "gen_ai.content.first_token", "timeUnixNano": 2**63}])
    traces = decode_traces(protobuf(span("chat", CHAT), far), "protobuf")
    assert len(traces.records) == 1
    assert [refusal.field for refusal in traces.refusals] == ["events.timeUnixNano"]


@pytest.mark.parametrize(("start", "end"), [(0, -1), (0, 400 * 86_400 * 10**9)])
def test_a_span_ends_after_it_starts_and_within_a_year(start: int, end: int) -> None:
    """Neither a negative nor an endless time is believed."""
    at = (time.time_ns() // 10**9 - 3600) * 10**9
    odd = span("chat", CHAT, start_ns=at, endTimeUnixNano=at + end + start)
    traces = decode_traces(protobuf(odd, span("chat", CHAT)), "protobuf")
    assert len(traces.records) == 1
    assert [refusal.field for refusal in traces.refusals] == ["endTimeUnixNano"]


ANSWER = (
    b'{"type":"assistant","uuid":"%d","timestamp":"2026-09-01T10:00:00Z","requestId":"req_%d","message":{"id":"msg_%d",'
    b'"model":"claude-opus-4-5","content":[],"usage":{"input_tokens":1,"output_tokens":2}}}\n'
)
FAILED = {
    "type": "system",
    "subtype": "api_error",
    "uuid": "f",
    "timestamp": "2026-09-01T10:00:01Z",
    "error": {"status": 529, "requestID": "req_f", "message": "overloaded"},
}
RUN = {
    "type": "user",
    "uuid": "u",
    "timestamp": "2026-09-01T10:00:01Z",
    "message": {"role": "user", "content": []},
    "toolUseResult": {"agentId": "a", "status": "completed", "totalDurationMs": 366 * 86_400_000 + 1},
}


@pytest.mark.parametrize(
    ("spoiled", "field"),
    [
        ({**FAILED, "error": {**FAILED["error"], "status": 2147483648}}, "error.status"),  # type: ignore[dict-item]
        ({**FAILED, "error": {**FAILED["error"], "status": -1}}, "error.status"),  # type: ignore[dict-item]
        ({**FAILED, "retryAttempt": 2**31}, "retryAttempt"),
        (RUN, "toolUseResult.totalDurationMs"),
        ({**json.loads(ANSWER % (5, 5, 5)), "costUSD": 1e300}, "costUSD"),
    ],
)
def test_a_line_of_claude_code_is_refused_by_its_field(tmp_path: Path, spoiled: dict[str, Any], field: str) -> None:
    """The answers before and after it are kept."""
    path = tmp_path / "s.jsonl"
    before = ANSWER % (1, 1, 1)
    path.write_bytes(before + json.dumps(spoiled).encode() + b"\n" + ANSWER % (2, 2, 2))
    reading = CLAUDE_CODE.read(path, b"")
    kept = [record.request_id for record in reading.records if isinstance(record, ModelCall)]
    assert kept == ["req_1", "req_2"]
    assert [(refusal.field, refusal.position) for refusal in reading.refusals] == [(field, len(before))]


def test_a_revision_of_the_largest_answer_fits(tmp_path: Path) -> None:
    """However many tokens an answer has, its revision is a number of 63 bits."""
    path = tmp_path / "s.jsonl"
    answer = json.loads(ANSWER % (1, 1, 1))
    answer["message"]["usage"] = dict.fromkeys(
        ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"), 2**53
    )
    answer["message"]["usage"]["speed"] = "fast"
    answer["message"]["stop_reason"] = "end_turn"
    path.write_bytes(json.dumps(answer).encode() + b"\n")
    [call] = CLAUDE_CODE.read(path, b"").records
    assert call.revision < 2**63


CONTEXT = line("turn_context", {"turn_id": "t", "model": "gpt-5.2", "cwd": "/w/shop"})


@pytest.mark.parametrize(
    ("duration", "field"),
    [("999999999s", "payload.duration"), ({"secs": 2**40, "nanos": 0}, "payload.duration.secs")],
)
def test_a_tool_of_codex_runs_for_no_year(tmp_path: Path, duration: Any, field: str) -> None:
    """The event is refused; the tool is kept as its use told it."""
    path = tmp_path / ".codex/sessions/2026/03/02" / NAME
    path.parent.mkdir(parents=True)
    call = "call_0123456789ab"
    rows = (
        meta(),
        CONTEXT,
        item("function_call", name="shell", call_id=call),
        event("exec_command_end", call_id=call, exit_code=0, duration=duration),
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    reading = CODEX.read(path, b"")
    [tool] = [record for record in reading.records if isinstance(record, ToolCall)]
    assert tool.duration_us is None
    assert [refusal.field for refusal in reading.refusals] == [field]
