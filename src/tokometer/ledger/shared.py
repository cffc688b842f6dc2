"""What several questions about one moment need, read once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Thread-safe. Whoever asks for what is just being read waits for it; what went wrong is told to all who wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[Hashable, Future[Any]] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """See :meth:`tokometer.ledger.protocol.Readable.once`."""
        with self._lock:
            future: Future[T] | None = self._found.get(key)
            mine = future is None
            if future is None:
                future = self._found[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
                with self._lock:
                    del self._found[key]
                future.set_exception(error)
        return future.result()
