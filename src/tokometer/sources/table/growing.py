"""Files of text that their programs write to while we read: a last line without an end may be half of one.

Half a row can look like a whole one (`…,12` of `…,1234`), and would be counted beside it.
"""

from __future__ import annotations

import codecs
import os
import time
from pathlib import Path
from typing import Final

from tokometer.host.regular import open_regular
from tokometer.sources import folders

#: So long after it was written last (seconds) a file is taken as it stands: many end without the end of a line.
QUIET: Final = 60.0
_PIECE: Final = 1 << 20
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_growing(path: Path) -> bool:
    """Whether a file is text in lines that was written to a moment ago.

    Raises:
        OSError: It is gone, or nobody may look.
    """
    if not path.name.lower().endswith((".csv", ".tsv")) or abs(time.time() - path.stat().st_mtime) > QUIET:
        return False
    return not folders.head(path, 2).startswith(_WIDE)


def whole_lines(path: Path, folder: Path) -> tuple[Path, bool]:
    """A copy of a file in a folder, without what stands after the last end of a line; whether there was anything.

    Raises:
        OSError: It cannot be read, or there is no room for the copy.
    """
    copy = folder / f"whole{path.suffix}"
    with open_regular(path) as file, open_regular(copy, os.O_RDWR | os.O_CREAT) as whole:
        while piece := file.read(_PIECE):
            left = memoryview(piece)
            while left:
                left = left[whole.write(left) :]
        size = end = whole.tell()
        while end > 0:
            start = max(0, end - _PIECE)
            whole.seek(start)
            found = (whole.read(end - start) or b"").rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        whole.truncate(end)
    return copy, end < size
