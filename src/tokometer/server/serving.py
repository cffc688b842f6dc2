"""Running a server on a data folder, alone, until somebody stops it."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from tokometer.host.ending import SERVER_SECONDS, Ending, go
from tokometer.host.lock import FolderLock, Held
from tokometer.host.private import keep_private, private_folder
from tokometer.host.regular import read_bytes
from tokometer.ledger import LedgerError, LedgerLocked
from tokometer.records.redaction.logs import log_discreetly
from tokometer.server import runtime as runtimes
from tokometer.server.guard import LOOPBACK

_BACKLOG: Final = 512
#: Of an address that stands in a file.
_SHOWN: Final = 80


class ServeError(LedgerError):
    """The server cannot start; the message says what to do."""


def serve(
    data: Path,
    host: str,
    port: int,
    *,
    discover: bool,
    demo: bool,
    home: Path,
    env: Mapping[str, str],
    grpc_port: int | None = None,
) -> None:
    """Serve a data folder until SIGTERM or SIGINT, then finish what was begun.

    Args:
        data: The folder; made if it is not there.
        host: A loopback address. Others need a login, which this version does not have.
        port: 0 takes any free one.
        discover: Look for tools on this machine and follow their files.
        demo: Everything in the folder is generated; every page says so.
        home: Where tools' files are looked for.
        env: The environment variables of those tools.
        grpc_port: Where OTLP is taken by gRPC: 0 takes any free port, None none. That it is taken is no error.

    Raises:
        LedgerLocked: Another server or command holds the folder.
        ServeError: The address cannot be listened at.
        LedgerError: The ledger cannot be opened.
    """
    _check_loopback(host)
    keep_private()
    log_discreetly()
    private_folder(data)
    # Half of the start is reading the code of the web framework; the ledger is opened meanwhile.
    loading = threading.Thread(target=import_module, args=("tokometer.server.listening",), name="tokometer-load")
    with Ending(SERVER_SECONDS, code=0) as ending, _held(data) as lock, _listening(host, port) as listener:
        ending.watch()
        loading.start()
        try:
            runtime = runtimes.start(data, demo=demo, discover=discover, home=home, env=env)
        finally:
            loading.join()
        from tokometer.server.listening import run

        try:
            run(runtime, listener, host, lock.ends, grpc_port)
        finally:
            ending.watch()
            hanging = runtime.close()
    if hanging:
        go(0, f"has ended; {' and '.join(hanging)} did not")


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
def _held(data: Path) -> Iterator[FolderLock]:
    """The folder's lock."""
    try:
        with FolderLock(data / "server.lock") as lock:
            yield lock
    except Held as held:
        raise LedgerLocked(f"{_holder(data, str(held))} already serves {data}") from None


def _holder(data: Path, written: str) -> str:
    """Who holds the folder, in words."""
    try:
        said = json.loads(read_bytes(data / "server.json"))
        return f"the server at {str(said['url'])[:_SHOWN]} (process {int(said['pid'])})"
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return f"process {written}" if written.isdecimal() else "another server"


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
