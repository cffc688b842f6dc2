"""The database of Devin's command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.left import Step, database
from tokometer.conformance import Files

FILE = ".local/share/devin/cli/sessions.db"
SESSION = "sess-1"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, working_directory TEXT NOT NULL, backend_type TEXT NOT NULL,
  model TEXT NOT NULL, agent_mode TEXT NOT NULL, created_at INTEGER NOT NULL, last_activity_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS message_nodes (row_id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,
  node_id INTEGER NOT NULL, parent_node_id INTEGER, chat_message TEXT NOT NULL, created_at INTEGER NOT NULL,
  metadata TEXT);
"""


def answered(model: str | None, fresh: int, read: int, output: int, **more: Any) -> dict[str, Any]:
    """An answer, with what it used."""
    metrics = {"input_tokens": fresh, "output_tokens": output, "cache_read_tokens": read, "cache_creation_tokens": None}
    said = {"num_tokens": output, "generation_model": model, "metrics": {**metrics, "total_time_ms": 2_846, **more}}
    return {"role": "assistant", "content": "…", "metadata": said}


ASKED = {"role": "user", "content": "…", "metadata": {"metrics": {"input_tokens": 1}}}
FIRST = answered("glm-5-2-max-1m", 31_134, 8, 147)
LATER = answered("claude-sonnet-4-5", 10, 0, 5, cache_creation_tokens=30)
#: How long the answer is, and nothing else.
SHORT = {"role": "assistant", "content": "…", "metadata": {"num_tokens": 9}}


def rows(messages: Mapping[int, Any]) -> Step:
    """Messages by their rows."""
    session = {"id": SESSION, "working_directory": "/home/ada/code/engine", "backend_type": "windsurf"}
    session |= {"model": "adaptive", "agent_mode": "accept-edits"}
    nodes = [
        {"row_id": row, "session_id": SESSION, "node_id": row, "chat_message": said, "created_at": BEGAN + row}
        for row, message in messages.items()
        for said in [message if isinstance(message, str) else json.dumps(message)]
    ]
    times = {"created_at": BEGAN, "last_activity_at": BEGAN}
    return database(FILE, SCHEMA, {"sessions": [session | times], "message_nodes": nodes})


def spoil(home: Path) -> None:
    """Break one message."""
    rows({99: "{no"})(home)


CLI = Files(
    "cli",
    "database",
    [rows({1: ASKED, 2: FIRST}), rows({3: LATER, 4: SHORT})],
    {
        "calls": 3,
        "input_tokens": 31_144,
        "cache_read_tokens": 8,
        "cache_write_tokens": 30,
        "output_tokens": 161,
    },
    spoil=spoil,
)

EXAMPLES = [CLI]
