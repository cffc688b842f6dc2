"""Opening files, and nothing but files.

In a folder that others write to, anything can stand where a file is expected. Opening a named pipe waits for a writer
that may never come, a device never ends, and whoever looks before opening can be shown something else a moment later.
So it is looked at twice: before, because opening a pipe or a device does something to it, and after, for certain.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import Final

#: Configuration files, notes of our own: whatever is read whole is smaller, or is not what it should be.
MOST: Final = 16 << 20

#: Never wait, never leave the handle to a child, never take a terminal as ours.
_CAREFULLY: Final = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def check_regular(path: str | os.PathLike[str]) -> os.stat_result:
    """What the system says of a file, links followed, without opening it.

    Raises:
        OSError: There is none, it is not a regular file, or no file can have this name.
    """
    try:
        return _checked(os.stat(path), path)  # noqa: PTH116 - paths come as text, too
    except ValueError as error:
        raise _unnameable(path) from error


def open_regular(path: str | os.PathLike[str], flags: int = os.O_RDONLY, mode: int = 0o600) -> io.FileIO:
    """Open a regular file, without a buffer; whatever else is there is refused, without waiting for anything.

    Args:
        path: The file; links are followed.
        flags: As for :func:`os.open`. `os.O_TRUNC` would empty a file before it is known to be one.
        mode: The permissions of a file that is made.

    Raises:
        OSError: It cannot be opened; `EINVAL` where it is not a regular file, or no file can have this name.
    """
    try:
        if not flags & os.O_CREAT:
            check_regular(path)
        handle = os.open(path, flags | _CAREFULLY, mode)
    except ValueError as error:
        raise _unnameable(path) from error
    try:
        _checked(os.fstat(handle), path)
        return io.FileIO(handle, "r+" if flags & os.O_RDWR else "w" if flags & os.O_WRONLY else "r")
    except BaseException:
        os.close(handle)
        raise


def read_bytes(path: str | os.PathLike[str], most: int = MOST) -> bytes:
    """All of a regular file of at most `most` bytes; a larger one is refused, not read.

    Raises:
        OSError: It cannot be read; `EINVAL` where it is not a regular file, `EFBIG` where it is too large.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise _too_large(path, most)
        found, left = [], most + 1
        # Files of the system itself have no size, and give nothing (None) where others would have to wait.
        while left and (part := file.read(left)):
            found.append(part)
            left -= len(part)
    if not left:
        raise _too_large(path, most)
    return b"".join(found)


def read_text(path: str | os.PathLike[str], most: int = MOST) -> str:
    """The same, as UTF-8.

    Raises:
        OSError: As :func:`read_bytes`.
        UnicodeDecodeError: It is not UTF-8.
    """
    return read_bytes(path, most).decode("utf-8")


def legible(path: str | os.PathLike[str]) -> str:
    """A path as text that can be stored and shown: what of it is no UTF-8 is written with a backslash."""
    text = os.fspath(path)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _checked(status: os.stat_result, path: str | os.PathLike[str]) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return status


def _too_large(path: str | os.PathLike[str], most: int) -> OSError:
    size = f"{most >> 20:,} MiB" if most >> 20 else f"{most:,} bytes"
    return OSError(errno.EFBIG, f"larger than {size}", os.fspath(path))


def _unnameable(path: str | os.PathLike[str]) -> OSError:
    """For names with a NUL, or with half of a pair of surrogates: Python raises ValueError for these."""
    return OSError(errno.EINVAL, "no file can have this name", os.fspath(path))
