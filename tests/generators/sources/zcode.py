"""The database of ZCode."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database
from tokometer.conformance import Files

FILE = ".zcode/cli/db/db.sqlite"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, directory TEXT, path TEXT);
CREATE TABLE IF NOT EXISTS model_usage (
    id TEXT PRIMARY KEY, session_id TEXT, turn_id TEXT, model_id TEXT, started_at INTEGER, completed_at INTEGER,
    duration_ms INTEGER, input_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER,
    cache_read_input_tokens INTEGER, cache_creation_input_tokens INTEGER, computed_total_tokens INTEGER,
    agent TEXT, mode TEXT
);
"""


def request(name: str, second: int, counts: tuple[int, int, int, int, int], total: int | None) -> dict[str, Any]:
    """A row: prompt, output, reasoning, what was read from the cache and written to it."""
    prompt, output, reasoning, read, written = counts
    row: dict[str, Any] = {"id": name, "session_id": "sess_1", "turn_id": "turn_1", "model_id": "GLM-5.2"}
    row |= {"started_at": BEGAN + second * 1000, "completed_at": BEGAN + second * 1000 + 1_500, "duration_ms": 1_500}
    row |= {"input_tokens": prompt, "output_tokens": output, "reasoning_tokens": reasoning}
    row |= {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    return row | {"computed_total_tokens": total, "agent": "zcode-agent", "mode": "yolo"}


SESSION = {"id": "sess_1", "directory": "/home/ada/code/engine", "path": ""}
INSIDE = request("u-1", 0, (100, 20, 5, 7, 3), 120)
BESIDE = request("u-2", 10, (100, 20, 5, 7, 3), 135)
OLD = request("u-3", 20, (50, 10, 0, 40, 0), None)
EMPTY = request("u-4", 30, (0, 0, 0, 0, 0), 0)


def _spoil(home: Path) -> None:
    """Break one count."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute("UPDATE model_usage SET input_tokens = -1, completed_at = completed_at + 1 WHERE id = 'u-3'")


DATABASE = Files(
    "database",
    "database",
    [
        database(FILE, SCHEMA, {"session": [SESSION], "model_usage": [INSIDE, EMPTY]}),
        database(FILE, SCHEMA, {"model_usage": [BESIDE, OLD]}),
    ],
    {
        "calls": 3,
        "input_tokens": 90 + 100 + 10,
        "cache_read_tokens": 7 + 7 + 40,
        "cache_write_tokens": 6,
        "output_tokens": 20 + 25 + 10,
        "reasoning_tokens": 10,
    },
    spoil=_spoil,
)

EXAMPLES = [DATABASE]
