"""`tokometer doctor --repair`: a damaged ledger made whole, without what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tokometer.cli.problems import Problem, told_in_one_line
from tokometer.cli.shown import say


def repair(data: Path, *, sure: bool) -> None:
    """Repair a data folder's ledger, once it is clear that this is wanted, and say what was kept and lost."""
    from tokometer.cli.remote import find_server

    if os.environ.get("TOKOMETER_LEDGER"):
        raise Problem("this ledger is on ClickHouse, which looks after its own files: restore a backup of it there")
    running = find_server(data)
    if running is not None:
        raise Problem(f"{running.url} serves {data} (process {running.pid}): stop it first")
    from tokometer.ledger.duckdb import FILE_NAME
    from tokometer.ledger.duckdb.repair import repair as mend
    from tokometer.ledger.duckdb.repair import words
    from tokometer.ledger.environment import memory_limit

    path = data / FILE_NAME
    if not any(data.glob(f"{path.stem}.*")):
        raise Problem(f"there is no ledger in {data}")
    say(f"This keeps what can be read of {path}, and moves what is damaged aside; nothing is deleted.")
    say("What sources still have is read again at the next start. A copy of the folder is a good idea first.")
    if not sure:
        click.confirm("Repair it now?", abort=True)
    with told_in_one_line():
        done = mend(path, memory_limit())
    for line in words(done):
        say(line)
