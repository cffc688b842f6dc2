"""Ending this process when it is asked to: properly where that is soon done, and after a while whatever hangs.

What has been acknowledged is durable by then, so that going anyway loses nothing: whoever was not told is going to send
or read it again. A second signal ends the process at once.

Python hands a signal to the main thread, and only between two steps of its own: not while that waits for a query or for
a network drive that does not answer. So a thread of ours is told of signals by the system itself.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

#: How long a server may take to end (seconds), and how long a command may.
SERVER_SECONDS: Final = 15.0
COMMAND_SECONDS: Final = 2.0
#: How much longer it may take until the system ends us, should this module not get to it (seconds).
_ALARM_LATER: Final = 5
#: How long the main thread waits for ours, and until it is told again where it must not be interrupted just now (s).
_NOT_NOW: Final = 0.05

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_current: Ending | None = None


class Ending:
    """Takes SIGTERM and SIGINT as the wish that this process ends within so many seconds.

    As a context manager, in the main thread: there the wish is a KeyboardInterrupt, unless others handle it. `code` is
    the exit code of going anyway; without one it is that of whoever a signal ends.
    """

    def __init__(self, seconds: float, code: int | None = None) -> None:
        self._seconds = seconds
        self._code = code
        self._lock = threading.Lock()
        self._over_at: float | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._outer: Ending | None = None
        #: A pipe into which the system writes the number of each signal.
        self._ours: tuple[int, int] | None = None
        #: Is told of each signal by our thread: a main thread that sleeps does not hear of them by itself.
        self.also: Callable[[], None] = _nothing
        #: How often we have told ourselves again what we were told once.
        self._repeated = 0
        #: The signal that asked first; None until then.
        self.asked: int | None = None

    def __enter__(self) -> Self:
        global _current
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupt) for number in _SIGNALS}
            self._outer, _current = _current, self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _current
        if not self._before:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before, _current = {}, self._outer
        # A thread of ours may outlive everything else, and would keep with it whatever is told.
        self.also = _nothing
        if self._ours is not None:
            signal.set_wakeup_fd(-1)
            # The thread ends with it. What was begun goes on: what comes after us may hang as well.
            os.close(self._ours[1])
            self._ours = None
            if self._outer is not None and self._outer._ours is not None:  # noqa: SLF001 - one of us
                self._outer.watch()

    @property
    def left(self) -> float:
        """Seconds until the process goes anyway; all of them where nobody has asked yet."""
        over_at = self._over_at
        return self._seconds if over_at is None else max(0.0, over_at - time.monotonic())

    def watch(self) -> None:
        """Hear of signals in a thread of our own, from now on; again, after others have taken that over."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self._ours is None:
            self._ours = reading, telling = os.pipe()
            os.set_blocking(telling, False)
            threading.Thread(target=self._listen, args=(reading,), name="tokometer-ending", daemon=True).start()
        signal.set_wakeup_fd(self._ours[1], warn_on_full_buffer=False)

    @property
    def is_watched(self) -> bool:
        """Whether a thread of ours hears of signals."""
        return self._ours is not None

    def begin(self, number: int = 0) -> None:
        """The end begins now, unless it already has: from here on there is only so much time."""
        with self._lock:
            if self._over_at is not None:
                return
            self.asked = number
            self._over_at = time.monotonic() + self._seconds
        # Should even a thread not get its turn: a signal that nobody handles ends a process without asking it.
        signal.setitimer(signal.ITIMER_REAL, self._seconds + _ALARM_LATER)
        threading.Thread(target=self._go_in_time, name="tokometer-ending-watch", daemon=True).start()

    # -- the main thread ---------------------------------------------------------------------------------------

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._ours is None:
            self._take(number)
        else:
            # Our thread knows whether it is the second one, and ends us then.
            time.sleep(_NOT_NOW)
            self.begin(number)
        if _is_importing(frame):
            # An extension that is just being loaded would take the whole process with it.
            threading.Timer(_NOT_NOW, self._again, (number,)).start()
            return
        raise KeyboardInterrupt

    def _take(self, number: int) -> None:
        """The first one asks; the second does not wait for an answer."""
        if self._repeated:
            self._repeated -= 1
            return
        if self._over_at is not None:
            go(128 + number, "stopped at once")
        self.begin(number)

    def _again(self, number: int) -> None:
        self._repeated += 1
        _thread.interrupt_main(signal.Signals(number))

    # -- threads of our own ------------------------------------------------------------------------------------

    def _listen(self, reading: int) -> None:
        while numbers := os.read(reading, 16):
            for number in numbers:
                if number in _SIGNALS:
                    self._take(number)
                    self.also()
        os.close(reading)

    def _go_in_time(self) -> None:
        time.sleep(self.left)
        code = 128 + (self.asked or signal.SIGTERM) if self._code is None else self._code
        go(code, f"did not come to an end within {self._seconds:g} s, and goes anyway")


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _nothing() -> None:
    pass


def watch(also: Callable[[], None] | None = None) -> bool:
    """Have a thread hear of signals, where somebody takes them; see :class:`Ending`. Not before this process forks.

    `also` is called by that thread at each signal, from now on; without it, what was called before still is. False
    where there is no such thread.
    """
    if _current is None:
        return False
    if also is not None:
        _current.also = also
    _current.watch()
    return _current.is_watched


def go(code: int, words: str) -> NoReturn:
    """End this process at once, without tidying up. Children end by themselves; see :mod:`tokometer.host.children`."""
    with suppress(OSError):
        os.write(2, f"Tokometer {words}; nothing that was acknowledged is lost.\n".encode())
    os._exit(code)


def forget() -> None:
    """In a process that has just been forked: signals do what they do by themselves."""
    global _current  # noqa: PLW0603
    _current = None
    signal.set_wakeup_fd(-1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
