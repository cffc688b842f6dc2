"""Running a proxy until somebody stops it."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tokometer.collect.proxy.destination import Destination
from tokometer.collect.proxy.exchange import Exchange
from tokometer.collect.proxy.server import Passing

#: Requests under way get this long to end (seconds).
_GRACE: Final = 3.0


def run(
    destination: Destination,
    listener: socket.socket,
    record: Callable[[Exchange], None],
    names: tuple[str, ...] = (),
    ready: Callable[[], None] = lambda: None,
) -> Passing:
    """Pass requests on until SIGTERM or SIGINT; `ready` is called once it does. Returns what it was."""
    passing = Passing(destination, record, names)
    if sys.platform == "win32":
        asyncio.run(_run(passing, listener, ready))
        return passing
    import uvloop

    # What has been loaded stays: looking through it for garbage would hold up a call.
    gc.collect()
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(passing, listener, ready))
    finally:
        gc.unfreeze()
    return passing


async def _run(passing: Passing, listener: socket.socket, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await passing.listen(listener)
    ready()
    await stop.wait()
    server.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(passing.end(), _GRACE)
    for client in list(passing.clients):
        client.abort()
    await asyncio.sleep(0)
