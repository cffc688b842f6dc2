"""Zed's database of threads, compressed and not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database
from tokometer.conformance import Files

FILE = ".local/share/zed/threads/threads.db"
FIRST = """
CREATE TABLE IF NOT EXISTS threads (
  id TEXT PRIMARY KEY, summary TEXT NOT NULL, updated_at TEXT NOT NULL, data_type TEXT NOT NULL, data BLOB NOT NULL
);
"""
LATEST = FIRST.replace(
    "data BLOB NOT NULL",
    "data BLOB NOT NULL, parent_id TEXT, folder_paths TEXT, folder_paths_order TEXT, created_at TEXT",
)
ANSWER = {
    "Agent": {
        "content": [{"Text": "…"}, {"ToolUse": {"id": "toolu_1", "name": "terminal", "input": {}}}],
        "tool_results": {"toolu_1": {"tool_use_id": "toolu_1", "tool_name": "terminal", "is_error": False}},
    }
}


def usage(fresh: int, written: int, read: int, output: int) -> dict[str, int]:
    """Tokens as Zed adds them up: the cache beside the input."""
    counts = {"input_tokens": fresh, "output_tokens": output}
    return counts | {"cache_creation_input_tokens": written, "cache_read_input_tokens": read}


def thread(used: dict[str, int], model: str = "claude-sonnet-4-5", provider: str = "zed.dev", **more: Any) -> Any:
    """A thread; of each turn only the last request is kept."""
    told = {"version": "0.3.0", "title": "Engine", "messages": [{"User": {"content": []}}, ANSWER]}
    turns = {"user-1": used, "user-2": usage(1, 0, 0, 1)}
    chosen = {"provider": provider, "model": model}
    return (
        told | {"cumulative_token_usage": used, "request_token_usage": turns, "model": chosen, "imported": False} | more
    )


def row(name: str, told: Any, minute: int, kind: str = "zstd", **more: Any) -> dict[str, Any]:
    """A row of the database."""
    raw = json.dumps(told).encode()
    stamp = f"2026-03-02T09:{minute:02}:00+00:00"
    return {
        "id": name,
        "summary": "Engine",
        "updated_at": stamp,
        "data_type": kind,
        "data": _packed(raw) if kind == "zstd" else raw,
    } | more


def _packed(raw: bytes) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd  # type: ignore[no-redef, unused-ignore]
    packed: bytes = zstd.compress(raw)
    return packed


def _spoiled(sql: str) -> Callable[[Path], None]:
    def go(home: Path) -> None:
        with closing(sqlite3.connect(home / FILE)) as connection, connection:
            connection.execute(sql)

    return go


PLACE = {
    "created_at": "2026-03-02T09:00:00+00:00",
    "folder_paths": "/home/ada/a\n/home/ada/b",
    "folder_paths_order": "1,0",
}
THREADS = Files(
    "latest",
    "database",
    [
        database(FILE, LATEST, {"threads": [row("t1", thread(usage(100, 5, 10, 20)), 1, **PLACE)]}),
        database(
            FILE,
            LATEST,
            {
                "threads": [
                    row("t1", thread(usage(400, 5, 30, 60)), 5, **PLACE),
                    row("t2", thread(usage(7, 0, 0, 3), "my-own-model", "ollama"), 6, parent_id="t1"),
                    row("t3", thread(usage(9, 0, 0, 9), imported=True), 7),
                    row("t4", thread(usage(0, 0, 0, 0)), 8),
                ]
            },
        ),
    ],
    {
        "calls": 2,
        "tools": 3,
        "input_tokens": 407,
        "cache_read_tokens": 30,
        "cache_write_tokens": 5,
        "output_tokens": 63,
    },
    spoil=_spoiled("UPDATE threads SET data = x'00', updated_at = '2026-03-02T10:00:00+00:00' WHERE id = 't2'"),
)
OLD = Files(
    "first",
    "database",
    [database(FILE, FIRST, {"threads": [row("t1", thread(usage(100, 5, 10, 20)), 1, "json")]})],
    {
        "calls": 1,
        "tools": 1,
        "input_tokens": 100,
        "cache_read_tokens": 10,
        "cache_write_tokens": 5,
        "output_tokens": 20,
    },
)

EXAMPLES = [THREADS, OLD]
