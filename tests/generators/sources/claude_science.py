"""The database of Claude Science."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generators.left import Step, database
from tokometer.conformance import Files

FILE = ".claude-science/operon-cli.db"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (id TEXT PRIMARY KEY, name TEXT);
CREATE TABLE IF NOT EXISTS frames (id TEXT PRIMARY KEY, parent_frame_id TEXT, root_frame_id TEXT, project_id TEXT,
  model TEXT, input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER,
  total_cost REAL, created_at INTEGER, updated_at INTEGER);
"""


def frame(name: str, second: int, fresh: int | None, output: int | None, **more: Any) -> dict[str, Any]:
    """A frame and what it has used so far."""
    counts = {"input_tokens": fresh, "output_tokens": output, "cache_read_tokens": 0, "cache_write_tokens": None}
    times = {"created_at": BEGAN, "updated_at": BEGAN + second * 1_000}
    return {"id": name, "project_id": "p1", "model": "claude-sonnet-4-5", **counts, **times, **more}


def rows(*frames: dict[str, Any], name: str = FILE) -> Step:
    """Frames in the database."""
    return database(name, SCHEMA, {"projects": [{"id": "p1", "name": "enzymes"}], "frames": list(frames)})


FIRST = frame("f1", 10, 100, 20, cache_read_tokens=4_000, cache_write_tokens=300, total_cost=0.01)
GROWN = frame("f1", 60, 250, 55, cache_read_tokens=9_000, cache_write_tokens=300, total_cost=0.03)
CHILD = frame("f2", 30, 40, 9, parent_frame_id="f1", root_frame_id="f1", model="cs-switch-direct:claude-haiku-4-5")
OWN = frame("f3", 40, 7, 1, model="enzyme-1", total_cost=0.002)
WAITING = frame("f4", 50, None, None)


def spoil(home: Path) -> None:
    """Break one frame."""
    rows(frame("f9", 90, -5, 1))(home)


DATABASE = Files(
    "database",
    "database",
    [rows(FIRST, CHILD), rows(GROWN, OWN, WAITING)],
    {
        "calls": 3,
        "input_tokens": 297,
        "cache_read_tokens": 9_000,
        "cache_write_tokens": 300,
        "output_tokens": 65,
        # Of a model that nobody has a price for.
        "cost_reported": 2_000_000,
    },
    spoil=spoil,
)

EXAMPLES = [DATABASE]
