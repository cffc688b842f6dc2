"""Setting damaged bytes of a DuckDB file right, where its checksums say how.

A checksum of DuckDB is 5381, with the product of each word of 64 bits and a constant put in by exclusive or. So one
flipped bit is found by trying, where only one explains the difference between what is stored and what is computed.
"""

from __future__ import annotations

import os
import re
import struct
import tempfile
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

from tokometer.host.regular import open_regular, read_bytes

_FACTOR: Final = 0xBF58476D1CE4E5B9
_START: Final = 5381
_WORD: Final = 0xFFFFFFFFFFFFFFFF
_BITS: Final = 64
#: A file is headers, then blocks. Each begins with its checksum: one header of the file, two of its checkpoints.
HEADER: Final = 4_096
HEADERS: Final = 3 * HEADER
BLOCK: Final = 262_144
_SUM: Final = 8

_SUMS: Final = r"computed checksum (\d+) does not match stored checksum (\d+)"
_IN_BLOCK: Final = re.compile(_SUMS + r" in block at location (\d+)")
_IN_LOG: Final = re.compile(r"WAL file: entry at byte position (\d+) " + _SUMS)


class Flip(NamedTuple):
    """A bit that may have been flipped: of the word at a place, which is this one now."""

    place: int
    bit: int
    word: int


def checksum(content: bytes) -> int:
    """DuckDB's checksum of whole words."""
    found = _START
    for (word,) in struct.iter_unpack("<Q", content):
        found ^= word * _FACTOR & _WORD
    return found


def set_right(path: Path, log: Path, said: str) -> str:
    """Set right the flipped bit that an error of DuckDB is about. Returns what was done; empty where it is not one bit.

    `said` names the block or the log's entry, and both checksums.
    """
    found = _IN_BLOCK.search(said)
    if found:
        computed, stored, at = map(int, found.groups())
        return _set_right(path, at + _SUM, (HEADER if at < HEADERS else BLOCK) - _SUM, computed ^ stored)
    found = _IN_LOG.search(said)
    if found:
        at, computed, stored = map(int, found.groups())
        with open_regular(log) as file:
            file.seek(at - 2 * _SUM)
            (length,) = struct.unpack("<Q", _read(file, _SUM).ljust(_SUM, b"\0"))
        return _set_right(log, at, min(length, log.stat().st_size - at), computed ^ stored)
    return ""


def mend_headers(path: Path) -> str:
    """Put a sound header in a damaged one's place. Returns what was done; empty where nothing can be.

    Of the headers of the last two checkpoints, the other one: where that is the older, the file is as it was then.
    """
    with open_regular(path, os.O_RDWR) as file:
        first, *others = (_read(file, HEADER) for _ in range(3))
        sound = [len(header) == HEADER and _is_sound(header) for header in others]
        if any(sound) and not all(sound):
            file.seek(HEADER)
            file.write(others[sound.index(True)] * 2)
            return "a header is damaged; the other one is in its place"
        if all(sound) and not _is_sound(first):
            file.seek(0)
            file.write(_first_header())
            return "the first header is damaged; a new one is in its place"
    return ""


def _read(file: FileIO, length: int) -> bytes:
    return file.read(length) or b""


def _is_sound(header: bytes) -> bool:
    return checksum(header[_SUM:]) == int.from_bytes(header[:_SUM], "little")


def _first_header() -> bytes:
    """That of a new file, which differs from any other's only in its name."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "new.duckdb"
        duckdb.connect(str(made)).close()
        return read_bytes(made)[:HEADER]


def _set_right(path: Path, at: int, length: int, difference: int) -> str:
    """Find the bit of a part of a file that makes this difference to its checksum, and flip it back."""
    with open_regular(path, os.O_RDWR) as file:
        file.seek(at)
        found = _flipped(_read(file, length), difference)
        if not found and difference & (difference - 1) == 0:
            # It is in the checksum itself, which stands before what it is of.
            found = [Flip(at - _SUM, difference.bit_length() - 1, 0)]
        else:
            found = [flip._replace(place=at + flip.place) for flip in found]
        sure = _only(found)
        if sure is None:
            return ""
        place = sure.place + sure.bit // 8
        file.seek(place)
        [byte] = _read(file, 1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << sure.bit % 8]))
    return f"a bit of byte {place:,} of {path.name} was flipped; it is set right"


def _flipped(content: bytes, difference: int) -> list[Flip]:
    """All bits of which one, flipped, makes this difference to the checksum."""
    steps = [(1 << bit, (_FACTOR << bit) & _WORD) for bit in range(_BITS)]
    whole = len(content) // _SUM * _SUM
    found = []
    for at, (word,) in enumerate(struct.iter_unpack("<Q", content[:whole])):
        product = word * _FACTOR & _WORD
        wanted = product ^ difference
        # The product of the flipped word is this one's, more or less the constant times the bit.
        for bit, (mask, step) in enumerate(steps):
            other = product - step if word & mask else product + step
            if other & _WORD == wanted:
                found.append(Flip(at * _SUM, bit, word))
    return found


def _only(found: Sequence[Flip]) -> Flip | None:
    """The one bit that it must have been; None where it may have been another.

    Words that are the same make the same difference. Of many that are, and one that is but for this bit, it is the one.
    """
    if len(found) == 1:
        return found[0]
    if len({flip.bit for flip in found}) != 1:
        return None
    by_word: dict[int, list[Flip]] = {}
    for flip in found:
        by_word.setdefault(flip.word, []).append(flip)
    alone = [flips[0] for flips in by_word.values() if len(flips) == 1]
    others = [flips for flips in by_word.values() if len(flips) > 1]
    return alone[0] if len(alone) == len(others) == 1 else None
