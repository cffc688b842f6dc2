"""What Copilot CLI leaves behind, in its generations, with the totals that are right.

Shapes as in its releases of 2026. The traps: what was used is stated at the end of a session, of the process in some
releases and of all of the session in others; a session that runs has the tokens of its answers alone; the store has a
row for each call, and telemetry files a span; an agent's span states the sum of its calls.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from generators.left import Step, database, lines
from tokometer.conformance import Example, Files

#: 1 September 2026, 08:00 UTC, in milliseconds.
START: Final = 1_788_249_600_000
RESUMED, SO_FAR, RUNNING = (f"{n}c0ffee0-1111-4222-8333-44445555666{n}" for n in (1, 2, 3))
STORE: Final = ".copilot/session-store.db"
TELEMETRY: Final = ".copilot/otel/copilot-otel-20260901.jsonl"
SONNET, MINI = "claude-sonnet-4.6", "gpt-5-mini"


class Used(NamedTuple):
    """Tokens of a call: all of the prompt, what of it was read from the cache and written to it, answer, thoughts."""

    prompt: int
    output: int
    read: int = 0
    written: int = 0
    reasoning: int = 0

    @property
    def fresh(self) -> int:
        """What was neither read from the cache nor written to it."""
        return self.prompt - self.read - self.written

    def __add__(self, other: Used) -> Used:  # type: ignore[override]
        """Of two calls together."""
        return Used(*(one + another for one, another in zip(self, other, strict=True)))


def iso(ms: int) -> str:
    """A moment as events have it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(kind: str, at: int, **data: Any) -> dict[str, Any]:
    """One event."""
    return {"type": kind, "data": data, "id": f"{kind}-{at}", "timestamp": iso(at), "parentId": None}


def start(session: str, at: int) -> dict[str, Any]:
    """A session begins."""
    context = {"cwd": "/home/ada/code/app", "gitRoot": "/home/ada/code/app", "branch": "main", "repository": "ada/app"}
    return event("session.start", at, sessionId=session, version=1, copilotVersion="1.0.54", context=context)


def said(at: int, used: Used, model: str = SONNET) -> dict[str, Any]:
    """An answer."""
    return event("assistant.message", at, messageId=f"m{at}", model=model, outputTokens=used.output, toolRequests=[])


def ended(at: int, metrics: dict[str, tuple[int, Used]], **more: Any) -> dict[str, Any]:
    """A session ends, and states what was used: by model, the calls and what they used together."""
    stated = {
        model: {
            "requests": {"count": count, "cost": count},
            "usage": {
                "inputTokens": used.prompt,
                "outputTokens": used.output,
                "cacheReadTokens": used.read,
                "cacheWriteTokens": used.written,
                "reasoningTokens": used.reasoning,
            },
            "totalNanoAiu": count * 2_500_000_000,
        }
        for model, (count, used) in metrics.items()
    }
    data = {"shutdownType": "routine", "totalPremiumRequests": 1, "totalApiDurationMs": 5, "modelMetrics": stated}
    return event("session.shutdown", at, **(data | more))


def tool(at: int, call: str, name: str, took: int, **end: Any) -> list[dict[str, Any]]:
    """A use of a tool."""
    return [
        event("tool.execution_start", at, toolCallId=call, toolName=name, arguments={}),
        event("tool.execution_complete", at + took, toolCallId=call, success=True, **end),
    ]


A, B, C = Used(10_000, 100, 0, 8_000, 20), Used(12_000, 300, 9_000, 500), Used(900, 40)
D, E = Used(5_000, 70, 1_000), Used(7_000, 90, 6_000, 100)
F = Used(3_000, 55)

