"""Databases and files of programs that nobody knows by name, and of a knowledge and chat program."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from generators.left import database, text
from tokometer.conformance import Answers, Files
from tokometer.sources.protocol import Target

FILE = "apps/manager/app.db"
#: As .NET writes a time: seven digits of a second, no zone.
AT = "2026-03-02 09:00:{:02d}.1234567"
SCHEMA = """
CREATE TABLE IF NOT EXISTS Conversations (
  Id TEXT PRIMARY KEY, Title TEXT NOT NULL, Model TEXT NOT NULL, Provider TEXT NOT NULL, UserId TEXT, CreatedAt TEXT
);
CREATE TABLE IF NOT EXISTS Messages (
  Id INTEGER PRIMARY KEY AUTOINCREMENT, ConversationId TEXT NOT NULL REFERENCES Conversations (Id), Role TEXT NOT NULL,
  Content TEXT NOT NULL, TokenCount INTEGER, ProcessingTimeMs REAL, CreatedAt TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS OllamaModels (
  Id INTEGER PRIMARY KEY, Name TEXT NOT NULL, DisplayName TEXT, Size INTEGER, Family TEXT, ParameterSize TEXT,
  QuantizationLevel TEXT, Format TEXT, SupportsTools INTEGER NOT NULL, IsAvailable INTEGER NOT NULL, LastUsed TEXT,
  InstalledAt TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS KnowledgeCollections (
  Id INTEGER PRIMARY KEY, Name TEXT NOT NULL, Description TEXT, DocumentCount INTEGER, CreatedAt TEXT NOT NULL,
  UpdatedAt TEXT
);
CREATE TABLE IF NOT EXISTS KnowledgeDocuments (
  Id INTEGER PRIMARY KEY, CollectionId INTEGER NOT NULL REFERENCES KnowledgeCollections (Id), FileName TEXT NOT NULL,
  ContentType TEXT, FileSize INTEGER, ChunkCount INTEGER, Status TEXT NOT NULL, CreatedAt TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS __EFMigrationsHistory (MigrationId TEXT PRIMARY KEY, ProductVersion TEXT NOT NULL);
"""


def conversation(name: str, model: str, provider: str) -> dict[str, Any]:
    """A conversation."""
    return {
        "Id": name,
        "Title": "…",
        "Model": model,
        "Provider": provider,
        "UserId": "ada",
        "CreatedAt": AT.format(0),
    }


def message(number: int, of: str, role: str, tokens: object) -> dict[str, Any]:
    """A message."""
    return {
        "Id": number,
        "ConversationId": of,
        "Role": role,
        "Content": "…",
        "TokenCount": tokens,
        "ProcessingTimeMs": 812.5 if role == "Assistant" else None,
        "CreatedAt": AT.format(number),
    }


MODEL = {
    "Id": 1,
    "Name": "llama3.1:8b",
    "DisplayName": "Llama 3.1",
    "Size": 4_661_224_676,
    "Family": "llama",
    "ParameterSize": "8.0B",
    "QuantizationLevel": "Q4_K_M",
    "Format": "gguf",
    "SupportsTools": 1,
    "IsAvailable": 1,
    "LastUsed": AT.format(9),
    "InstalledAt": AT.format(1),
}
COLLECTION = {"Id": 1, "Name": "Handbook", "Description": "…", "DocumentCount": 1, "CreatedAt": AT.format(1)}
DOCUMENT = {
    "Id": 1,
    "CollectionId": 1,
    "FileName": "leave.pdf",
    "ContentType": "application/pdf",
    "FileSize": 120_000,
    "ChunkCount": 14,
    "Status": "Processed",
    "CreatedAt": AT.format(2),
}


def _spoil(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE)) as connection, connection:
        connection.execute("INSERT INTO Messages VALUES (99, 'c1', 'Assistant', '…', 'many', 1.5, ?)", (AT.format(9),))


MANAGER = Files(
    "entity_framework",
    "database",
    [
        database(
            FILE,
            SCHEMA,
            {
                "Conversations": [
                    conversation("c1", "llama3.1:8b", "Ollama"),
                    conversation("c2", "gpt-4o-mini", "OpenAI"),
                ],
                "Messages": [message(1, "c1", "User", 7), message(2, "c1", "Assistant", 50)],
                "OllamaModels": [MODEL],
                "KnowledgeCollections": [COLLECTION],
            },
        ),
        database(
            FILE,
            SCHEMA,
            {
                "Messages": [message(3, "c2", "User", 9), message(4, "c2", "Assistant", 30)],
                "KnowledgeDocuments": [DOCUMENT],
            },
        ),
    ],
    {"calls": 2, "models": 1, "knowledge_bases": 1, "documents": 1, "output_tokens": 80},
    spoil=_spoil,
    named=[FILE],
)
EXPORT = Files(
    "exported_csv",
    "document",
    [
        text(
            "exports/calls.csv",
            "source,native_id,started_at,revision,labels,provider,model,input_tokens,output_tokens,cost_usd\n"
            'shop,a-1,2026-03-02T09:00:00Z,0,"{""plan"": ""pro""}",openai,gpt-4o-mini,100,20,0.25\n'
            "shop,a-2,2026-03-02T09:00:01Z,0,,openai,gpt-4o-mini,200,40,\n",
        )
    ],
    {"calls": 2, "input_tokens": 300, "output_tokens": 60, "cost_reported": 250_000_000},
    named=["exports/calls.csv"],
)


def _usage() -> str:
    """The address of a database with one table of a day's usage by user."""
    folder = Path(tempfile.mkdtemp(prefix="tokometer-table-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "usage.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE infinity_assistant_usage (id TEXT PRIMARY KEY, user_id TEXT, usage_date TEXT, "
            "requests_count INTEGER, tokens_used INTEGER, model TEXT, updated_at TEXT)"
        )
        connection.executemany(
            "INSERT INTO infinity_assistant_usage VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                ("u-1", "ada", "2026-03-02", 3, 900, "claude-3-5-sonnet", "2026-03-02T17:00:00Z"),
                ("u-2", "bob", "2026-03-02", 1, 100, None, "2026-03-02T17:00:00Z"),
            ],
        )
    return path.as_uri()


USAGE = Answers("usage_by_day", Target("usage", _usage(), 60), [{}, {}], {"calls": 2})

EXAMPLES = [MANAGER, EXPORT, USAGE]
