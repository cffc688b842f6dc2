"""The standard streams, as whoever started us left them: open, closed, full, or in an alphabet of few letters."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Final

_STANDARD: Final = (0, 1, 2)


def make_usable() -> None:
    """See that there are three standard streams, and that whatever is printed can be.

    Where one was closed (`>&-`), the next file that is opened would get its number, and what is printed would be
    written into it. To be called before any is opened. What a stream's encoding does not have, or no encoding has, is
    printed with a backslash.
    """
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def give_up_stdout() -> None:
    """Have what is still to be printed go nowhere: whoever read it has gone, or there is no room for it.

    Python would flush it once more at exit, and complain.
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
