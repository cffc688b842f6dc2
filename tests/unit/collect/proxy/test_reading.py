"""What is read of a copy of a call: tokens, times, tools, outcome; and nothing that was said."""

from __future__ import annotations

import gzip
import json
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from servers.answering import Answering, Reply, answering
from servers.models import (
    ANTHROPIC_STREAM,
    EMBEDDINGS,
    OLLAMA_CHAT,
    OPENAI_STREAM,
    OPENAI_USAGE,
    RESPONSES_STREAM,
    USAGE,
    events,
    whole,
)
from servers.passing import Proxied, proxied
from tokometer.collect.proxy import exchange as exchanges
from tokometer.collect.proxy.framing import Head
from tokometer.collect.proxy.reading import provider_at, told_of
from tokometer.records import ModelCall, ToolCall

ASKED: dict[str, Any] = {"model": "asked", "stream": True, "user": "ada", "messages": [{"content": "a secret"}]}


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server that answers what a test tells it to."""
    with answering() as found:
        yield found


@pytest.fixture
def proxy(server: Answering) -> Iterator[Proxied]:
    """A proxy in front of it."""
    with proxied(server.url) as found:
        yield found


def post(proxy: Proxied, path: str, asked: Any = None, body: bytes | None = None, **headers: str) -> bytes:
    """The answer to a request."""
    data = body if body is not None else json.dumps(asked or ASKED).encode()
    request = urllib.request.Request(f"{proxy.url}{path}", data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.read()


def counts(call: ModelCall) -> tuple[int | None, ...]:
    """Input, cache reads and writes, output, reasoning."""
    written = call.cache_write_5m_tokens
    return (call.input_tokens, call.cache_read_tokens, written, call.output_tokens, call.reasoning_tokens)


def test_a_stream_of_ollama(server: Answering, proxy: Proxied) -> None:
    """The last line has the counts; tools are asked for in between."""
    server.replies["/api/chat"] = OLLAMA_CHAT
    post(proxy, "/api/chat")
    call, tool = proxy.records()
    assert isinstance(call, ModelCall)
    assert (call.model, call.status, call.stop_reason) == ("llama3.1:8b", "ok", "stop")
    assert (call.input_tokens, call.output_tokens) == (26, 298)
    assert call.ttft_us is not None
    assert call.latency_us is not None
    assert 0 < call.ttft_us <= call.latency_us
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.call_id) == ("search", call.native_id)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/openai/deployments/x/chat/completions?api-version=1"])
def test_a_stream_of_openai_with_usage(server: Answering, proxy: Proxied, path: str) -> None:
    """The last piece has the counts, the cache and the reasoning inside of them."""
    server.replies["/v1/chat/completions"] = server.replies[path.partition("?")[0]] = events(
        *OPENAI_STREAM, OPENAI_USAGE
    )
    post(proxy, path)
    call, tool = proxy.records()
    assert isinstance(call, ModelCall)
    assert counts(call) == (200, 1_000, None, 30, 12)
    assert (call.model, call.stop_reason, call.response_id) == ("gpt-5-mini-2025-08-07", "tool_calls", "chatcmpl-1")
    assert (call.request_id, call.user, call.provider) == ("req_7", "ada", "openai")
    assert isinstance(tool, ToolCall)
    assert (tool.name, tool.use_id) == ("search", "call_1")


def test_a_stream_of_openai_without_usage_is_a_call_of_unknown_tokens(server: Answering, proxy: Proxied) -> None:
    """What an answer does not say is unknown, not nothing, and it is told that something is missing."""
    server.replies["/v1/chat/completions"] = events(*OPENAI_STREAM)
    post(proxy, "/v1/chat/completions")
    received = proxy.received()
    call = received.records[0]
    assert isinstance(call, ModelCall)
    assert counts(call) == (None, None, None, None, None)
    assert [notice.name for notice in received.notices] == ["an answer of openai form without usage"]


def test_a_stream_of_anthropic(server: Answering, proxy: Proxied) -> None:
    """Input is counted at the beginning, output at the end; the cache stands beside the input."""
    server.replies["/v1/messages"] = events(*ANTHROPIC_STREAM, named=True, done=False, **{"request-id": "req_a"})
    post(proxy, "/v1/messages?beta=true")
    call, tool = proxy.records()
    assert isinstance(call, ModelCall)
    assert counts(call) == (10, 90, 20, 40, None)
    assert (call.model, call.stop_reason, call.request_id) == ("claude-sonnet-4-5-20250929", "tool_use", "req_a")
    assert isinstance(tool, ToolCall)
    assert tool.use_id == "toolu_1"


def test_a_stream_of_responses(server: Answering, proxy: Proxied) -> None:
    """The event that ends it holds the whole answer."""
    server.replies["/v1/responses"] = events(*RESPONSES_STREAM, named=True, done=False)
    post(proxy, "/v1/responses")
    call, tool = proxy.records()
    assert isinstance(call, ModelCall)
    assert counts(call) == (40, 60, None, 20, 5)
    assert call.response_id == "resp_1"
    assert isinstance(tool, ToolCall)


def test_an_answer_in_one_piece(server: Answering, proxy: Proxied) -> None:
    """It has no first token; its counts are read all the same."""
    choice = {"index": 0, "message": {"content": "A secret"}, "finish_reason": "stop"}
    server.replies["/v1/chat/completions"] = whole(
        {"id": "c", "model": "gpt-5-mini", "choices": [choice], "usage": USAGE}
    )
    server.replies["/v1/embeddings"] = EMBEDDINGS
    post(proxy, "/v1/chat/completions")
    post(proxy, "/v1/embeddings")
    chat, embedding = proxy.records(2)
    assert isinstance(chat, ModelCall)
    assert isinstance(embedding, ModelCall)
    assert (counts(chat), chat.ttft_us, chat.stop_reason) == ((200, 1_000, None, 30, 12), None, "stop")
    assert (embedding.operation, embedding.input_tokens) == ("embeddings", 8)


def test_lm_studio_counts_in_its_own_words(server: Answering, proxy: Proxied) -> None:
    """Its chat says `stats`."""
    stats = {"input_tokens": 30, "total_output_tokens": 20, "reasoning_output_tokens": 5, "tokens_per_second": 9.1}
    server.replies["/api/v1/chat"] = whole(
        {"model_instance_id": "qwen3", "output": [], "stats": stats, "response_id": "r"}
    )
    post(proxy, "/api/v1/chat")
    call = proxy.call()
    assert (call.model, call.input_tokens, call.output_tokens, call.reasoning_tokens) == ("qwen3", 30, 20, 5)


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        (404, {"error": "model 'm' not found"}, "invalid_request", "model 'm' not found"),
        (429, {"error": {"type": "rate_limit_error", "message": "slow down"}}, "rate_limit", "slow down"),
        (401, {"type": "error", "error": {"type": "authentication_error", "message": "no"}}, "auth_error", "no"),
        (500, "<html>oops</html>", "server_error", ""),
    ],
)
def test_a_call_that_fails_says_how(
    server: Answering, proxy: Proxied, status: int, body: Any, expected: str, message: str
) -> None:
    """By its status, in the words of the server, with the model that was asked for."""
    data = body if isinstance(body, str) else json.dumps(body)
    server.replies["/v1/chat/completions"] = Reply(data.encode(), status, {"Content-Type": "application/json"})
    post(proxy, "/v1/chat/completions")
    call = proxy.call()
    assert (call.status, call.http_status, call.error_message, call.model) == (expected, status, message, "asked")


def test_a_stream_may_end_in_an_error(server: Answering, proxy: Proxied) -> None:
    """200 at the beginning is no promise."""
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    server.replies["/v1/messages"] = events(ANTHROPIC_STREAM[0], failed, named=True, done=False)
    post(proxy, "/v1/messages")
    call = proxy.call()
    assert (call.status, call.error_message, call.input_tokens) == ("server_error", "Overloaded", 10)


def packed(reply: Reply, coding: str) -> Reply:
    """An answer, packed."""
    if coding == "gzip":
        body = gzip.compress(reply.body)
    elif coding == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        body = zstd.compress(reply.body)
    else:
        pack = zlib.compressobj(wbits=-15 if coding == "bare" else 15)
        body = pack.compress(reply.body) + pack.flush()
    headers = {**reply.headers, "Content-Encoding": "deflate" if coding == "bare" else coding}
    return Reply(body, headers=headers, chunked=True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "bare", "zstd"])
def test_a_packed_stream_is_read_and_passed_on_packed(server: Answering, proxy: Proxied, coding: str) -> None:
    """What the client asked for is what it gets; a copy is unpacked."""
    reply = server.replies["/v1/chat/completions"] = packed(events(*OPENAI_STREAM, OPENAI_USAGE), coding)
    assert post(proxy, "/v1/chat/completions", **{"Accept-Encoding": "gzip, deflate, zstd"}) == reply.body
    assert server.heard[0].headers["Accept-Encoding"] == "gzip, deflate, zstd"
    assert counts(proxy.call()) == (200, 1_000, None, 30, 12)


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_what_cannot_be_unpacked_is_told(server: Answering, proxy: Proxied, coding: str) -> None:
    """Brotli, and what is not what it says."""
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    server.replies["/v1/chat/completions"] = Reply(b"\x00\x01nothing", headers=headers)
    post(proxy, "/v1/chat/completions")
    received = proxy.received()
    assert coding in received.notices[0].name
    assert not received.refusals


def test_a_packed_request_is_read(server: Answering, proxy: Proxied) -> None:
    """Codex packs what it sends."""
    server.replies["/v1/responses"] = Reply(b"", 500)
    post(proxy, "/v1/responses", body=gzip.compress(json.dumps(ASKED).encode()), **{"Content-Encoding": "gzip"})
    assert proxy.call().model == "asked"


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b'{"model": 5}', b'{"model": "\\ud800"}'])
def test_a_request_that_is_odd_is_passed_on_and_counted(server: Answering, proxy: Proxied, body: bytes) -> None:
    """What the client asked is its server's to judge."""
    server.replies["/v1/embeddings"] = EMBEDDINGS
    post(proxy, "/v1/embeddings", body=body)
    assert proxy.call().input_tokens == 8


