"""What the world does to files and requests, and what must change nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final

#: A field that no version of any tool has.
UNKNOWN: Final = "tokometerConformanceUnknown"
#: Lines that no tool writes.
BAD_LINES: Final = (
    b"{",
    b'{"type": "assistant", "mess',
    b"[]",
    b"null",
    b"17",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"\\ud800": 1}',
    b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
)


def with_unknown(value: Any, open_keys: Collection[str], *, of: str = "") -> Any:  # noqa: ANN401 - any JSON
    """The same JSON with a field more in every object, but for those below `open_keys`."""
    if isinstance(value, dict):
        more = {key: with_unknown(one, open_keys, of=key) for key, one in value.items()}
        return more if of in open_keys else {**more, UNKNOWN: "something new"}
    if isinstance(value, list):
        return [with_unknown(one, open_keys, of=of) for one in value]
    return value


def text_with_unknown(content: bytes, open_keys: Collection[str]) -> bytes:
    """The same for a JSON document, or for JSON lines. What is no JSON stays as it is."""
    with suppress(ValueError):
        return json.dumps(with_unknown(json.loads(content), open_keys), ensure_ascii=False).encode()
    return b"".join(_line_with_unknown(line, open_keys) for line in content.splitlines(keepends=True))


def _line_with_unknown(line: bytes, open_keys: Collection[str]) -> bytes:
    try:
        value = json.loads(line)
    except ValueError:
        return line
    end = b"\n" if line.endswith(b"\n") else b""
    return json.dumps(with_unknown(value, open_keys), ensure_ascii=False, separators=(",", ":")).encode() + end


def with_bad_lines(content: bytes, random: Random) -> bytes:
    """Lines with others between them that cannot be read."""
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    for bad in BAD_LINES:
        # Not before the first: in some formats it says what the file is.
        lines.insert(random.randint(1, len(lines)) if lines else 0, bad + b"\n")
    return b"".join(lines)


def cuts(length: int, random: Random, most: int = 6) -> list[int]:
    """Places at which something is cut, the end among them."""
    places = {random.randrange(length) for _ in range(min(most, length))} if length else set()
    return sorted({*places, length})


def snapshot(paths: Iterable[Path]) -> dict[Path, bytes]:
    """What stands in files."""
    return {path: path.read_bytes() for path in paths}
