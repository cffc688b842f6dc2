"""Claude Code's telemetry (2.1; https://docs.anthropic.com/en/docs/claude-code/monitoring-usage).

The names of its events stand in the body, `claude_code.api_request`; the attribute `event.name` has them without the
prefix. Numbers may come as text. `request_id` is the `requestId` of a transcript's line, `tool_use_id` the id of its
`tool_use`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.sources.otlp.events.declared import CALL, FAILURE, TOOL, EventDialect, failed, line, nothing


def _not_connected(found: Mapping[str, Any]) -> bool:
    return found.get("state") == "failed" or failed(found)


CLAUDE_CODE: Final = EventDialect(
    title="Claude Code",
    prefix="claude_code.",
    scopes=("com.anthropic.claude_code.events", "com.anthropic.claude_code"),
    agent="claude-code",
    provider="anthropic",
    attributes={
        "session": "session.id",
        "request_model": "model",
        "response_id": "request_id",
        "input": "input_tokens",
        "output": "output_tokens",
        "cache_read": "cache_read_tokens",
        "cache_write": "cache_creation_tokens",
        "cost": "cost_usd",
        "speed": "speed",
        "tool": "tool_name",
        "tool_call_id": "tool_use_id",
        "agent": "agent.name",
        "ignored": (
            "prompt_length prompt response response_length tool_input_size_bytes tool_result_size_bytes "
            "tool_parameters tool_input client_request_id cost_usd_micros message.uuid"
        ),
        "attempts": "total_attempts",
        "before": "pre_tokens",
        "after": "post_tokens",
        "trigger": "trigger",
        "tool_server": "+server_name",
        "error_type": "+error_name +error_code",
    },
    events={
        "api_request": CALL,
        "api_error": FAILURE,
        "tool_result": TOOL,
        "api_retries_exhausted": line("error", "no attempt succeeded", "error_message", "attempts"),
        "api_refusal": line("warning", "the model refused", "model", "request_model"),
        "mcp_server_connection": line(
            "warning", "an MCP server did not connect", "tool_server", "error_message", when=_not_connected
        ),
        "auth": line("warning", "a login failed", "error_message", when=failed),
        "compaction": line("info", "the context was compacted", "trigger", "before", "after"),
        "internal_error": line("error", "an internal error", "error_type", "error_message"),
        **nothing(
            "user_prompt assistant_response tool_decision subagent_completed permission_mode_changed skill_activated "
            "plugin_installed plugin_loaded plugin_enabled plugin_disabled at_mention hook_registered "
            "hook_execution_start hook_execution_complete hook_plugin_metrics feedback_survey api_request_body "
            "api_response_body session_start session_end"
        ),
    },
    notes=(
        "tokens are Anthropic's own, the cache beside the input; the cost is its estimate; an event's time is the "
        "request's end, and its duration gives the start"
    ),
)
