"""Codex's telemetry (`[otel]` in config.toml; codex-rs/otel, 0.140).

`codex.sse_event` with the kind `response.completed` and token counts tells of an answer; the same kind without counts
stands beside it. `codex.api_request` tells how long the request took until its answer began, and no tokens: only one
that failed is a call of its own. `tool_token_count` holds the total of all tokens, whatever its name says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.sources.otlp.events.declared import TOOL, Event, EventDialect, failed, line, nothing

_MODEL_ENDPOINTS: Final = ("response", "completion", "unknown", "messages")


def _answered_or_failed(found: Mapping[str, Any]) -> bool:
    return "input" in found or "output" in found or failed(found)


def _failed_at_a_model(found: Mapping[str, Any]) -> bool:
    endpoint = str(found.get("endpoint_path", "unknown"))
    return failed(found) and any(word in endpoint for word in _MODEL_ENDPOINTS)


CODEX: Final = EventDialect(
    title="Codex",
    prefix="codex.",
    agent="codex",
    program="codex",
    provider="openai",
    attributes={
        "event_at": "event.timestamp",
        "ignored": "prompt prompt_length arguments output auth.cf_ray",
        "session": "conversation.id",
        "request_model": "model",
        "tool": "tool_name",
        "input": "input_token_count",
        "cache_read": "cached_token_count",
        "cache_write": "cache_write_token_count",
        "output": "output_token_count",
        "reasoning": "reasoning_token_count",
        "tool_call_id": "call_id",
        "tool_server": "mcp_server",
        "endpoint_path": "endpoint",
        "response_id": "+auth.request_id",
        "provider": "+provider_name",
        # How long one part of a stream took to come is no duration of a call.
        "state": "auth.outcome",
    },
    events={
        "sse_event": Event("call", _answered_or_failed),
        "api_request": Event("failure", _failed_at_a_model),
        "websocket_request": Event("failure", failed),
        "websocket_event": Event("failure", failed),
        "tool_result": TOOL,
        "websocket_connect": line("warning", "a connection failed", "error_message", when=failed),
        "auth_recovery": line(
            "warning", "a login was not recovered", "error_message", when=lambda found: "fail" in found.get("state", "")
        ),
        **nothing("conversation_starts user_prompt tool_decision turn_started turn_completed thread_started startup"),
    },
    notes=(
        "the cache is in the input and reasoning in the output, as OpenAI has it; no event says how long an answer "
        "took, or its id"
    ),
)
