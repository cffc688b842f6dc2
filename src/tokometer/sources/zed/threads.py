"""Threads as records: a call that covers each, and the tools in its messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, RecordError, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, Tables, later_text
from tokometer.sources.documents import Item
from tokometer.sources.frames import unpacked
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import covering, total

NAME: Final = "zed"
_MOST_BYTES: Final = 64 << 20
_TOKENS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "max_tokens"}
)
#: How Zed calls the providers that it offers, where others know them by another name.
_PROVIDERS: Final[dict[str, str]] = {"copilot_chat": "github-copilot", "zed.dev": "zed"}


class Kept(msgspec.Struct):
    """What is remembered of a database: when the thread that was changed last was (as Zed writes it)."""

    changed: str = ""


class Threads(DatabaseReader[Kept]):
    """One reading of one database."""

    Memory = Kept

    def __init__(self, path: Path, tables: Tables, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._home = folders.home_above(path, ".local", "Library", "AppData", ".var")

    def items(self) -> Iterable[Item]:
        """The threads that have changed."""
        if not self.tables.has("threads", "id", "updated_at", "data_type", "data"):
            self.noticed.add("file", "a database without threads")
            return
        query = "SELECT rowid AS position, * FROM threads WHERE updated_at >= ? ORDER BY updated_at"
        for row in self.tables.rows(query, (self.memory.changed,)):
            self.memory.changed = later_text(self.memory.changed, row["updated_at"])
            yield Item(row["position"], partial(self._thread, row))

    def _thread(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told({key: value for key, value in row.items() if key != "data"})
        thread = Told(json_object(_decoded(told.text("data_type"), row["data"])))
        if thread.raw("imported") is True:
            # Somebody else's, shared with this person.
            return
        thread_id = told.needed(told.text("id"), "id")
        updated_at = told.needed(told.moment("updated_at"), "updated_at")
        started_at = told.moment("created_at") or _first(thread) or updated_at
        project = folders.project(_folder(told), self._home)
        yield from self._call(told, thread, thread_id, started_at, updated_at, project)
        for tool in _tools(thread, thread_id, started_at, project):
            tool.revision += updated_at
            yield tool

    def _call(
        self, told: Told, thread: Told, thread_id: str, started_at: int, updated_at: int, project: str
    ) -> Iterator[Record]:
        usage = thread.within("cumulative_token_usage")
        for key in usage.beside(_TOKENS):
            self.noticed.add("usage", f"cumulative_token_usage.{key}")
        chosen = thread.within("model")
        model, by = chosen.text("model"), chosen.text("provider")
        call = ModelCall(
            source=NAME,
            native_id=thread_id,
            started_at=started_at,
            machine=host(),
            provider=_PROVIDERS.get(by) or (provider_of(by) if by else "") or infer_provider(model),
            model=model,
            input_tokens=usage.whole("input_tokens") or 0,
            cache_read_tokens=usage.whole("cache_read_input_tokens") or 0,
            cache_write_unknown_tokens=usage.whole("cache_creation_input_tokens") or 0,
            output_tokens=usage.whole("output_tokens") or 0,
            session_id=thread_id,
            parent_session_id=told.text("parent_id"),
            project=project,
            agent=NAME,
            subagent="subagent" if told.text("parent_id") else "",
        )
        profile = thread.text("profile")
        call.labels = {"profile": profile} if profile else None
        if total(call):
            if not model:
                self.noticed.add("model", "a thread that does not say which")
            turns = thread.raw("request_token_usage")
            yield covering(
                call, updated_at=updated_at, requests=len(turns) if isinstance(turns, (dict, list)) else None
            )


def _decoded(kind: str, data: object) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    if not isinstance(raw, bytes):
        raise RecordError("data", "is missing")
    if kind == "json":
        return raw
    if kind != "zstd":
        raise RecordError("data_type", "is none that we know: json or zstd")
    try:
        return unpacked(raw, _MOST_BYTES)
    except Exception as error:
        raise RecordError("data", "cannot be decompressed") from error


def _folder(told: Told) -> str:
    """The first of the folders that a thread was in, by the order in which they are shown."""
    paths = [path for path in told.text("folder_paths").split("\n") if path]
    order = told.text("folder_paths_order").split(",")
    if not paths:
        return ""
    ranks = [int(rank) if rank.strip().isdigit() else len(paths) for rank in order]
    if len(ranks) == len(paths):
        return paths[ranks.index(min(ranks))]
    return paths[0]


def _first(thread: Told) -> int | None:
    """When the first message was written, where messages say so."""
    for message in thread.each("messages"):
        at = message.raw("timestamp", "created_at")
        return Told({"timestamp": at}).moment("timestamp") if at is not None else None
    return None


def _tools(thread: Told, thread_id: str, at: int, project: str) -> Iterator[ToolCall]:
    """The uses of tools in answers: `{"Agent": {"content": [{"ToolUse": …}], "tool_results": {…}}}`."""
    for message in thread.each("messages"):
        answer = message.raw("Agent")
        if not isinstance(answer, dict):
            continue
        results = answer.get("tool_results")
        for part in answer.get("content") if isinstance(answer.get("content"), list) else ():  # type: ignore[union-attr]
            use = part.get("ToolUse") if isinstance(part, dict) else None
            if not isinstance(use, dict):
                continue
            told = Told(use, "messages.ToolUse.")
            use_id, name = told.text("id"), told.text("name")
            result = results.get(use_id) if isinstance(results, dict) else None
            done = isinstance(result, dict)
            if use_id and name:
                yield ToolCall(
                    source=NAME,
                    native_id=f"{thread_id}|{use_id}",
                    started_at=at,
                    machine=host(),
                    name=name,
                    use_id=use_id,
                    status=("error" if result["is_error"] is True else "ok")
                    if done and result is not None and "is_error" in result
                    else "unknown",
                    session_id=thread_id,
                    project=project,
                    agent=NAME,
                )