def test_a_very_long_stream_is_read_at_its_end(
    server: Answering, proxy: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is longer than is kept the middle is left out: usage comes at the end."""
    monkeypatch.setattr(exchanges, "MOST_ANSWER", 2_000)
    monkeypatch.setattr(exchanges, "_TAIL", 20_000)
    server.replies["/v1/chat/completions"] = events(*([OPENAI_STREAM[1]] * 4_000), OPENAI_USAGE)
    post(proxy, "/v1/chat/completions")
    assert counts(proxy.call()) == (200, 1_000, None, 30, 12)
    assert proxy.seen[0].gap
    assert sum(len(piece.data) for piece in (*proxy.seen[0].head, *proxy.seen[0].tail)) < 300_000


def test_nothing_that_was_said_is_told(server: Answering, proxy: Proxied) -> None:
    """Neither prompts nor answers nor arguments of tools leave the proxy."""
    server.replies |= {
        "/api/chat": OLLAMA_CHAT,
        "/v1/chat/completions": events(*OPENAI_STREAM, OPENAI_USAGE),
        "/v1/messages": events(*ANTHROPIC_STREAM, named=True),
        "/v1/responses": events(*RESPONSES_STREAM, named=True),
    }
    paths = list(server.replies)
    for path in paths:
        assert b"ecret" in post(proxy, path)
    assert "ecret" not in json.dumps(proxy.items(len(paths)))


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        ("http://localhost:11434", "openai", "ollama"),
        ("http://gpu-1:1234", "openai", "lmstudio"),
        ("https://api.openai.com", "openai", "openai"),
        ("https://me.openai.azure.com", "openai", "azure"),
        ("http://gpu-1:8000", "openai", ""),
        ("http://gpu-1:8000", "ollama", "ollama"),
        ("http://[::1]:11434", "openai", "ollama"),
        ("https://notapi.openai.com.evil", "openai", ""),
    ],
)
def test_a_server_is_called_by_its_address(url: str, form: str, expected: str) -> None:
    """Where the address says nothing, nothing is made up."""
    assert provider_at(url, form) == expected


ANTHROPIC_ALIKE = (
    (
        "message_start",
        {"message": {"id": "msg_1", "model": "glm-5", "usage": {"input_tokens": 25, "output_tokens": 1}}},
    ),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "a"}}),
    ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": 0, "output_tokens": 15}}),
    ("message_stop", {}),
)


def anthropic_alike() -> list[bytes]:
    """The events of a server that speaks like Anthropic."""
    return [f"event: {kind}\ndata: {json.dumps({'type': kind, **told})}\n\n".encode() for kind, told in ANTHROPIC_ALIKE]


def test_a_count_of_nothing_takes_back_no_count(server: Answering, proxy: Proxied) -> None:
    """Servers that speak like Anthropic tell the input at the start, and 0 of it at the end."""
    server.replies["/v1/messages"] = Reply(b"".join(anthropic_alike()), headers={"Content-Type": "text/event-stream"})
    post(proxy, "/v1/messages")
    (call,) = proxy.records()
    assert isinstance(call, ModelCall)
    assert (call.input_tokens, call.output_tokens) == (25, 15)


@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/v1/messages", b"".join(anthropic_alike())),
        ("/api/chat", b'{"model":"m","done":true,"prompt_eval_count":25,"eval_count":15}\n'),
        (
            "/v1/chat/completions",
            b'data: {"choices":[],"usage":{"prompt_tokens":25,"completion_tokens":15}}\n\ndata: [DONE]\n\n',
        ),
        (
            "/v1/responses",
            b'data: {"type":"response.completed","response":{"usage":{"input_tokens":25,"output_tokens":15}}}\n\n',
        ),
    ],
)
def test_a_stream_whose_last_event_came_is_whole(path: str, last: bytes) -> None:
    """Whoever closes the connection then, client or server: the call is neither cancelled nor failed."""
    form, operation = exchanges.SHAPES[path if path in exchanges.SHAPES else path.removeprefix("/v1")]
    for ending in ("left", "cut"):
        seen = exchanges.Exchange(Head((b"POST", path.encode(), b"HTTP/1.1"), ()), (form, operation), "http://gpu:8000")
        kind = b"application/x-ndjson" if form == "ollama" else b"text/event-stream"
        seen.response = Head((b"HTTP/1.1", b"200", b"OK"), ((b"content-type", kind, b""),))
        seen.answer(last)
        seen.end(ending)  # type: ignore[arg-type]
        assert told_of(seen)["ending"] == "whole"
        cut = exchanges.Exchange(seen.request, (form, operation), seen.upstream)
        cut.response = seen.response
        cut.answer(last[: len(last) // 2])
        cut.end(ending)  # type: ignore[arg-type]
        assert told_of(cut)["ending"] == ending


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/embeddings", b'{"data":[%s],"model":"m","usage":{"prompt_tokens":25,"total_tokens":25}}'),
        ("/api/embed", b'{"model":"m","embeddings":[%s],"total_duration":14143917,"prompt_eval_count":25}'),
    ],
)
def test_what_a_very_long_answer_used_is_read_at_its_end(
    monkeypatch: pytest.MonkeyPatch, path: str, answer: bytes
) -> None:
    """Thousands of embeddings, and the counts behind them; an answer that ends otherwise is told as unread."""
    monkeypatch.setattr(exchanges, "MOST_ANSWER", 2_000)
    monkeypatch.setattr(exchanges, "_TAIL", 1_000)
    shape = exchanges.shape_of(b"POST", path.encode())
    assert shape is not None
    other = b'0.1],"text":"says \\"usage\\": {'
    for end, unread in ((answer.split(b"%s")[1], ""), (other, "an answer of more than 8 MiB")):
        seen = exchanges.Exchange(Head((b"POST", path.encode(), b"HTTP/1.1"), ()), shape, "http://gpu:8000")
        seen.response = Head((b"HTTP/1.1", b"200", b"OK"), ((b"content-type", b"application/json", b""),))
        for piece in (answer[:20], *[b"0.1," * 100] * 50, end):
            seen.answer(piece)
        seen.end("whole")
        told = told_of(seen)
        assert told.get("unread", "") == unread
        if not unread:
            counts = told["answer"].get("usage") or told["answer"]
            assert counts.get("prompt_tokens", counts.get("prompt_eval_count")) == 25


def test_a_stream_under_another_name_is_read(server: Answering, proxy: Proxied) -> None:
    """Lines of JSON that are called JSON, and events that are called text."""
    lines = b'{"model":"m","response":"a","done":false}\n{"done":true,"prompt_eval_count":25,"eval_count":15}\n'
    server.replies["/api/generate"] = Reply(lines, headers={"Content-Type": "application/json"})
    server.replies["/v1/messages"] = Reply(b"".join(anthropic_alike()), headers={"Content-Type": "text/plain"})
    for path in ("/api/generate", "/v1/messages"):
        post(proxy, path)
    assert [(call.input_tokens, call.output_tokens) for call in proxy.records() if isinstance(call, ModelCall)] == [
        (25, 15)
    ] * 2


def test_the_session_that_a_client_names(server: Answering, proxy: Proxied) -> None:
    """In a header, or as Claude Code does in the name of its user."""
    server.replies["/v1/messages"] = events(*ANTHROPIC_STREAM, named=True, done=False)
    post(proxy, "/v1/messages", Session_id="thread-1")
    post(proxy, "/v1/messages", {"metadata": {"user_id": "user_5d_account__session_d2e70091-3007"}})
    sessions = [(record.kind, getattr(record, "session_id", "")) for record in proxy.records()]
    assert sessions == [(kind, name) for name in ("thread-1", "d2e70091-3007") for kind in ("calls", "tools")]


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_a_model_that_is_only_loaded_is_no_call(server: Answering, proxy: Proxied, reason: str) -> None:
    """`ollama run` asks for nothing first, so that its model is there when somebody does."""
    server.replies["/api/generate"] = Reply(
        json.dumps({"model": "m", "response": "", "done": True, "done_reason": reason}).encode(),
        headers={"Content-Type": "application/json"},
    )
    post(proxy, "/api/generate")
    received = proxy.received()
    assert (received.records, received.refusals, received.notices) == ([], [], [])
