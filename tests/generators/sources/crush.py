"""Databases as Crush keeps them: one in each project, with the list of projects beside its own data."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database, document, together
from tokometer.conformance import Files

FILE = "code/engine/.crush/crush.db"
LIST = ".local/share/crush/projects.json"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT NOT NULL DEFAULT '', message_count INTEGER NOT NULL DEFAULT 0,
  prompt_tokens INTEGER NOT NULL DEFAULT 0, completion_tokens INTEGER NOT NULL DEFAULT 0,
  cost REAL NOT NULL DEFAULT 0.0,
  updated_at INTEGER NOT NULL, created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, parts TEXT NOT NULL DEFAULT '[]', model TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, finished_at INTEGER, provider TEXT
);
"""


def session(name: str, cost: float, second: int = 0, **more: Any) -> dict[str, Any]:
    """A session; its tokens are those of its last request."""
    row = {"id": name, "cost": cost, "prompt_tokens": 9_000, "completion_tokens": 12}
    return row | {"created_at": BEGAN, "updated_at": BEGAN + second} | more


def message(name: str, second: int, role: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A message of the first session."""
    row = {"id": name, "session_id": "s1", "role": role, "parts": json.dumps(parts), "model": "claude-sonnet-4-5"}
    return row | {"provider": "anthropic", "created_at": BEGAN + second, "updated_at": BEGAN + second} | more


USE = {"type": "tool_call", "data": {"id": "call_1", "name": "bash", "input": "{}", "finished": True}}
RESULT = {"type": "tool_result", "data": {"tool_call_id": "call_1", "name": "bash", "content": "…", "is_error": True}}
FINISH = {"type": "finish", "data": {"reason": "tool_use", "time": BEGAN + 3}}


def _list(home: Path) -> None:
    document(LIST, {"projects": [{"path": str(home / "code/engine"), "data_dir": ".crush"}]})(home)


def _spoil(home: Path) -> None:
    """Break the cost of one session."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute("UPDATE sessions SET cost = -1 WHERE id = 's2'")


SESSIONS = Files(
    "sessions",
    "database",
    [
        together(
            _list,
            database(
                FILE, SCHEMA, {"sessions": [session("s1", 0.25)], "messages": [message("m1", 1, "assistant", USE)]}
            ),
        ),
        database(
            FILE,
            SCHEMA,
            {
                "sessions": [
                    session("s1", 0.75, 60),
                    session("s2", 0.1),
                    # Its cost is in its parent's.
                    session("s1-agent", 0.2, parent_session_id="s1"),
                    session("empty", 0.0),
                ],
                "messages": [message("m2", 3, "tool", RESULT), message("m3", 4, "assistant", FINISH)],
            },
        ),
    ],
    {"calls": 2, "tools": 1, "runs": 1, "cost_reported": 850_000_000},
    spoil=_spoil,
)

EXAMPLES = [SESSIONS]
