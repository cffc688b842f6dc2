"""What the log events of coding tools become."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from generators.otlp_logs import (
    CLAUDE_SCOPE,
    NOW_NS,
    api_request,
    as_json,
    claude,
    codex,
    gemini,
    log,
    protobuf,
)
from tokometer.records import LogLine, ModelCall, Score, ToolCall
from tokometer.records.values import moment
from tokometer.sources.otlp import Gathered, decode_logs

Encoding = Literal["protobuf", "json"]
NOW = NOW_NS // 1000
AT = moment("2026-11-27T09:00:00.000Z")
EVENT_NOW = AT + 3_600_000_000


def told(
    *records: dict[str, Any],
    encoding: Encoding = "protobuf",
    resource: dict[str, Any] | None = None,
    scope: str = "",
    now: int | None = None,
) -> Gathered:
    """What a request of these records holds."""
    if encoding == "protobuf":
        body = protobuf(*records, resource=resource, scope=scope)
    else:
        body = json.dumps(as_json(*records, resource=resource, scope=scope)).encode()
    return decode_logs(body, encoding, now)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_claude_code_tells_of_a_request(encoding: Encoding) -> None:
    """An `api_request` is a call: Anthropic's disjoint tokens, the estimated cost, and the start its duration gives."""
    found = told(api_request(7), encoding=encoding, scope=CLAUDE_SCOPE, resource={"service.name": "claude-code"})
    [call] = found.records
    assert isinstance(call, ModelCall)
    assert (call.provider, call.model, call.operation, call.status) == (
        *("anthropic", "claude-opus-4-5-20251101", "chat", "ok"),
    )
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (
        *(12, 850, 41_200, 950),
    )
    assert call.cost_reported == 47_800_000
    assert (call.latency_us, call.started_at) == (6_150_000, NOW - 6_150_000)
    assert call.request_id == "req_011CUq0000000000000007"
    assert (call.session_id, call.user, call.account) == (
        *("5f0c1b1e-7a11-4f0e-9d55-0a6f3f1f7c11", "dev@example.com", "org-7"),
    )
    assert (call.agent, call.subagent, call.project, call.group) == ("claude-code", "", "", "")
    assert call.native_id == f"claude_code.api_request:{call.session_id}/9a77/7@{NOW_NS:x}"
    assert found.refusals == found.notices == []


def test_claude_code_names_its_subagent() -> None:
    """The agent is the program; the one that it names works for it."""
    [call] = told(api_request(agent__name="Explore"), scope=CLAUDE_SCOPE).records
    assert isinstance(call, ModelCall)
    assert (call.agent, call.subagent) == ("claude-code", "Explore")


def test_a_fast_request() -> None:
    """Speed is a tier that prices know."""
    [call] = told(api_request(speed="fast"), scope=CLAUDE_SCOPE).records
    assert isinstance(call, ModelCall)
    assert call.service_tier == "fast"


@pytest.mark.parametrize(
    ("status_code", "status", "http_status"),
    [("529", "server_error", 529), (429, "rate_limit", 429), ("undefined", "timeout", None)],
)
def test_claude_code_tells_of_a_failure(status_code: Any, status: str, http_status: int | None) -> None:
    """An `api_error` is a failed call that cost nothing, whether or not there was an HTTP status."""
    event = claude(
        "api_error",
        model="claude-opus-4-5",
        error="Request timed out",
        status_code=status_code,
        duration_ms=61_000,
        attempt="3",
        request_id="req_x",
    )
    [call] = told(event).records
    assert isinstance(call, ModelCall)
    assert (call.status, call.http_status, call.attempt) == (status, http_status, 3)
    assert (call.error_message, call.cost_reported, call.input_tokens) == ("Request timed out", 0, None)
    assert call.latency_us == 61_000_000


@pytest.mark.parametrize(("success", "status"), [("true", "ok"), ("false", "error"), (False, "error"), (1, "ok")])
def test_claude_code_tells_of_a_tool(success: Any, status: str) -> None:
    """A `tool_result` is a tool call with the id of its use."""
    event = claude("tool_result", 4, tool_name="Bash", tool_use_id="toolu_01", success=success, duration_ms="57")
    [tool] = told(event).records
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.call_id, tool.status, tool.duration_us) == ("Bash", "toolu_01", status, 57_000)
    assert (tool.agent, tool.started_at) == ("claude-code", NOW - 57_000)


