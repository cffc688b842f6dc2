"""OpenCode's database, of releases since early 2026: messages, and the steps of its second session engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Record
from tokometer.sources.database import DatabaseReader, Tables, later
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.opencode.messages import Message, Session, in_order, is_answer
from tokometer.sources.opencode.projected import message_of, parts_of
from tokometer.sources.opencode.sessions import Outcome, home_of, run_of, session_of
from tokometer.sources.opencode.usage import failure_of
from tokometer.sources.told import Told

#: A row goes before the file of the same, and before the same as the second engine has it, which knows less.
_REVISION, _PROJECTED = 1, 0
_STEPS: Final = "session_message"
#: Sessions of which is remembered to whom their last answer was.
_MOST_SESSIONS: Final = 1_000


class OpenCodeMemory(msgspec.Struct):
    """What is remembered of the database between two readings."""

    #: When the last message, and the last session, was written of those that were read (ms), and its number: what is
    #: imported is new, and old.
    messages: tuple[int, int] = (0, 0)
    sessions: tuple[int, int] = (0, 0)
    #: The same of the second engine's.
    steps: tuple[int, int] = (0, 0)
    later_sessions: tuple[int, int] = (0, 0)
    #: Session → (what a person wrote last, the first answer to it).
    answered: dict[str, tuple[str, str]] = {}


class OpenCodeReader(DatabaseReader[OpenCodeMemory]):
    """One reading of it."""

    Memory = OpenCodeMemory

    def __init__(self, path: Path, tables: Tables, memory: OpenCodeMemory, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._sessions: dict[str, Session] = {}
        self._home = home_of(path)

    def items(self) -> Iterable[Item]:
        """See `DatabaseReader.items`."""
        old = self.tables.has("message", "id", "session_id", "data", "time_updated") and self.tables.has("session")
        new = self.tables.has(_STEPS, "id", "session_id", "type", "data", "time_updated")
        if not old and not new:
            self.noticed.add("file", "a database without messages")
            return
        changed: dict[str, None] = {}
        if old:
            yield from self._messages(changed)
        if new:
            yield from self._steps(changed)
        for row in self._later_sessions("session", self.memory.sessions):
            self.memory.sessions = _later(self.memory.sessions, row)
            changed[str(row["id"])] = None
        for row in self._later_sessions("session_v2", self.memory.later_sessions):
            self.memory.later_sessions = _later(self.memory.later_sessions, row)
            changed[str(row["id"])] = None
        for session_id in changed:
            yield Item(0, lambda session_id=session_id: self._run(session_id))  # type: ignore[misc]
        for session_id in list(self.memory.answered)[:-_MOST_SESSIONS]:
            del self.memory.answered[session_id]

    def _messages(self, changed: dict[str, None]) -> Iterator[Item]:
        query = (
            "SELECT rowid AS position, id, session_id, time_updated, data FROM message "
            "WHERE time_updated >= ? OR rowid > ? ORDER BY session_id, time_created, id"
        )
        for row in self.tables.rows(query, self.memory.messages):
            self.memory.messages = _later(self.memory.messages, row)
            changed[str(row["session_id"])] = None
            yield Item(row["position"], lambda row=row: self._message(row))  # type: ignore[misc]

    def _steps(self, changed: dict[str, None]) -> Iterator[Item]:
        query = f"SELECT rowid AS position, * FROM {_STEPS} WHERE time_updated >= ? OR rowid > ? ORDER BY rowid"
        for row in self.tables.rows(query, self.memory.steps):
            self.memory.steps = _later(self.memory.steps, row)
            changed[str(row["session_id"])] = None
            if row["type"] == "assistant":
                yield Item(row["position"], lambda row=row: self._step(row))  # type: ignore[misc]

    def _later_sessions(self, table: str, since: tuple[int, int]) -> list[Mapping[str, Any]]:
        if not self.tables.has(table, "id", "time_updated"):
            return []
        query = f"SELECT rowid AS position, id, time_updated FROM {table} WHERE time_updated >= ? OR rowid > ?"
        return list(self.tables.rows(query, since))

    def _step(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told, position = Told(json_object(row["data"])), row["position"]
        session = self._session(str(row["session_id"]))
        message = Message(Told(message_of(told)), list(parts_of(told)), session, self.noticed, position)
        people = 0 if session.parent_id else self._asked(session.id, position)
        yield from message.records(people, _PROJECTED)

    def _asked(self, session_id: str, position: int) -> int:
        """How many messages people wrote between the answer before and the one in this row."""
        before = f"FROM {_STEPS} WHERE session_id = ?1 AND rowid < ?2 AND type ="
        since = f"coalesce((SELECT max(rowid) {before} 'assistant'), 0)"
        query = f"SELECT count(*) AS asked {before} 'user' AND rowid > {since}"
        return int(next(self.tables.rows(query, (session_id, position)))["asked"])

    def _message(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(json_object(row["data"]))
        if not is_answer(told):
            return
        session, position, id_ = self._session(str(row["session_id"])), row["position"], str(row["id"])
        found = self.tables.rows("SELECT id, data FROM part WHERE message_id = ?", (id_,))
        parts = in_order([(str(part["id"]), json_object(part["data"])) for part in found])
        people = 0 if session.parent_id else self._people(session.id, told.text("parentID"), id_)
        yield from Message(told, parts, session, self.noticed, position).records(people, _REVISION)

    def _people(self, session_id: str, parent: str, id_: str) -> int:
        """Whether this is the first answer to what a person wrote."""
        answered = self.memory.answered.pop(session_id, ("", ""))
        if parent and answered[0] != parent:
            answered = (parent, id_)
        self.memory.answered[session_id] = answered
        return 1 if answered == (parent, id_) else 0

    def _session(self, session_id: str) -> Session:
        if session_id not in self._sessions:
            self._sessions[session_id] = session_of(Told(self._row(session_id)), session_id, self._home)
        return self._sessions[session_id]

    def _row(self, session_id: str) -> Mapping[str, Any]:
        for table in ("session", "session_v2"):
            if self.tables.has(table, "id"):
                for row in self.tables.rows(f"SELECT * FROM {table} WHERE id = ?", (session_id,)):
                    return row
        return {}

    def _run(self, session_id: str) -> Iterable[Record]:
        told, session = Told(self._row(session_id)), self._session(session_id)
        status, error, model = _ending(self._last(session_id))
        written = told.whole("time_updated") or 0
        run = run_of(told, session, status=status, error=error, model=model, revision=_REVISION + written)
        return () if run is None else (run,)

    def _last(self, session_id: str) -> Told:
        """The last message of a session."""
        if self.tables.has("message", "session_id", "time_created", "data"):
            query = "SELECT data FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT 1"
            for row in self.tables.rows(query, (session_id,)):
                return Told(json_object(row["data"]))
        if self.tables.has(_STEPS, "session_id", "type", "data"):
            query = f"SELECT type, data FROM {_STEPS} WHERE session_id = ? ORDER BY rowid DESC LIMIT 1"
            for row in self.tables.rows(query, (session_id,)):
                told = Told(json_object(row["data"]))
                return Told(message_of(told)) if row["type"] == "assistant" else Told({})
        return Told({})


def _later(last: tuple[int, int], row: Mapping[str, Any]) -> tuple[int, int]:
    return later(last[0], row["time_updated"]), max(last[1], row["position"])


def _ending(last: Told) -> tuple[Outcome, str, str]:
    """How a session stands, by its last message: outcome, what went wrong, model."""
    if not is_answer(last):
        return "unknown", "", ""
    model = last.text("modelID")
    if "error" in last:
        failure = failure_of(last.within("error"))
        return "cancelled" if failure.status == "cancelled" else "error", failure.message, model
    # A message that was not completed is being written, or OpenCode was ended meanwhile: nobody knows.
    return "ok" if "completed" in last.within("time") else "unknown", "", model
