"""Making files that take a while: a few at a time, off the event loop, and not for those who have gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from tokometer.reports.press import Beside

#: Files that are made at once; more would only get into each other's way and into that of pages.
_AT_ONCE: Final = 2
#: Files that wait to be made; whoever comes then is told when to come back.
_WAITING: Final = 16
_COME_BACK: Final = 5
#: How often to see whether somebody still waits (seconds).
_LOOK: Final = 0.5

#: Says whether nobody waits for a file any more.
Gone = Callable[[], bool]


class Left(Exception):
    """Whoever asked for a file has gone before it was made."""


class Making:
    """Makes files, each in a thread of its own, as long as somebody waits for it.

    `cache` is a folder for what can be made again.
    """

    def __init__(self, cache: Path) -> None:
        #: Makes pictures and PDFs.
        self.press = Beside(cache)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tokometer-export")
        self._room = threading.BoundedSemaphore(_AT_ONCE + _WAITING)

    async def make(self, request: Request, work: Callable[[Gone], bytes]) -> bytes:
        """What `work` makes. It is not begun, or told to stop, once whoever asked has gone.

        Raises:
            HTTPException: 503 where too many wait, or the server is ending.
            ClientDisconnect: Nobody waits any more.
        """
        if not self._room.acquire(blocking=False):
            headers = {"Retry-After": str(_COME_BACK)}
            raise HTTPException(503, "too many files are being made just now; try again in a few seconds", headers)
        gone = threading.Event()
        try:
            future = self._threads.submit(work, gone.is_set)
        except RuntimeError:
            self._room.release()
            raise HTTPException(503, "the server is ending") from None
        future.add_done_callback(lambda _: self._room.release())
        waiting = asyncio.wrap_future(future)
        try:
            while not waiting.done():
                await asyncio.wait((waiting,), timeout=_LOOK)
                if not waiting.done() and await request.is_disconnected():
                    raise ClientDisconnect
            return await waiting
        except Left:
            raise ClientDisconnect from None
        finally:
            gone.set()
            waiting.cancel()

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.press.close()
