"""Streams of answers: their events, when each came, and what all of them say together.

Server-sent events of OpenAI's and Anthropic's APIs, lines of JSON of Ollama's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.collect.proxy.exchange import Piece

_DONE: Final = b"[DONE]"
_BOM: Final = b"\xef\xbb\xbf"
#: An end of a line without a line feed.
_WITHOUT_CR: Final = re.compile(rb"\r(?=[^\n])")
_decode: Final = msgspec.json.Decoder().decode
_MOST_TOOLS: Final = 100
#: What Anthropic's and OpenAI's streams say that is content.
_CONTENT: Final = (
    *("content_block_start", "content_block_delta", "response.output_text.delta", "response.reasoning_text.delta"),
    *("response.reasoning_summary_text.delta", "response.function_call_arguments.delta", "response.refusal.delta"),
    *("message.delta", "reasoning.delta", "tool_call.start"),
)
#: The last line of OpenAI's streams, and the key under which it stands among events.
DONE: Final = "[DONE]"
#: The last events of streams of pictures, of what was heard, and of what is spoken.
_SAYS_USAGE: Final = (
    *("image_generation.completed", "image_edit.completed", "transcript.text.done", "speech.audio.done"),
)
_ENDS: Final = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


class Event(NamedTuple):
    """One event: when its last byte came (monotonic ns), and its object."""

    at: int
    told: dict[str, Any]


class Folded(NamedTuple):
    """A stream as one answer would have been."""

    answer: dict[str, Any]
    #: When the first content came.
    first: int | None
    #: Its last event has come: whatever became of the connection then, nothing is missing.
    complete: bool = False


def events_of(pieces: Iterable[Piece], *, sse: bool) -> Iterator[Event]:
    """The events of a stream that are objects of JSON; one that cannot be read is passed over."""
    if sse:
        yield from _server_sent(pieces)
        return
    for at, line in _lines(pieces):
        told = _object(line)
        if told is not None:
            yield Event(at, told)


def _server_sent(pieces: Iterable[Piece]) -> Iterator[Event]:
    """Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them.

    The data of one event may stand in several lines; some servers part events by nothing, so a line that says all is
    taken as it comes.
    """
    parts: list[bytes] = []
    last = 0
    for at, whole in _lines(Piece(one.at, _WITHOUT_CR.sub(b"\n", one.data)) for one in pieces):
        last = at
        if not whole:
            yield from _joined(parts, at)
            parts.clear()
        elif whole.removeprefix(_BOM).startswith(b"data:"):
            line = whole.removeprefix(_BOM)[5:].strip()
            told = _object(line) if not parts else None
            if line == _DONE:
                yield Event(at, {DONE: True})
            elif told is not None:
                yield Event(at, told)
            elif parts or line[:1] in (b"{", b"["):
                parts.append(line)
    yield from _joined(parts, last)


def _joined(parts: list[bytes], at: int) -> Iterator[Event]:
    """The event whose data are these lines; where they are no object together, those that are one by themselves."""
    told = _object(b"\n".join(parts)) if parts else None
    for one in [told] if told is not None else map(_object, parts):
        if one is not None:
            yield Event(at, one)


def _object(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"{"):
        return None
    try:
        told = _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _lines(pieces: Iterable[Piece]) -> Iterator[tuple[int, bytes]]:
    rest: list[bytes] = []
    last = 0
    for piece in pieces:
        last = piece.at
        start = 0
        while (end := piece.data.find(b"\n", start)) >= 0:
            rest.append(piece.data[start:end])
            yield piece.at, b"".join(rest).strip()
            rest.clear()
            start = end + 1
        rest.append(piece.data[start:])
    line = b"".join(rest).strip()
    if line:
        yield last, line


def folded(form: str, events: Iterable[Event]) -> Folded:
    """What a stream says as a whole; `form` is whose API was asked."""
    if form == "ollama":
        return _ollama(events)
    if form == "anthropic":
        return _anthropic(events)
    return _openai(events)


def _ollama(events: Iterable[Event]) -> Folded:
    answer: dict[str, Any] = {}
    tools: list[Any] = []
    first = None
    for at, told in events:
        message = told.get("message")
        said = message if isinstance(message, dict) else {}
        called = said.get("tool_calls")
        if first is None and (told.get("response") or told.get("thinking") or any(said.get(k) for k in _SAID)):
            first = at
        if isinstance(called, list):
            tools += called[:_MOST_TOOLS]
        answer |= {key: value for key, value in told.items() if key not in ("message", "response", "context")}
    if tools:
        answer["message"] = {"tool_calls": tools}
    return Folded(answer, first, answer.get("done") is True)


_SAID: Final = ("content", "thinking", "tool_calls")


def _anthropic(events: Iterable[Event]) -> Folded:
    answer: dict[str, Any] = {}
    content: list[Any] = []
    first = None
    complete = False
    for at, told in events:
        kind = told.get("type")
        complete = complete or kind == "message_stop"
        if kind == "message_start" and isinstance(told.get("message"), dict):
            answer |= told["message"]
        elif kind == "message_delta":
            delta = told.get("delta")
            answer |= {key: value for key, value in (delta if isinstance(delta, dict) else {}).items() if value}
            _add_usage(answer, told.get("usage"))
        elif kind == "content_block_start" and isinstance(told.get("content_block"), dict):
            block = told["content_block"]
            if block.get("name") and len(content) < _MOST_TOOLS:
                content.append({key: block.get(key) for key in ("type", "id", "name")})
        elif kind == "error":
            answer["error"] = told.get("error") or {"type": "error"}
        if first is None and kind in _CONTENT:
            first = at
    if answer:
        answer["content"] = content
    return Folded(answer, first, complete)


def _add_usage(answer: dict[str, Any], usage: object) -> None:
    """Counts of a later event stand in place of those before; what it leaves out stays, and what it says is none."""
    if isinstance(usage, dict):
        kept = answer.get("usage")
        before = kept if isinstance(kept, dict) else {}
        # They only grow. Servers that speak like Anthropic end with an input of 0, which they had told at the start.
        told = {key: value for key, value in usage.items() if value is not None and (value != 0 or not before.get(key))}
        answer["usage"] = {**before, **told}


def _openai(events: Iterable[Event]) -> Folded:
    """Chat and text completions, responses; LM Studio's own chat, whose last event holds its result."""
    stream = _OpenAi()
    for at, told in events:
        if stream.take(told) and stream.first is None:
            stream.first = at
    return Folded(stream.answer(), stream.first, stream.complete)


