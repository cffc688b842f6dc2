"""Devin's command line as a source of files, and its messages as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, DatabaseSource
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.told import Told

NAME: Final = "devin"
_DATABASE: Final = "sessions.db"
_METRICS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens", "total_time_ms", "ttft_ms"}
)
#: Names of a choice that is left to Devin: no model's.
_ROUTES: Final = frozenset({"adaptive", "auto"})


class Kept(msgspec.Struct):
    """What is remembered of the database."""

    #: The last message that was looked at.
    message: int = 0


class Sessions(DatabaseReader[Kept]):
    """One reading of the database."""

    Memory = Kept

    def items(self) -> Iterable[Item]:
        """The answers that are new."""
        if not self.tables.has("message_nodes", "row_id", "session_id", "chat_message", "created_at"):
            self.noticed.add("file", "a database without messages")
            return
        sessions: dict[str, Mapping[str, Any]] = {}
        if self.tables.has("sessions", "id"):
            sessions = {str(row["id"]): row for row in self.tables.rows("SELECT * FROM sessions")}
        if self.tables.last("message_nodes", "row_id") < self.memory.message:
            # The database was made anew.
            self.memory.message = 0
        query = (
            "SELECT row_id, session_id, chat_message, created_at FROM message_nodes WHERE row_id > ? ORDER BY row_id"
        )
        for row in self.tables.rows(query, (self.memory.message,)):
            self.memory.message = row["row_id"]
            yield Item(row["row_id"], partial(self._message, row, Told(sessions.get(str(row["session_id"]), {}))))

    def _message(self, row: Mapping[str, Any], session: Told) -> Iterator[Record]:
        told = Told(json_object(row["chat_message"]))
        if told.raw("role") != "assistant":
            return
        said = told.within("metadata")
        metrics = said.within("metrics")
        for key in metrics.beside(_METRICS):
            if "token" in key:
                self.noticed.add("usage", f"metrics.{key}", row["row_id"])
        names = ("input_tokens", "cache_read_tokens", "cache_creation_tokens", "output_tokens")
        counts = [metrics.whole(name) for name in names]
        if not any(counts):
            # Only how long the answer is.
            counts = [None, None, None, said.whole("num_tokens") or None]
        if not any(counts):
            return
        named = [said.text("generation_model"), session.text("model")]
        model = next((name for name in named if name and name.lower() not in _ROUTES), "")
        if not model:
            self.noticed.add("model", "an answer whose model Devin chose and does not name", row["row_id"])
        at, took = Told(row).moment("created_at"), metrics.milliseconds("total_time_ms")
        call = ModelCall(
            source=NAME,
            native_id=f"{row['session_id']}|{row['row_id']}",
            started_at=told.needed(at, "created_at"),
            machine=host(),
            provider=infer_provider(model),
            model=model,
            latency_us=took,
            ttft_us=metrics.milliseconds("ttft_ms"),
            session_id=str(row["session_id"]),
            project=folders.project(session.text("working_directory"), folders.home_above(self.path, ".local")),
            agent=NAME,
        )
        call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens = counts
        yield call


class Devin(DatabaseSource):
    """Sessions of Devin's command line; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Devin"
    reader = Sessions

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of its database."""
        return [folders.data_home(home, env) / "devin" / "cli"]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder, by what they are called and the table that they have."""
        for path in folders.below(root, lambda name: name == _DATABASE):
            if b"message_nodes" in folders.head(path, 1 << 16):
                yield path


FOUND: Final = Devin()
