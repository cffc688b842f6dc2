"""Answers of model servers, as Ollama, OpenAI and Anthropic send them: whole and streamed."""

from __future__ import annotations

import json
from typing import Any

from servers.answering import Reply

USAGE = {
    "prompt_tokens": 1_200,
    "completion_tokens": 30,
    "total_tokens": 1_230,
    "prompt_tokens_details": {"cached_tokens": 1_000},
    "completion_tokens_details": {"reasoning_tokens": 12},
}


def whole(value: Any, **more: Any) -> Reply:
    """An answer in one piece."""
    return Reply(json.dumps(value).encode(), headers={"Content-Type": "application/json", **more})


def lines(*values: Any) -> Reply:
    """A stream of lines of JSON."""
    body = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    return Reply(body, headers={"Content-Type": "application/x-ndjson"}, chunked=True)


def events(*values: Any, named: bool = False, done: bool = True, **more: Any) -> Reply:
    """A stream of server-sent events."""
    body = b""
    for value in values:
        body += f"event: {value['type']}\n".encode() if named else b""
        body += f"data: {json.dumps(value)}\n\n".encode()
    body += b"data: [DONE]\n\n" if done else b""
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "x-request-id": "req_7", **more}
    return Reply(body, headers=headers, chunked=True)


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One piece of a chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_772_442_000,
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


OLLAMA_CHAT = lines(
    {
        "model": "llama3.1:8b",
        "created_at": "2026-03-02T09:00:00Z",
        "message": {"role": "assistant", "content": "A secret"},
        "done": False,
    },
    {
        "model": "llama3.1:8b",
        "created_at": "2026-03-02T09:00:01Z",
        "message": {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "search", "arguments": {"q": "a secret"}}}],
        },
        "done": False,
    },
    {
        "model": "llama3.1:8b",
        "created_at": "2026-03-02T09:00:02Z",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": "stop",
        "total_duration": 5_000_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": 26,
        "prompt_eval_duration": 342_546_000,
        "eval_count": 298,
        "eval_duration": 4_535_599_000,
    },
)
OPENAI_STREAM = (
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "A secret"}),
    chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "search", "arguments": ""}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"q": "a secret"}'}}]}),
    chunk({}, "tool_calls"),
)
OPENAI_USAGE = {**chunk({}), "choices": [], "usage": USAGE}
ANTHROPIC_STREAM = (
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5-20250929",
            "content": [],
            "stop_reason": None,
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 90,
                "cache_creation_input_tokens": 20,
                "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 1,
                "service_tier": "standard",
            },
        },
    },
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "A secret"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}},
    },
    {"type": "content_block_stop", "index": 1},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 40},
    },
    {"type": "message_stop"},
)
RESPONSES_STREAM = (
    {
        "type": "response.created",
        "response": {"id": "resp_1", "object": "response", "status": "in_progress", "model": "gpt-5-mini"},
    },
    {"type": "response.output_text.delta", "delta": "A secret"},
    {
        "type": "response.completed",
        "response": {
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "model": "gpt-5-mini-2025-08-07",
            "output": [
                {"type": "message", "content": [{"type": "output_text", "text": "A secret"}]},
                {"type": "function_call", "call_id": "call_2", "name": "search", "arguments": '{"q": "a secret"}'},
            ],
            "usage": {
                "input_tokens": 100,
                "input_tokens_details": {"cached_tokens": 60},
                "output_tokens": 20,
                "output_tokens_details": {"reasoning_tokens": 5},
                "total_tokens": 120,
            },
        },
    },
)
EMBEDDINGS = whole(
    {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }
)
