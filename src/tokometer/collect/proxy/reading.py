"""A copy of an exchange → what of it is told: counts, names and times, never a word of a prompt or an answer.

Runs in a thread of its own, after the call.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from tokometer.collect.proxy.events import DONE, Event, Folded, events_of, folded
from tokometer.collect.proxy.exchange import Exchange, Piece
from tokometer.collect.proxy.framing import Head
from tokometer.collect.proxy.unpacking import Unpacker, unpacker
from tokometer.sources.machine import host
from tokometer.sources.sessions import session_in_headers, session_in_user

#: Hosts of providers: what the address ends with → the provider's slug.
_HOSTS: Final = (
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("openrouter.ai", "openrouter"),
    ("api.mistral.ai", "mistral"),
    ("api.groq.com", "groq"),
    ("api.deepseek.com", "deepseek"),
    ("api.together.xyz", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("api.x.ai", "x-ai"),
    ("generativelanguage.googleapis.com", "google"),
    (".openai.azure.com", "azure"),
    ("ollama.com", "ollama"),
)
_PORTS: Final = {"11434": "ollama", "1234": "lmstudio"}
#: Headers with the id of a request: Anthropic's, OpenAI's.
_REQUEST_IDS: Final = (b"request-id", b"x-request-id")
#: Of llama.cpp: tokens of the prompt that were worked on, that were in its cache, and that it made.
_TIMINGS: Final = ("prompt_n", "cache_n", "predicted_n")
_LONGEST: Final = 300
_MOST_TOOLS: Final = 100
_MOST_BYTES: Final = 64 << 20
#: Of what an error says.
_LONGEST_ERROR: Final = 500
#: Objects of numbers and short words.
_KEPT: Final = ("usage", "usageMetadata", "stats", "incomplete_details")
_SHORT: Final = (
    *("id", "object", "type", "model", "created", "created_at", "service_tier", "stop_reason", "done_reason", "status"),
    *("prompt_eval_count", "eval_count", "prompt_eval_duration", "eval_duration", "load_duration", "total_duration"),
    *("provider", "model_instance_id", "response_id", "remote_model", "remote_host"),
)
_decode_any: Final = msgspec.json.Decoder().decode


class Asked(msgspec.Struct):
    """What is read of a request's body; everything else is skipped unseen."""

    # Whatever they are: a server refuses what it does not take, and its answer is told with what can be read.
    model: object = None
    user: object = None
    metadata: object = None
    #: What is to be spoken.
    input: object = None


#: The model in a form of parts.
_MODEL: Final = re.compile(rb'name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]{1,300})\r\n')
_decode_asked: Final = msgspec.json.Decoder(Asked).decode


def told_of(exchange: Exchange, provider: str = "") -> dict[str, Any]:
    """An exchange as an item for the source `proxy`; `provider` is what the user calls the server."""
    asked = _asked(exchange)
    read = _answer(exchange)
    status = int(exchange.response.first[1]) if exchange.response is not None else None
    item = {
        "id": exchange.id,
        "started_at": exchange.started_at,
        "latency_ns": exchange.ended - exchange.began,
        "ttft_ns": None if read.first is None else read.first - exchange.began,
        "http_status": status,
        # Many a client closes the connection at the last event, and some servers end it without the last chunk.
        "ending": "whole" if read.complete and exchange.ending in ("left", "cut") else exchange.ending,
        "form": exchange.form,
        "operation": exchange.operation,
        "provider": provider or provider_at(exchange.upstream, exchange.form),
        "model": _word(asked.model),
        "stream": read.streamed,
        "user": _word(asked.user),
        "machine": host(),
        "upstream": exchange.upstream,
        "request_id": _header(exchange.response, _REQUEST_IDS),
        "session_id": _session(exchange.request, asked),
        "answer": reduced(read.answer) | _counted(exchange, asked, read),
        "unread": read.unread,
    }
    return {name: value for name, value in item.items() if value not in (None, "", {}, [])}


