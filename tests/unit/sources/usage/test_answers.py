"""Answers of every provider's API say who, what and how it ended."""

from __future__ import annotations

from typing import Any

import pytest

from tokometer.records import ModelCall
from tokometer.sources.noticed import Noticed
from tokometer.sources.otlp.buckets import Usage
from tokometer.sources.usage import Used, answered, put


def test_openai_chat() -> None:
    """A chat completion names its model, its end, its tools and its tier."""
    said = answered(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_764_000_000,
            "model": "gpt-5-mini",
            "service_tier": "flex",
            "choices": [
                {"finish_reason": "tool_calls", "message": {"tool_calls": [{"id": "c1", "function": {"name": "find"}}]}}
            ],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
        }
    )
    assert said[:5] == ("gpt-5-mini", "openai", "chatcmpl-1", "tool_calls", "chat")
    assert (said.used.service_tier, said.created, said.tools) == ("flex", 1_764_000_000_000_000, (("c1", "find"),))
    assert said.used.usage == Usage(5, output=7)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {"type": "message", "id": "msg_1", "model": "claude-x", "stop_reason": "end_turn"},
            ("claude-x", "anthropic", "msg_1", "end_turn"),
        ),
        (
            {"modelVersion": "gemini-2.5-pro", "responseId": "r", "candidates": [{"finishReason": "STOP"}]},
            ("gemini-2.5-pro", "google", "r", "STOP"),
        ),
        ({"model": "llama3:8b", "done": True, "done_reason": "stop"}, ("llama3:8b", "ollama", "", "stop")),
        (
            {"id": "gen-1", "model": "vendor/m", "provider": "Groq", "choices": [{"finish_reason": "stop"}]},
            ("vendor/m", "Groq", "gen-1", "stop"),
        ),
        (
            {"object": "response", "id": "resp_1", "incomplete_details": {"reason": "max_output_tokens"}},
            ("", "", "resp_1", "max_output_tokens"),
        ),
    ],
)
def test_other_apis(answer: dict[str, Any], says: tuple[str, ...]) -> None:
    """Anthropic, Gemini, Ollama, OpenRouter and the Responses API in their own words."""
    assert answered(answer)[:4] == says


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"type": "rate_limit_error", "message": "slow down"}, "rate_limit"),
        ({"code": 503, "message": "busy"}, "server_error"),
        ({"message": "Request timed out."}, "timeout"),
        ("invalid api key", "auth_error"),
    ],
)
def test_errors(error: object, status: str) -> None:
    """An error in an answer is told by its type, its code, or its words."""
    assert answered({"error": error}).status == status


def test_embeddings() -> None:
    """A list of vectors is no chat."""
    assert answered(
        {"object": "list", "data": [{"embedding": [0.1]}], "model": "text-embedding-3-small"}
    ).operation == ("embeddings")


def test_put() -> None:
    """What a call says itself is kept; what is not understood is noticed."""
    call = ModelCall(source="x", native_id="1", started_at=0, cost_reported=5, service_tier="warp")
    noticed = Noticed("x", "POST /x")
    put(call, Used(Usage(1, output=2), {"web_searches": 1000}, "flex", "us", 9, ("usage.odd",)), noticed, 3)
    assert (call.input_tokens, call.output_tokens, call.cost_reported, call.service_tier, call.region) == (
        *(1, 2, 5, "warp"),
        "us",
    )
    assert {(one.topic, one.name, one.place) for one in noticed.all()} == {
        ("usage", "usage.odd", "POST /x:3"),
        ("tier", "warp", "POST /x:3"),
    }
