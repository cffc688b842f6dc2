"""What Helicone's logs come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generators.sources.helicone import CHAT, FAILED, MORNING, SEARCH, STREAM, TOOL, log
from tokometer.records import ModelCall, Record, RecordError, Step, ToolCall
from tokometer.sources.helicone.log import Log
from tokometer.sources.helicone.logging_api import PUSHES
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent
from tokometer.sources.usage import answer_of, answered


def read(item: dict[str, Any], headers: dict[str, str] | None = None, provider: str = "") -> Record:
    """The record of a log."""
    (record,) = Log(item, headers or {}, provider, 5).records(Noticed("helicone", "POST /custom/v1/log"), 0)
    return record


def call_of(item: dict[str, Any], headers: dict[str, str] | None = None, provider: str = "") -> ModelCall:
    """The call of a log."""
    call = read(item, headers, provider)
    assert isinstance(call, ModelCall)
    return call


def test_a_call() -> None:
    """Model, provider, times, session, user and properties are what the log says."""
    call = call_of(CHAT)
    assert (call.provider, call.model, call.response_id) == (
        "openai",
        "gpt-4o-mini-2024-07-18",
        "chatcmpl-Hb27xKq01pZ93vTf",
    )
    assert (call.started_at, call.latency_us) == (MORNING * 1_000_000 + 500_000, 1_250_000)
    assert (call.session_id, call.user, call.labels, call.stop_reason) == ("s-1", "ada", {"feature": "search"}, "stop")


def test_headers_of_the_request_say_the_same() -> None:
    """Newer loggers say sessions and properties in the headers of their request, which go before."""
    bare = json.loads(json.dumps(CHAT))
    bare["providerRequest"]["meta"] = {"Helicone-Session-Id": "old"}
    headers = {"helicone-session-id": "s-2", "helicone-property-team": "search", "helicone-session-path": "/a/b"}
    call = call_of(bare, headers)
    assert (call.session_id, call.labels) == ("s-2", {"team": "search", "session_path": "/a/b"})


def test_a_stream() -> None:
    """The text of a stream is put together: who answered, what was used, how it ended."""
    call = call_of(STREAM)
    assert (call.model, call.provider, call.stop_reason) == ("claude-sonnet-4-5", "anthropic", "end_turn")
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.ttft_us) == (30, 500, 40, 300_000)


@pytest.mark.parametrize(
    "pieces",
    [
        [
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "model": "m",
                "choices": [{"delta": {}, "finish_reason": "stop"}],
            },
            {"id": "c", "model": "m", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7}},
        ],
        [
            {"type": "response.created", "response": {"id": "c", "model": "m", "usage": None}},
            {"type": "response.output_text.delta", "delta": "Then"},
            {"type": "response.completed", "response": {"id": "c", "usage": {"input_tokens": 5, "output_tokens": 7}}},
        ],
        [
            {"model": "m", "message": {"content": "Then"}, "done": False},
            {"model": "m", "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 7},
        ],
        [
            {"candidates": [{"content": {}}], "modelVersion": "m", "usageMetadata": {"promptTokenCount": 5}},
            {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7}, "modelVersion": "m"},
        ],
    ],
)
def test_streams_of_others(pieces: list[dict[str, Any]]) -> None:
    """Streams of OpenAI's two APIs, of Ollama and of Gemini, as events or as lines."""
    for text in (
        "\n".join(json.dumps(piece) for piece in pieces),
        "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n",
        json.dumps(pieces),
    ):
        said = answered(answer_of(text))
        assert (said.model, said.used.usage.input, said.used.usage.output) == ("m", 5, 7)
    assert answer_of("not found") == {}


def test_tools_and_steps() -> None:
    """What is marked as a tool or a database is no call of a model."""
    tool, step = read(TOOL), read(SEARCH)
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.status, tool.duration_us) == ("find", "ok", 1_250_000)
    assert isinstance(step, Step)
    assert (step.name, step.type, step.status) == ("search docs", "vector_db", "ok")


@pytest.mark.parametrize(
    ("status", "says"), [(429, "rate_limit"), (500, "server_error"), (-3, "cancelled"), (0, "server_error")]
)
def test_errors(status: int, says: str) -> None:
    """A status of HTTP that is an error, and Helicone's own codes."""
    failed = json.loads(json.dumps(FAILED))
    failed["providerResponse"]["status"] = status
    call = call_of(failed)
    assert (call.status, call.error_message) == (says, "slow down")
    assert call.http_status == (status if status > 0 else None)


def test_as_pythons_logger_writes_it() -> None:
    """Everything without a type is `unknown` there, and what a program threw stands in front of the answer."""
    typed = json.loads(json.dumps(CHAT))
    typed["providerResponse"]["json"] |= {"_type": "unknown", "toolName": "unknown"}
    assert call_of(typed).output_tokens == 20
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1\nopenai.RateLimitError: slow down\n\n{"model": "m"}'
    )
    call = call_of(log(6, {"model": "m"}, text))
    assert (call.status, call.error_message) == ("rate_limit", "openai.RateLimitError: slow down")


def test_ids() -> None:
    """A log has its own id wherever somebody names it; else what it says names it, the same each time."""
    assert call_of(CHAT, {"helicone-request-id": "r-1"}).native_id == "r-1"
    assert call_of(CHAT).native_id == "chatcmpl-Hb27xKq01pZ93vTf"
    assert (
        read(TOOL).native_id
        == read(TOOL).native_id
        != read(log(5, {"_type": "tool", "toolName": "find"}, {})).native_id
    )
    plain = {"model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    assert (
        call_of(log(0, {}, {"id": "chatcmpl-1", **plain})).native_id
        != call_of(log(1, {}, {"id": "chatcmpl-1", **plain})).native_id
    )


def test_the_address_names_the_provider() -> None:
    """The form that is posted to says whose the model is where nothing else does."""
    unknown = log(0, {"model": "my-model"}, {"usage": {"input_tokens": 1}})
    assert call_of(unknown, provider="anthropic").provider == "anthropic"
    assert call_of(unknown).provider == ""


def test_without_times() -> None:
    """A log without times is of when it arrived, and that is told."""
    push = PUSHES[0]
    bare = {name: value for name, value in CHAT.items() if name != "timing"}
    received = push.read(json.dumps(bare).encode(), Sent("application/json", {}, 1_772_442_000_000_000))
    (call,) = received.records
    assert call.started_at == 1_772_442_000_000_000
    assert [one.name for one in received.notices] == ["timing: none, the time of arrival stands for it"]


def test_wrong_times() -> None:
    """An end before its start is refused, and the logger is told so."""
    with pytest.raises(RecordError):
        read(CHAT | {"timing": {"startTime": {"seconds": MORNING}, "endTime": {"seconds": MORNING - 5}}})
