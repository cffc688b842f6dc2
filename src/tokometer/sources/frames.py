"""Files of lines that their tool has compressed (`.jsonl.zst`), as blocks of lines.

Codex compresses a rollout that has lain idle for a week, and takes it out again when its thread goes on; OpenClaw
compresses what it archives. Such a file is read whole when it is new or has changed, and never from where it was left:
hardly anybody adds to one. DeepSeek Harness does, a frame at a time, and so leaves a last one that is half written.

What decompression may take is bounded: memory by the window and the block, time by the ratio.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from tokometer.host.regular import open_regular
from tokometer.sources.tail import BLOCK, LINE_LIMIT, Block

SUFFIX: Final = ".zst"
_SUFFIXES: Final = (SUFFIX, ".zstd")
#: The largest window that is decoded, as a power of two: what a decoder has to remember. `zstd -19` asks for 2^23.
_WINDOW_LOG: Final = 26
#: This is text, of which none is a thousand times smaller when it is compressed; below the floor nothing matters.
_RATIO: Final = 1_000
_FLOOR: Final = 256 << 20
_CEILING: Final = 16 << 30
_INPUT: Final = 32 << 10


class Damaged(Exception):
    """A file ends or goes wrong in the middle; what came before is sound."""


class Torn(Damaged):
    """A file ends in the middle of a frame."""


class Frames:
    """One reading of one compressed file: take `blocks()`, then look at `damage`.

    Attributes:
        oversized: Offsets (in the decompressed text) of lines above `LINE_LIMIT`, which were passed over.
        damage: (offset in the decompressed text, reason) where the file could not be read to its end.
    """

    def __init__(self, path: Path, *, growing: bool = False) -> None:
        """Name the file; it is opened by :meth:`blocks`. One that is `growing` may end in the middle."""
        self._path = path
        self._growing = growing
        self.oversized: list[int] = []
        self.damage: tuple[int, str] | None = None

    def blocks(self) -> Iterator[Block]:
        """The file's text in blocks of whole lines.

        A last line without a newline is given as one: nobody will add to it. Of a damaged file it is given only if
        it may be whole, that is if it ends as an object does; of one that is growing not before it is.

        Raises:
            OSError: The file cannot be read.
        """
        have, offset, skipping = bytearray(), 0, False
        try:
            with open_regular(self._path) as file:
                for chunk in _chunks(file):
                    seen = len(have)
                    have += chunk
                    end = have.rfind(b"\n", seen) + 1
                    if not end:
                        if len(have) > LINE_LIMIT:
                            if not skipping:
                                self.oversized.append(offset)
                            skipping = True
                            offset += len(have)
                            have.clear()
                        continue
                    start = have.find(b"\n") + 1 if skipping else 0
                    skipping = False
                    yield Block(have[start:end], end - start, offset + start)
                    offset += end
                    del have[:end]
        except Damaged as damaged:
            if not self._growing or not isinstance(damaged, Torn):
                self.damage = (offset + len(have), str(damaged))
            if self.damage is None or not have.endswith(b"}"):
                return
        if have and not skipping:
            yield Block(have + b"\n", len(have) + 1, offset)


def is_compressed(path: Path) -> bool:
    """Whether a file's name says that it is compressed."""
    return path.name.endswith(_SUFFIXES)


def head_of(path: Path, size: int) -> bytes:
    """The first `size` bytes of a file's text, compressed or not; less where it is shorter or damaged.

    Raises:
        OSError: The file cannot be read.
    """
    with open_regular(path) as file:
        if not is_compressed(path):
            return file.read(size) or b""
        head = b""
        try:
            for chunk in _chunks(file):
                head += chunk
                if len(head) >= size:
                    break
        except Damaged:
            pass
        return head[:size]


def unpacked(packed: bytes, most: int) -> bytes:
    """What a small thing that is compressed holds, a column of a database for instance.

    Raises:
        Damaged: It cannot be read, or holds more than `most` bytes.
    """
    text = b""
    for chunk in _chunks(BytesIO(packed)):
        text += chunk
        if len(text) > most:
            raise Damaged(f"it holds more than {most:,} bytes")
    return text


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """The text of a file of any number of frames, in pieces of at most `BLOCK`.

    Raises:
        Damaged: It cannot be read further, or holds more than such a file can.
    """
    # Imported where needed: few have such files, and it costs 5 ms.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    options = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_LOG}
    frame = zstd.ZstdDecompressor(options=options)
    taken = given = 0
    begun = False
    while True:
        data = file.read(_INPUT) or b""
        if not data:
            break
        taken += len(data)
        while data or not frame.needs_input:
            begun = True
            try:
                text = frame.decompress(data, BLOCK)
            except zstd.ZstdError as error:
                raise Damaged(_explained(error)) from None
            data = b""
            given += len(text)
            if given > min(max(_FLOOR, _RATIO * taken), _CEILING):
                raise Damaged(f"the compressed file holds more than {_RATIO:,} times its size, so it is no transcript")
            if text:
                yield text
            if frame.eof:
                data = frame.unused_data
                frame = zstd.ZstdDecompressor(options=options)
                begun = False
    if begun:
        raise Torn("the compressed file ends in the middle")


def _explained(error: Exception) -> str:
    text = str(error)
    if "window" in text.lower() or "too much memory" in text.lower():
        return f"the compressed file asks for a window above {1 << (_WINDOW_LOG - 20)} MiB"
    return "the compressed file is damaged"
