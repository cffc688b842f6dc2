"""`tokometer proxy`: pass requests on to a model server, and record what they used."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake, Problem
from tokometer.cli.shown import say

if TYPE_CHECKING:
    from tokometer.collect.proxy.keeping import Keeper

#: A folder that nobody serves is opened so often (seconds): opening it takes a moment, and holds it.
_BETWEEN: Final = 10.0
#: What is left is kept within this time at the end (seconds).
_TO_KEEP: Final = 5.0


@click.command(short_help="Pass requests on to a model server, and record what they used.")
@click.option("--to", "to", metavar="URL", required=True, help="The server: http://localhost:11434.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=11435, show_default=True, type=click.IntRange(0, 65535), help="Port (0: any free one).")
@click.option(
    "--provider", default="", metavar="NAME", help="What the server is called. [default: told by its address]"
)
@click.option("--send", default="", metavar="URL", help="Send records to the server there. [default: --data's]")
@data_option
def proxy(to: str, host: str, port: int, provider: str, send: str, data: Path) -> None:
    """Pass requests on to a model server untouched, and record tokens and times of each call.

    \b
    tokometer proxy --to http://localhost:11434
    tokometer proxy --to https://api.openai.com --port 8001

    Understands the APIs of Ollama, OpenAI (chat, completions, responses, embeddings) and Anthropic, streams included.
    Nothing of a prompt or an answer is kept. If a call cannot be recorded, it goes through all the same.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.collect.proxy.destination import Destination
    from tokometer.collect.proxy.keeping import Keeper
    from tokometer.collect.proxy.reading import told_of
    from tokometer.collect.proxy.running import run

    try:
        destination = Destination(to)
    except ValueError as error:
        raise Mistake(f"--to {error}") from None
    keep = _to_server(send) if send else _to_folder(data)
    with _listening(host, port) as listener:
        bound = listener.getsockname()[1]
        if destination.port == bound and destination.name in ("127.0.0.1", "localhost", host):
            raise Mistake(f"--to {to} is this proxy itself")
        shown = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        between = (lambda: 0.0) if send else (lambda: _between(data))
        keeper = Keeper(keep, lambda exchange: told_of(exchange, provider), between)
        try:
            passing = run(
                destination, listener, keeper.take, (host,), lambda: say(f"{shown} passes on to {destination.url}")
            )
        finally:
            keeper.close(_TO_KEEP)
    _say_what_was(keeper, passing.mistakes)


def _say_what_was(keeper: Keeper, mistakes: int) -> None:
    lost = keeper.dropped + mistakes
    say(f"Recorded {keeper.kept:,} calls" + (f"; {lost:,} went through without being recorded." if lost else "."))
    if keeper.trouble:
        say(keeper.trouble, err=True)


def _to_server(url: str) -> Callable[[bytes], None]:
    from tokometer.collect.proxy.delivering import send

    key = os.environ.get("TOKOMETER_KEY", "")
    return lambda items: send(url, items, key)


def _to_folder(data: Path) -> Callable[[bytes], None]:
    """Keep items in a folder: by the server that serves it, else by opening its ledger for a moment."""
    from tokometer.cli.remote import find_server
    from tokometer.collect.proxy.delivering import put, send
    from tokometer.collect.reading import Prices

    def keep(items: bytes) -> None:
        server = find_server(data)
        if server is not None:
            send(server.url, items, server.token)
        else:
            put(data, Prices.of(data, Path.home(), os.environ), items, os.environ)

    return keep


def _between(data: Path) -> float:
    """How many seconds there have to be between two times at which something is kept in a folder."""
    from tokometer.cli.remote import find_server

    return 0.0 if find_server(data) is not None else _BETWEEN


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Problem(f"{host}: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise Problem(f"port {port} at {host}: {error.strerror}") from None
    return listener
