"""The database as records: a call that covers each session, and the tools in its messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import AgentRun, Record
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, Tables
from tokometer.sources.documents import Item
from tokometer.sources.goose.messages import NAME, Session, call_of, json_of, moment, session_of, tools_of
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

__all__ = ["NAME", "Sessions"]

_MESSAGES: Final = 1 << 41


class Kept(msgspec.Struct):
    """What is remembered of a database."""

    #: The last message that was looked at.
    message: int = 0


class Sessions(DatabaseReader[Kept]):
    """One reading of one database."""

    Memory = Kept

    def __init__(self, path: Path, tables: Tables, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._home = folders.home_above(path, ".local", "Library", "AppData")
        self._sessions: dict[str, Session] = {}

    def items(self) -> Iterable[Item]:
        """Every session, and the messages that are new."""
        if not self.tables.has("sessions", "id", "created_at"):
            self.noticed.add("file", "a database without sessions")
            return
        sums = any(name.startswith("accumulated_") for name in self.tables.columns("sessions"))
        self.tables.expect(
            "sessions", *(f"{'accumulated_' * sums}{name}" for name in ("input_tokens", "output_tokens"))
        )
        for row in self.tables.rows("SELECT rowid AS position, * FROM sessions"):
            yield Item(row["position"], partial(self._session, row))
        if self.tables.has("messages", "id", "session_id", "content_json", "created_timestamp"):
            if self.tables.last("messages", "id") < self.memory.message:
                # The database was made anew.
                self.memory.message = 0
            query = "SELECT id, session_id, content_json, created_timestamp FROM messages WHERE id > ? ORDER BY id"
            for row in self.tables.rows(query, (self.memory.message,)):
                self.memory.message = row["id"]
                if "tool" in str(row["content_json"]):
                    yield Item(_MESSAGES + row["id"], partial(self._message, row))

    def _session(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        session_id = told.needed(told.text("id"), "id")
        started_at = told.needed(moment(told, "created_at"), "created_at")
        session = session_of(told, session_id, started_at, self._home)
        self._sessions[session_id] = session
        updated_at = moment(told, "updated_at")
        yield from call_of(told, session, self.noticed, updated_at)
        if session.subagent:
            yield AgentRun(
                source=NAME,
                native_id=session.native_id,
                started_at=started_at,
                revision=updated_at or 0,
                machine=host(),
                agent=session.subagent,
                role="subagent",
                ended_at=updated_at,
                session_id=session_id,
                parent_session_id=session.parent,
                project=session.project,
            )

    def _message(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        session = self._sessions.get(told.text("session_id"))
        if session is not None:
            at = told.needed(told.moment("created_timestamp"), "created_timestamp")
            yield from tools_of(json_of(row["content_json"]), at, session)
