"""An agent's database (`openclaw-agent.sqlite`): its sessions, and their entries.

Entries are rows, of a column of JSON or of a compressed one; sessions that were deleted, reset or not touched for long
are packed into one column each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Record, RecordError
from tokometer.sources.database import DatabaseReader, Tables, later
from tokometer.sources.documents import Item
from tokometer.sources.frames import Damaged, unpacked
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.entries import Session, SessionMemory, home_of
from tokometer.sources.openclaw.keys import key_of
from tokometer.sources.openclaw.places import Place, place_of
from tokometer.sources.openclaw.sessions import NOTHING, STATUSES, Known, id_of_key, known_of, run_of
from tokometer.sources.told import Told

_EVENTS, _WINDOWS, _NODES = "transcript_events", "session_windows", "session_nodes"
#: Packed sessions: table → when a row was written.
_PACKED: Final = {"session_transcript_archives": "created_at", "session_transcript_cold_archives": "archived_at"}
#: What a packed entry, and a packed session, hold at most (bytes).
_MOST_ENTRY: Final = 32 << 20
_MOST_SESSION: Final = 256 << 20
#: Sessions that are remembered: those that were written to last.
_MOST_SESSIONS: Final = 500


class AgentMemory(msgspec.Struct):
    """What is remembered of an agent's database between two readings."""

    #: The last row of entries that was read, and what it was: rows are deleted, and their numbers given again.
    row: int = 0
    row_of: str = ""
    #: When the last session was written of those that were read (ms), and its row.
    written: tuple[int, int] = (0, 0)
    packed: dict[str, int] = {}
    sessions: dict[str, SessionMemory] = {}


