"""How spans that failed, were cut short or recovered are read."""

from __future__ import annotations

from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.records import AgentRun, ModelCall
from tokometer.sources.otlp import decode_traces

CHAT: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
ERROR = {"code": 2}


def thrown(kind: str, text: str = "") -> dict[str, Any]:
    """An exception event."""
    return {
        "name": "exception",
        "timeUnixNano": 1,
        "attributes": {"exception.type": kind, "exception.message": text},
    }


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, int | None]] = {
    "nothing said": ({}, {}, "ok", None),
    "status OK": ({}, {"status": {"code": 1}}, "ok", None),
    "status ERROR alone": ({}, {"status": ERROR}, "server_error", None),
    "error.type": ({"error.type": "openai.RateLimitError"}, {"status": ERROR}, "rate_limit", None),
    "error.type without a status": ({"error.type": "timeout"}, {}, "timeout", None),
    "error.type that is an HTTP status": ({"error.type": "429"}, {"status": ERROR}, "rate_limit", 429),
    "HTTP status": ({"http.response.status_code": 401}, {"status": ERROR}, "auth_error", 401),
    "HTTP status alone": ({"http.status_code": 503}, {}, "server_error", 503),
    "a good HTTP status of a call that failed": (
        {"http.response.status_code": 200, "error.type": "TimeoutError"},
        {"status": ERROR},
        "timeout",
        200,
    ),
    "exception event": ({}, {"status": ERROR, "events": [thrown("asyncio.TimeoutError")]}, "timeout", None),
    "exception event without a status": ({}, {"events": [thrown("APIConnectionTimeout")]}, "timeout", None),
    "exception that was dealt with": (
        {"gen_ai.usage.output_tokens": 5},
        {"events": [thrown("RateLimitError")]},
        "ok",
        None,
    ),
    "cancelled": ({"error.type": "asyncio.CancelledError"}, {"status": ERROR}, "cancelled", None),
    "told by the message": ({}, {"status": {"code": 2, "message": "rate limit reached"}}, "rate_limit", None),
    "Langfuse level": (
        {"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": "deadline exceeded"},
        {},
        "timeout",
        None,
    ),
    "Claude Code's success": ({"success": False, "error": "overloaded"}, {}, "server_error", None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_status_is_what_the_span_tells(case: str) -> None:
    """Status, `error.type`, HTTP status and exceptions together give one of our statuses."""
    attributes, fields, status, http_status = CASES[case]
    (call,) = decode_traces(protobuf(span(attributes=CHAT | attributes, **fields)), "protobuf").records
    assert isinstance(call, ModelCall)
    assert (call.status, call.http_status) == (status, http_status)


def test_error_messages_are_kept_without_keys_and_cut() -> None:
    """An error message is kept up to 500 characters, and what looks like a key is taken out."""
    message = f"Incorrect API key provided: sk-proj-{'a1' * 20}. " + "x" * 2000
    given = span(attributes=CHAT, status={"code": 2, "message": message})
    (call,) = decode_traces(protobuf(given), "protobuf").records
    assert isinstance(call, ModelCall)
    assert call.error_message.startswith("Incorrect API key provided: …. xxx")
    assert len(call.error_message) == 500


def test_a_span_without_an_end_is_running() -> None:
    """A span that is sent while it runs has no latency, and the whole one that follows has the higher revision."""
    agent = span("invoke_agent a", {"gen_ai.operation.name": "invoke_agent"}, endTimeUnixNano=0)
    (run,) = decode_traces(protobuf(agent), "protobuf").records
    assert isinstance(run, AgentRun)
    assert (run.status, run.ended_at) == ("running", None)
    begun = span(attributes=CHAT, endTimeUnixNano=0)
    whole = begun | {"endTimeUnixNano": begun["startTimeUnixNano"] + 10**9}
    (early,) = decode_traces(protobuf(begun), "protobuf").records
    (late,) = decode_traces(protobuf(whole), "protobuf").records
    assert isinstance(early, ModelCall)
    assert early.latency_us is None
    assert early.id == late.id
    assert late.revision > early.revision


@pytest.mark.parametrize(
    "name",
    ["First Token Stream Event", "ai.stream.firstChunk", "gen_ai.content.first_token", "llm.content.completion.chunk"],
)
def test_the_first_token_is_taken_from_its_event(name: str) -> None:
    """Where no attribute says it, the first event of a stream gives the time to the first token."""
    given = span(attributes=CHAT)
    start = given["startTimeUnixNano"]
    events = [{"name": name, "timeUnixNano": start + late * 10**6} for late in (700, 300, 900)]
    (call,) = decode_traces(protobuf(given | {"events": events}), "protobuf").records
    assert isinstance(call, ModelCall)
    assert call.ttft_us == 300_000


@pytest.mark.parametrize(
    ("attributes", "endpoint"),
    [
        ({"server.address": "localhost", "server.port": 11434}, "localhost:11434"),
        ({"server.address": "api.example.com", "server.port": 443}, "api.example.com"),
        ({"server.address": "https://user:secret@api.example.com/v1?key=secret"}, "api.example.com"),
        ({"gen_ai.openai.api_base": "https://api.example.com:8443/v1/"}, "api.example.com:8443"),
    ],
)
def test_an_endpoint_is_a_host_and_never_a_secret(attributes: dict[str, Any], endpoint: str) -> None:
    """Only host and unusual port of an address are kept: paths, queries and user names can hold keys."""
    (call,) = decode_traces(protobuf(span(attributes=CHAT | attributes)), "protobuf").records
    assert isinstance(call, ModelCall)
    assert call.endpoint == endpoint