class _OpenAi:
    """A stream of OpenAI's form, as far as it has come."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.complete = False
        self._answer: dict[str, Any] = {}
        self._tools: dict[Any, dict[str, Any]] = {}
        self._finish = ""

    def take(self, told: dict[str, Any]) -> bool:
        """Take an event. Returns whether it holds content."""
        kind = told.get("type")
        self.complete = self.complete or kind in (*_ENDS, *_SAYS_USAGE, "chat.end") or DONE in told
        if isinstance(told.get("choices"), list):
            return self._chunk(told)
        if isinstance(told.get("response"), dict) and (kind in _ENDS or not self._answer):
            self._answer |= told["response"]
        elif kind == "chat.end" and isinstance(told.get("result"), dict):
            self._answer |= told["result"]
        elif isinstance(told.get("error"), dict | str):
            self._answer["error"] = told["error"]
        elif kind in _SAYS_USAGE and isinstance(told.get("usage"), dict):
            self._answer["usage"] = told["usage"]
        elif kind == "error":
            self._answer["error"] = {key: told.get(key) for key in ("code", "message")}
        return kind in _CONTENT

    def answer(self) -> dict[str, Any]:
        """The answer that it makes."""
        if self._tools or self._finish:
            said = {"finish_reason": self._finish or None, "message": {"tool_calls": list(self._tools.values())}}
            self._answer["choices"] = [said]
        return self._answer

    def _chunk(self, told: dict[str, Any]) -> bool:
        self._answer |= {key: value for key, value in told.items() if key not in ("choices", "usage")}
        # Groq says it beside where everybody else does, asked for or not.
        groq = told.get("x_groq")
        for usage in (groq.get("usage") if isinstance(groq, dict) else None, told.get("usage")):
            if isinstance(usage, dict):
                self._answer["usage"] = usage
        says = False
        for choice in told["choices"]:
            if isinstance(choice, dict):
                self._finish = choice.get("finish_reason") or self._finish
                says = says or _says(choice)
                _tools(choice, self._tools)
        return says


def _says(choice: dict[str, Any]) -> bool:
    """Whether a piece of an answer holds content, or what a model thinks before it."""
    delta = choice.get("delta")
    said = delta if isinstance(delta, dict) else {}
    return bool(choice.get("text")) or any(
        said.get(key) for key in ("content", "reasoning_content", "reasoning", "tool_calls", "refusal", "function_call")
    )


def _tools(choice: dict[str, Any], found: dict[Any, dict[str, Any]]) -> None:
    delta = choice.get("delta")
    calls = delta.get("tool_calls") if isinstance(delta, dict) else None
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and function.get("name") and len(found) < _MOST_TOOLS:
            key = (choice.get("index"), call.get("index", len(found)))
            found.setdefault(key, {"id": call.get("id"), "function": {"name": function["name"]}})
