"""Tests of tokometer.server.room."""

from __future__ import annotations

import asyncio

import pytest

from tokometer.server.room import MOST, Crowded, Held, Room

pytestmark = pytest.mark.anyio
MIB = 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    """The server's own event loop."""
    return "asyncio"


async def test_what_has_room_is_taken_at_once() -> None:
    """What requests hold is counted together, and given back at their end."""
    room = Room(100)
    with Held(room) as one, Held(room) as other:
        await one.take(40)
        await other.take(30)
        one.give(10)
        assert room.held == 60
    assert room.held == 0


async def test_waits_for_room() -> None:
    """A request that has no room goes on as soon as another one gives it back."""
    room = Room(1_000, patience=60)
    with Held(room) as one, Held(room) as other:
        await one.take(800)
        waiting = asyncio.create_task(other.take(300))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        one.give(500)
        await asyncio.wait_for(waiting, 5)
        assert room.held == 600


async def test_waits_no_longer_than_that() -> None:
    """Where nobody gives room back in time, the request is turned away, and holds nothing."""
    room = Room(1_000, patience=0.05)
    with Held(room) as one:
        await one.take(800)
        with pytest.raises(Crowded), Held(room) as other:
            await other.take(300)
        assert room.held == 800


async def test_large_ones_leave_room_for_small_ones() -> None:
    """However much large bodies would take, a small one has room."""
    room = Room(64 * MIB, patience=0.05)
    with Held(room) as large, Held(room) as small:
        while room.has(large, MIB):
            await large.take(MIB)
        with pytest.raises(Crowded):
            await large.take(MIB)
        await small.take(MIB)


@pytest.mark.parametrize("sizes", [[63] * 8, [64, 1, 40, 64, 2, 64], [80, 80, 80], [33] * 12])
async def test_large_ones_that_grow_side_by_side_come_to_their_end(sizes: list[int]) -> None:
    """However many begin at once, and however their steps fall, none waits for what the others hold for good."""
    room = Room(patience=60)
    done: list[int] = []

    async def grow(size: int) -> None:
        with Held(room) as one:
            for _ in range(size):
                await one.take(MIB)
                assert room.held <= MOST
                await asyncio.sleep(0)
        done.append(size)

    await asyncio.wait_for(asyncio.gather(*map(grow, sizes)), 20)
    assert sorted(done) == sorted(sizes)
    assert room.held == 0
