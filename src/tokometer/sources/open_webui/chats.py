"""The database as records.

A message is known by its own id, which a cloned chat copies, so that a copy counts once; the chat in which it was first
counts as its session. A chat whose messages stand in the table `chat_message` is read from there, and no more from the
chat itself. What has changed is found by the time of its last change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Document, KnowledgeBase, ModelCall, Record, RecordError, Score, infer_provider
from tokometer.records.status import status_of
from tokometer.sources.answer_ids import timed_name
from tokometer.sources.database import DatabaseReader, Tables, later
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.usage import put, used

NAME: Final = "open_webui"
#: What only Ollama says of an answer.
_OLLAMA: Final = frozenset({"prompt_eval_count", "eval_count", "response_token/s", "load_duration"})
#: Keys beside the tokens that say how long it took, or repeat them.
_TIMES: Final = frozenset(
    {
        *("response_token/s", "prompt_token/s", "total_duration", "load_duration", "prompt_eval_duration"),
        *(
            "eval_duration",
            "approximate_total",
            "predicted_per_second",
            "prompt_per_second",
            "predicted_ms",
            "prompt_ms",
        ),
        *("predicted_per_token_ms", "prompt_per_token_ms", "cache_n", "prompt_n", "predicted_n"),
    }
)
#: Rows of this many seconds before the last change that was seen are looked at again: clocks and commits are not one.
_SLACK: Final = 300
_TABLES: Final = {"chat": 0, "chat_message": 1 << 40, "feedback": 1 << 41, "knowledge": 1 << 42, "file": 1 << 43}


class Seen(msgspec.Struct):
    """What is remembered of a database: the last change of each table, as the table writes it."""

    last: dict[str, int] = msgspec.field(default_factory=dict)


class Chats(DatabaseReader[Seen]):
    """One reading of one database."""

    Memory = Seen

    def __init__(self, path: Path, tables: Tables, memory: Seen, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._machine = host()
        self._users = self._names("user", "email", "name")
        self._bases = self._names("model", "base_model_id")

    def items(self) -> Iterable[Item]:
        """What has changed."""
        if not self.tables.has("chat", "id", "user_id", "chat"):
            self.noticed.add("file", "a database without chats")
            return
        in_table: set[str] = set()
        if self.tables.has("chat_message", "id", "chat_id", "role"):
            self.tables.expect("chat_message", "usage", "model_id")
            in_table = {str(row["chat_id"]) for row in self.tables.rows("SELECT DISTINCT chat_id FROM chat_message")}
            yield from self._changed("chat_message", self._message_row)
        yield from self._changed("chat", partial(self._chat, in_table))
        if self.tables.has("feedback", "id", "data"):
            yield from self._changed("feedback", self._feedback)
        if self.tables.has("knowledge", "id", "name"):
            yield from self._changed("knowledge", self._knowledge)

    def _changed(self, table: str, make: Any) -> Iterator[Item]:  # noqa: ANN401 - what makes records of a row
        column = next((name for name in ("updated_at", "created_at") if name in self.tables.columns(table)), "")
        since = self.memory.last.get(table, 0)
        query = f"SELECT rowid AS position, * FROM {table}"
        if column:
            query += f" WHERE coalesce({column}, 0) >= ? ORDER BY {column}"
        for row in self.tables.rows(query, (since - _slack(since),) if column else ()):
            self.memory.last[table] = later(self.memory.last.get(table, 0), row.get(column))
            yield Item(_TABLES[table] + row["position"], partial(make, row))

    # -- messages ------------------------------------------------------------------------------------------------------

    def _message_row(self, row: Mapping[str, Any]) -> Iterable[Record]:
        told = Told(row)
        if told.text("role") != "assistant":
            return []
        chat, name = told.text("chat_id"), told.needed(told.text("id"), "id")
        message = {
            "id": name.removeprefix(f"{chat}-"),
            "model": told.text("model_id"),
            "timestamp": row.get("created_at"),
            "usage": _decoded(row.get("usage")),
            "error": _decoded(row.get("error")),
            "done": row.get("done"),
        }
        return self._answer(message, chat, told.text("user_id"), {}, row["position"])

    def _chat(self, in_table: set[str], row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        chat = told.needed(told.text("id"), "id")
        if chat in in_table:
            return
        held = Told(_decoded(row.get("chat")) or {})
        messages = held.within("history").within("messages").plain
        if not messages:
            # Of the first releases: the branch that is shown, and no others.
            messages = {str(one.raw("id")): one.plain for one in held.each("messages")}
        labels = _tags(_decoded(row.get("meta")))
        wrong: RecordError | None = None
        for name, message in messages.items():
            if isinstance(message, dict) and message.get("role") == "assistant":
                try:
                    given = {**message, "id": message.get("id") or name}
                    yield from self._answer(given, chat, told.text("user_id"), labels, row["position"])
                except RecordError as error:
                    # One message spoils only itself; the last that cannot be believed is told.
                    wrong = error
        if wrong is not None:
            raise wrong

    def _answer(
        self, message: Mapping[str, Any], chat: str, user: str, labels: Mapping[str, str], position: int
    ) -> list[Record]:
        told = Told(message)
        if message.get("done") in (False, 0) and not message.get("error") and not message.get("usage"):
            return []  # it is still being written
        model = told.text("model", "modelName")
        base = self._bases.get(model, "")
        call = ModelCall(
            source=NAME,
            native_id=told.needed(told.text("id"), "id"),
            started_at=told.needed(told.moment("timestamp"), "timestamp"),
            model=base or model,
            session_id=chat,
            user=self._users.get(user, user),
            machine=self._machine,
            labels={**labels, **({"custom_model": model} if base else {})} or None,
        )
        usage = message.get("usage") or told.within("info").raw("usage") or told.within("info").plain
        if isinstance(usage, dict) and usage:
            self._used(call, usage, position)
        call.provider = call.provider or infer_provider(call.model)
        error = message.get("error")
        if error:
            call.error_message = Told({"error": _words(error)}).message("error")
            call.status = status_of(words=call.error_message)
        return [call]

    def _used(self, call: ModelCall, usage: Mapping[str, Any], position: int) -> None:
        said = {name: value for name, value in usage.items() if name not in _TIMES}
        times = Told({name: value for name, value in usage.items() if name.endswith("_duration")})
        put(call, used(said), self.noticed, position)
        if not _OLLAMA.isdisjoint(usage):
            call.provider = "ollama"
            # The name that a proxy in front of the server has for it, too.
            call.response_id = timed_name(usage)
        total, load, prompt = (_nanoseconds(times, f"{name}_duration") for name in ("total", "load", "prompt_eval"))
        call.latency_us = total
        if total is not None and load is not None and prompt is not None:
            call.ttft_us = load + prompt

    # -- what stands beside --------------------------------------------------------------------------------------------

    def _feedback(self, row: Mapping[str, Any]) -> list[Record]:
        told, data = Told(row), Told(_decoded(row.get("data")) or {})
        meta = Told(_decoded(row.get("meta")) or {})
        rating = data.number("rating")
        if rating is None:
            return []
        user = told.text("user_id")
        return [
            Score(
                source=NAME,
                native_id=f"feedback:{told.needed(told.text('id'), 'id')}",
                started_at=told.needed(told.moment("created_at"), "created_at"),
                name="rating",
                value=rating,
                comment=data.message("comment"),
                target="call",
                call_id=meta.text("message_id"),
                session_id=meta.text("chat_id"),
                author=self._users.get(user, user),
                author_type="human",
                model=data.text("model_id"),
                labels={"reason": reason} if (reason := data.word("reason")) else None,
                machine=self._machine,
                revision=told.whole("updated_at") or 0,
            )
        ]

    def _knowledge(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        name = told.needed(told.text("name"), "name")
        at = told.needed(told.moment("updated_at", "created_at"), "updated_at")
        files = list(self._files(str(row["id"]), _decoded(row.get("data")) or {}))
        yield KnowledgeBase(
            source=NAME,
            native_id=f"knowledge:{row['id']}",
            started_at=at,
            revision=at,
            name=name,
            documents=len(files),
            machine=self._machine,
        )
        for file in files:
            said, meta = Told(file), Told(_decoded(file.get("meta")) or {})
            indexed = said.moment("updated_at", "created_at") or at
            yield Document(
                source=NAME,
                native_id=f"file:{row['id']}:{file['id']}",
                started_at=indexed,
                revision=indexed,
                knowledge_base=name,
                title=said.text("filename") or meta.text("name") or str(file["id"]),
                path=str(file["id"]),
                media_type=meta.text("content_type"),
                size_bytes=meta.whole("size"),
                status="indexed",
                machine=self._machine,
            )

    def _files(self, knowledge: str, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The files of a knowledge base: linked by a table, or listed in it."""
        if not self.tables.has("file", "id"):
            return
        if self.tables.has("knowledge_file", "knowledge_id", "file_id"):
            query = "SELECT f.* FROM file f JOIN knowledge_file k ON k.file_id = f.id WHERE k.knowledge_id = ?"
            yield from self.tables.rows(query, (knowledge,))
            return
        listed = data.get("file_ids")
        for name in listed if isinstance(listed, list) else ():
            yield from self.tables.rows("SELECT * FROM file WHERE id = ?", (str(name),))

    def _names(self, table: str, *columns: str) -> dict[str, str]:
        """Id → the first of these columns that says something."""
        there = [name for name in columns if {"id", name} <= self.tables.columns(table)]
        if not there:
            return {}
        rows = self.tables.rows(f'SELECT id, {", ".join(there)} FROM "{table}"')
        found = {str(row["id"]): next((str(row[name]) for name in there if row[name]), "") for row in rows}
        return {name: value for name, value in found.items() if value}


def _slack(last: int) -> int:
    """The slack in the table's own unit: seconds, milliseconds or (of newer tables) nanoseconds."""
    return _SLACK if last < 10**11 else _SLACK * 10**3 if last < 10**14 else _SLACK * 10**9


def _decoded(value: object) -> dict[str, Any] | None:
    """A column of JSON; None where it holds no object."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, (str, bytes)) or not value or value in ("null", '""'):
        return None
    try:
        return json_object(value)
    except RecordError:
        if isinstance(value, str) and value.lstrip()[:1] in ('"', "[", "n"):
            return None
        raise


def _words(error: object) -> str:
    if isinstance(error, dict):
        return str(error.get("content") or error.get("message") or error.get("detail") or "failed")
    return error if isinstance(error, str) else "failed"


def _tags(meta: Mapping[str, Any] | None) -> dict[str, str]:
    tags = (meta or {}).get("tags")
    return {f"tag.{tag}": "true" for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else {}


def _nanoseconds(told: Told, name: str) -> int | None:
    found = told.whole(name)
    return None if found is None else found // 1_000
