"""Being told what changes below folders: by Linux itself, elsewhere by a library.

What is told may be too little (network drives, a full queue of events): whoever asks looks around now and then, too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from tokometer.host.inotify import Inotify, can_hear
from tokometer.host.there import is_folder

#: How long a pause ends a burst of changes, and how long one is gathered at most (seconds).
_PAUSE: Final = 0.075
_BURST: Final = 0.15
#: How often the library lets us see whether to stop, and how often to see whether a folder has appeared (seconds).
_TURN: Final = 0.4
_APPEARED: Final = 3.0
#: What it raises where the name of a file that changed is not UTF-8.
_UNNAMEABLE: Final = "WatchfilesRustInternalError"


class Watching(Protocol):
    """Folders that are watched. Used by one thread, but for :meth:`wake`."""

    def next(self, seconds: float) -> set[str] | None:
        """What has changed, waited for so long at most; None where one has to look around, and watch anew."""

    def wake(self) -> None:
        """End the waiting of another thread, soon."""


@contextmanager
def watching(folders: Sequence[Path], missing: Sequence[Path]) -> Iterator[Watching]:
    """Watch folders with all that is below them, and hear when one of those that are missing appears.

    Raises:
        OSError: The system watches no more of them.
    """
    if can_hear():
        ear = Inotify(folders, missing)
        try:
            yield _BySystem(ear)
        finally:
            ear.close()
    else:
        yield ByLibrary(folders, missing)


class _BySystem:
    """By Linux: nothing wakes us while nothing changes."""

    def __init__(self, ear: Inotify) -> None:
        self._ear = ear
        self.wake = ear.wake

    def next(self, seconds: float) -> set[str] | None:
        """See :meth:`Watching.next`."""
        return self._ear.next(seconds, _PAUSE, _BURST)


class ByLibrary:
    """By watchfiles, which knows the other systems; it looks several times a second whether anything has come."""

    def __init__(self, folders: Sequence[Path], missing: Sequence[Path]) -> None:
        # Costs 40 ms, and only a server follows.
        from watchfiles import watch

        self._stop = threading.Event()
        self._missing = missing
        self._look = time.monotonic() + _APPEARED
        self._changes = watch(
            *folders,
            watch_filter=None,
            debounce=int(_BURST * 1_000),
            step=int(_PAUSE * 1_000),
            rust_timeout=int(_TURN * 1_000),
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        self._any = bool(folders)

    def wake(self) -> None:
        """See :meth:`Watching.wake`."""
        self._stop.set()

    def next(self, seconds: float) -> set[str] | None:
        """See :meth:`Watching.next`."""
        until = time.monotonic() + seconds
        while not self._stop.is_set():
            found = self._told()
            if found is None or found:
                return found
            now = time.monotonic()
            if now >= self._look:
                self._look = now + _APPEARED
                if any(map(is_folder, self._missing)):
                    return None
            if now >= until:
                return found
        return None

    def _told(self) -> set[str] | None:
        if not self._any:
            self._stop.wait(_TURN)
            return set()
        try:
            changes = next(self._changes, None)
        except Exception as error:
            if type(error).__name__ != _UNNAMEABLE:
                raise
            # Something has changed whose name is no text, which it cannot tell us. Looking around can.
            self._stop.wait(_TURN)
            return None
        return None if changes is None else {path for _, path in changes}