def test_lines_of_claude_code() -> None:
    """What went wrong around requests is a line of the log, with words and how bad it is."""
    found = told(
        claude("api_retries_exhausted", 1, total_attempts=10, error="Overloaded", model="claude-opus-4-5"),
        claude("mcp_server_connection", 2, status="failed", server_name="files"),
        claude("mcp_server_connection", 3, status="connected", server_name="files"),
        claude("compaction", 4, trigger="auto", success="true", pre_tokens=180_000, post_tokens=42_000, duration_ms=9),
        scope=CLAUDE_SCOPE,
    )
    lines = [(line.level, line.message) for line in found.records if isinstance(line, LogLine)]
    assert lines == [
        ("error", "no attempt succeeded: Overloaded, 10"),
        ("warning", "an MCP server did not connect: files"),
        ("info", "the context was compacted: auto, 180000, 42000"),
    ]
    assert found.skipped == 1


def test_events_without_usage_and_unknown_ones() -> None:
    """A known event without usage is nothing; one that nobody knows is counted by its name."""
    found = told(claude("user_prompt", prompt_length=9), claude("brand_new_event"), scope=CLAUDE_SCOPE)
    assert found.records == []
    [notice] = found.notices
    assert (notice.topic, notice.name, notice.place) == ("event", "claude_code.brand_new_event", "POST /v1/logs:1")


def test_the_name_without_a_body() -> None:
    """In Claude Code's own scope the attribute alone says which event it is."""
    event = api_request()
    event["body"] = None
    [call] = told(event, scope=CLAUDE_SCOPE).records
    assert isinstance(call, ModelCall)
    assert call.input_tokens == 12


def test_codex_tells_of_an_answer() -> None:
    """Of the events of a stream only the end with its counts is a call; the cache is inside the input."""
    counts = {
        "input_token_count": "8200",
        "output_token_count": "410",
        "cached_token_count": 7000,
        "reasoning_token_count": 300,
        "tool_token_count": "8610",
    }
    found = told(
        codex("api_request", duration_ms="812", http__response__status_code=200, attempt=0, endpoint="/responses"),
        codex("sse_event", event__kind="response.output_item.done", duration_ms="3"),
        codex("sse_event", event__kind="response.completed", duration_ms="4"),
        codex("sse_event", event__kind="response.completed", **counts),
        now=EVENT_NOW,
    )
    [call] = found.records
    assert isinstance(call, ModelCall)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.reasoning_tokens) == (
        1200,
        7000,
        410,
        300,
    )
    assert (call.provider, call.model, call.agent) == ("openai", "gpt-5.1-codex", "codex")
    assert (call.started_at, call.latency_us) == (AT, None)
    assert call.session_id == "019a2c11-5c7e-7d10-b2a0-1f5f1a2b3c4d"
    assert found.notices == []


def test_codex_tells_of_failures() -> None:
    """A request or a stream that failed is a failed call; one that failed elsewhere is none."""
    found = told(
        codex("api_request", http__response__status_code=429, error__message="Too many", attempt=1, duration_ms="80"),
        codex("sse_event", event__kind="response.failed", error__message="server_error", duration_ms="9"),
        codex("api_request", http__response__status_code=500, endpoint="/models", duration_ms="1"),
        now=EVENT_NOW,
    )
    calls = [call for call in found.records if isinstance(call, ModelCall)]
    assert [(call.status, call.http_status, call.cost_reported) for call in calls] == [
        ("rate_limit", 429, 0),
        ("server_error", None, 0),
    ]


def test_codex_tells_of_a_tool() -> None:
    """With the id of its call and its MCP server; what went in and came out is not kept."""
    event = codex(
        "tool_result",
        tool_name="read",
        call_id="call_9",
        duration_ms="40",
        success="true",
        mcp_server="files",
        arguments='{"path": "/etc/passwd"}',
        output="root:x:0",
    )
    [tool] = told(event, now=EVENT_NOW).records
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.call_id, tool.server, tool.status, tool.duration_us) == (
        *("read", "call_9", "files", "ok", 40_000),
    )
    assert "passwd" not in repr(tool)
    assert "root" not in repr(tool)


def test_gemini_cli_tells_of_an_answer_once() -> None:
    """Thoughts are beside the output, the cache in the input; the same answer by the conventions adds nothing."""
    said = {
        "model": "gemini-2.5-pro",
        "status_code": 200,
        "duration_ms": 5200,
        "input_token_count": 9000,
        "output_token_count": 300,
        "cached_content_token_count": 6000,
        "thoughts_token_count": 700,
        "tool_token_count": 0,
        "total_token_count": 10_000,
        "finish_reasons": ["STOP"],
    }
    conventions = {
        "event.name": "gen_ai.client.inference.operation.details",
        "gen_ai.request.model": "gemini-2.5-pro",
        "gen_ai.usage.input_tokens": 9000,
        "gen_ai.usage.output_tokens": 300,
    }
    found = told(
        gemini("api_request", model="gemini-2.5-pro"),
        gemini("api_response", **said),
        log("GenAI operation details", conventions),
        scope="gemini-cli",
    )
    [call] = found.records
    assert isinstance(call, ModelCall)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.reasoning_tokens) == (
        3000,
        6000,
        1000,
        700,
    )
    assert (call.provider, call.agent, call.stop_reason, call.latency_us) == ("google", "gemini-cli", "STOP", 5_200_000)
    assert found.notices == []


