"""The memory that the bodies of all requests together may take up."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

_MIB: Final = 1024 * 1024
#: What bodies hold together at most, in bytes, …
MOST: Final = 128 * _MIB
#: … of which so many are for small ones: what large ones wait for must not keep them waiting.
_FOR_SMALL: Final = 16 * _MIB
_SMALL: Final = 1 * _MIB
#: How long a request waits for others to give room (seconds).
_PATIENCE: Final = 5.0


class Crowded(Exception):
    """Other bodies take up all the room; try again in `retry_after` seconds."""

    retry_after = 2


class Room:
    """Counts the bytes that bodies hold, packed and unpacked, until they are answered. Used by one event loop."""

    def __init__(self, most: int = MOST, patience: float = _PATIENCE) -> None:
        self._most = most
        self._patience = patience
        self._waiting: list[asyncio.Future[None]] = []
        #: Bytes that are held now.
        self.held = 0

    def has(self, size: int, *, small: bool) -> bool:
        """Whether so many bytes more have room."""
        return self.held + size <= self._most - (0 if small else min(_FOR_SMALL, self._most // 8))

    async def wait(self, size: int, *, small: bool) -> None:
        """Return as soon as so many bytes have room.

        Raises:
            Crowded: They had none for as long as anyone waits.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while not self.has(size, small=small):
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append(future)
            try:
                async with asyncio.timeout_at(until):
                    await future
            except TimeoutError:
                raise Crowded("other requests take up all the memory that there is for bodies; try again") from None
            finally:
                with suppress(ValueError):
                    self._waiting.remove(future)

    def free(self, size: int) -> None:
        """Give back, and let those who wait look again."""
        self.held -= size
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


class Held:
    """What one request holds of a room; given back at the end of the `with`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.bytes = 0

    async def take(self, size: int) -> None:
        """Hold more.

        Raises:
            Crowded: There is no room for it.
        """
        small = self.bytes + size <= _SMALL
        if not self._room.has(size, small=small):
            await self._room.wait(size, small=small)
        self._room.held += size
        self.bytes += size

    def give(self, size: int) -> None:
        """Hold less."""
        self.bytes -= size
        self._room.free(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.give(self.bytes)
