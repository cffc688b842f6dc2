"""The database as records: what each session cost, its subagents and its tools.

The counts of tokens in a session are those of its last request, not sums. A session's cost holds that of its subagents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, RecordError, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, Tables, later
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import covering

NAME: Final = "crush"
_MESSAGES: Final = 1 << 41


class Kept(msgspec.Struct):
    """What is remembered of a database."""

    #: When the last message that was looked at was written (in its own unit), …
    written: int = 0
    #: … and its number.
    message: int = 0


class Sessions(DatabaseReader[Kept]):
    """One reading of one database."""

    Memory = Kept

    def __init__(self, path: Path, tables: Tables, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        home = folders.home_above(path, ".local", "Library", "AppData")
        # `<project>/.crush/crush.db`
        folder = str(path.parent.parent) if path.parent.name == ".crush" else ""
        self._project = folders.project(folder, home)

    def items(self) -> Iterable[Item]:
        """Every session, and the messages that are new."""
        if not self.tables.has("sessions", "id", "cost", "created_at", "updated_at"):
            self.noticed.add("file", "a database without sessions")
            return
        messages = self.tables.has("messages", "id", "session_id", "role", "parts", "created_at", "updated_at")
        for row in self.tables.rows("SELECT rowid AS position, * FROM sessions"):
            yield Item(row["position"], partial(self._session, row, messages=messages))
        if messages:
            query = (
                "SELECT rowid AS position, session_id, parts, created_at, updated_at FROM messages "
                "WHERE updated_at >= ? OR rowid > ? ORDER BY created_at, rowid"
            )
            for row in self.tables.rows(query, (self.memory.written, self.memory.message)):
                self.memory.written = later(self.memory.written, row["updated_at"])
                self.memory.message = max(self.memory.message, row["position"])
                yield Item(_MESSAGES + row["position"], partial(self._message, row))

    def _session(self, row: Mapping[str, Any], *, messages: bool) -> Iterator[Record]:
        told = Told(row)
        session = told.needed(told.text("id"), "id")
        started_at = told.needed(told.moment("created_at"), "created_at")
        updated_at, cost = told.moment("updated_at"), told.money("cost")
        answers = list(self._answers(session)) if messages else []
        model, by = answers[-1] if answers else ("", "")
        if "parent_session_id" in told:
            yield AgentRun(
                source=NAME,
                native_id=session,
                started_at=started_at,
                revision=updated_at or 0,
                machine=host(),
                agent="subagent",
                role="subagent",
                ended_at=updated_at,
                session_id=session,
                parent_session_id=told.text("parent_session_id"),
                project=self._project,
                model=model,
                stated_cost=cost,
            )
        elif cost:
            if not model:
                self.noticed.add("model", "a session that does not say which")
            call = ModelCall(
                source=NAME,
                native_id=session,
                started_at=started_at,
                machine=host(),
                provider=(provider_of(by) if by else "") or infer_provider(model),
                model=model,
                # Nobody knows its tokens, so nobody else can price it.
                cost_reported=cost,
                session_id=session,
                project=self._project,
                agent=NAME,
            )
            yield covering(call, updated_at=updated_at, requests=len(answers))

    def _answers(self, session: str) -> Iterator[tuple[str, str]]:
        """Model and provider of each of a session's answers."""
        provider = "provider" if "provider" in self.tables.columns("messages") else "NULL"
        query = f"SELECT model, {provider} AS provider FROM messages WHERE session_id = ? AND role = 'assistant' "
        for row in self.tables.rows(f"{query} ORDER BY created_at, rowid", (session,)):
            yield str(row["model"] or ""), str(row["provider"] or "")

    def _message(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        at = told.needed(told.moment("created_at"), "created_at")
        session = told.text("session_id")
        for part in _parts(row["parts"]):
            kind, data = part.raw("type"), part.within("data")
            if kind not in ("tool_call", "tool_result"):
                continue
            use_id = data.text("id", "tool_call_id")
            name = data.text("name")
            if not use_id:
                continue
            tool = ToolCall(
                source=NAME,
                native_id=f"{session}|{use_id}",
                started_at=at,
                machine=host(),
                name=name,
                server=name.split("_")[1] if name.startswith("mcp_") and name.count("_") > 1 else "",
                use_id=use_id,
                session_id=session,
                project=self._project,
                agent=NAME,
            )
            if kind == "tool_result":
                tool.status, tool.revision = "error" if data.raw("is_error") is True else "ok", 1
            yield tool


def _parts(text: object) -> Iterator[Told]:
    if not isinstance(text, (str, bytes)) or not text:
        return
    try:
        values = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordError("parts", "is not JSON") from None
    yield from (Told(value, "parts.") for value in values if isinstance(value, dict))
