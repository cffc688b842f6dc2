"""Processes that we start: none outlives whoever started it, not even one that hangs when that is killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Final

#: `prctl`'s name for the signal that a process gets when the one that started it has ended (linux/prctl.h).
_PDEATHSIG: Final = 1
#: How often to look where the system does not say it (seconds).
_LOOK: Final = 1.0


def end_with(parent: int) -> None:
    """End when the process `parent`, which started this one, ends. To be called first thing, in the main thread.

    On Linux the system sees to it, whatever this process does by then; the thread that started it must not end before.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_look_after, args=(parent,), name="tokometer-parent", daemon=True).start()
    if os.getppid() != parent:
        # It has ended meanwhile.
        os._exit(1)


def _look_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def await_end(pid: int, seconds: float) -> bool:
    """Wait for a child that was told to end, and not for ever; False where it still has not.

    One that waits for a drive which does not answer cannot even be killed.
    """
    until = time.monotonic() + seconds
    pause = 0.001
    while True:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
        except ChildProcessError:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
