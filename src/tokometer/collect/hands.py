"""Threads that are there while they are needed: each does one thing after the other, and ends when it has none."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

#: A thread that has had nothing to do for so long (seconds) ends.
_IDLE: Final = 20.0
_LOG: Final = logging.getLogger(__name__)


class Hands:
    """Runs what it is given, each in a thread of its own as long as there are no more than `most` of them."""

    def __init__(self, name: str, most: int, idle: float = _IDLE) -> None:
        self._name = name
        self._most = most
        self._seconds = idle
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        #: Threads that wait, less tasks that do.
        self._free = 0
        self._threads = 0

    def do(self, task: Callable[[], None]) -> None:
        """Have it done: at once where a hand is free or can be had, else as soon as one is."""
        with self._lock:
            starts = self._free <= 0 and self._threads < self._most
            if starts:
                self._threads += 1
            else:
                self._free -= 1
        self._tasks.put(task)
        if starts:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=self._seconds)
            except queue.Empty:
                if self._may_go():
                    return
                continue
            try:
                task()
            except Exception:  # noqa: BLE001 - whatever it is, the hand goes on
                _LOG.exception("a task of %s failed", self._name)
            with self._lock:
                self._free += 1

    def _may_go(self) -> bool:
        """Whether nothing counts on this thread; if so, it is none any more."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            self._threads -= 1
            return True
