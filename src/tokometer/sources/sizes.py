"""How much a result puts into a prompt: bytes of its text, and tokens of its pictures. The content itself is not kept.

Text is measured as it stands in JSON, without making a Python object of it: the bulk of what agents write down is the
output of tools. Pictures are counted by their own size, as Anthropic's documentation of vision says: a token for each
750 pixels, after scaling to at most 1,568 on the longer side.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

#: Tokens of a picture of which nobody says how large it is: the most that one takes.
PICTURE: Final = 1_600
_LONGEST_SIDE: Final = 1_568
_PIXELS_PER_TOKEN: Final = 750
#: As much of a picture as says how large it is, in base64.
_HEAD: Final = 64
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_QUOTE: Final = ord('"')
_LIST: Final = (ord("["), ord("{"))
#: Parts of an object that name something and are not sent.
_NAMES: Final = frozenset(
    {"type", "path", "filePath", "filename", "displayPath", "hash", "mtime", "uri", "id", "media_type", "uuid"}
)
_MOST_DEPTH: Final = 20


class Size(NamedTuple):
    """How much something puts into a prompt."""

    #: Bytes of text, in UTF-8.
    bytes: int
    #: Tokens of pictures.
    image_tokens: int

    def __add__(self, other: Size) -> Size:  # type: ignore[override]
        """Both together."""
        return Size(self.bytes + other.bytes, self.image_tokens + other.image_tokens)


NOTHING: Final = Size(0, 0)


def size_of(raw: Raw | bytes) -> Size:
    """The size of a JSON value: of a text, of a list of blocks, or of whatever texts and pictures are within."""
    data = bytes(raw)
    if not data:
        return NOTHING
    if data[0] == _QUOTE:
        return Size(_bytes_of(data), 0)
    if data[0] not in _LIST:
        return NOTHING
    try:
        return size_within(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOTHING


def size_within(value: Any, depth: int = 0) -> Size:  # noqa: ANN401 - whatever JSON has
    """The size of all texts and pictures within a decoded value; names of files and types are not counted."""
    if isinstance(value, str):
        return Size(len(value.encode("utf-8", "replace")), 0)
    if depth > _MOST_DEPTH:
        return NOTHING
    if isinstance(value, list):
        return _sum(size_within(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return NOTHING
    picture = _picture(value)
    if picture is not None:
        return Size(0, picture)
    return _sum(size_within(item, depth + 1) for name, item in value.items() if name not in _NAMES)


def tokens_of_pixels(width: int, height: int) -> int:
    """What a picture of so many pixels takes."""
    longer = max(width, height, 1)
    if longer > _LONGEST_SIDE:
        width, height = width * _LONGEST_SIDE // longer, height * _LONGEST_SIDE // longer
    return max(1, min(PICTURE, width * height // _PIXELS_PER_TOKEN))


def _sum(sizes: Any) -> Size:  # noqa: ANN401 - an iterator of sizes
    text = image = 0
    for size in sizes:
        text += size.bytes
        image += size.image_tokens
    return Size(text, image)


def _bytes_of(quoted: bytes) -> int:
    """Bytes of a text in JSON: each escape is one, a pair of backslashes too."""
    return max(0, len(quoted) - 2 - quoted.count(b"\\") + quoted.count(b"\\\\"))


def _picture(value: dict[str, Any]) -> int | None:
    """Tokens of what is a picture: by its stated size, by what its first bytes say, or the most."""
    data = value.get("base64") or (value.get("data") if value.get("type") == "base64" else None)
    if not isinstance(data, str):
        return None
    stated = value.get("dimensions")
    if isinstance(stated, dict):
        width, height = (stated.get(f"display{side}") or stated.get(f"original{side}") for side in ("Width", "Height"))
        if isinstance(width, int) and isinstance(height, int):
            return tokens_of_pixels(width, height)
    try:
        head = b64decode(data[:_HEAD])
    except (Error, ValueError):
        return PICTURE
    if head.startswith(_PNG):
        return tokens_of_pixels(int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    if head.startswith(_GIF):
        return tokens_of_pixels(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    return PICTURE
