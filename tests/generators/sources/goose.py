"""The database of Goose in its first and its latest version, and the files of before."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database, text
from tokometer.conformance import Files

FILE = ".local/share/goose/sessions/sessions.db"
LEGACY = ".local/share/goose/sessions/20250302_090000.jsonl"
FIRST = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, description TEXT NOT NULL DEFAULT '', working_dir TEXT NOT NULL,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  total_tokens INTEGER, input_tokens INTEGER, output_tokens INTEGER, accumulated_total_tokens INTEGER,
  accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER, schedule_id TEXT
);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT NOT NULL, content_json TEXT NOT NULL,
  created_timestamp INTEGER NOT NULL, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, tokens INTEGER
);
"""
LATEST = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', session_type TEXT NOT NULL DEFAULT 'user',
  working_dir TEXT NOT NULL,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, total_tokens INTEGER,
  input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER,
  accumulated_total_tokens INTEGER, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER,
  accumulated_cache_read_tokens INTEGER, accumulated_cache_write_tokens INTEGER, accumulated_cost REAL,
  schedule_id TEXT, provider_name TEXT, model_config_json TEXT, goose_mode TEXT NOT NULL DEFAULT 'auto',
  parent_session_id TEXT
);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, session_id TEXT NOT NULL, role TEXT NOT NULL,
  content_json TEXT NOT NULL, created_timestamp INTEGER NOT NULL, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
"""
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
REQUEST = [
    {"type": "text", "text": "…"},
    {
        "type": "toolRequest",
        "id": "call_1",
        "toolCall": {"status": "success", "value": {"name": "developer__shell", "arguments": {}}},
    },
]
RESPONSE = [{"type": "toolResponse", "id": "call_1", "toolResult": {"status": "success", "value": []}}]


def model(name: str) -> str:
    """The settings of a model."""
    return json.dumps({"model_name": name, "context_limit": 200_000})


def session(name: str, total: int, fresh: int, output: int, minute: int = 1, **more: Any) -> dict[str, Any]:
    """A session with its sum; the columns beside hold what its context has just now."""
    return {
        "id": name,
        "working_dir": "/home/ada/code/engine",
        "created_at": "2026-03-02 09:00:00",
        "updated_at": f"2026-03-02 09:{minute:02}:00",
        "total_tokens": 9,
        "input_tokens": 8,
        "output_tokens": 1,
        "accumulated_total_tokens": total,
        "accumulated_input_tokens": fresh,
        "accumulated_output_tokens": output,
        **more,
    }


def message(number: int, content: list[Any], name: str = "20260302_1") -> dict[str, Any]:
    """A message."""
    return {
        "id": number,
        "session_id": name,
        "role": "assistant",
        "content_json": json.dumps(content),
        "created_timestamp": BEGAN + number,
    }


def _spoil(home: Path) -> None:
    """Break one count of one session."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute("UPDATE sessions SET accumulated_output_tokens = -1 WHERE id = '20260302_2'")


SONNET = {"provider_name": "anthropic", "model_config_json": model("claude-sonnet-4-5"), "accumulated_cost": 0.4}
OWN = {"provider_name": "ollama", "model_config_json": model("my-own-model"), "accumulated_cost": 0.4}
DATABASE = Files(
    "database",
    "database",
    [
        database(
            FILE,
            LATEST,
            {"sessions": [session("20260302_1", 130, 100, 30, **SONNET)], "messages": [message(1, REQUEST)]},
        ),
        database(
            FILE,
            LATEST,
            {
                "sessions": [
                    # The total proves the cache inside the input, …
                    session(
                        "20260302_1",
                        1_070,
                        1_000,
                        70,
                        5,
                        accumulated_cache_read_tokens=800,
                        accumulated_cache_write_tokens=50,
                        **SONNET,
                    ),
                    # … or beside it.
                    session(
                        "20260302_2",
                        115,
                        10,
                        5,
                        accumulated_cache_read_tokens=100,
                        accumulated_cache_write_tokens=0,
                        session_type="sub_agent",
                        parent_session_id="20260302_1",
                        **OWN,
                    ),
                ],
                "messages": [message(2, RESPONSE)],
            },
        ),
    ],
    {
        "calls": 2,
        "tools": 1,
        "runs": 1,
        "input_tokens": 150 + 10,
        "cache_read_tokens": 900,
        "cache_write_tokens": 50,
        "output_tokens": 75,
        "cost_reported": 400_000_000,
    },
    spoil=_spoil,
)
OLD = Files(
    "first_database",
    "database",
    [database(FILE, FIRST, {"sessions": [session("20260302_1", 130, 100, 30)], "messages": [message(1, REQUEST)]})],
    {"calls": 1, "tools": 1, "input_tokens": 100, "output_tokens": 30},
)
_HEADER = {
    "working_dir": "/home/ada/code/engine",
    "description": "Engine",
    "message_count": 2,
    "total_tokens": 90,
    "input_tokens": 80,
    "output_tokens": 10,
    "accumulated_total_tokens": 130,
    "accumulated_input_tokens": 100,
    "accumulated_output_tokens": 30,
}
_LINES = [
    {"role": "user", "created": 1_740_906_000, "content": [{"type": "text", "text": "…"}]},
    {"role": "assistant", "created": 1_740_906_004, "content": REQUEST},
]
FILES = Files(
    "jsonl",
    "document",
    [text(LEGACY, "".join(f"{json.dumps(line)}\n" for line in (_HEADER, *_LINES)))],
    {"calls": 1, "tools": 1, "input_tokens": 100, "output_tokens": 30},
)

EXAMPLES = [DATABASE, OLD, FILES]
