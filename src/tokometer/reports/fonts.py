"""The fonts of reports: Liberation Sans, which the library that draws charts holds, so that both look alike.

The library does not hand them out as files; they are looked up in it by their tables (the OpenType specification,
"Organization of an OpenType Font"), and written into a folder once. Where a release no longer holds them, reports wear
what the system has.
"""

from __future__ import annotations

import mmap
import os
import struct
from importlib import import_module
from pathlib import Path
from typing import Final

from tokometer.host.private import private_folder, write_private
from tokometer.host.regular import open_regular

FAMILY: Final = "Liberation Sans"
#: What an OpenType font with TrueType outlines begins with, and what follows: how many tables it has.
_BEGIN: Final = b"\x00\x01\x00\x00"
_FEWEST, _MOST = 8, 40
_ENTRY: Final = struct.Struct(">4sIII")
#: The name of a family, as a font's `name` table has it.
_NAME: Final = FAMILY.encode("utf-16-be")
_LARGEST: Final = 2 << 20


def font_folder(cache: Path) -> Path | None:
    """A folder with the fonts, below a folder for what can be made again; None where there are none."""
    folder = cache / "fonts"
    if any(folder.glob("*.ttf")):
        return folder
    found = _held()
    if not found:
        return None
    private_folder(folder)
    for at, font in enumerate(found):
        write_private(folder / f"sans-{at}.ttf", font)
    return folder


def _held() -> list[bytes]:
    """The fonts of the family that the library holds."""
    library = import_module("vl_convert.vl_convert").__file__ or ""
    found = []
    opened = open_regular(Path(library), os.O_RDONLY)
    with opened as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_BEGIN)
        while at >= 0:
            size = _size(content, at)
            font = content[at : at + size]
            if size and _NAME in font:
                found.append(font)
            at = content.find(_BEGIN, at + max(size, len(_BEGIN)))
    return found


def _size(content: mmap.mmap, at: int) -> int:
    """How many bytes the font takes that begins there; 0 where none does."""
    count = int.from_bytes(content[at + 4 : at + 6], "big")
    if not _FEWEST <= count <= _MOST:
        return 0
    begin = at + 12
    entries = [_ENTRY.unpack(content[begin + 16 * one : begin + 16 * one + 16]) for one in range(count)]
    tags = [tag for tag, *_ in entries]
    if tags != sorted(tags) or not {b"glyf", b"head", b"name"} <= set(tags):
        return 0
    size = max(place + length for _, _, place, length in entries)
    return size if size <= _LARGEST and at + size <= len(content) else 0