RESUMED_EVENTS: Final = [
    start(RESUMED, START),
    event("user.message", START + 100, content="please"),
    said(START + 2_000, A),
    *tool(START + 2_100, "call_1", "bash", 400),
    *tool(START + 2_600, "call_2", "edit", 10, error={"message": "no such file", "code": "failure"}),
    event("subagent.started", START + 3_000, toolCallId="call_3", agentName="explore", agentDisplayName="Look around"),
    said(START + 4_000, C, MINI),
    event("subagent.completed", START + 4_100, toolCallId="call_3", agentName="explore"),
    ended(START + 5_000, {SONNET: (1, A), MINI: (1, C)}),
    event("session.resume", START + 60_000, resumeTime=iso(START + 60_000)),
    event("session.error", START + 61_000, errorType="rate_limit", message="Too many requests", statusCode=429),
    said(START + 62_000, B),
    ended(START + 65_000, {SONNET: (1, B)}),
]
RESUMED_EVENTS[6]["data"]["success"] = False
SO_FAR_EVENTS: Final = [
    start(SO_FAR, START + 100_000),
    said(START + 101_000, D),
    ended(START + 102_000, {SONNET: (1, D)}),
    event("session.resume", START + 110_000),
    said(START + 111_000, E),
    ended(START + 112_000, {SONNET: (2, D + E)}),
]
RUNNING_EVENTS: Final = [start(RUNNING, START + 200_000), said(START + 201_000, F)]


def events_of(session: str) -> str:
    """Where a session's events are."""
    return f".copilot/session-state/{session}/events.jsonl"


def totals(*used: Used, **more: int) -> dict[str, int]:
    """What some uses come to."""
    return {
        "input_tokens": sum(one.fresh for one in used),
        "output_tokens": sum(one.output for one in used),
        "cache_read_tokens": sum(one.read for one in used),
        "cache_write_tokens": sum(one.written for one in used),
        "reasoning_tokens": sum(one.reasoning for one in used),
    } | more


EVENTS: Final[tuple[Step, ...]] = (
    lines(events_of(RESUMED), *RESUMED_EVENTS[:4]),
    lines(events_of(SO_FAR), *SO_FAR_EVENTS[:3]),
    lines(events_of(RESUMED), *RESUMED_EVENTS[4:11]),
    lines(events_of(RUNNING), *RUNNING_EVENTS),
    lines(events_of(RESUMED), *RESUMED_EVENTS[11:]),
    lines(events_of(SO_FAR), *SO_FAR_EVENTS[3:]),
)
#: Of the session that runs only the answer's tokens are known.
OF_EVENTS: Final = totals(A, B, C, D, E) | {"output_tokens": sum(used.output for used in (A, B, C, D, E, F))}
BESIDE: Final = {"errors": 1, "tools": 2, "runs": 4}

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, cwd TEXT, repository TEXT, host_type TEXT, branch TEXT, summary TEXT, created_at TEXT,
  updated_at TEXT);
CREATE TABLE IF NOT EXISTS assistant_usage_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, turn_index INTEGER, agent_id TEXT,
  parent_tool_call_id TEXT, model TEXT NOT NULL, copilot_usage_model TEXT, input_tokens INTEGER,
  output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, reasoning_tokens INTEGER,
  total_nano_aiu INTEGER, request_multiplier REAL, duration_ms REAL, time_to_first_token_ms REAL, initiator TEXT,
  reasoning_effort TEXT, finish_reason TEXT, content_filter_triggered INTEGER, token_details_json TEXT,
  created_at TEXT DEFAULT (datetime('now')));
