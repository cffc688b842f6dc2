"""What OpenClaw knows of its sessions beside their transcripts: `sessions.json`, or `session_nodes` in a database.

The token counts in it are gauges of the latest context and sums over runs; they are never added to anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from tokometer.host.regular import read_bytes
from tokometer.records import AgentRun, Record, RecordError
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.keys import Key, key_of
from tokometer.sources.openclaw.places import SOURCE_NAME
from tokometer.sources.told import Told

Outcome = Literal["ok", "error", "cancelled", "running", "unknown"]

#: How OpenClaw says that a session's run ended.
STATUSES: Final[dict[str, Outcome]] = {
    "running": "running",
    "done": "ok",
    "failed": "error",
    "timeout": "error",
    "killed": "cancelled",
}
#: A run whose end OpenClaw states goes before one whose end was read off its last answer, which goes before one of
#: which only the session is known. Each by the time (µs) at which it was known: see `Record.revision`.
STATED: Final = 3 << 52
READ_OFF: Final = 2 << 52
LISTED: Final = 1 << 52
#: What is larger is no index of sessions (bytes).
_MOST: Final = 64 << 20
_SESSIONS: Final = "sessions"
_INDEX: Final = "sessions.json"


class Known(NamedTuple):
    """What is known of one session."""

    session_id: str = ""
    key: Key = Key()
    label: str = ""
    channel: str = ""
    chat_type: str = ""
    #: The key of the session that spawned it.
    parent_key: str = ""
    status: Outcome = "unknown"
    started_at: int | None = None
    ended_at: int | None = None
    updated_at: int = 0
    model: str = ""
    cwd: str = ""

    @property
    def labels(self) -> dict[str, str] | None:
        """What is said of it beyond the fields of records."""
        said = {
            "channel": self.channel,
            "chat": self.chat_type,
            "session_kind": self.key.kind,
            "job": self.key.job,
        }
        return {name: value for name, value in said.items() if value} or None


class Book:
    """The sessions of one agent, by their ids and by their keys."""

    def __init__(self, known: Iterable[tuple[str, Known]] = ()) -> None:
        self.by_id: dict[str, Known] = {}
        self.by_key: dict[str, str] = {}
        for key, one in known:
            self.add(key, one)

    def add(self, key: str, known: Known) -> None:
        """Note a session; of several with one id the one that was written last counts."""
        before = self.by_id.get(known.session_id)
        if before is None or before.updated_at <= known.updated_at:
            self.by_id[known.session_id] = known
        self.by_key[key] = known.session_id


NOTHING: Final = Known()


def known_of(key: str, entry: Mapping[str, Any]) -> Known:
    """What an entry says.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    told = Told(entry)
    named = key_of(key)
    origin, delivery = told.within("origin"), told.within("deliveryContext")
    channel = told.text("channel", "lastChannel") or delivery.text("channel") or origin.text("provider", "surface")
    return Known(
        session_id=told.needed(told.text("sessionId"), "sessionId"),
        key=named,
        label=told.text("label", "displayName", "subject"),
        channel=named.channel or channel,
        chat_type=told.text("chatType") or origin.text("chatType"),
        parent_key=told.text("spawnedBy", "parentSessionKey"),
        status=STATUSES.get(told.text("status"), "unknown"),
        started_at=told.moment("startedAt", "sessionStartedAt", "createdAt"),
        ended_at=told.moment("endedAt"),
        updated_at=told.moment("updatedAt") or 0,
        model=told.text("model", "modelOverride"),
        cwd=told.text("spawnedCwd", "spawnedWorkspaceDir"),
    )


def run_of(known: Known, agent: str, parent_id: str) -> AgentRun | None:
    """A session as a run of its agent; None where nobody knows when it was."""
    started = known.started_at or known.updated_at
    if not started:
        return None
    stated = known.status != "unknown"
    return AgentRun(
        source=SOURCE_NAME,
        native_id=f"session:{known.session_id}",
        started_at=started,
        revision=(STATED if stated else LISTED) + known.updated_at,
        agent=known.key.agent or agent,
        status=known.status,
        ended_at=known.ended_at,
        task=known.label,
        role=known.key.kind,
        session_id=known.session_id,
        parent_session_id=parent_id,
        model=known.model,
        labels=known.labels,
    )


def items(content: bytes, path: Path, agent: str, noticed: Noticed) -> Iterator[Item]:
    """The sessions of a `sessions.json`.

    Raises:
        RecordError: It is no such file.
    """
    entries = json_object(content)
    for position, (key, entry) in enumerate(entries.items()):

        def records(key: str = key, entry: object = entry) -> Iterable[Record]:
            if not isinstance(entry, dict):
                raise RecordError(key, "is not an object")
            known = known_of(key, entry)
            run = run_of(known, agent, id_of_key(known.parent_key, path.parent))
            if run is None:
                noticed.add("event", "a session without a time")
            return () if run is None else (run,)

        yield Item(position, records)


def book_beside(folder: Path) -> Book:
    """What is known of the sessions in a folder of transcripts; nothing where their index cannot be read."""
    path = folder / _INDEX
    try:
        status = path.stat()
    except OSError:
        return Book()
    return _read(str(path), status.st_mtime_ns, status.st_size)


def id_of_key(key: str, folder: Path) -> str:
    """The id of the session that a key means just now, its agent being the one of `folder` or one beside it."""
    if not key:
        return ""
    agent = key_of(key).agent
    if agent and folder.parent.name != agent:
        folder = folder.parent.parent / agent / _SESSIONS
    return book_beside(folder).by_key.get(key, "")


@lru_cache(maxsize=64)
def _read(path: str, _written: int, _size: int) -> Book:
    """By what tells whether it has changed, so that thousands of transcripts beside it cost one reading."""
    book = Book()
    try:
        entries = json_object(read_bytes(path, _MOST))
    except (OSError, RecordError):
        # Whoever reads the file itself says what is wrong with it.
        return book
    for key, entry in entries.items():
        try:
            if isinstance(entry, dict):
                book.add(key, known_of(key, entry))
        except RecordError:
            continue
    return book
