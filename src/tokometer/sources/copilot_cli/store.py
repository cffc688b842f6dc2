"""Its store (`session-store.db`): a row for each call, since mid-2026. What is in it is the truth of what was used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.host.there import is_file
from tokometer.records import ModelCall, Record
from tokometer.sources.copilot_cli.places import SOURCE_NAME
from tokometer.sources.copilot_cli.usage import NANO, PROVIDER, buckets, spent
from tokometer.sources.database import DatabaseReader, Tables, opened
from tokometer.sources.documents import Item
from tokometer.sources.folders import home_above, project
from tokometer.sources.noticed import Noticed
from tokometer.sources.tail import Stamp
from tokometer.sources.told import Told

_USAGE: Final = "assistant_usage_events"
#: SQLite's own way to write a moment: in UTC, without saying so.
_BARE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+")
_FAILED: Final = "content_filter_triggered"


class StoreMemory(msgspec.Struct):
    """The last row that was read."""

    row: int = 0


class StoreReader(DatabaseReader[StoreMemory]):
    """One reading of the store."""

    Memory = StoreMemory

    def __init__(self, path: Path, tables: Tables, memory: StoreMemory, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._home = home_above(path, ".copilot")
        self._sessions: dict[str, Mapping[str, Any]] = {}

    def items(self) -> Iterable[Item]:
        """See `DatabaseReader.items`."""
        if not self.tables.has(_USAGE, "session_id", "model"):
            # Versions before keep turns there, without what they used.
            return
        self.tables.expect(_USAGE, "input_tokens", "output_tokens")
        if self.tables.last(_USAGE) < self.memory.row:
            # The store was made anew.
            self.memory.row = 0
        for row in self.tables.rows(f"SELECT rowid AS position, * FROM {_USAGE} WHERE rowid > ?", (self.memory.row,)):
            self.memory.row = max(self.memory.row, row["position"])
            yield Item(row["position"], lambda row=row: self._call(row))  # type: ignore[misc]

    def _call(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        session_id = told.text("session_id")
        session = Told(self._session(session_id))
        ended = told.needed(_moment(told, "created_at") or _moment(session, "updated_at", "created_at"), "created_at")
        took = told.milliseconds("duration_ms")
        used = buckets(
            told.whole("input_tokens"),
            told.whole("output_tokens"),
            told.whole("cache_read_tokens"),
            told.whole("cache_write_tokens"),
            told.whole("reasoning_tokens"),
        )
        model = told.text("copilot_usage_model", "model")
        name = f"usage:{session_id}:{row['position']}:{ended // 1_000_000}"
        yield ModelCall(
            source=SOURCE_NAME,
            native_id=name,
            started_at=ended - (took or 0),
            group=f"session:{session_id}",
            provider=PROVIDER,
            model=model,
            status="ok",
            stop_reason="content_filter" if told.raw(_FAILED) else told.text("finish_reason"),
            response_id=told.text("api_call_id"),
            endpoint=told.text("api_endpoint"),
            latency_us=took,
            ttft_us=told.milliseconds("time_to_first_token_ms", "output_ttft_ms"),
            input_tokens=used.input,
            cache_read_tokens=used.cache_read,
            cache_write_unknown_tokens=used.cache_write,
            output_tokens=used.output,
            reasoning_tokens=used.reasoning,
            session_id=session_id,
            project=project(session.text("cwd"), self._home),
            git_branch=session.text("branch"),
            agent=SOURCE_NAME,
            subagent="subagent" if told.text("agent_id") else "",
            labels=_labels(told, session),
        )
        credits_, premium = told.raw("total_nano_aiu"), told.raw("request_multiplier")
        nano = credits_ / NANO if isinstance(credits_, int | float) else None
        yield from spent(name, ended, session_id, model, nano, premium if isinstance(premium, int | float) else None)

    def _session(self, session_id: str) -> Mapping[str, Any]:
        if session_id not in self._sessions:
            found: Mapping[str, Any] = {}
            if self.tables.has("sessions", "id"):
                found = next(self.tables.rows("SELECT * FROM sessions WHERE id = ?", (session_id,)), {})
            self._sessions[session_id] = found
        return self._sessions[session_id]


def _labels(told: Told, session: Told) -> dict[str, str] | None:
    said = {
        "repository": session.text("repository"),
        "initiator": told.text("initiator"),
        "effort": told.text("reasoning_effort"),
    }
    return {name: value for name, value in said.items() if value} or None


def _moment(told: Told, *names: str) -> int | None:
    for name in names:
        text = told.text(name)
        if text:
            return Told({name: f"{text}Z" if _BARE.fullmatch(text) else text}).moment(name)
    return None


def in_store(path: Path, session_id: str) -> bool:
    """Whether a store has rows of what a session used."""
    if not is_file(path):
        return False
    try:
        return session_id in _sessions(str(path), *Stamp.of(path, ("-wal",)))
    except OSError:
        # Locked, or no database: whoever reads it says so.
        return False


@lru_cache(maxsize=4)
def _sessions(path: str, _device: int, _inode: int, _size: int, _written: int) -> frozenset[str]:
    with opened(Path(path)) as tables:
        if not tables.has(_USAGE, "session_id", "model"):
            return frozenset()
        return frozenset(str(row["id"]) for row in tables.rows(f"SELECT DISTINCT session_id AS id FROM {_USAGE}"))
