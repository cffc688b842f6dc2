"""`tokometer ship`: what this machine has, sent to a server that keeps the ledger of many."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokometer.cli.importing import known_source
from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake, Problem
from tokometer.cli.shown import say, say_json
from tokometer.records.plural import counted

if TYPE_CHECKING:
    from tokometer.collect.outbox import Outbox
    from tokometer.collect.shipping import Shipper

_LOOK = 0.1
#: How often (seconds) a shipper that runs for long says how it goes, where something changed.
_TELL = 60.0
_STOP_SECONDS = 5.0
_MEBIBYTE = 1 << 20


def _known_sources(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(known_source(context, parameter, name) for name in names)


@click.command(short_help="Send this machine's usage to a server, and follow it.")
@click.option(
    "--to", "url", required=True, metavar="URL|FILE", help="The server, http://HOST:7420; or a file, NAME.tokometer."
)
@click.option(
    "--key-env", default="TOKOMETER_KEY", show_default=True, metavar="NAME", help="Variable with the API key."
)
@click.option("--machine", default="", metavar="NAME", help="This machine's name. [default: its host name]")
@click.option(
    "--source",
    "names",
    multiple=True,
    metavar="NAME",
    callback=_known_sources,
    help="Only this source; may be given more than once.",
)
@click.option("--once", is_flag=True, help="End when everything that is there has arrived.")
@click.option(
    "--spool-mib",
    default=1_024,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="What may wait to be sent, in MiB; beyond that reading waits.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@data_option
def ship(
    url: str, key_env: str, machine: str, names: tuple[str, ...], once: bool, spool_mib: int, as_json: bool, data: Path
) -> None:
    """Read and follow what tools on this machine leave, and send it to the server at URL.

    \b
    tokometer ship --to http://meter.example:7420
    tokometer ship --to laptop.tokometer

    What was read is spooled below --data until the server keeps it: a server that is away, a network that is down and
    a kill lose nothing and double nothing. Two machines that have the same files (a synced home folder) count once.
    With a FILE in place of a URL everything that is there is written into a bundle, which `tokometer import` reads.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer import __version__
    from tokometer.collect.outbox import Outbox
    from tokometer.ledger import LedgerError
    from tokometer.sources.machine import host
    from tokometer.sources.shipment.source import ENDING

    machine = machine or host()
    if url.endswith(ENDING):
        _bundle(Path(url), names, machine, as_json=as_json)
        return
    try:
        outbox = Outbox(data / "ship", f"tokometer {__version__}", machine, spool_mib * _MEBIBYTE)
    except (OSError, LedgerError) as error:
        raise Problem(
            f"nothing can be spooled in {data / 'ship'}: {error}; does another process ship from it?"
        ) from error
    try:
        _ship(outbox, url, names, os.environ.get(key_env, ""), once=once, as_json=as_json)
    finally:
        outbox.close()


def _ship(outbox: Outbox, url: str, names: tuple[str, ...], key: str, *, once: bool, as_json: bool) -> None:
    from tokometer.collect.shipping import BadAddress, Shipper
    from tokometer.sources.registry import FILE_SOURCES

    sources = {name: FILE_SOURCES[name] for name in names or FILE_SOURCES}
    try:
        shipper = Shipper(outbox, url, sources, Path.home(), os.environ, key=key)
    except BadAddress as error:
        raise Mistake(str(error)) from None
    shipper.start()
    try:
        _watch(shipper, url, once=once)
    finally:
        shipper.stop(_STOP_SECONDS)
        if as_json:
            count, size = outbox.waiting
            say_json({**_counts(shipper), "waiting_shipments": count, "waiting_bytes": size})
        else:
            say(_words(shipper, outbox))


def _watch(shipper: Shipper, url: str, *, once: bool) -> None:
    """Say how it goes, until it is done or somebody stops it."""
    trouble, told_at = "", 0.0
    while not (once and shipper.done()):
        time.sleep(_LOOK)
        if once and shipper.shipped.barred:
            # Nobody mends a key while it waits; what was read is there for the next try.
            raise Problem(f"{url}: {shipper.shipped.trouble}")
        if shipper.shipped.trouble != trouble:
            trouble = shipper.shipped.trouble
            say(f"{url}: {trouble}; trying again" if trouble else f"{url}: it goes on", err=True)
        elif not once and shipper.shipped.sent and time.monotonic() - told_at > _TELL:
            told_at = time.monotonic()
            say(f"{counted(shipper.shipped.sent, 'record')} sent", err=True)


def _bundle(path: Path, names: tuple[str, ...], machine: str, *, as_json: bool) -> None:
    from tokometer import __version__
    from tokometer.collect.bundling import bundle
    from tokometer.sources.registry import FILE_SOURCES

    if path.exists():
        raise Mistake(f"{path} is there already")
    sources = {name: FILE_SOURCES[name] for name in names or FILE_SOURCES}
    try:
        records = bundle(path, f"tokometer {__version__}", machine, sources, Path.home(), os.environ)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror or error}") from error
    if as_json:
        say_json({"records": records, "bundle": str(path)})
    else:
        say(f"{counted(records, 'record')} in {path}. `tokometer import {path}` reads it anywhere.")


def _counts(shipper: Shipper) -> dict[str, object]:
    shipped = shipper.shipped
    names = ("sent", "accepted", "duplicate", "changed", "refused", "declined", "anew", "trouble")
    return {name: getattr(shipped, name) for name in names}


def _words(shipper: Shipper, outbox: Outbox) -> str:
    shipped, (count, size) = shipper.shipped, outbox.waiting
    words = [
        f"{counted(shipped.sent, 'record')} sent: {shipped.accepted:,} new, {shipped.duplicate:,} kept already, "
        f"{shipped.changed:,} corrected, {shipped.refused:,} refused."
    ]
    if shipped.anew:
        words.append("The server knew nothing of this machine, so everything was read and sent anew.")
    if shipped.declined:
        words.append(f"{counted(shipped.declined, 'shipment')} kept for the next start: {shipped.trouble}")
    if count:
        words.append(f"{counted(count, 'shipment')} ({size:,} bytes) wait to be sent, after the next start.")
    return "\n".join(words)
