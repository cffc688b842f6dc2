"""Running a server on a data folder, alone, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Final

import uvicorn

from tokometer.ledger import LedgerError, LedgerLocked
from tokometer.server import runtime as runtimes
from tokometer.server.app import create_app
from tokometer.server.guard import LOOPBACK
from tokometer.server.runtime import Runtime
from tokometer.server.templates import warm

#: Requests under way get this long to end (seconds).
_GRACE: Final = 10
_BACKLOG: Final = 512
_LOG: Final = logging.getLogger(__name__)


class ServeError(LedgerError):
    """The server cannot start; the message says what to do."""


def serve(data: Path, host: str, port: int, *, discover: bool, demo: bool, home: Path, env: Mapping[str, str]) -> None:
    """Serve a data folder until SIGTERM or SIGINT, then finish what was begun.

    Args:
        data: The folder; made if it is not there.
        host: A loopback address. Others need a login, which this version does not have.
        port: 0 takes any free one.
        discover: Look for tools on this machine and follow their files.
        demo: Everything in the folder is generated; every page says so.
        home: Where tools' files are looked for.
        env: The environment variables of those tools.

    Raises:
        LedgerLocked: Another server or command holds the folder.
        ServeError: The address cannot be listened at.
        LedgerError: The ledger cannot be opened.
    """
    _check_loopback(host)
    data.mkdir(parents=True, exist_ok=True)
    with _held(data), _listening(host, port) as listener:
        runtime = runtimes.start(data, demo=demo, discover=discover, home=home, env=env)
        try:
            _run(runtime, listener, host)
        finally:
            runtime.close()


def _check_loopback(host: str) -> None:
    if host in LOOPBACK:
        return
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ServeError(
            f"{host} can be reached from other machines, and this version has no login to protect it with. "
            "Listen at 127.0.0.1, and put a proxy with a login in front of it if others need it"
        )


@contextlib.contextmanager
def _held(data: Path) -> Iterator[None]:
    """The folder's lock, which the system frees even if we are killed."""
    path = data / "server.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise LedgerLocked(f"{_holder(data)} already serves {data}") from None
        _mark(file)
        yield
        # The file stays: whoever deletes a lock file may delete one that is just being taken.


def _mark(file: IO[str]) -> None:
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()


def _holder(data: Path) -> str:
    """Who holds the folder, in words."""
    try:
        said = json.loads((data / "server.json").read_text(encoding="utf-8"))
        return f"the server at {said['url']} (process {said['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        with contextlib.suppress(OSError):
            return f"process {(data / 'server.lock').read_text(encoding='utf-8').strip()}"
        return "another server"


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, taken before the ledger is opened: a port in use is found out at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServeError(f"{host}: {error.strerror or error}") from None
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as error:
            hint = "; --port 0 takes any free one" if error.errno == errno.EADDRINUSE else ""
            raise ServeError(f"port {port} at {host}: {error.strerror}{hint}") from None
        yield listener


def _run(runtime: Runtime, listener: socket.socket, host: str) -> None:
    port = listener.getsockname()[1]
    runtime.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    app = create_app(runtime, hosts=tuple(dict.fromkeys((host, *LOOPBACK))))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=30,
        server_header=False,
        lifespan="off",
        http="httptools",
    )
    server = _Server(config, runtime)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn, telling the folder and the terminal when it listens, and letting live pages go before it stops."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            return
        _write_card(self._runtime)
        print(f"Tokometer is at {self._runtime.url}", flush=True)  # noqa: T201 - the one thing that people wait for
        if self._runtime.follower is not None:
            self._runtime.follower.start()
        if self._runtime.player is not None:
            self._runtime.player.start()
        threading.Thread(target=_warm, args=(self._runtime,), name="tokometer-warm", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _remove_card(self._runtime)
        self._runtime.broadcaster.close()
        await asyncio.sleep(0)
        await super().shutdown(sockets)


def _warm(runtime: Runtime) -> None:
    """Make what the first page needs, while nobody waits for it."""
    try:
        warm()
        runtime.charts.warm()
    except Exception:  # noqa: BLE001 - whatever it is, the server goes on
        # The page's tables and figures work without charts, and asking for a chart tries again.
        _LOG.exception("charts could not be prepared")


def _card(runtime: Runtime) -> Path:
    return runtime.data / "server.json"


def _write_card(runtime: Runtime) -> None:
    """Say in the folder who serves it, for commands of the same user only: it holds the token."""
    content: dict[str, Any] = {"pid": os.getpid(), "url": runtime.url, "token": runtime.token}
    scratch = _card(runtime).with_suffix(".new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    scratch.replace(_card(runtime))


def _remove_card(runtime: Runtime) -> None:
    with contextlib.suppress(OSError):
        _card(runtime).unlink()
