"""Large bodies in portions: each a body by itself that is decoded and kept before the next, so that memory is bounded.

Where a body ends is told by looking at few of its bytes; what is in it is not decoded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

#: What a portion has at most, in bytes, but for a single record that is larger …
PORTION_BYTES: Final = 1 << 20
#: … and in records.
PORTION_RECORDS: Final = 16_384

_RAW: Final = msgspec.json.Decoder(msgspec.Raw)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_SPACE: Final = b" \t\r\n"
#: Between two objects of a list, of whichever list.
_BETWEEN: Final = re.compile(rb"\}[ \t\r\n]*+(,)[ \t\r\n]*+(?=\{)")
#: So many places of these, in so many of a portion's last bytes, are tried; then it is read from its beginning.
_TRIES: Final = 8
_TAIL: Final = 64 * 1024
#: A string (or the start of one that never ends), or what divides. Possessive, so that nothing is tried twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},]', re.DOTALL)


def lines(body: bytes, most: int = PORTION_BYTES) -> Iterator[bytes]:
    """A body of lines in portions of whole lines."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + most - 1) + 1 or len(body)
        if body.count(b"\n", start, end) > PORTION_RECORDS:
            end = start
            for _ in range(PORTION_RECORDS):
                end = body.find(b"\n", end) + 1
        yield body[start:end]
        start = end


def is_json(text: bytes) -> bool:
    """Whether a text is one JSON value and nothing else. Takes no memory however large it is."""
    try:
        _RAW.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def array(text: bytes, most: int = PORTION_BYTES) -> Iterator[bytes]:
    """A JSON list in lists that have its elements, in their order; it may have mistakes within its elements.

    Raises:
        ValueError: It does not end where it should. What came before may have been given.
    """
    text = text.strip(_SPACE)
    if not text.startswith(b"[") or not text.endswith(b"]"):
        raise ValueError("not a list")
    start, stop = 1, len(text) - 1
    size = most
    while stop - start > size:
        end, count = _guessed(text, start, start + size)
        if count > PORTION_RECORDS:
            size = max(size * PORTION_RECORDS // count // 2, 1)
            continue
        end = end or _found(text, start, start + size, stop)
        if end == stop:
            break
        yield b"[" + text[start:end] + b"]"
        start = end + 1
    yield b"[" + text[start:stop] + b"]"


def _guessed(text: bytes, start: int, until: int) -> tuple[int, int]:
    """The last comma between two elements before `until`, and how many elements come before it; 0 where none is found.

    What comes before a comma is whole elements if it can be read as a list: JSON can be read in one way only.
    """
    places = [match.start(1) for match in _BETWEEN.finditer(text, max(start, until - _TAIL), until)]
    for place in reversed(places[-_TRIES:]):
        try:
            return place, len(_RAWS.decode(b"[" + text[start:place] + b"]"))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            continue
    return 0, 0


def _found(text: bytes, start: int, until: int, stop: int) -> int:
    """The last comma between two elements before `until`, else the first after it, else `stop`; by reading it all."""
    depth = count = last = 0
    for token in _TOKEN.finditer(text, start, stop):
        what = token[0]
        if what in b"[{":
            depth += 1
        elif what in b"]}":
            depth -= 1
            if depth < 0:
                raise ValueError("brackets that do not match")
        elif what == b"," and not depth:
            count += 1
            if last and (token.start() > until or count > PORTION_RECORDS):
                return last
            last = token.start()
            if last > until:
                return last
    if depth:
        raise ValueError("brackets that do not match")
    return last if last and stop > until else stop
