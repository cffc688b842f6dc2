"""`tokometer serve`: find, import, follow, show."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from tokometer.cli.options import data_option, grpc_option
from tokometer.cli.shown import say


@click.command(short_help="Import, follow and show this machine's usage (the default).")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=7420, show_default=True, type=click.IntRange(0, 65535), help="Port (0: any free one).")
@grpc_option
@click.option("--no-discover", is_flag=True, help="Do not look for tools on this machine; take only what is sent.")
def serve(data: Path, host: str, port: int, grpc_port: int | None, no_discover: bool) -> None:
    """Import what tools on this machine left, follow it live, take what is sent, and show it.

    As long as nothing was used on this machine and somebody sits at the terminal, demo data is offered.
    """
    if not no_discover and sys.stdin.isatty() and _nothing_to_show(data):
        say("Found no usage on this machine: no tool whose usage could be read, and an empty ledger.")
        if click.confirm("Show generated demo data instead?", default=True):
            from tokometer.cli.demo import serve_demo

            serve_demo(host=host, port=port)
            return
        say("`tokometer demo` shows it at any time. Waiting for usage of your own; the page says how to send some.")
    run_server(data, host, port, discover=not no_discover, demo=False, grpc_port=grpc_port)


def run_server(data: Path, host: str, port: int, *, discover: bool, demo: bool, grpc_port: int | None = None) -> None:
    """Serve until somebody stops it."""
    from tokometer.cli.problems import Problem, told_in_one_line
    from tokometer.cli.remote import find_server

    running = find_server(data)
    if running:
        raise Problem(f"{running.url} already serves {data} (process {running.pid}). Open it, or stop it first")
    from tokometer.host.private import private_folder
    from tokometer.server import serve as serve_forever

    # Being asked to stop is a good end.
    with told_in_one_line(), suppress(KeyboardInterrupt):
        private_folder(data)
        serve_forever(
            data,
            host,
            port,
            discover=discover,
            demo=demo,
            home=Path.home(),
            env=os.environ,
            grpc_port=grpc_port,
        )


def _nothing_to_show(data: Path) -> bool:
    """True where no tool left a file, and there is no ledger yet or one without a record."""
    from tokometer.sources.registry import FILE_SOURCES

    if os.environ.get("TOKOMETER_LEDGER"):
        return False
    home = Path.home()
    for source in FILE_SOURCES.values():
        for root in source.roots(home, os.environ):
            if next(iter(source.files(root)), None) is not None:
                return False
    return not any(data.glob("ledger.*")) or _is_empty(data)


def _is_empty(data: Path) -> bool:
    """Whether a folder's ledger holds no record of any kind. What cannot be opened now is not known to be empty."""
    from tokometer.cli.doors import LocalDoor
    from tokometer.cli.remote import find_server
    from tokometer.ledger import LedgerError
    from tokometer.ledger.record_tables import RECORDS

    if find_server(data):
        return False
    door = LocalDoor(data)
    try:
        counts = door.ledger.stats()
        return not any(counts[table] for table in RECORDS)
    except (LedgerError, OSError):
        return False
    finally:
        door.close()