"""


def row(number: int, session: str, at: int, used: Used, model: str = SONNET, **more: Any) -> dict[str, Any]:
    """One call in the store; times are in whole seconds, and in UTC without saying so."""
    return {
        "id": number,
        "session_id": session,
        "turn_index": 0,
        "model": model,
        "input_tokens": used.prompt,
        "output_tokens": used.output,
        "cache_read_tokens": used.read,
        "cache_write_tokens": used.written,
        "reasoning_tokens": used.reasoning,
        "total_nano_aiu": 1_250_000_000,
        "request_multiplier": 1.0,
        "duration_ms": 1_800.5,
        "time_to_first_token_ms": 300,
        "finish_reason": "stop",
        "created_at": datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"),
    } | more


SESSIONS: Final = [
    {"id": session, "cwd": "/home/ada/code/app", "repository": "ada/app", "branch": "main", "created_at": iso(START)}
    for session in (RESUMED, SO_FAR, RUNNING)
]
ROWS: Final = [
    row(1, RESUMED, START + 2_000, A, finish_reason="tool_calls"),
    row(2, RESUMED, START + 4_000, C, MINI, agent_id="agent-1", parent_tool_call_id="call_3", initiator="sub-agent"),
    row(3, RESUMED, START + 62_000, B),
    row(4, SO_FAR, START + 101_000, D),
    row(5, SO_FAR, START + 111_000, E),
    row(6, RUNNING, START + 201_000, F),
]
STORED: Final[tuple[Step, ...]] = (
    database(STORE, SCHEMA, {"sessions": SESSIONS, "assistant_usage_events": ROWS[:3]}),
    database(STORE, SCHEMA, {"assistant_usage_events": ROWS[3:]}),
)


def span(number: int, at: int, took: int, **attributes: Any) -> dict[str, Any]:
    """A span as a line."""
    ends = at + took
    return {
        "type": "span",
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": attributes["gen_ai.operation.name"],
        "kind": 2,
        "startTime": [at // 1000, at % 1000 * 1_000_000],
        "endTime": [ends // 1000, ends % 1000 * 1_000_000],
        "attributes": attributes,
        "status": {"code": 0},
        "resource": {"attributes": {"service.name": "github-copilot"}},
    }


def chat(number: int, session: str, at: int, used: Used, model: str = SONNET, **more: Any) -> dict[str, Any]:
    """A call as a span."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "github",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": f"msg_bdrk_01{number:010}AbCdEf",
        "gen_ai.conversation.id": session,
        "gen_ai.usage.input_tokens": used.prompt,
        "gen_ai.usage.output_tokens": used.output,
        "gen_ai.usage.cache_read.input_tokens": used.read,
        "gen_ai.usage.cache_creation.input_tokens": used.written,
        "gen_ai.usage.reasoning.output_tokens": used.reasoning,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.time_to_first_chunk": 0.3,
        "github.copilot.nano_aiu": 1_250_000_000.0,
    }
    return span(number, at, 1_900, **(attributes | more))


SPANS: Final = [
    chat(1, RESUMED, START + 100, A),
    chat(2, RESUMED, START + 2_100, C, MINI),
    # Written twice, the second time whole.
    chat(3, RESUMED, START + 60_100, Used(1, 1)),
    chat(3, RESUMED, START + 60_100, B),
    span(
        4,
        START,
        70_000,
        **{
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.conversation.id": RESUMED,
            "gen_ai.usage.input_tokens": (A + B + C).prompt,
            "gen_ai.usage.output_tokens": (A + B + C).output,
        },
    ),
    span(5, START + 2_100, 400, **{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "call_1"}),
    {"type": "metric", "name": "gen_ai.client.token.usage", "unit": "{token}", "dataPoints": []},
]


def spoil(home: Path) -> None:
    """Break one row."""
    with closing(sqlite3.connect(home / STORE)) as connection, connection:
        query = "INSERT INTO assistant_usage_events (session_id, model, input_tokens) VALUES (?, ?, ?)"
        connection.execute(query, (RUNNING, MINI, -5))


#: Two amounts a call: credits, and premium requests.
IN_STORE: Final = totals(A, B, C, D, E, F, calls=len(ROWS), samples=2 * len(ROWS))

EXAMPLES: list[Example] = [
    Files(
        "events",
        "lines",
        EVENTS,
        # One for each model in each life of a session, and the one that failed.
        OF_EVENTS | BESIDE | {"calls": 7, "samples": 10},
        open_keys=frozenset({"modelMetrics"}),
    ),
    Files("telemetry", "lines", (lines(TELEMETRY, *SPANS[:3]), lines(TELEMETRY, *SPANS[3:])), totals(A, B, C, calls=3)),
    Files(
        "telemetry-elsewhere",
        "lines",
        (lines("logs/spans.jsonl", *SPANS),),
        totals(A, B, C, calls=3),
        env={"COPILOT_OTEL_FILE_EXPORTER_PATH": "{home}/logs/spans.jsonl"},
    ),
    Files("store", "database", STORED, IN_STORE, spoil=spoil),
    Files(
        "all",
        "database",
        (*STORED, *EVENTS, lines(TELEMETRY, *SPANS)),
        IN_STORE | BESIDE | {"calls": len(ROWS) + 1},
    ),
]
