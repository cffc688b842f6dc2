"""ZCode as a source of databases, and their rows as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, DatabaseSource, later
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.told import Told

NAME: Final = "zcode"
_DATABASE: Final = "db.sqlite"
_MARK: Final = b"SQLite format 3"
#: Beside it lie projects, plug-ins and what they keep.
_PASSED_OVER: Final = frozenset({"projects", "plugins", "skills", "logs", "cache", "node_modules"})


class Kept(msgspec.Struct):
    """What is remembered of a database."""

    #: When the last request that was looked at was started or finished, in its own unit, …
    seen: int = 0
    #: … and its number.
    row: int = 0


class Requests(DatabaseReader[Kept]):
    """One reading of one database."""

    Memory = Kept

    def items(self) -> Iterable[Item]:
        """The requests that are new, or were finished since."""
        if not self.tables.has("model_usage", "id", "session_id", "input_tokens", "output_tokens", "started_at"):
            self.noticed.add("file", "a database without requests")
            return
        self.tables.expect("model_usage", "cache_creation_input_tokens", "reasoning_tokens", "computed_total_tokens")
        ended = "completed_at" if "completed_at" in self.tables.columns("model_usage") else "started_at"
        folders_told = [name for name in ("directory", "path") if {"id", name} <= self.tables.columns("session")]
        folder = ", ".join(f"NULLIF(s.{name}, '')" for name in folders_told)
        told = f"COALESCE({folder}, '') AS folder" if folder else "'' AS folder"
        join = "LEFT JOIN session s ON s.id = u.session_id" if folder else ""
        # What was looked at last is looked at again: others may have been written in the same millisecond.
        query = (
            f"SELECT u.rowid AS position, u.*, {told} FROM model_usage u {join} "
            f"WHERE COALESCE(u.{ended}, u.started_at, 0) >= ? OR u.rowid > ? ORDER BY u.rowid"
        )
        for row in self.tables.rows(query, (self.memory.seen, self.memory.row)):
            self.memory.seen = later(self.memory.seen, row[ended] or row["started_at"])
            self.memory.row = max(self.memory.row, row["position"])
            yield Item(row["position"], partial(self._call, row))

    def _call(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        name = told.needed(told.text("id"), "id")
        ended = told.moment("completed_at")
        took = told.milliseconds("duration_ms")
        began = told.moment("started_at")
        if began is None and ended is not None:
            began = ended - (took or 0)
        model, by = told.text("model_id").lower(), told.text("provider_id")
        prompt, output = told.whole("input_tokens") or 0, told.whole("output_tokens") or 0
        read, written = told.whole("cache_read_input_tokens") or 0, told.whole("cache_creation_input_tokens") or 0
        reasoning, total = told.whole("reasoning_tokens") or 0, told.whole("computed_total_tokens")
        if not any((prompt, output, read, written, reasoning)):
            return
        if not model:
            self.noticed.add("model", "a request without a model", row["position"])
        # The cache is inside the prompt and reasoning inside the output, unless the total proves that they are beside.
        beside = bool(read or written or reasoning) and total == prompt + output + read + written + reasoning
        inside = not beside and read + written <= prompt
        yield ModelCall(
            source=NAME,
            native_id=name,
            started_at=told.needed(began, "started_at"),
            revision=ended or 0,
            machine=host(),
            provider=(provider_of(by) if by else "") or infer_provider(model) or "zai",
            model=model,
            input_tokens=prompt - read - written if inside else prompt,
            cache_read_tokens=read,
            cache_write_unknown_tokens=written,
            output_tokens=output + reasoning if beside or reasoning > output else output,
            reasoning_tokens=reasoning,
            latency_us=took or None,
            session_id=told.text("session_id"),
            project=folders.project(told.text("folder"), folders.home_above(self.path, ".zcode")),
            agent=NAME,
            subagent=told.text("agent"),
            labels={"mode": mode} if (mode := told.text("mode")) else None,
        )


class ZCode(DatabaseSource):
    """Databases of ZCode; see `sources.protocol.FileSource`."""

    name = NAME
    title = "ZCode"
    reader = Requests

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of the command line's database, which the desktop application shares."""
        return [(folders.setting(env, "ZCODE_HOME", home) or home / ".zcode") / "cli" / "db"]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        for path in folders.below(root, lambda name: name == _DATABASE, lambda name: name not in _PASSED_OVER):
            if folders.head(path, 16).startswith(_MARK):
                yield path


FOUND: Final = ZCode()
