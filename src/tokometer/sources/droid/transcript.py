"""The transcript of a session: its tools. What its messages used is only told in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Record, ToolCall
from tokometer.sources import folders
from tokometer.sources.droid.settings import NAME
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

_QUIET: Final = frozenset({"session_start", "todo_state", "compaction_state", "session_end", "title_update"})
_MOST: Final = 64


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str


class Kept(msgspec.Struct):
    """What is remembered of a transcript."""

    folder: str = ""
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class Transcript(LinesReader[Kept]):
    """One reading of one transcript."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._home = folders.home_above(path, ".factory")

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.text("type")
        if kind == "message":
            return self._message(said)
        if kind == "session_start":
            self.memory.folder = said.text("cwd") or self.memory.folder
        elif kind not in _QUIET:
            self.noticed.add("line", kind or "without a type", offset)
        return ()

    def _message(self, said: Told) -> Iterator[Record]:
        message = said.within("message")
        at = said.moment("timestamp")
        if at is None or not isinstance(message.raw("content"), list):
            return
        for part in message.each("content"):
            kind = part.raw("type")
            if kind == "tool_use" and part.text("id") and part.text("name"):
                use = Use(at, part.text("name"))
                self.memory.uses[part.text("id")] = use
                yield self._tool(part.text("id"), use)
            elif kind == "tool_result":
                done = self.memory.uses.pop(part.text("tool_use_id"), None)
                if done is not None:
                    tool = self._tool(part.text("tool_use_id"), done)
                    tool.status, tool.revision = "error" if part.raw("is_error") is True else "ok", 1
                    tool.duration_us = max(0, at - done.started_at)
                    yield tool
        while len(self.memory.uses) > _MOST:
            del self.memory.uses[next(iter(self.memory.uses))]

    def _tool(self, use_id: str, use: Use) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=f"{self.path.stem}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            server=use.name.partition("___")[0] if "___" in use.name else "",
            use_id=use_id,
            session_id=self.path.stem,
            project=folders.project(self.memory.folder, self._home),
            agent=NAME,
        )
