"""Answers that are kept, and made once however many ask at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """The last `most` answers by key. Thread-safe; an error is told to all who wait and is not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Future[T]] = OrderedDict()

    def __len__(self) -> int:
        """How many answers there are, those included that are just being made."""
        return len(self._answers)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer of a key; `make` is called in this thread if nobody has made or is making it."""
        with self._lock:
            future = self._answers.get(key)
            mine = future is None
            if future is None:
                future = self._answers[key] = Future()
                while len(self._answers) > self._most:
                    self._answers.popitem(last=False)
            else:
                self._answers.move_to_end(key)
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    if self._answers.get(key) is future:
                        del self._answers[key]
                future.set_exception(error)
                raise
        return future.result()
