"""The database as records: each answer with its metrics, ratings, and each workspace with its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Document, KnowledgeBase, ModelCall, Record, Score, infer_provider, provider_of
from tokometer.records.providers import known_provider
from tokometer.records.status import status_of
from tokometer.sources.database import DatabaseReader, Tables
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "anythingllm"
#: What AnythingLLM knows of an answer; anything else beside the tokens is noticed.
_METRICS: Final = frozenset(
    {
        *("prompt_tokens", "completion_tokens", "total_tokens", "outputTps", "duration", "model", "provider"),
        "timestamp",
    }
)
#: What only says how it is spoken to.
_ANY: Final = frozenset({"genericopenaillm", "genericopenai"})
_DOCUMENTS: Final = 1 << 40
#: Answers so far back are looked at again: they can be rated later.
_AGAIN: Final = 2_000


class Seen(msgspec.Struct):
    """What is remembered of a database: its last chat."""

    chat: int = 0


class Chats(DatabaseReader[Seen]):
    """One reading of one database."""

    Memory = Seen

    def __init__(self, path: Path, tables: Tables, memory: Seen, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._machine = host()
        self._users = self._by_id("users", "username")
        self._workspaces = self._by_id("workspaces", "name", "slug", "chatModel", "chatProvider", "createdAt")

    def items(self) -> Iterable[Item]:
        """Every new answer, and what each workspace holds."""
        if not self.tables.has("workspace_chats", "id", "workspaceId", "response"):
            self.noticed.add("file", "a database without chats")
            return
        if self.tables.last("workspace_chats", "id") < self.memory.chat:
            # The database was made anew, or its last chats are deleted.
            self.memory.chat = 0
        query = "SELECT * FROM workspace_chats WHERE id > ? ORDER BY id"
        for row in self.tables.rows(query, (max(0, self.memory.chat - _AGAIN),)):
            self.memory.chat = max(self.memory.chat, int(row["id"]))
            yield Item(int(row["id"]), partial(self._chat, row))
        if self.tables.has("workspace_documents", "workspaceId", "docpath"):
            for name, workspace in self._workspaces.items():
                yield Item(_DOCUMENTS + int(name), partial(self._documents, name, workspace))

    def _chat(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        response = Told(json_object(str(row["response"])))
        metrics = response.within("metrics")
        workspace = Told(self._workspaces.get(str(row["workspaceId"]), {}))
        started_at = told.needed(told.moment_utc("createdAt"), "createdAt")
        model = metrics.text("model") or workspace.text("chatModel")
        provider = _provider(metrics.text("provider") or workspace.text("chatProvider")) or infer_provider(model)
        session = told.text("thread_id", "api_session_id")
        user = told.text("user_id")
        took = metrics.seconds("duration")
        call = ModelCall(
            source=NAME,
            # Each installation counts its chats from 1.
            native_id=f"chat:{row['id']}:{started_at}",
            started_at=started_at if took is None else max(0, started_at - took),
            provider=provider,
            model=model,
            input_tokens=metrics.whole("prompt_tokens"),
            output_tokens=metrics.whole("completion_tokens"),
            latency_us=took,
            session_id=f"{row['workspaceId']}:{session or 'default'}",
            user=self._users.get(user, {}).get("username", user) if user else "",
            user_messages=1,
            project=workspace.text("name", "slug"),
            machine=self._machine,
        )
        if not call.input_tokens and not call.output_tokens:
            # It writes 0 where its model did not say: nothing answers nothing.
            call.input_tokens = call.output_tokens = None
            call.unsplit_tokens = metrics.whole("total_tokens") or None
        for key in metrics.beside(_METRICS):
            self.noticed.add("usage", key, int(row["id"]))
        if response.word("type") == "abort":
            call.error_message = response.message("error")
            call.status = status_of(words=call.error_message)
        yield call
        if row.get("feedbackScore") is not None:
            yield Score(
                source=NAME,
                native_id=f"feedback:{row['id']}:{started_at}",
                started_at=told.moment_utc("lastUpdatedAt") or started_at,
                name="feedback",
                value=1.0 if told.yes("feedbackScore") or row["feedbackScore"] == 1 else 0.0,
                type="boolean",
                target="call",
                call_id=call.native_id,
                session_id=call.session_id,
                author=call.user,
                author_type="human",
                model=model,
                project=call.project,
                machine=self._machine,
            )

    def _documents(self, name: str, workspace: Mapping[str, Any]) -> Iterator[Record]:
        said = Told(workspace)
        title = said.text("name", "slug") or name
        query = "SELECT * FROM workspace_documents WHERE workspaceId = ? ORDER BY id"
        rows = list(self.tables.rows(query, (int(name),)))
        if not rows:
            return
        latest = 0
        # Each installation counts its workspaces from 1, too.
        made = said.moment_utc("createdAt")
        named = name if made is None else f"{name}:{made}"
        for row in rows:
            told = Told(row)
            at = told.needed(told.moment_utc("lastUpdatedAt", "createdAt"), "createdAt")
            latest = max(latest, at)
            meta = Told(json_object(row["metadata"]) if row.get("metadata") else {})
            yield Document(
                source=NAME,
                native_id=f"document:{named}:{row['docpath']}",
                started_at=at,
                revision=at,
                knowledge_base=title,
                title=meta.text("title") or told.text("filename"),
                path=told.text("docpath"),
                tokens=meta.whole("token_count_estimate"),
                status="indexed",
                machine=self._machine,
            )
        yield KnowledgeBase(
            source=NAME,
            native_id=f"workspace:{named}",
            started_at=latest,
            revision=latest,
            name=title,
            documents=len(rows),
            machine=self._machine,
        )

    def _by_id(self, table: str, *columns: str) -> dict[str, dict[str, str]]:
        there = [name for name in columns if {"id", name} <= self.tables.columns(table)]
        if not there:
            return {}
        rows = self.tables.rows(f'SELECT id, {", ".join(there)} FROM "{table}"')
        return {str(row["id"]): {name: str(row[name]) for name in there if row[name]} for row in rows}


def _provider(told: str) -> str:
    """The provider: a workspace names it, an answer the class that asked (`AnthropicLLM`, `OllamaAILLM`).

    Empty where anything can be behind it.
    """
    if told.lower().replace("-", "") in _ANY:
        return ""
    short = told.removesuffix("LLM")
    known = (known_provider(name) for name in (told, short, short.removesuffix("AI").removesuffix("Ai")) if name)
    return next(filter(None, known), "") or provider_of(short)
