"""The proxy in a thread, with what it saw as records."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from tokometer.collect.proxy.destination import Destination
from tokometer.collect.proxy.exchange import Exchange
from tokometer.collect.proxy.reading import told_of
from tokometer.collect.proxy.server import Passing
from tokometer.records import ModelCall, Record
from tokometer.sources.protocol import Received, Sent
from tokometer.sources.proxy.told import PUSH


class Proxied:
    """A proxy that passes on, and what it has seen."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.seen: list[Exchange] = []
        self.record: Callable[[Exchange], None] = self.seen.append
        self.passing: Passing

    def see(self, exchange: Exchange) -> None:
        """An exchange is over."""
        self.record(exchange)

    def items(self, count: int) -> list[dict[str, Any]]:
        """What is told of the first exchanges, once there are so many."""
        end = time.monotonic() + 10
        while len(self.seen) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.seen) >= count
        return [told_of(one) for one in self.seen]

    def received(self, count: int = 1) -> Received:
        """The same, as the source reads it."""
        body = b"\n".join(json.dumps(item).encode() for item in self.items(count))
        return PUSH.read(body, Sent("application/x-ndjson", {}, 1))

    def records(self, count: int = 1) -> list[Record]:
        """The records."""
        found = self.received(count)
        assert not found.refusals, found.refusals
        return found.records

    def call(self) -> ModelCall:
        """The first call."""
        return next(one for one in self.records() if isinstance(one, ModelCall))


@contextmanager
def proxied(to: str) -> Iterator[Proxied]:
    """A proxy in front of a server, on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    found = Proxied(listener.getsockname()[1])
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        found.passing = Passing(Destination(to), found.see)
        server = await found.passing.listen(listener)
        ready.set()
        await asyncio.to_thread(stop.wait)
        server.close()
        for client in list(found.passing.clients):
            client.abort()
        await asyncio.sleep(0.02)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found
    finally:
        stop.set()
        thread.join()
