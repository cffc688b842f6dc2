"""The lock of a data folder: who serves it, and whether that is about to end."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tokometer.host.ending import SERVER_SECONDS
from tokometer.host.regular import open_regular, read_text

#: What a server that is about to end writes into the lock, and how often another looks for it to be free (seconds).
_ENDING: Final = "ending"
_LOOK: Final = 0.1
_PATIENCE: Final = SERVER_SECONDS + 1


class Held(Exception):
    """Somebody else has the lock, and is not about to end; the message is what they wrote into it."""


class FolderLock:
    """A file's lock, which the system frees even if its holder is killed. A context manager.

    The file stays: whoever deletes a lock file may delete one that is just being taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO

    def __enter__(self) -> Self:
        """Take it; from a holder that is about to end as soon as it has.

        Raises:
            Held: Another process has it.
            OSError: The file cannot be opened.
        """
        self._file = open_regular(self._path, os.O_RDWR | os.O_CREAT)
        try:
            self._take()
        except BaseException:
            self._file.close()
            raise
        self._mark("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def ends(self) -> None:
        """Say that it is about to be free, so that whoever wants it waits."""
        self._mark(_ENDING)

    def _take(self) -> None:
        until = time.monotonic() + _PATIENCE
        while not _taken(self._file):
            if time.monotonic() > until or not _is_ending(self._path):
                raise Held(_said(self._path))
            time.sleep(_LOOK)

    def _mark(self, words: str) -> None:
        # The lock is what counts. Where the disk is full, nobody can read who has it.
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()
            self._file.write(f"{os.getpid()} {words}".strip().encode() + b"\n")


def await_end(path: Path) -> None:
    """Wait until a holder that is about to end has; where there is none, this returns at once."""
    if _said(path).split()[1:] != [_ENDING]:
        return
    with suppress(OSError), open_regular(path) as file:
        until = time.monotonic() + _PATIENCE
        while not _taken(file) and time.monotonic() < until and _is_ending(path):
            time.sleep(_LOOK)


def _taken(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def _is_ending(path: Path) -> bool:
    """Whether whoever holds the lock is about to let go of it; true as well while that is being written."""
    said = _said(path)
    return not said or said.split()[1:] == [_ENDING]


def _said(path: Path) -> str:
    try:
        return read_text(path, 1_000).strip()
    except (OSError, ValueError):
        return "?"