class AgentReader(DatabaseReader[AgentMemory]):
    """One reading of an agent's database."""

    Memory = AgentMemory

    def __init__(self, path: Path, tables: Tables, memory: AgentMemory, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._place = place_of(path) or Place("agent")
        self._known: dict[str, Known] = {}
        self._ids: dict[str, str] = {}

    def items(self) -> Iterable[Item]:
        """See `DatabaseReader.items`."""
        if not self.tables.has(_EVENTS, "session_id", "seq"):
            if not self.tables.has(_NODES) and not self.tables.has(_WINDOWS):
                self.noticed.add("file", "a database without sessions")
            return
        yield from self._sessions()
        for table, column in _PACKED.items():
            if self.tables.has(table, "session_id", "archive_blob", column):
                yield from self._packed(table, column)
        yield from self._entries()

    # -- sessions --------------------------------------------------------------------------------------------------

    def _sessions(self) -> Iterator[Item]:
        """Those that were written to since, each as a run of the agent."""
        table, name = (_WINDOWS, "session_id") if self.tables.has(_WINDOWS) else (_NODES, "current_session_id")
        if not self.tables.has(table, name, "updated_at"):
            return
        query = f"SELECT rowid AS position, {name} AS id, updated_at FROM {table} WHERE updated_at >= ? OR rowid > ?"
        for row in list(self.tables.rows(query, self.memory.written)):
            at, position = self.memory.written
            self.memory.written = later(at, row["updated_at"]), max(position, row["position"])
            yield Item(row["position"], lambda row=row: self._run(str(row["id"])))  # type: ignore[misc]

    def _run(self, session_id: str) -> Iterable[Record]:
        known = self._of(session_id)
        run = run_of(known, self._place.agent, self._id_of_key(known.parent_key))
        return () if run is None else (run,)

    def _of(self, session_id: str) -> Known:
        """What is known of a session: what its window says, and what its key's entry does if that is of it."""
        if session_id not in self._known:
            window = self._row(_WINDOWS, "session_id", session_id)
            key = window.get("session_key")
            node = self._row(_NODES, "session_key", key) if key else {}
            node = node or self._row(_NODES, "current_session_id", session_id)
            self._known[session_id] = _known(session_id, window, node)
        return self._known[session_id]

    def _row(self, table: str, column: str, value: object) -> Mapping[str, Any]:
        if not self.tables.has(table, column):
            return {}
        query = f"SELECT * FROM {table} WHERE {column} = ? LIMIT 1"
        return next(self.tables.rows(query, (value,)), {})

    def _id_of_key(self, key: str) -> str:
        if not key:
            return ""
        if key not in self._ids:
            node = self._row(_NODES, "session_key", key)
            found = node.get("current_session_id")
            self._ids[key] = str(found) if found else id_of_key(key, self._place.sessions)
        return self._ids[key]

    # -- entries ---------------------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[Item]:
        memory = self.memory
        if memory.row and self._name(memory.row) != memory.row_of:
            # What stood there is gone, so numbers were given anew: all is read again, and known by its ids.
            memory.row, memory.sessions = 0, {}
        last = next(self.tables.rows(f"SELECT max(rowid) AS last FROM {_EVENTS}"))["last"] or 0
        since, memory.row, memory.row_of = memory.row, last, self._name(last)
        if last <= since:
            return
        found = self.tables.rows(f"SELECT DISTINCT session_id FROM {_EVENTS} WHERE rowid > ?", (since,))
        for session_id in sorted(str(row["session_id"]) for row in found):
            yield from self._of_session(session_id, since)
        for session_id in sorted(memory.sessions, key=lambda one: memory.sessions[one].last)[:-_MOST_SESSIONS]:
            del memory.sessions[session_id]

    def _of_session(self, session_id: str, since: int) -> Iterator[Item]:
        kept = self.memory.sessions.setdefault(session_id, SessionMemory(id=session_id))
        session, position = self._session(session_id, kept), 0
        columns = [name for name in ("event_json", "event_zstd") if name in self.tables.columns(_EVENTS)]
        query = (
            f"SELECT rowid AS position, {', '.join(columns)} FROM {_EVENTS} "
            "WHERE session_id = ? AND rowid > ? ORDER BY seq"
        )
        for row in self.tables.rows(query, (session_id, since)):
            position = row["position"]
            yield Item(position, lambda row=row: _taken(session, row, self.noticed))  # type: ignore[misc]
        yield Item(position, session.finish)

    def _session(self, session_id: str, memory: SessionMemory) -> Session:
        place = self._place._replace(session_id=session_id)
        return Session(place, memory, self._of, lambda known: self._id_of_key(known.parent_key), home_of(place))

    def _name(self, row: int) -> str:
        found = self.tables.rows(f"SELECT session_id, seq FROM {_EVENTS} WHERE rowid = ?", (row,))
        return next((f"{one['session_id']}:{one['seq']}" for one in found), "")

    # -- packed sessions -------------------------------------------------------------------------------------------

    def _packed(self, table: str, column: str) -> Iterator[Item]:
        since = self.memory.packed.get(table, 0)
        query = f"SELECT rowid AS position, * FROM {table} WHERE {column} >= ? AND archive_blob IS NOT NULL"
        for row in self.tables.rows(query, (since,)):
            self.memory.packed[table] = later(self.memory.packed.get(table, 0), row[column])
            yield from self._unpacked(row)

    def _unpacked(self, row: Mapping[str, Any]) -> Iterator[Item]:
        session_id, position = str(row["session_id"]), row["position"]
        session = self._session(session_id, SessionMemory(id=session_id))
        try:
            text = bytes(row["archive_blob"])
            if row.get("encoding") not in ("identity", "none"):
                text = unpacked(text, _MOST_SESSION)
        except (Damaged, TypeError) as error:
            reason = str(error)
            yield Item(position, lambda: _refused(f"archive_blob: {reason}"))
            return
        for line in text.split(b"\n"):
            if line.strip():
                yield Item(position, lambda line=line: session.take(json_object(line), self.noticed, position))  # type: ignore[misc]
        yield Item(position, session.finish)


def _taken(session: Session, row: Mapping[str, Any], noticed: Noticed) -> Iterable[Record]:
    text = row.get("event_json")
    if text is None:
        try:
            text = unpacked(bytes(row["event_zstd"]), _MOST_ENTRY)
        except (Damaged, KeyError, TypeError) as error:
            raise RecordError("event_zstd", str(error) or "is missing") from None
    return session.take(json_object(text), noticed, row["position"])


def _refused(reason: str) -> Iterable[Record]:
    raise RecordError("", reason)


def _known(session_id: str, window: Mapping[str, Any], node: Mapping[str, Any]) -> Known:
    """What the rows of a session say; the entry of its key is of the session that the key has now."""
    key = str(window.get("session_key") or node.get("session_key") or "")
    known = NOTHING
    if node and node.get("current_session_id") == session_id:
        try:
            known = known_of(key, json_object(node.get("entry_json") or "{}") | {"sessionId": session_id})
        except RecordError:
            # Columns say most of it, too.
            known = NOTHING
    of_window, of_node = Told(window), Told(node)
    status = STATUSES.get(of_window.text("status"), "unknown")
    if status == "unknown" and known.session_id:
        status = STATUSES.get(of_node.text("status"), known.status)
    return Known(
        session_id=session_id,
        key=key_of(key),
        label=known.label or of_node.text("label", "display_name") or of_window.text("display_name"),
        channel=known.channel or key_of(key).channel or of_window.text("channel"),
        chat_type=known.chat_type or of_window.text("chat_type"),
        parent_key=known.parent_key
        or of_window.text("spawned_by", "parent_session_key")
        or of_node.text("spawned_by", "parent_session_key"),
        status=status,
        started_at=of_window.moment("started_at", "created_at") or known.started_at,
        ended_at=of_window.moment("ended_at") or known.ended_at,
        updated_at=max(of_window.moment("updated_at") or 0, known.updated_at),
        model=of_window.text("model") or known.model,
        cwd=known.cwd,
    )
