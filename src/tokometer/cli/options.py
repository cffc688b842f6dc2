"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _folder(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path:
    from tokometer.ledger.opening import data_folder

    return (value.expanduser() if value else data_folder(os.environ, Path.home())).absolute()


def data_option(command: F) -> F:
    """`--data DIR`: the folder that holds the ledger."""
    return click.option(
        "--data",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        callback=_folder,
        help="Folder that holds the ledger. [default: $TOKOMETER_DATA, else ~/.local/share/tokometer]",
    )(command)


def output_options(command: F) -> F:
    """`--json` and `--csv`."""
    command = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")(command)
    return click.option("--json", "as_json", is_flag=True, help="Print JSON; money as exact decimal strings.")(command)


def window_options(command: F) -> F:
    """`--since`, `--until` and `--tz`."""
    when = "a date, an RFC 3339 time, 7d, 24h, today, week or month"
    command = click.option(
        "--tz", metavar="ZONE", help="Time zone (IANA) that days are counted in. [default: this machine's]"
    )(command)
    command = click.option("--until", metavar="WHEN", help="The last day to count, or a time to stop before.")(command)
    return click.option("--since", metavar="WHEN", help=f"Where to start: {when}.")(command)