def test_gemini_cli_tells_of_failures_and_tools() -> None:
    """A failed request, also where its status is no number; a tool with the lines that it changed."""
    metadata = {"model_added_lines": 12, "model_removed_lines": 3}
    found = told(
        gemini(
            "api_error", model="gemini-2.5-pro", error="fetch failed", error_type="TypeError", status_code="ECONNRESET"
        ),
        gemini(
            "tool_call", function_name="replace", duration_ms=20, success=True, decision="accept", metadata=metadata
        ),
        gemini(
            "tool_call", function_name="run", success=False, error="exit 1", tool_type="mcp", mcp_server_name="shell"
        ),
    )
    call, changed, ran = found.records
    assert isinstance(call, ModelCall)
    assert isinstance(changed, ToolCall)
    assert isinstance(ran, ToolCall)
    assert (call.status, call.http_status, call.error_message) == ("server_error", None, "fetch failed")
    assert (changed.name, changed.status, changed.lines_added, changed.lines_removed) == ("replace", "ok", 12, 3)
    assert (ran.status, ran.server, ran.error_message) == ("error", "shell", "exit 1")


def test_an_event_of_the_conventions_stands_below_its_span() -> None:
    """It is told within the trace, below the span that it was written in, so that both count once."""
    said = {
        "event.name": "gen_ai.client.inference.operation.details",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.id": "chatcmpl-Bx71",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.input.messages": "[secret]",
    }
    [call] = told(log(None, said, traceId="ab" * 16, spanId="cd" * 8)).records
    assert isinstance(call, ModelCall)
    assert (call.trace_id, call.group, call.parent_id, call.span_id) == ("ab" * 16, "ab" * 16, "cd" * 8, "")
    assert (call.request_id, call.input_tokens, call.output_tokens) == ("chatcmpl-Bx71", 10, 4)
    assert "secret" not in repr(call)


def test_what_was_said_is_not_kept() -> None:
    """Events that hold prompts and answers become nothing, whatever they are called in the record."""
    events = [
        log({"content": "my prompt"}, {"event.name": "gen_ai.user.message"}),
        log({"message": {"content": "the answer"}}, {}, eventName="gen_ai.choice"),
    ]
    found = told(*events)
    assert (found.records, found.skipped, found.notices) == ([], 2, [])


def test_an_evaluation_is_a_score() -> None:
    """A number or a label, of the answer that it names."""
    said = {
        "event.name": "gen_ai.evaluation.result",
        "gen_ai.evaluation.name": "Relevance",
        "gen_ai.evaluation.score.value": 0.82,
        "gen_ai.evaluation.score.label": "relevant",
        "gen_ai.evaluation.explanation": "on topic",
        "gen_ai.response.id": "chatcmpl-1",
    }
    bare = {"event.name": "gen_ai.evaluation.result", "gen_ai.evaluation.name": "Empty"}
    found = told(log(None, said), log(None, bare))
    [score] = found.records
    assert isinstance(score, Score)
    assert (score.name, score.value, score.text, score.comment) == ("Relevance", 0.82, "relevant", "on topic")
    assert (score.target, score.call_id) == ("call", "chatcmpl-1")
    [refusal] = found.refusals
    assert (refusal.field, refusal.position) == ("gen_ai.evaluation.score.value", 1)


def test_copilot_tells_of_tools_by_spans() -> None:
    """Its log events of tools and turns repeat what its spans say, and add nothing."""
    said = {"event.name": "copilot_chat.tool.call", "gen_ai.tool.name": "grep", "duration_ms": 9, "success": True}
    found = told(log("copilot_chat.tool.call: grep", said), scope="copilot-chat")
    assert (found.records, found.notices) == ([], [])


def test_openclaw_writes_a_log() -> None:
    """Its lines have their logger and level; below information they are counted."""
    found = told(
        log("failover to gpt-5", {"openclaw.logger": "models", "openclaw.log.level": "WARN"}, severityNumber=13),
        log("tick", {"openclaw.log.level": "DEBUG"}, severityNumber=5),
        scope="openclaw",
        resource={"service.name": "openclaw"},
    )
    [line] = found.records
    assert isinstance(line, LogLine)
    assert (line.message, line.level, line.logger, line.service) == (
        "failover to gpt-5",
        "warning",
        "models",
        "openclaw",
    )
    [notice] = found.notices
    assert (notice.topic, notice.name) == ("signal", "log lines below info")
