"""The pieces of a JSON list or object that cannot be decoded as a whole, so that what is wrong in one spoils only that.

Only strings, brackets and commas are looked at, without recursion: however deep a piece is, it is passed over.
"""

from __future__ import annotations

import re
from typing import Final

#: A text that is longer is not taken apart: what is wrong in it spoils all of it.
MOST_BYTES: Final = 4 << 20

#: A string (or the start of one that never ends), or what divides. Possessive, so that nothing is tried twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},]', re.DOTALL)
_KEY: Final = re.compile(rb'\s*+("(?:[^"\\]++|\\.)*+")\s*+:', re.DOTALL)
_SPACE: Final = b" \t\r\n"
_OPENING, _CLOSING, _COMMA = b"[{", b"]}", b","


def elements(text: bytes) -> list[bytes]:
    """The elements of a JSON list, as they stand there.

    Raises:
        ValueError: This is not one list from its first bracket to its last.
    """
    return _pieces(text.strip(_SPACE), b"[]")


def members(text: bytes) -> dict[bytes, bytes]:
    """The values of a JSON object by their keys in quotes, as they stand there; of one key twice the last.

    Raises:
        ValueError: This is not one object from its first brace to its last.
    """
    found: dict[bytes, bytes] = {}
    for piece in _pieces(text.strip(_SPACE), b"{}"):
        key = _KEY.match(piece)
        if key is None:
            raise ValueError("a member without a key")
        found[key[1]] = piece[key.end() :].strip(_SPACE)
    return found


def _pieces(text: bytes, brackets: bytes) -> list[bytes]:
    if len(text) > MOST_BYTES or text[:1] != brackets[:1] or text[-1:] != brackets[1:]:
        raise ValueError("not one list or object")
    found: list[bytes] = []
    depth, start, end = 0, 1, len(text) - 1
    for token in _TOKEN.finditer(text):
        what = token[0]
        if what in _OPENING:
            depth += 1
        elif what in _CLOSING:
            depth -= 1
            if not depth and token.start() != end:
                raise ValueError("something follows the list or object")
        elif what == _COMMA and depth == 1:
            found.append(text[start : token.start()].strip(_SPACE))
            start = token.end()
    if depth:
        raise ValueError("brackets that do not match")
    last = text[start:end].strip(_SPACE)
    return [*found, last] if found or last else []