def provider_at(url: str, form: str) -> str:
    """Who serves at an address, as far as it says so; empty where nobody can tell."""
    name = url.partition("://")[2].partition("/")[0]
    host_name, _, port = name.rpartition(":") if ":" in name.rpartition("]")[2] else (name, "", "")
    known = next((slug for end, slug in _HOSTS if host_name == end or (end[0] == "." and host_name.endswith(end))), "")
    return known or _PORTS.get(port, "") or (form if form in ("ollama", "lmstudio") else "")


def reduced(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without anything that it says: counts, names, ids, reasons."""
    found = {key: answer[key] for key in _KEPT if answer.get(key) is not None}
    found |= {key: answer[key] for key in _SHORT if isinstance(answer.get(key), str | int)}
    if answer.get("error"):
        found["error"] = _error(answer["error"])
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    said = choice.get("message")
    calls = said.get("tool_calls") if isinstance(said, dict) else None
    ollama = answer.get("message")
    tools = [*_functions(calls), *_functions(ollama.get("tool_calls") if isinstance(ollama, dict) else None)]
    if tools or choice.get("finish_reason"):
        found["choices"] = [{"finish_reason": choice.get("finish_reason"), "message": {"tool_calls": tools}}]
    for key in ("content", "output"):
        blocks = answer.get(key)
        used = (
            [_block(one) for one in blocks if isinstance(one, dict) and one.get("name")]
            if isinstance(blocks, list)
            else []
        )
        if used:
            found[key] = used[:_MOST_TOOLS]
    return found


def _error(error: object) -> dict[str, Any] | str:
    if not isinstance(error, dict):
        return str(error)[:_LONGEST_ERROR]
    said = {key: error[key] for key in ("type", "code", "status") if isinstance(error.get(key), str | int)}
    if isinstance(error.get("message"), str):
        said["message"] = error["message"][:_LONGEST_ERROR]
    return said or {"type": "error"}


def _functions(calls: object) -> list[dict[str, Any]]:
    found = []
    for one in calls[:_MOST_TOOLS] if isinstance(calls, list) else []:
        function = one.get("function") if isinstance(one, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            found.append({"id": one.get("id") or "", "function": {"name": function["name"][:_LONGEST]}})
    return found


def _block(one: dict[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("type", "id", "call_id", "name") if isinstance(one.get(key), str)}


# -- the request -------------------------------------------------------------------------------------------------------


def _asked(exchange: Exchange) -> Asked:
    body = b"".join(exchange.asked)
    coding = exchange.request.get(b"content-encoding")
    try:
        unpack = unpacker(coding)
        if unpack is None:
            return Asked()
        if exchange.request.get(b"content-type").lower().startswith(b"multipart/form-data"):
            named = _MODEL.search(unpack(body or exchange.beginning, _MOST_BYTES))
            return Asked(model=None if named is None else named[1].decode("utf-8", "replace"))
        return _decode_asked(unpack(body, _MOST_BYTES))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, ValueError, zlib.error, EOFError):
        return Asked()


def _word(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _counted(exchange: Exchange, asked: Asked, read: _Read) -> dict[str, Any]:
    """What is counted of pictures that were made, text that was spoken, or elsewhere, where no usage is told."""
    if "usage" in read.answer or exchange.response is None or _is_error(exchange):
        return {}
    if exchange.operation == "speech" and isinstance(asked.input, str):
        return {"usage": {"characters": len(asked.input)}}
    timings = read.answer.get("timings")
    if isinstance(timings, dict) and all(isinstance(timings.get(name), int) for name in _TIMINGS):
        # llama.cpp, whose streams say what they used only where they are asked to.
        fresh, read_again, output = (timings[name] for name in _TIMINGS)
        cached = {"cached_tokens": read_again}
        tokens = {"prompt_tokens": fresh + read_again, "completion_tokens": output, "prompt_tokens_details": cached}
        return {"usage": tokens}
    made = read.answer.get("data")
    if exchange.operation == "image_generation" and isinstance(made, list) and made:
        return {"usage": {"images": len(made)}}
    return {}


# -- the answer --------------------------------------------------------------------------------------------------------


class _Read:
    """What was read of an answer."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        #: When the first piece of content came (monotonic ns).
        self.first: int | None = None
        self.streamed = False
        #: It came to the end that its form has.
        self.complete = False
        #: Why what was used is not known; empty where the answer was read.
        self.unread = ""


def _answer(exchange: Exchange) -> _Read:
    read = _Read()
    response = exchange.response
    if response is None:
        return read
    coding = response.get(b"content-encoding")
    unpack = unpacker(coding)
    if unpack is None:
        read.unread = f"content-encoding {coding.decode('latin-1')[:40]}"
        return read
    if exchange.gap and coding:
        read.unread = "a packed answer of more than 8 MiB"
        return read
    media_type = response.get(b"content-type").partition(b";")[0].strip().lower()
    if exchange.operation == "speech" and media_type.startswith((b"audio/", b"application/octet-stream")):
        # Sound says nothing of what it took.
        read.first = next((piece.at for piece in exchange.head), None)
        return read
    if exchange.operation == "transcription" and media_type == b"text/plain":
        return read
    try:
        pieces = list(_unpacked(exchange, unpack))
        if media_type in (b"text/event-stream", b"application/x-ndjson", b"application/jsonl"):
            read.streamed = True
            _stream(exchange, media_type == b"text/event-stream", pieces, read)
        else:
            _whole(exchange, pieces, read)
    except (zlib.error, EOFError, ValueError) as error:
        read.unread = f"its {coding.decode('latin-1')[:40] or 'form'} cannot be read ({type(error).__name__})"
    return read


def _unpacked(exchange: Exchange, unpack: Unpacker) -> Iterator[Piece]:
    left = _MOST_BYTES
    for piece in (*exchange.head, *exchange.tail):
        data = unpack(piece.data, left)
        left -= len(data)
        if left <= 0:
            raise ValueError("too much")
        if data:
            yield Piece(piece.at, data)


def _stream(exchange: Exchange, sse: bool, pieces: Iterable[Piece], read: _Read) -> None:
    events: list[Event] = list(events_of(pieces, sse=sse))
    found: Folded = folded(exchange.form, events)
    read.answer, read.first, read.complete = found.answer, found.first, found.complete
    if not found.answer and events and any(DONE not in event.told for event in events):
        read.unread = "a stream in a form that is not known"


def _whole(exchange: Exchange, pieces: list[Piece], read: _Read) -> None:
    if exchange.gap:
        read.answer = _at_its_end(b"".join(piece.data for piece in exchange.tail))
        read.unread = "" if read.answer else "an answer of more than 8 MiB"
        return
    body = b"".join(piece.data for piece in pieces)
    if not body.strip():
        return
    try:
        told = _decode_any(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        start = body.lstrip()[:6]
        if not _is_error(exchange) and start.startswith((b"data:", b"event:", b"{")):
            # A stream that its server calls something else.
            read.streamed = True
            _stream(exchange, not start.startswith(b"{"), pieces, read)
        else:
            # A page of a proxy in between, or an error in words.
            read.unread = "" if _is_error(exchange) else "an answer that is not JSON"
        return
    if isinstance(told, list):
        told = told[0] if told else {}
    if isinstance(told, dict):
        read.answer = told


def _at_its_end(tail: bytes) -> dict[str, Any]:
    """What the end of a long answer says: many embeddings are tens of megabytes, with what they used behind them."""
    text = tail[tail.rfind(b"]") + 1 :]
    # Behind the last list; where usage holds one itself, behind its name.
    at = tail.rfind(b'"usage"')
    text = tail[at:] if at >= 0 and tail[at - 1 : at] != b"\\" else text
    inner = text.strip().removeprefix(b",")
    try:
        told = _decode_any(b"{" + inner)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _is_error(exchange: Exchange) -> bool:
    return exchange.response is not None and int(exchange.response.first[1]) >= 400  # noqa: PLR2004


def _session(request: Head, asked: Asked) -> str:
    """The session of which a client says that its request is."""
    named = session_in_headers(lambda name: request.get(name.encode()).decode("latin-1"))
    user = asked.metadata.get("user_id") if isinstance(asked.metadata, dict) else None
    return named or (session_in_user(user) if isinstance(user, str) else "")


def _header(head: Head | None, names: Iterable[bytes]) -> str:
    if head is None:
        return ""
    return next((value.decode("latin-1")[:_LONGEST] for name in names if (value := head.get(name))), "")
