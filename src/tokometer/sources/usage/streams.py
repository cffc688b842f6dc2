"""The text of a streamed answer, kept as it came → the answer that its pieces make, as far as a meter needs it.

Pieces are events (`data: {…}`) or JSON a line, of OpenAI's two APIs, Anthropic's, Gemini's or Ollama's. What was said
in them is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tokometer.records import RecordError
from tokometer.sources.jsonl import json_value

_DATA: Final = "data:"
#: A stream of more pieces is read by its last ones, where usage stands.
_MOST: Final = 100_000


def answer_of(body: str) -> dict[str, Any]:
    """The answer in a body: the one that it is, or the one that its pieces make; empty where it is neither."""
    text = body.strip()
    if text.startswith(("{", "[")):
        try:
            whole = json_value(text)
        except RecordError:
            pass
        else:
            pieces = whole if isinstance(whole, list) else [whole]
            return _joined(piece for piece in pieces if isinstance(piece, dict))
    return _joined(_pieces(text))


def _pieces(text: str) -> Iterator[dict[str, Any]]:
    for line in text.split("\n")[-_MOST:]:
        piece = line.strip().removeprefix(_DATA).strip()
        if piece.startswith("{"):
            try:
                value = json_value(piece)
            except RecordError:
                continue
            if isinstance(value, dict):
                yield value


def _joined(pieces: Iterator[dict[str, Any]] | Any) -> dict[str, Any]:  # noqa: ANN401 - any pieces
    answer: dict[str, Any] = {}
    for piece in pieces:
        held = piece.get("response") or piece.get("message")
        if isinstance(held, dict) and str(piece.get("type", "")).startswith(("response.", "message_")):
            # Anthropic's beginning, and OpenAI's Responses at each of their steps.
            _take(answer, held)
        delta = piece.get("delta")
        if isinstance(delta, dict) and piece.get("type") == "message_delta":
            _take(answer, delta)
        if piece.get("type") in (None, "message", "message_delta", "error"):
            _take(answer, piece if piece.get("type") != "message_delta" else {"usage": piece.get("usage")})
    return answer


def _take(answer: dict[str, Any], piece: dict[str, Any]) -> None:
    """Take what a piece knows; a later one knows better, and of usage each key by itself."""
    for key, value in piece.items():
        if value is None or value in ("", [], {}):
            continue
        if key == "usage" and isinstance(value, dict) and isinstance(answer.get(key), dict):
            answer[key] = answer[key] | {name: count for name, count in value.items() if count is not None}
        elif key in ("choices", "candidates") and key in answer and not _ends(value):
            continue
        else:
            answer[key] = value


def _ends(choices: object) -> bool:
    """Whether one of the choices says why it ended."""
    listed = choices if isinstance(choices, list) else []
    return any(isinstance(one, dict) and (one.get("finish_reason") or one.get("finishReason")) for one in listed)
