"""One request and its answer, as the proxy sees them go by: a copy, and when each piece of it came.

Everything here runs beside the bytes that are passed on, and after them: it copies, and understands nothing yet.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections import deque
from typing import Final, Literal, NamedTuple

from tokometer.collect.proxy.framing import Head

#: How an exchange ended: whole; the client went away; the server's answer broke off; there was no answer.
Ending = Literal["whole", "left", "cut", "unanswered"]
#: Of a request and of an answer that is kept at most (bytes): of a longer answer its beginning and its end.
MOST_REQUEST: Final = 8 << 20
MOST_ANSWER: Final = 8 << 20
_TAIL: Final = 1 << 20
_BEGINNING: Final = 64 << 10
#: What tells this run of the proxy from all others.
_RUN: Final = secrets.token_hex(6)
_numbers: Final = itertools.count(1)

#: Ends of paths → what is asked there, and in whose form.
SHAPES: Final[dict[str, tuple[str, str]]] = {
    "/api/chat": ("ollama", "chat"),
    "/api/generate": ("ollama", "text_completion"),
    "/api/embed": ("ollama", "embeddings"),
    "/api/embeddings": ("ollama", "embeddings"),
    "/chat/completions": ("openai", "chat"),
    "/completions": ("openai", "text_completion"),
    "/embeddings": ("openai", "embeddings"),
    "/responses": ("openai", "chat"),
    "/images/generations": ("openai", "image_generation"),
    "/images/edits": ("openai", "image_generation"),
    "/images/variations": ("openai", "image_generation"),
    "/audio/transcriptions": ("openai", "transcription"),
    "/audio/translations": ("openai", "transcription"),
    "/audio/speech": ("openai", "speech"),
    "/v1/messages": ("anthropic", "chat"),
    "/api/v1/chat": ("lmstudio", "chat"),
}
#: The longest first: `/chat/completions` is no `/completions`.
_ENDS: Final = sorted(SHAPES, key=len, reverse=True)


def shape_of(method: bytes, target: bytes) -> tuple[str, str] | None:
    """The form in which a request asks a model, and for what; None for a request that asks none."""
    if method != b"POST":
        return None
    path = target.partition(b"?")[0].decode("latin-1").rstrip("/")
    return next((SHAPES[end] for end in _ENDS if path.endswith(end)), None)


class Piece(NamedTuple):
    """Some bytes of an answer's body, and when they came (monotonic ns)."""

    at: int
    data: bytes


class Exchange:
    """What is kept of one request and its answer."""

    def __init__(self, request: Head, shape: tuple[str, str], upstream: str) -> None:
        self.id = f"{_RUN}-{next(_numbers):x}"
        self.request = request
        self.form, self.operation = shape
        self.upstream = upstream
        #: Microseconds since the epoch, and the same moment by the monotonic clock (ns).
        self.started_at = time.time_ns() // 1_000
        self.began = time.monotonic_ns()
        self.ended = 0
        self.ending: Ending = "whole"
        self.asked: list[bytes] = []
        self.asked_bytes = 0
        #: Of a request that is longer, its first bytes.
        self.beginning = b""
        self.response: Head | None = None
        self.head: deque[Piece] = deque()
        self.tail: deque[Piece] = deque()
        self.answer_bytes = 0
        self._tail_bytes = 0
        #: Something of the middle of the answer is not kept.
        self.gap = False

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return min(self.asked_bytes, MOST_REQUEST) + min(self.answer_bytes, MOST_ANSWER + _TAIL)

    def ask(self, data: bytes) -> None:
        """Some bytes of the request's body."""
        self.asked_bytes += len(data)
        if self.asked_bytes <= MOST_REQUEST:
            self.asked.append(data)
        else:
            # Half of it can be read as little as none, but for a form, which names its model before its files.
            if self.asked:
                self.beginning = b"".join(self.asked)[:_BEGINNING]
            self.asked.clear()

    def answer(self, data: bytes) -> None:
        """Some bytes of the answer's body."""
        piece = Piece(time.monotonic_ns(), data)
        self.answer_bytes += len(data)
        if self.answer_bytes <= MOST_ANSWER:
            self.head.append(piece)
            return
        self.tail.append(piece)
        self._tail_bytes += len(data)
        while self._tail_bytes - len(self.tail[0].data) >= _TAIL:
            self._tail_bytes -= len(self.tail.popleft().data)
            self.gap = True

    def end(self, ending: Ending) -> None:
        """It is over."""
        self.ended = time.monotonic_ns()
        self.ending = ending
