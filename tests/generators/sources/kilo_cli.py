"""The database of Kilo CLI: OpenCode's under another name."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from generators.left import Step
from generators.sources import opencode
from tokometer.conformance import Files

DATABASE = ".local/share/kilo/kilo.db"


def under(name: str, step: Step) -> Step:
    """What OpenCode leaves, under the name of a descendant."""

    def go(home: Path) -> None:
        step(home)
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(home / opencode.DATABASE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(home / opencode.DATABASE, path)

    return go


SQLITE = Files(
    "sqlite",
    "database",
    [under(DATABASE, step) for step in opencode.ROWS],
    # Anthropic's models have prices.
    {name: total for name, total in opencode.TOTALS.items() if name != "cost_reported"},
    spoil=under(DATABASE, opencode.spoil),
)

EXAMPLES = [SQLITE]
