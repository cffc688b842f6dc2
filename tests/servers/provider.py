"""A made-up provider on loopback: OpenAI's chat, responses and embeddings, and Anthropic's messages, with streams.

Every answer uses the same tokens, whatever is asked, so that a test knows what is right. A model called `fail-STATUS`
fails with it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from secrets import token_hex
from typing import Any, ClassVar

#: Of each answer: prompt with the cache inside, read from the cache, answer with reasoning inside, reasoning.
PROMPT, CACHED, ANSWER, REASONING = 1_200, 1_000, 340, 40
#: Of Anthropic's, disjoint: input, cache read, cache write (5 m), output.
INPUT, READ, WRITTEN, OUTPUT = 200, 1_000, 50, 340
TEXT = ("Good ", "morning", ".")


def chat_usage() -> dict[str, Any]:
    """What a chat completion used."""
    return {
        "prompt_tokens": PROMPT,
        "completion_tokens": ANSWER,
        "total_tokens": PROMPT + ANSWER,
        "prompt_tokens_details": {"cached_tokens": CACHED, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": REASONING, "audio_tokens": 0},
    }


def responses_usage() -> dict[str, Any]:
    """What a response used."""
    return {
        "input_tokens": PROMPT,
        "input_tokens_details": {"cached_tokens": CACHED},
        "output_tokens": ANSWER,
        "output_tokens_details": {"reasoning_tokens": REASONING},
        "total_tokens": PROMPT + ANSWER,
    }


def messages_usage() -> dict[str, Any]:
    """What a message used."""
    return {
        "input_tokens": INPUT,
        "cache_read_input_tokens": READ,
        "cache_creation_input_tokens": WRITTEN,
        "cache_creation": {"ephemeral_5m_input_tokens": WRITTEN, "ephemeral_1h_input_tokens": 0},
        "output_tokens": OUTPUT,
        "service_tier": "standard",
    }


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: with Nagle's algorithm the second waits for the reader, 40 ms.
    disable_nagle_algorithm = True
    numbers: ClassVar[count[int]] = count(1)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing."""

    def do_GET(self) -> None:
        """Which models there are."""
        self._json(200, {"object": "list", "data": [{"id": "gpt-5.2", "object": "model", "owned_by": "us"}]})

    def do_POST(self) -> None:
        """An answer to whatever is asked."""
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        name = token_hex(12)
        model = str(asked.get("model", ""))
        if "fail-" in model:
            status = int(model.rpartition("fail-")[2])
            self._json(status, {"error": {"message": "made to fail", "type": "made_up", "code": str(status)}})
            return
        path = self.path.partition("?")[0]
        if path.endswith("/chat/completions"):
            self._chat(asked, model, f"chatcmpl-{name}")
        elif path.endswith("/responses"):
            self._response(asked, model, f"resp_{name}")
        elif path.endswith("/embeddings"):
            data = [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}]
            usage = {"prompt_tokens": 8, "total_tokens": 8}
            self._json(200, {"object": "list", "model": model, "data": data, "usage": usage})
        elif path.endswith("/messages"):
            self._message(asked, model, f"msg_01{name[:22]}")
        else:
            self._json(404, {"error": {"message": "there is nothing here"}})

    def _chat(self, asked: dict[str, Any], model: str, name: str) -> None:
        head = {
            "id": name,
            "created": 1_790_000_000,
            "model": model,
            "system_fingerprint": "fp",
            "service_tier": "default",
        }
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "".join(TEXT), "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            self._json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": chat_usage()})
            return
        chunk = {**head, "object": "chat.completion.chunk"}
        events = [{**chunk, "choices": [_delta({"role": "assistant", "content": text})]} for text in TEXT]
        events.append({**chunk, "choices": [_delta({}, "stop")]})
        if (asked.get("stream_options") or {}).get("include_usage"):
            events.append({**chunk, "choices": [], "usage": chat_usage()})
        self._stream([("", event) for event in events], done=True)

    def _response(self, asked: dict[str, Any], model: str, name: str) -> None:
        text = {"type": "output_text", "text": "".join(TEXT), "annotations": [], "logprobs": []}
        output = [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [text]}]
        begun = {
            "id": name,
            "object": "response",
            "created_at": 1_790_000_000,
            "model": model,
            "output": [],
            "status": "in_progress",
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "temperature": 1.0,
            "top_p": 1.0,
            "usage": None,
        }
        ended = {**begun, "status": "completed", "output": output, "usage": responses_usage()}
        if not asked.get("stream"):
            self._json(200, ended)
            return
        part = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
        told = [
            ("response.created", {"response": begun}),
            *(("response.output_text.delta", {**part, "delta": piece}) for piece in TEXT),
            ("response.completed", {"response": ended}),
        ]
        self._stream([(kind, {"type": kind, "sequence_number": at, **what}) for at, (kind, what) in enumerate(told)])

    def _message(self, asked: dict[str, Any], model: str, name: str) -> None:
        head = {"id": name, "type": "message", "role": "assistant", "model": model, "stop_sequence": None}
        if not asked.get("stream"):
            content = [{"type": "text", "text": "".join(TEXT)}]
            self._json(200, {**head, "content": content, "stop_reason": "end_turn", "usage": messages_usage()})
            return
        begun = {**messages_usage(), "output_tokens": 1}
        start = {**head, "content": [], "stop_reason": None, "usage": begun}
        stop = {"stop_reason": "end_turn", "stop_sequence": None}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
                for text in TEXT
            ),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": stop, "usage": {"output_tokens": OUTPUT}},
            {"type": "message_stop"},
        ]
        self._stream([(event["type"], event) for event in events])

    def _stream(self, events: list[tuple[str, dict[str, Any]]], *, done: bool = False) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for name, event in events:
            self._chunk((f"event: {name}\n" if name else "") + f"data: {json.dumps(event)}\n\n")
        if done:
            self._chunk("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        body = text.encode()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", f"req_{next(self.numbers):024x}")
        self.end_headers()
        self.wfile.write(body)


def _delta(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}


@contextmanager
def provider() -> Iterator[str]:
    """A provider for the time of the block; its address, without a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
