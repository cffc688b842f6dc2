"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _folder(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    from tokometer.ledger.opening import data_folder

    try:
        return (value.expanduser() if value else data_folder(os.environ, Path.home())).absolute()
    except (RuntimeError, OSError) as error:
        # Nobody's home, or below a folder that is gone.
        raise click.BadParameter(f"no folder can be told from it: {error}") from None


def data_option(command: F) -> F:
    """`--data DIR`: the folder that holds the ledger."""
    return click.option(
        "--data",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        callback=_folder,
        help="Folder that holds the ledger. [default: $TOKOMETER_DATA, else ~/.local/share/tokometer]",
    )(command)


#: The port that OpenTelemetry has for OTLP by gRPC.
GRPC_PORT: Final = 4317
_PORTS: Final = 65_535


def _port_or_off(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    if value.lower() == "off":
        return None
    if not value.isdecimal() or int(value) > _PORTS:
        raise click.BadParameter(f"{value!r} is not a port from 0 to {_PORTS}, or `off`")
    return int(value)


def grpc_option(command: F) -> F:
    """`--grpc-port PORT|off`: where OTLP is taken by gRPC."""
    return click.option(
        "--grpc-port",
        metavar="PORT",
        default=str(GRPC_PORT),
        show_default=True,
        envvar="TOKOMETER_GRPC_PORT",
        callback=_port_or_off,
        help="Port of OTLP by gRPC (0: any free one; off: none). That another program has it is said, and no error.",
    )(command)


def _one_form(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
    """Refuse two forms at once: whichever was printed, somebody waited for the other one."""
    other = {"as_json": "as_csv", "as_csv": "as_json"}[parameter.name or ""]
    if value and context.params.get(other):
        raise click.UsageError("--json and --csv are two forms of one answer: ask for one of them", context)
    return value


def output_options(command: F) -> F:
    """`--json` and `--csv`, one of them at most."""
    command = click.option("--csv", "as_csv", is_flag=True, callback=_one_form, help="Print CSV.")(command)
    return click.option(
        "--json", "as_json", is_flag=True, callback=_one_form, help="Print JSON; money as exact decimal strings."
    )(command)


#: What `--since` is where nobody names another: of all usage, none is left out without a word.
DEFAULT_SINCE: Final = "all"


def window_options(command: F) -> F:
    """`--since`, `--until` and `--tz`."""
    when = (
        "a date, an RFC 3339 time, 24h, 7d, 12w, 12mo, 1y, today, yesterday, week, last_week, month, last_month, year "
        f"or all. Every answer says its window on stderr. [default: {DEFAULT_SINCE}]"
    )
    command = click.option(
        "--tz", metavar="ZONE", help="Time zone (IANA) that days are counted in. [default: this machine's]"
    )(command)
    command = click.option(
        "--until", metavar="WHEN", help="The last day to count, or a time to stop before. [default: now]"
    )(command)
    return click.option("--since", metavar="WHEN", help=f"Where to start: {when}")(command)
