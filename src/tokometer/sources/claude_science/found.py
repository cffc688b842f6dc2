"""Claude Science as a source of files, and its frames as records.

A frame is a piece of work that asks the model any number of times; of what it used only the sum is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, DatabaseSource, later
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "claude_science"
_FOLDERS: Final = (".claude-science", ".config/claude-science", ".config/Claude Science")
_DATA: Final = ("claude-science", "Claude Science")
_ENDINGS: Final = (".db", ".sqlite", ".sqlite3")
_PASSED_OVER: Final = frozenset({"conda", "pkgs", "node_modules"})
_COLUMNS: Final = ("id", "model", "input_tokens", "output_tokens", "updated_at")


class Kept(msgspec.Struct):
    """What is remembered of the database."""

    #: When the last frame was written of those that were read, as the column has it.
    updated: int = 0


class Frames(DatabaseReader[Kept]):
    """One reading of the database."""

    Memory = Kept

    def items(self) -> Iterable[Item]:
        """The frames that were written since."""
        if not self.tables.has("frames", *_COLUMNS):
            self.noticed.add("file", "a database without frames")
            return
        projects: dict[str, str] = {}
        if self.tables.has("projects", "id", "name"):
            projects = {str(row["id"]): str(row["name"] or "") for row in self.tables.rows("SELECT * FROM projects")}
        query = "SELECT rowid AS position, * FROM frames WHERE updated_at >= ? ORDER BY updated_at"
        for row in self.tables.rows(query, (self.memory.updated,)):
            self.memory.updated = later(self.memory.updated, row["updated_at"])
            yield Item(row["position"], partial(self._frame, row, projects.get(str(row.get("project_id")), "")))

    def _frame(self, row: Mapping[str, Any], project: str) -> Iterator[Record]:
        told = Told(row)
        # A router before the model puts its name before the model's.
        named = told.text("model")
        model = named.partition(":")[2] or named
        if not model:
            self.noticed.add("model", "a frame without a model", row["position"])
        updated = told.needed(told.moment("updated_at"), "updated_at")
        frame = told.needed(told.text("id"), "id")
        call = ModelCall(
            source=NAME,
            native_id=frame,
            started_at=told.moment("created_at", "started_at") or updated,
            machine=host(),
            provider=infer_provider(model) or "anthropic",
            model=model,
            input_tokens=told.whole("input_tokens") or 0,
            cache_read_tokens=told.whole("cache_read_tokens") or 0,
            cache_write_unknown_tokens=told.whole("cache_write_tokens") or 0,
            output_tokens=told.whole("output_tokens") or 0,
            cost_reported=charged(model, told.money("total_cost")),
            session_id=told.text("root_frame_id") or frame,
            project=project,
            agent="claude-science",
            subagent="subagent" if told.text("parent_frame_id") else "",
        )
        if total(call):
            yield covering(call, updated_at=updated)


class ClaudeScience(DatabaseSource):
    """Databases of Claude Science; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Claude Science"
    reader = Frames

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of its data, or the databases that are named."""
        named = folders.settings(env, "CLAUDE_SCIENCE_DB", home)
        bases = [folders.data_home(home, env), home / "Library" / "Application Support"]
        return named or [*(home / name for name in _FOLDERS), *(base / name for base in bases for name in _DATA)]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder that have frames."""
        for path in folders.below(
            root, lambda name: name.endswith(_ENDINGS), lambda name: name not in _PASSED_OVER and name[:1] != "."
        ):
            start = folders.head(path, 1 << 16)
            if start.startswith(b"SQLite format 3") and b"frames" in start and b"root_frame_id" in start:
                yield path


FOUND: Final = ClaudeScience()
