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
#: What the largest body takes up while it is unpacked: what it becomes, and what came of it.
_REACH: Final = 80 * _MIB
#: How long a request waits for others to give room (seconds).
_PATIENCE: Final = 5.0


class Crowded(Exception):
    """Other bodies take up all the room; try again in `retry_after` seconds."""

    retry_after = 2


class Room:
    """Counts the bytes that bodies hold, packed and unpacked, until they are answered. Used by one event loop.

    Of large bodies that grow side by side the one that has come furthest always has the room that it may still need:
    others take no more than is left beside that. Else each could wait for what all of them hold together.
    """

    def __init__(self, most: int = MOST, patience: float = _PATIENCE) -> None:
        self._most = most
        self._patience = patience
        self._for_large = most - min(_FOR_SMALL, most // 8)
        self._reach = min(_REACH, self._for_large)
        #: Those that are no longer small.
        self._large: set[Held] = set()
        self._waiting: list[asyncio.Future[None]] = []
        #: Bytes that are held now.
        self.held = 0

    def has(self, one: Held, size: int) -> bool:
        """Whether a body has room for so many bytes more."""
        after = one.bytes + size
        small = after <= _SMALL
        furthest = max((other.bytes for other in self._large if other is not one), default=0)
        if small or after < furthest:
            kept = max(0, self._reach - furthest) if furthest else 0
            return self.held + size + kept <= (self._most if small else self._for_large)
        if after > self._reach:
            return self.held + size <= self._for_large
        return self.held + size + self._reach - after <= self._most

    def took(self, one: Held) -> None:
        """Know of a body that it holds more, or less."""
        if one.bytes > _SMALL:
            self._large.add(one)
        else:
            self._large.discard(one)

    async def wait(self, one: Held, size: int) -> None:
        """Return as soon as a body has room for so many bytes more.

        Raises:
            Crowded: They had none for as long as anyone waits.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while not self.has(one, size):
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
        if not self._room.has(self, size):
            await self._room.wait(self, size)
        self._room.held += size
        self.bytes += size
        self._room.took(self)

    def give(self, size: int) -> None:
        """Hold less."""
        self.bytes -= size
        self._room.took(self)
        self._room.free(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.give(self.bytes)
