"""Hearing of changes below folders from Linux itself.

Whoever waits sleeps until the system has something to say: while nothing changes nothing wakes, however many files
there are. That is why this is not a library: those that there are look some ten times a second for what has come.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tokometer.host.there import leads_to_folder

#: See inotify(7).
_MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _UNMOUNT, _OVERFLOW, _IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
_ONLY_FOLDERS, _ADD_TO_MASK, _FOLDER = 0x0100_0000, 0x2000_0000, 0x4000_0000
_APPEARS: Final = _CREATE | _MOVED_TO
_CHANGES: Final = _MODIFY | _MOVED_FROM | _APPEARS | _DELETE | _DELETE_SELF | _MOVE_SELF
_EVENT: Final = struct.Struct("iIII")
_READ: Final = 64 * 1024
#: What keeps one folder from being watched, and no other one.
_NOT_THIS_ONE: Final = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG}


def can_hear() -> bool:
    """Whether this system tells what changes in this way."""
    return sys.platform == "linux" and hasattr(_libc(), "inotify_init1")


class Inotify:
    """Watches folders with all that is below them. `missing` are folders that are not there: their appearing is told.

    Used by one thread, but for :meth:`wake`.

    Raises:
        OSError: The system watches no more folders, or lends nobody another ear.
    """

    def __init__(self, folders: Iterable[Path], missing: Iterable[Path] = ()) -> None:
        self._libc = _libc()
        #: Held while somebody is woken: a number that is closed may soon be another file's.
        self._lock = threading.Lock()
        self._ear = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._ear < 0:
            raise _error("nothing can be watched")
        self._woken, self._wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._ear, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        #: Folders by the number that the system gave them.
        self._folders: dict[int, str] = {}
        self._roots = {str(folder) for folder in folders}
        #: The same for those in which something may appear, and what.
        self._above: dict[int, str] = {}
        self._awaited: set[str] = set()
        try:
            for root in self._roots:
                self._watch(root)
            for one in missing:
                self._await(one)
        except BaseException:
            self.close()
            raise

    def next(self, seconds: float, pause: float, most: float) -> set[str] | None:
        """What has changed; empty where nothing has for so many seconds, or somebody has woken us.

        A burst of changes is gathered until it pauses for `pause` seconds, for `most` seconds at most. None where
        everything has to be watched anew: a folder has come or gone, or more has happened than the system could note.
        """
        found: set[str] = set()
        until, latest = time.monotonic() + seconds, 0.0
        while (left := until - time.monotonic()) > 0:
            ready = {number for number, _ in self._poll.poll(left * 1_000 + 1)}
            if self._ear in ready:
                if not self._hear(found):
                    return None
                if found:
                    now = time.monotonic()
                    latest = latest or now + most
                    until = min(latest, now + pause)
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, _READ)
                break
        return found

    def wake(self) -> None:
        """End the waiting of another thread."""
        with self._lock, suppress(OSError):
            os.write(self._wakes, b"\0")

    def close(self) -> None:
        """Watch no more. A second call does nothing."""
        with self._lock:
            for number in (self._ear, self._woken, self._wakes):
                if number >= 0:
                    os.close(number)
            self._ear = self._woken = self._wakes = -1

    # -- inside ------------------------------------------------------------------------------------------------

    def _hear(self, found: set[str]) -> bool:
        """Take what the system says; false where everything has to be watched anew."""
        for number, what, name in self._events():
            if what & _OVERFLOW:
                return False
            folder = self._folders.get(number)
            if what & _FOLDER and what & _APPEARS and f"{self._above.get(number)}/{name}" in self._awaited:
                return False
            if what & _IGNORED:
                self._folders.pop(number, None)
                self._above.pop(number, None)
            elif what & (_DELETE_SELF | _MOVE_SELF | _UNMOUNT):
                if folder in self._roots or number in self._above:
                    return False
            elif folder is not None:
                found.add(path := f"{folder}/{name}")
                if what & _FOLDER and what & _MOVED_FROM:
                    self._leave(path)
                elif what & _FOLDER and what & _APPEARS:
                    self._watch(path)
        return True

    def _events(self) -> Iterator[tuple[int, int, str]]:
        """The folder's number, what has happened, and to what in it."""
        try:
            told = os.read(self._ear, _READ)
        except BlockingIOError:
            return
        at = 0
        while at < len(told):
            number, what, _, size = _EVENT.unpack_from(told, at)
            at += _EVENT.size
            yield number, what, os.fsdecode(told[at : at + size].rstrip(b"\0"))
            at += size

    def _watch(self, top: str) -> None:
        """Watch a folder and all below it, also through links; one that is watched already, by another name, is not."""
        left = [top]
        while left:
            folder = left.pop()
            number = self._add(folder, _CHANGES)
            if number is None or number in self._folders:
                continue
            self._folders[number] = folder
            # What comes between these two lines is told, and found; what is found twice is watched once.
            with suppress(OSError), os.scandir(folder) as entries:
                left += [entry.path for entry in entries if leads_to_folder(entry)]

    def _await(self, missing: Path) -> None:
        """Hear when it appears, or the first folder on the way to it that is not there either."""
        for below, above in zip((missing, *missing.parents), missing.parents, strict=False):
            number = self._add(str(above), _APPEARS | _DELETE_SELF | _MOVE_SELF)
            if number is not None:
                self._above[number] = str(above).rstrip("/")
                self._awaited.add(str(below))
                return

    def _add(self, folder: str, what: int) -> int | None:
        """Have a folder watched, for this too: its number; None where that cannot be done for this one."""
        number: int = self._libc.inotify_add_watch(self._ear, os.fsencode(folder), what | _ONLY_FOLDERS | _ADD_TO_MASK)
        if number >= 0:
            return number
        if ctypes.get_errno() in _NOT_THIS_ONE:
            return None
        raise _error("the system watches no more folders (fs.inotify.max_user_watches)")

    def _leave(self, top: str) -> None:
        """Watch a folder that went elsewhere no more: it has another name there."""
        gone = [number for number, path in self._folders.items() if path == top or path.startswith(f"{top}/")]
        for number in gone:
            del self._folders[number]
            self._libc.inotify_rm_watch(self._ear, number)


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
