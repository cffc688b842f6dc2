"""Native ids, stored without what other columns of the same row already say.

A span's native id is its trace id, its span id and its start; a transcript's is a message id and a request id. Stored
whole they would be a quarter of a call's bytes, so each part that a column holds is kept as one control character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

#: The character that stands for a column's text.
_MARKS: Final = (
    ("\x01", "trace_id"),
    ("\x02", "span_id"),
    ("\x03", "request_id"),
    ("\x06", "session_id"),
    ("\x07", "response_id"),
)
#: Stands for the start in hexadecimal microseconds.
_START: Final = "\x04"
#: All of a span's id.
_SPAN: Final = "\x01:\x02@\x04"
#: In front of an id that is kept as it is, because it holds one of these characters itself.
_VERBATIM: Final = "\x05"
_RESERVED: Final = frozenset("\x01\x02\x03\x04\x05\x06\x07")


def shorten_all(taken: Mapping[str, Sequence[Any]]) -> list[str]:
    """The native ids of many records as their rows keep them. `taken` holds their fields by name."""
    nothing: Sequence[str] = [""] * len(taken["native_id"])
    parts = [taken.get(name, nothing) for _, name in _MARKS]
    return list(map(_shorten, taken["native_id"], taken["started_at"], *parts))


def _shorten(
    text: str, started_at: int, trace_id: str, span_id: str, request_id: str, session_id: str, response_id: str
) -> str:
    if not text.isprintable() and not _RESERVED.isdisjoint(text):
        return _VERBATIM + text
    if trace_id:
        if text == f"{trace_id}:{span_id}@{started_at:x}":
            return _SPAN  # the same by a quarter of the time, for those that come fastest
        text = text.replace(trace_id, "\x01", 1)
    # A text that holds such a character itself must not be taken for one that stands for another's.
    if span_id and span_id.isprintable():
        text = text.replace(span_id, "\x02", 1)
    if request_id and request_id.isprintable():
        text = text.replace(request_id, "\x03", 1)
    if session_id and session_id.isprintable():
        text = text.replace(session_id, "\x06", 1)
    if response_id and response_id.isprintable():
        text = text.replace(response_id, "\x07", 1)
    return text.replace(f"{started_at:x}", _START, 1) if "@" in text else text


def lengthen(text: str, row: dict[str, Any]) -> str:
    """The native id that :func:`shorten_all` made `text` of. `row` holds the columns, `started_at` in microseconds."""
    if text.startswith(_VERBATIM):
        return text[1:]
    for mark, name in _MARKS:
        if mark in text and name in row:
            text = text.replace(mark, row[name])
    return text.replace(_START, f"{row['started_at']:x}")
