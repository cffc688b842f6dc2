"""Reading a file of lines from where it was left, while its writer goes on.

A line is taken once it is complete. A file that was truncated, replaced or rewritten is read from its start again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec

from tokometer.host.regular import open_regular

#: How much is read at once; a line that is longer makes its own buffer.
BLOCK: Final = 1 << 20
#: A line above this is not read into memory.
LINE_LIMIT: Final = 32 << 20
_WITNESS: Final = 256
_BRACE: Final = ord("}")

#: What some editors and Windows tools write before the first line.
BOM: Final = b"\xef\xbb\xbf"

#: Buffers between uses: touching fresh memory costs as much as reading into it.
_spare: list[bytearray] = []


class _State(msgspec.Struct, array_like=True):
    """Where a file was left; `witness` is a digest of its first bytes and of those before `offset`.

    Of a file that is read whole it names the parts that it had.
    """

    device: int
    inode: int
    offset: int
    size: int
    mtime_ns: int
    witness: bytes
    extra: bytes


_decode_state = msgspec.msgpack.Decoder(_State).decode
_encode = msgspec.msgpack.Encoder().encode
_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode


class Block(NamedTuple):
    """Whole lines: `data[:end]`, the last byte of which is a newline. Valid until the next block is asked for."""

    data: bytearray
    end: int
    #: Where in the file `data` begins.
    offset: int


class Stamp(NamedTuple):
    """What tells cheaply whether a file has changed, with those beside it that count as a part of it."""

    device: int
    inode: int
    #: Of all of them together.
    size: int
    #: Of the one that was written last.
    mtime_ns: int

    @classmethod
    def of(cls, path: str | os.PathLike[str], beside: Sequence[str] = ()) -> Self:
        """That of a file; `beside` are the endings of the names of others.

        Raises:
            OSError: It is gone, or nobody may look.
        """
        status = os.stat(path)  # noqa: PTH116 - paths come as text, too
        size, written = status.st_size, status.st_mtime_ns
        for ending in beside:
            with suppress(OSError):
                other = os.stat(f"{os.fspath(path)}{ending}")  # noqa: PTH116
                if other.st_size:
                    # An empty one holds nothing, and whoever only reads may have made it.
                    size, written = size + other.st_size, max(written, other.st_mtime_ns)
        return cls(status.st_dev, status.st_ino, size, written)


def whole_state(stamp: Stamp, extra: bytes = b"", held: Sequence[str] = ()) -> bytes:
    """The state of a file that was read whole when `stamp` was taken; `extra` is the source's own.

    `held` are the parts (tables) that it had and that were read: one that is gone is told (:func:`held_of`).
    """
    device, inode, size, written = stamp
    return _encode(_State(device, inode, size, size, written, "\n".join(held).encode(), extra))


def extra_of(state: bytes, stamp: Stamp) -> bytes:
    """What the source kept in a state of :func:`whole_state`; empty where there is none that can be read.

    It is empty, too, where another file stands in the place of the one that it was kept of: `stamp` is of the file now.
    """
    try:
        left = _decode_state(state) if state else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return b""
    same = left is not None and (left.device, left.inode) == (stamp.device, stamp.inode)
    return left.extra if left is not None and same else b""


def held_of(state: bytes) -> list[str]:
    """The parts that a file had when it was left in a state of :func:`whole_state`."""
    try:
        return _decode_state(state).witness.decode().splitlines() if state else []
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def unchanged(state: bytes, stamp: Stamp) -> bool:
    """Whether a file has not been touched since `state`, judged by what the system says of it; cheap."""
    if not state:
        return False
    try:
        left = _decode_state(state)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return (
        left.mtime_ns == stamp.mtime_ns
        and left.size == stamp.size
        and left.inode == stamp.inode
        and left.device == stamp.device
    )


def taken(state: bytes) -> int:
    """How many bytes of a file had been taken when it was left in `state`."""
    try:
        return max(0, _decode_state(state).offset) if state else 0
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


class Tail:
    """One reading of one file, as a context manager: take `blocks()` or `lines()`, then keep `state()`.

    Attributes:
        offset: Everything before it has been taken.
        extra: What the source kept from the previous reading; empty when the file is read from its start.
        restarted: True where the file is not the one that `state` described, so that it is read from its start again.
        oversized: Offsets of lines above `LINE_LIMIT`, which were passed over.
    """

    def __init__(self, path: Path, state: bytes) -> None:
        """Open `path` where `state` left it.

        Raises:
            OSError: It cannot be opened, or is not a regular file.
        """
        self.oversized: list[int] = []
        #: Where the rest of a line begins whose start was too long to keep.
        self._skipping = False
        self._file = open_regular(path)
        try:
            self._status = os.fstat(self._file.fileno())
            left = self._resume(state)
        except BaseException:
            self._file.close()
            raise
        self.offset = left.offset if left else 0
        self.extra = left.extra if left else b""
        self.restarted = bool(state) and left is None

    @property
    def size(self) -> int:
        """How many bytes the file had when it was opened."""
        return self._status.st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def blocks(self) -> Iterator[Block]:
        """What is new, in blocks of whole lines.

        A last line without a newline is taken if it is a complete JSON value (its writer will not add to it), else
        left for the next reading. A line can be empty. A byte order mark at the beginning is no part of the first one.
        """
        buffer = _spare.pop() if _spare else bytearray(BLOCK)
        self._begin()
        have = 0
        try:
            while True:
                if have == len(buffer):
                    buffer, have = self._make_room(buffer, have)
                with memoryview(buffer) as view, view[have:] as room:
                    count = self._file.readinto(room)
                if not count:
                    break
                seen, have = have, have + count
                end = buffer.rfind(b"\n", seen, have) + 1
                if not end:
                    continue
                if self._skipping:
                    # The end of the line that was too long.
                    first = buffer.find(b"\n", 0, end) + 1
                    self._skipping = False
                    buffer[: have - first] = buffer[first:have]
                    self.offset += first
                    have, end = have - first, end - first
                if end:
                    yield Block(buffer, end, self.offset)
                    self.offset += end
                    have -= end
                    buffer[:have] = buffer[end : end + have]
            if self._skipping:
                # Its end is still to come: the next reading passes over it again.
                self.offset = self.oversized.pop()
            elif have and buffer[have - 1] == _BRACE and _is_complete(buffer, have):
                buffer[have : have + 1] = b"\n"
                yield Block(buffer, have + 1, self.offset)
                self.offset += have
        finally:
            if len(buffer) == BLOCK:
                _spare.append(buffer)

    def _begin(self) -> None:
        """Go where the reading goes on: behind a byte order mark where it begins."""
        self._file.seek(0)
        if not self.offset and self._file.read(len(BOM)) == BOM:
            self.offset = len(BOM)
        self._file.seek(self.offset)

    def views(self) -> Iterator[tuple[int, memoryview]]:
        """Like :meth:`lines`, without a copy: a line is valid until the next one is asked for."""
        for data, end, offset in self.blocks():
            find, view = data.find, memoryview(data)
            start = 0
            while start < end:
                stop = find(b"\n", start, end)
                if stop > start:
                    yield offset + start, view[start:stop]
                start = stop + 1

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """What is new, line by line, with each line's offset in the file; without newlines and empty lines."""
        for data, end, offset in self.blocks():
            start = 0
            while start < end:
                stop = data.find(b"\n", start, end)
                if stop > start:
                    yield offset + start, bytes(data[start:stop])
                start = stop + 1

    def state(self, extra: bytes = b"") -> bytes:
        """The state with which the next reading goes on; `extra` is the source's own."""
        # The status is the one from before reading: what was appended since makes the file look changed, as it should.
        status = self._status
        return _encode(
            _State(
                device=status.st_dev,
                inode=status.st_ino,
                offset=self.offset,
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                witness=self._witness(self.offset),
                extra=extra,
            )
        )

    def _resume(self, state: bytes) -> _State | None:
        if not state:
            return None
        try:
            left = _decode_state(state)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        same = (
            left.inode == self._status.st_ino
            and left.device == self._status.st_dev
            and 0 <= left.offset <= self._status.st_size
            and left.witness == self._witness(left.offset)
        )
        return left if same else None

    def _witness(self, offset: int) -> bytes:
        """A digest by which a rewritten file is told from one that grew."""
        length = min(_WITNESS, offset)
        digest = blake2b(digest_size=8)
        for start in (0, offset - length):
            self._file.seek(start)
            digest.update(self._file.read(length) or b"")
        return digest.digest()

    def _make_room(self, buffer: bytearray, have: int) -> tuple[bytearray, int]:
        """A larger buffer for a line that fills this one, or this one emptied if the line is beyond the limit."""
        if have < LINE_LIMIT and not self._skipping:
            larger = bytearray(have * 2)
            larger[:have] = buffer
            return larger, have
        if not self._skipping:
            self.oversized.append(self.offset)
            self._skipping = True
        self.offset = self._after_hole(self.offset + have)
        return buffer, 0

    def _after_hole(self, offset: int) -> int:
        """Where the file goes on after a hole at an offset: there is no end of a line in it, however long it is."""
        handle = self._file.fileno()
        try:
            return os.lseek(handle, offset, os.SEEK_DATA)
        except OSError as error:
            # ENXIO: nothing comes any more. Others: the system knows of no holes.
            return (
                os.lseek(handle, 0, os.SEEK_END)
                if error.errno == errno.ENXIO
                else os.lseek(handle, offset, os.SEEK_SET)
            )
        except AttributeError:
            return offset


def _is_complete(buffer: bytearray, length: int) -> bool:
    with memoryview(buffer) as view, view[:length] as line:
        try:
            _decode_raw(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
    return True
