"""The database of Open WebUI: messages in the chat, and in a table of their own; clones, ratings, knowledge."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database
from tokometer.conformance import Files

FILE = ".open-webui/webui.db"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS user (id TEXT PRIMARY KEY, name TEXT, email TEXT);
CREATE TABLE IF NOT EXISTS model (id TEXT PRIMARY KEY, user_id TEXT, base_model_id TEXT, name TEXT);
CREATE TABLE IF NOT EXISTS chat (
  id TEXT PRIMARY KEY, user_id TEXT, title TEXT, chat JSON, created_at BIGINT, updated_at BIGINT, share_id TEXT,
  archived BOOLEAN, pinned BOOLEAN, meta JSON, folder_id TEXT
);
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, user_id TEXT, version BIGINT, type TEXT, data JSON, meta JSON, snapshot JSON, created_at BIGINT,
  updated_at BIGINT
);
CREATE TABLE IF NOT EXISTS knowledge (
  id TEXT PRIMARY KEY, user_id TEXT, name TEXT, description TEXT, data JSON, meta JSON, created_at BIGINT,
  updated_at BIGINT
);
CREATE TABLE IF NOT EXISTS file (
  id TEXT PRIMARY KEY, user_id TEXT, filename TEXT, data JSON, meta JSON, created_at BIGINT, updated_at BIGINT
);
"""
MESSAGES = """
CREATE TABLE IF NOT EXISTS chat_message (
  id TEXT PRIMARY KEY, chat_id TEXT, user_id TEXT, role TEXT, parent_id TEXT, content JSON, output JSON, model_id TEXT,
  files JSON, sources JSON, meta JSON, done BOOLEAN, status_history JSON, error JSON, usage JSON, created_at BIGINT,
  updated_at BIGINT
);
"""
OLLAMA = {
    "response_token/s": 41.2,
    "prompt_token/s": 900.1,
    "total_duration": 2_500_000_000,
    "load_duration": 100_000_000,
    "prompt_eval_count": 210,
    "prompt_eval_duration": 200_000_000,
    "eval_count": 55,
    "eval_duration": 1_900_000_000,
    "approximate_total": "0h0m2s",
    "completion_tokens": 55,
    "prompt_tokens": 210,
    "total_tokens": 265,
}
OPENAI = {
    "prompt_tokens": 1_200,
    "completion_tokens": 340,
    "total_tokens": 1_540,
    "prompt_tokens_details": {"cached_tokens": 1_000},
    "completion_tokens_details": {"reasoning_tokens": 40},
}


def message(number: int, model: str, usage: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """An answer as it stands in a chat."""
    return {
        "id": f"a{number:03d}0000-0000-4000-8000-000000000000",
        "parentId": f"u{number:03d}",
        "childrenIds": [],
        "role": "assistant",
        "content": "Good morning.",
        "model": model,
        "timestamp": BEGAN + number * 60,
        "done": True,
        **({"usage": usage} if usage else {}),
        **more,
    }


def chat(name: str, at: int, *messages: dict[str, Any]) -> dict[str, Any]:
    """A chat with its answers, and the question before each."""
    asked = {f"u-{one['id']}": {"id": f"u-{one['id']}", "role": "user", "content": "?"} for one in messages}
    held = {**asked, **{one["id"]: one for one in messages}}
    return {
        "id": name,
        "user_id": "user-1",
        "title": "Morning",
        "chat": json.dumps({"title": "Morning", "history": {"messages": held, "currentId": messages[-1]["id"]}}),
        "created_at": BEGAN,
        "updated_at": at,
        "meta": json.dumps({"tags": ["garden"]}),
    }


def row(name: str, one: dict[str, Any]) -> dict[str, Any]:
    """The same answer in the table of messages."""
    usage, error = one.get("usage"), one.get("error")
    return {
        "id": f"{name}-{one['id']}",
        "chat_id": name,
        "user_id": "user-1",
        "role": "assistant",
        "content": json.dumps(one["content"]),
        "model_id": one["model"],
        "done": one["done"],
        "error": json.dumps(error) if error else None,
        "usage": json.dumps(usage) if usage else None,
        "created_at": one["timestamp"],
        "updated_at": one["timestamp"],
    }


ABOVE = {
    "user": [{"id": "user-1", "name": "Ada", "email": "ada@example.org"}],
    "model": [{"id": "gardener", "user_id": "user-1", "base_model_id": "gpt-4o", "name": "Gardener"}],
}
ANSWERS = [
    message(1, "llama3.2:latest", OLLAMA),
    message(2, "gpt-4o", OPENAI),
    message(3, "gardener", OPENAI),
    # Of a backend that says nothing of its usage, and one that failed.
    message(4, "llama3.2:latest", None),
    message(5, "gpt-4o", None, error={"content": "Rate limit reached"}),
]
KNOWN = {
    "feedback": [
        {
            "id": "f-1",
            "user_id": "user-1",
            "version": 0,
            "type": "rating",
            "data": json.dumps({"rating": -1, "model_id": "gpt-4o", "reason": "too_short", "comment": ""}),
            "meta": json.dumps({"chat_id": "chat-1", "message_id": ANSWERS[1]["id"]}),
            "created_at": BEGAN + 200,
            "updated_at": BEGAN + 200,
        }
    ],
    "knowledge": [
        {
            "id": "k-1",
            "user_id": "user-1",
            "name": "Handbook",
            "data": json.dumps({"file_ids": ["d-1", "d-2"]}),
            "created_at": BEGAN,
            "updated_at": BEGAN,
        }
    ],
    "file": [
        {
            "id": f"d-{number}",
            "user_id": "user-1",
            "filename": f"page-{number}.pdf",
            "meta": json.dumps({"content_type": "application/pdf", "size": 2_048}),
            "created_at": BEGAN,
            "updated_at": BEGAN,
        }
        for number in (1, 2)
    ],
}
TOTALS = {
    "calls": 5,
    "errors": 1,
    "input_tokens": 210 + 2 * 200,
    "cache_read_tokens": 2_000,
    "output_tokens": 55 + 2 * 340,
    "reasoning_tokens": 80,
}
BESIDE = {"scores": 1, "knowledge_bases": 1, "documents": 2}


def spoil(home: Path) -> None:
    """Break one more chat."""
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute(
            "INSERT INTO chat (id, user_id, chat, created_at, updated_at) VALUES ('broken', 'user-1', '{no', ?, ?)",
            (BEGAN + 9_000, BEGAN + 9_000),
        )


EXAMPLES = [
    Files(
        "chats",
        "database",
        [
            database(FILE, SCHEMA, {**ABOVE, "chat": [chat("chat-1", BEGAN + 130, *ANSWERS[:2])]}),
            database(FILE, SCHEMA, {"chat": [chat("chat-1", BEGAN + 400, *ANSWERS)], **KNOWN}),
            # A clone of the chat: the same answers, in another chat.
            database(FILE, SCHEMA, {"chat": [chat("chat-2", BEGAN + 500, *ANSWERS[:3])]}),
        ],
        {**TOTALS, **BESIDE},
        spoil=spoil,
    ),
    Files(
        "messages",
        "database",
        [
            database(FILE, SCHEMA, {**ABOVE, "chat": [chat("chat-1", BEGAN + 130, *ANSWERS[:2])]}),
            database(
                FILE,
                SCHEMA + MESSAGES,
                {
                    "chat": [chat("chat-1", BEGAN + 400, *ANSWERS)],
                    "chat_message": [row("chat-1", one) for one in ANSWERS],
                },
            ),
        ],
        TOTALS,
    ),
]
