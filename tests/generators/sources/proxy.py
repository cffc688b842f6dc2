"""What the proxy tells of calls in the forms that it understands."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Requests

#: 2026-03-02, 09:00 UTC.
START = 1_772_442_000_000_000
OPENAI = {
    "id": "chatcmpl-7",
    "object": "chat.completion.chunk",
    "model": "gpt-5-mini-2025-08-07",
    "usage": {
        "prompt_tokens": 1_200,
        "completion_tokens": 300,
        "total_tokens": 1_500,
        "prompt_tokens_details": {"cached_tokens": 1_000},
        "completion_tokens_details": {"reasoning_tokens": 120},
    },
    "choices": [
        {"finish_reason": "tool_calls", "message": {"tool_calls": [{"id": "call_1", "function": {"name": "search"}}]}}
    ],
}
ANTHROPIC = {
    "id": "msg_1",
    "type": "message",
    "model": "claude-sonnet-4-5-20250929",
    "stop_reason": "end_turn",
    "usage": {
        "input_tokens": 10,
        "cache_read_input_tokens": 90,
        "cache_creation_input_tokens": 20,
        "output_tokens": 40,
    },
}
OLLAMA = {"model": "llama3.1:8b", "done_reason": "stop", "prompt_eval_count": 26, "eval_count": 298}


def item(number: int, form: str, **more: Any) -> dict[str, Any]:
    """One call."""
    return {
        "id": f"f00d-{number}",
        "started_at": START + number * 1_000_000,
        "latency_ns": 1_500_000_000,
        "ttft_ns": 200_000_000,
        "http_status": 200,
        "ending": "whole",
        "form": form,
        "operation": "chat",
        "machine": "atlas-02",
        "upstream": "http://localhost:11434",
        **more,
    }


ITEMS = [
    item(1, "openai", provider="openai", answer=OPENAI, stream=True, model="gpt-5-mini"),
    item(2, "anthropic", provider="anthropic", answer=ANTHROPIC, request_id="req_1"),
    item(3, "ollama", provider="ollama", answer=OLLAMA, stream=True),
    item(4, "ollama", provider="ollama", http_status=404, answer={"error": "model 'm' not found"}, model="m"),
    item(5, "openai", ending="left", model="gpt-5-mini", stream=True),
    item(6, "openai", ending="unanswered", http_status=None, model="gpt-5-mini"),
]


def lines(items: list[dict[str, Any]]) -> bytes:
    """A request, as the proxy sends it."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in items)


EXAMPLES = [
    Requests(
        "calls",
        "/api/proxy",
        [(lines(ITEMS[:2]), "application/x-ndjson"), (lines(ITEMS[2:]), "application/x-ndjson")],
        {
            "calls": 6,
            "tools": 1,
            "errors": 2,
            "input_tokens": 200 + 10 + 26,
            "cache_read_tokens": 1_000 + 90,
            "cache_write_tokens": 20,
            "output_tokens": 300 + 40 + 298,
            "reasoning_tokens": 120,
        },
    )
]
