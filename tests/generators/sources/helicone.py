"""What Helicone's loggers send: a call, a stream, a tool, a search in a vector database, and a call that failed."""

from __future__ import annotations

import json
from typing import Any

from tokometer.conformance import Requests

#: 2026-03-02, 09:00 UTC.
MORNING = 1_772_442_000


def log(minute: int, request: dict[str, Any], response: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    """A log of something that took 1.25 s, as `HeliconeManualLogger` posts it."""
    start = MORNING + 60 * minute
    made: dict[str, Any] = {
        "providerRequest": {
            "url": "custom-model-nopath",
            "json": request,
            "meta": {"Helicone-Session-Id": "s-1", "Helicone-User-Id": "ada", "Helicone-Property-Feature": "search"},
        },
        "providerResponse": {
            "headers": {"Helicone-Session-Id": "s-1"},
            "status": 200,
            "json": {} if isinstance(response, str) else response,
        },
        "timing": {
            "startTime": {"seconds": start, "milliseconds": 500},
            "endTime": {"seconds": start + 1, "milliseconds": 750},
        },
    }
    if isinstance(response, str):
        made["providerResponse"]["textBody"] = response
        made["timing"]["timeToFirstToken"] = 300
    made["providerResponse"] |= more
    return made


ASKED = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "And then?"}]}
CHAT = log(
    0,
    ASKED,
    {
        "id": "chatcmpl-Hb27xKq01pZ93vTf",
        "object": "chat.completion",
        "created": MORNING,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Then this."}}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64},
        },
    },
)
CLAUDE = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_01Qp72LmXw84TzRk",
            "type": "message",
            "model": "claude-sonnet-4-5",
            "usage": {"input_tokens": 30, "cache_read_input_tokens": 500, "output_tokens": 1},
        },
    },
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Then"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 40}},
    {"type": "message_stop"},
]
STREAM = log(
    1,
    {"model": "claude-sonnet-4-5", "stream": True},
    "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in CLAUDE),
)
TOOL = log(2, {"_type": "tool", "toolName": "find", "input": {"q": 1}}, {"_type": "tool", "output": 2})
SEARCH = log(
    3,
    {"_type": "vector_db", "operation": "search", "databaseName": "docs"},
    {"_type": "vector_db", "status": "success"},
)
FAILED = log(4, ASKED, {"error": {"type": "rate_limit_exceeded", "message": "slow down"}}, status=429)
LOGS = [CHAT, STREAM, TOOL, SEARCH, FAILED]
TOTALS = {
    "calls": 3,
    "errors": 1,
    "input_tokens": 36 + 30,
    "cache_read_tokens": 64 + 500,
    "output_tokens": 20 + 40,
    "tools": 1,
    "steps": 1,
}

EXAMPLES = [
    Requests("manual", "/custom/v1/log", [(json.dumps(one).encode(), "application/json") for one in LOGS], TOTALS),
    Requests(
        "openai",
        "/oai/v1/log",
        [(json.dumps(CHAT).encode(), "application/json")],
        {"calls": 1, "input_tokens": 36, "cache_read_tokens": 64, "output_tokens": 20},
    ),
]
