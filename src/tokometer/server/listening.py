"""The web server itself: Uvicorn over a runtime, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import uvicorn

from tokometer.host import ending
from tokometer.host.private import write_private
from tokometer.records.redaction.logs import CONFIG
from tokometer.server import assets, panels, templates
from tokometer.server.app import create_app
from tokometer.server.connections import doors, protocol
from tokometer.server.guard import LOOPBACK
from tokometer.server.otlp_grpc import GrpcDoor
from tokometer.server.room import Room
from tokometer.server.runtime import Runtime

#: Requests under way get this long to end (seconds).
_GRACE: Final = 3
#: So long is waited for what prepares the first page: it ends once it sees that the server does.
_TO_WARM: Final = 1.0
#: How long the first viewer may need (seconds).
_FIRST_PAGE: Final = 2.0
#: Loading gRPC takes a twentieth of a second of what the first page may need.
_BEFORE_GRPC: Final = 0.5
#: How often to see whether to end (seconds): where a thread tells us, and where none does or it has.
_LOOKS: Final = 30.0
_TURN: Final = 0.25
_LOG: Final = logging.getLogger(__name__)


def run(
    runtime: Runtime,
    listener: socket.socket,
    host: str,
    on_end: Callable[[], None] = lambda: None,
    grpc_port: int | None = None,
) -> None:
    """Serve at a listening socket until SIGTERM or SIGINT. Ctrl-C ends it like any other signal.

    `on_end` is called as soon as no more is taken, while what is under way may still go on. OTLP is taken by gRPC at
    `grpc_port`, unless that is None.
    """
    port = listener.getsockname()[1]
    runtime.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    app = create_app(runtime, hosts=tuple(dict.fromkeys((host, *LOOPBACK))))
    config = uvicorn.Config(
        app,
        log_level="warning",
        log_config=CONFIG,
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=30,
        server_header=False,
        lifespan="off",
        http=protocol(doors()),
    )
    room: Room = app.state.room
    door = None if grpc_port is None else GrpcDoor(runtime, room, host, grpc_port, _BEFORE_GRPC)
    server = _Server(config, runtime, on_end, door)
    try:
        server.run(sockets=[listener])
    finally:
        # See _warm. DuckDB's bindings complain, at the end, of objects that nobody has looked for.
        gc.unfreeze()


class _Server(uvicorn.Server):
    """Uvicorn, telling the folder and the terminal when it listens, and letting live pages go before it stops."""

    def __init__(
        self, config: uvicorn.Config, runtime: Runtime, on_end: Callable[[], None], grpc: GrpcDoor | None
    ) -> None:
        super().__init__(config)
        self._grpc = grpc
        self._runtime = runtime
        self._on_end = on_end
        #: Set when a signal has come; and whether somebody sets it.
        self._told = asyncio.Event()
        self._hears = False
        self._warming = threading.Thread(target=_warm, args=(runtime,), name="tokometer-warm", daemon=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the end. Raised again, as usual, they would end us before what waits is kept."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # The event loop has had itself told of signals instead.
        loop = asyncio.get_running_loop()

        def told() -> None:
            # A loop that has ended needs no telling.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._told.set)

        self._hears = ending.watch(told)
        await super().startup(sockets)
        if self.should_exit:
            return
        card = _Card(self._runtime)
        card.write()

        def beside() -> None:
            self._runtime.price_list.look()
            self._runtime.moments.sweep()
            card.write()

        self._runtime.watch.start(beside)
        with contextlib.suppress(OSError):
            print(f"Tokometer is at {self._runtime.url}", flush=True)  # noqa: T201 - the one thing that people wait for
        if self._runtime.follower is not None:
            self._runtime.follower.start()
        if self._runtime.poller is not None:
            self._runtime.poller.start()
        if self._runtime.player is not None:
            self._runtime.player.start()
        else:
            self._runtime.syncing.start()
        self._runtime.alerting.start()
        self._runtime.notifying.delivering.start()
        if self._grpc is not None:
            self._grpc.start()
        self._warming.start()

    async def main_loop(self) -> None:
        """Wait until it is time to end. Uvicorn looks ten times a second, which is most of what an idle server takes.

        What time it is, which it finds out meanwhile, each connection does when it needs it.
        """
        while not await self.on_tick(0):
            if self._hears and not self._told.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), _LOOKS)
            else:
                await asyncio.sleep(_TURN)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._runtime.watch.stop()
        _remove_card(self._runtime)
        self._on_end()
        self._runtime.closing.set()
        self._runtime.broadcaster.close()
        await asyncio.sleep(0)
        stopping = asyncio.ensure_future(self._grpc.stop()) if self._grpc is not None else None
        await super().shutdown(sockets)
        if stopping is not None:
            await stopping
        if self._warming.is_alive():
            # It reads the ledger, which is closed next.
            await asyncio.to_thread(self._warming.join, _TO_WARM)


def _warm(runtime: Runtime) -> None:
    """Make what the first page needs and load what the start left out, while nobody waits for it."""
    try:
        templates.warm(runtime.cache)
        runtime.charts.warm()
        assets.warm(runtime.charts)
        panels.warm(runtime)
        # Whoever opened the page as soon as there was one has it by then.
        if runtime.closing.wait(_FIRST_PAGE):
            return
        import_module("tokometer.sources.otlp")
        # What has been loaded stays: looking through it for garbage, again and again, takes a tenth of an ingest.
        gc.collect()
        gc.freeze()
    except Exception:  # noqa: BLE001 - whatever it is, the server goes on
        # The page's tables and figures work without charts, and asking for a chart tries again.
        _LOG.exception("the first page could not be prepared")


def _card(runtime: Runtime) -> Path:
    return runtime.data / "server.json"


class _Card:
    """Says in the folder who serves it, for commands of the same user only: it holds the token."""

    def __init__(self, runtime: Runtime) -> None:
        self._path = _card(runtime)
        self._content: dict[str, Any] = {"pid": os.getpid(), "url": runtime.url, "token": runtime.token}
        self._tried = self._written = False

    def write(self) -> None:
        """Write it, unless that is done. Where the disk is full, pages and senders do without, and it comes later."""
        if self._written:
            return
        try:
            write_private(self._path, json.dumps(self._content).encode())
            self._written = True
        except OSError as error:
            if not self._tried:
                _LOG.warning("commands cannot find this server yet: %s: %s", self._path, error.strerror)
        self._tried = True


def _remove_card(runtime: Runtime) -> None:
    with contextlib.suppress(OSError):
        _card(runtime).unlink()
