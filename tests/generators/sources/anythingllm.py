"""The database of AnythingLLM: answers with metrics and without, ratings, and documents."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database
from tokometer.conformance import Files

FILE = "anythingllm/anythingllm.db"
SCHEMA = """
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, username TEXT, password TEXT);
CREATE TABLE IF NOT EXISTS workspaces (
  id INTEGER PRIMARY KEY, name TEXT, slug TEXT, chatModel TEXT, chatProvider TEXT, createdAt TEXT
);
CREATE TABLE IF NOT EXISTS workspace_chats (
  id INTEGER PRIMARY KEY AUTOINCREMENT, workspaceId INTEGER NOT NULL, prompt TEXT NOT NULL, response TEXT NOT NULL,
  include BOOLEAN DEFAULT 1, user_id INTEGER, thread_id INTEGER, api_session_id TEXT, createdAt, lastUpdatedAt,
  feedbackScore BOOLEAN
);
CREATE TABLE IF NOT EXISTS workspace_documents (
  id INTEGER PRIMARY KEY, docId TEXT, filename TEXT, docpath TEXT, workspaceId INTEGER, metadata TEXT, createdAt,
  lastUpdatedAt
);
"""
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000


def chat(number: int, metrics: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """One answer."""
    response = {"text": "Good morning.", "sources": [], "type": "chat", **({"metrics": metrics} if metrics else {})}
    return {
        "id": number,
        "workspaceId": 1,
        "prompt": "hello",
        "response": json.dumps(response),
        "user_id": 1,
        "thread_id": None,
        "createdAt": BEGAN + number * 60_000,
        "lastUpdatedAt": BEGAN + number * 60_000,
        **more,
    }


def metrics(number: int) -> dict[str, Any]:
    """What newer releases know of an answer."""
    return {
        "prompt_tokens": 1_000 + number,
        "completion_tokens": 20,
        "total_tokens": 1_020 + number,
        "outputTps": 12.5,
        "duration": 1.6,
        "model": "gpt-4o",
        "provider": "OpenAiLLM",
    }


ABOVE = {
    "users": [{"id": 1, "username": "ada"}],
    "workspaces": [{"id": 1, "name": "Handbook", "slug": "handbook", "chatModel": "gpt-4o", "chatProvider": "openai"}],
}
FIRST = [chat(1, None, createdAt="2026-03-02T09:01:00.000Z"), chat(2, metrics(2))]
LATER = [
    chat(2, metrics(2), feedbackScore=1),
    *(chat(number, metrics(number), thread_id=7) for number in range(3, 8)),
]
DOCUMENTS = [
    {
        "id": number,
        "docId": f"d-{number}",
        "filename": f"page-{number}.txt-5e55.json",
        "docpath": f"custom-documents/page-{number}.json",
        "workspaceId": 1,
        "metadata": json.dumps({"title": f"Page {number}", "token_count_estimate": 512}),
        "createdAt": BEGAN,
        "lastUpdatedAt": BEGAN,
    }
    for number in range(3)
]


def spoil(home: Path) -> None:
    """Break one more answer."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        row = {**chat(90, None), "response": "{not json"}
        query = f"INSERT INTO workspace_chats ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        connection.execute(query, tuple(row.values()))


EXAMPLES = [
    Files(
        "sqlite",
        "database",
        [
            database(FILE, SCHEMA, {**ABOVE, "workspace_chats": FIRST}),
            database(FILE, SCHEMA, {"workspace_chats": LATER, "workspace_documents": DOCUMENTS}),
        ],
        {
            "calls": 7,
            "input_tokens": sum(1_000 + number for number in range(2, 8)),
            "output_tokens": 6 * 20,
            "scores": 1,
            "documents": 3,
            "knowledge_bases": 1,
        },
        spoil=spoil,
    )
]
