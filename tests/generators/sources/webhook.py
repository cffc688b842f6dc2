"""What gateways without a source of their own may post: answers of providers, wrapped in one way or another."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Requests

CHAT: dict[str, Any] = {
    "id": "chatcmpl-Wh83kLq2Zt94XvPd",
    "object": "chat.completion",
    "created": 1_772_442_000,
    "model": "gpt-5-mini",
    "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Then this."}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
}
CLAUDE: dict[str, Any] = {
    "event_id": "ev-1",
    "timestamp": "2026-03-02T09:01:00Z",
    "duration_ms": 1_250,
    "request": {"model": "claude-sonnet-4-5", "messages": []},
    "response": {
        "id": "msg_01Wh83kLq2Zt94Xv",
        "type": "message",
        "model": "claude-sonnet-4-5",
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 30, "cache_read_input_tokens": 500, "output_tokens": 40},
    },
    "user": "ada",
    "metadata": {"feature": "search"},
}
GEMINI: dict[str, Any] = {
    "time": 1_772_442_120,
    "body": {
        "responseId": "Gm83kLq2Zt94XvPd",
        "modelVersion": "gemini-2.5-pro",
        "candidates": [{"finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": 50,
            "candidatesTokenCount": 10,
            "thoughtsTokenCount": 5,
            "totalTokenCount": 65,
        },
    },
}
FAILED: dict[str, Any] = {
    "id": "ev-4",
    "timestamp": "2026-03-02T09:03:00Z",
    "model": "gpt-5-mini",
    "status_code": 429,
    "status": "error",
    "error_message": "slow down",
}
TOTALS = {
    "calls": 4,
    "errors": 1,
    "input_tokens": 100 + 30 + 50,
    "cache_read_tokens": 500,
    "output_tokens": 20 + 40 + 15,
    "reasoning_tokens": 5,
}
JSON = "application/json"

EXAMPLES = [
    Requests(
        "answers",
        "/api/webhooks/any",
        [(json.dumps(one).encode(), JSON) for one in (CHAT, CLAUDE, GEMINI, FAILED)],
        TOTALS,
    ),
    Requests("list", "/api/webhooks/any", [(json.dumps([CHAT, CLAUDE, GEMINI, FAILED]).encode(), JSON)], TOTALS),
    Requests(
        "enveloped",
        "/api/webhooks/any",
        [(json.dumps({"sent_at": "now", "events": [CLAUDE, GEMINI, FAILED, CHAT]}).encode(), JSON)],
        TOTALS,
    ),
]
