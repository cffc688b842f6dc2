"""The database of Hermes Agent, with the sums by model that newer versions keep, and without."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database, together
from tokometer.conformance import Files

FILE = ".hermes/state.db"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000.25
SESSIONS = """
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, source TEXT NOT NULL, user_id TEXT, model TEXT, parent_session_id TEXT, started_at REAL NOT NULL,
  ended_at REAL, end_reason TEXT, message_count INTEGER DEFAULT 0, tool_call_count INTEGER DEFAULT 0,
  input_tokens INTEGER DEFAULT 0, output_tokens INTEGER DEFAULT 0, cache_read_tokens INTEGER DEFAULT 0,
  cache_write_tokens INTEGER DEFAULT 0, reasoning_tokens INTEGER DEFAULT 0, cwd TEXT, billing_provider TEXT,
  billing_mode TEXT, estimated_cost_usd REAL, actual_cost_usd REAL, api_call_count INTEGER DEFAULT 0
);
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, role TEXT NOT NULL, content TEXT, tool_call_id TEXT,
  tool_calls TEXT, tool_name TEXT, timestamp REAL NOT NULL, token_count INTEGER
);
"""
USAGE = """
CREATE TABLE IF NOT EXISTS session_model_usage (
  session_id TEXT NOT NULL, model TEXT NOT NULL, billing_provider TEXT NOT NULL DEFAULT '',
  billing_base_url TEXT NOT NULL DEFAULT '', billing_mode TEXT NOT NULL DEFAULT '', task TEXT NOT NULL DEFAULT '',
  api_call_count INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0, cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0, reasoning_tokens INTEGER NOT NULL DEFAULT 0,
  estimated_cost_usd REAL NOT NULL DEFAULT 0, actual_cost_usd REAL NOT NULL DEFAULT 0, first_seen REAL, last_seen REAL,
  PRIMARY KEY (session_id, model, billing_provider, billing_base_url, billing_mode, task)
);
"""


def session(name: str, fresh: int, read: int, output: int, **more: Any) -> dict[str, Any]:
    """A session with its sum."""
    return {
        "id": name,
        "source": "telegram",
        "model": "claude-opus-4-5",
        "started_at": BEGAN,
        "input_tokens": fresh,
        "cache_read_tokens": read,
        "cache_write_tokens": 0,
        "output_tokens": output,
        "reasoning_tokens": 0,
        "billing_provider": "anthropic",
        "estimated_cost_usd": 0.5,
        **more,
    }


def part(name: str, model: str, fresh: int, read: int, output: int, task: str = "", **more: Any) -> dict[str, Any]:
    """What a session used of one model for one task."""
    return {
        "session_id": name,
        "model": model,
        "billing_provider": "openrouter",
        "task": task,
        "api_call_count": 3,
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_tokens": read,
        "first_seen": BEGAN + 1,
        "last_seen": BEGAN + fresh,
        **more,
    }


CALLS = json.dumps([{"id": "call_1", "type": "function", "function": {"name": "terminal", "arguments": "{}"}}])
MESSAGES = [
    {"id": 1, "session_id": "a", "role": "user", "content": "…", "timestamp": BEGAN},
    {"id": 2, "session_id": "a", "role": "assistant", "tool_calls": CALLS, "timestamp": BEGAN + 2},
    {"id": 3, "session_id": "a", "role": "tool", "tool_call_id": "call_1", "timestamp": BEGAN + 5},
]


def _spoil(home: Path) -> None:
    """Break one count of one session."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute("UPDATE sessions SET input_tokens = -5 WHERE id = 'b'")


SUMS = Files(
    "sums",
    "database",
    [
        database(FILE, SESSIONS, {"sessions": [session("a", 100, 900, 30)], "messages": MESSAGES[:2]}),
        database(
            FILE,
            SESSIONS,
            {
                "sessions": [
                    session("a", 150, 2_000, 70, reasoning_tokens=40, ended_at=BEGAN + 60, end_reason="completed"),
                    session("b", 10, 0, 5, model="my-own-model", billing_provider="custom", cwd="/home/ada/code"),
                    session("c", 0, 0, 0),
                ],
                "messages": MESSAGES[2:],
            },
        ),
    ],
    {
        "calls": 2,
        "tools": 1,
        "runs": 3,
        "input_tokens": 160,
        "cache_read_tokens": 2_000,
        "output_tokens": 75,
        "reasoning_tokens": 40,
        # Of a model that nobody has a price for.
        "cost_reported": 500_000_000,
    },
    spoil=_spoil,
)
PARTS = Files(
    "parts",
    "database",
    [
        database(FILE, SESSIONS, {"sessions": [session("a", 100, 900, 30)]}),
        together(
            database(
                FILE,
                SESSIONS + USAGE,
                {
                    # The version that has parts came when the session had used a hundred; a helper's task is beside.
                    "sessions": [session("a", 150, 1_500, 70)],
                    "session_model_usage": [
                        part("a", "claude-opus-4-5", 50, 600, 40, actual_cost_usd=0.25),
                        part("a", "gemini-3-flash", 7, 0, 2, "title"),
                    ],
                },
            )
        ),
    ],
    {
        "calls": 3,
        "runs": 1,
        "input_tokens": 150 + 7,
        "cache_read_tokens": 1_500,
        "output_tokens": 70 + 2,
        "cost_reported": 250_000_000,
    },
)

EXAMPLES = [SUMS, PARTS]
