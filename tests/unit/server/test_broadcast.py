"""Tests of tokometer.server.broadcast."""

from __future__ import annotations

import asyncio
import threading
import time

from tokometer.server.broadcast import Broadcaster


def test_tells() -> None:
    """A listener hears what has changed since it last heard, in one message however many there were."""

    async def scenario() -> None:
        broadcaster = Broadcaster()
        listener = broadcaster.join()
        assert listener is not None
        before = broadcaster.version
        threads = [threading.Thread(target=broadcaster.publish, args=({kind},)) for kind in ("calls", "tools", "runs")]
        for thread in threads:
            thread.start()
        heard: set[str] = set()
        deadline = time.monotonic() + 10
        while heard != {"calls", "tools", "runs"} and time.monotonic() < deadline:
            heard |= await listener.next(5) or set()
        assert heard == {"calls", "tools", "runs"}
        assert broadcaster.version == before + 3
        assert await listener.next(0.01) == frozenset()
        broadcaster.leave(listener)
        assert broadcaster.listeners == 0

    asyncio.run(scenario())


def test_closes() -> None:
    """At the end every listener is let go, and nobody may join."""

    async def scenario() -> None:
        broadcaster = Broadcaster()
        listener = broadcaster.join()
        assert listener is not None
        broadcaster.close()
        assert await listener.next(5) is None
        assert broadcaster.join() is None

    asyncio.run(scenario())


def test_the_version_is_new_before_anyone_hears() -> None:
    """Who asks on hearing is never given an answer from before."""

    async def scenario() -> None:
        broadcaster = Broadcaster()
        listener = broadcaster.join()
        assert listener is not None
        for expected in (1, 2, 3):
            broadcaster.publish({"calls"})
            assert await listener.next(5) == {"calls"}
            assert broadcaster.version == expected

    asyncio.run(scenario())


def test_the_version_rises_at_once() -> None:
    """Telling may be put off; what was computed before is out of date from the moment of the change."""
    broadcaster = Broadcaster(5)
    for expected in (6, 7, 8):
        broadcaster.publish({"calls"})
        assert broadcaster.version == expected
    broadcaster.close()
    broadcaster.publish({"calls"})
    assert broadcaster.version == 9


def test_not_all_at_once() -> None:
    """Of many listeners the last hears a little later than the first, and each of them hears."""

    async def scenario() -> None:
        broadcaster = Broadcaster()
        listeners = [broadcaster.join() for _ in range(50)]
        broadcaster.publish({"calls"})
        heard: list[int] = []

        async def listen(place: int) -> None:
            listener = listeners[place]
            assert listener is not None
            assert await listener.next(5) == {"calls"}
            heard.append(place)

        began = time.monotonic()
        await asyncio.gather(*(listen(place) for place in range(50)))
        assert sorted(heard) == list(range(50))
        assert 0.1 < time.monotonic() - began < 2

    asyncio.run(scenario())
