"""Muse Code as a source of files, and its events as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "muse"
_FILE: Final = "session.jsonl"
_MARK: Final = b'"payload_type"'
_SUBAGENT: Final = "subagent"
_READ: Final = ("cache_read_tokens", "cached_tokens")
_KEYS: Final = frozenset({"input_tokens", "output_tokens", "cache_write_tokens", "reasoning_tokens", *_READ})


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    folder: str = ""
    asked: int = 0


class Events(LinesReader[Kept]):
    """One reading of one session, or of a subagent's."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        parts = path.parts
        # `<session>/subagent/<child>/session.jsonl`
        self._parent = parts[-4] if len(parts) > 3 and parts[-3] == _SUBAGENT else ""  # noqa: PLR2004

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.text("payload_type")
        if kind == "runtime.session.metadata":
            self.memory.folder = said.within("payload").within("record").text("workspace_root") or self.memory.folder
        elif kind == "runtime.session":
            event = said.within("payload").within("event")
            if event.raw("kind") == "model_completed":
                return self._call(said, event, offset)
            self.memory.asked += event.raw("kind") == "started" and not self._parent
        return ()

    def _call(self, said: Told, event: Told, offset: int) -> Iterator[Record]:
        usage = event.within("usage")
        for key in usage.beside(_KEYS):
            self.noticed.add("usage", f"usage.{key}", offset)
        read, written = usage.whole(*_READ) or 0, usage.whole("cache_write_tokens") or 0
        prompt, output = usage.whole("input_tokens") or 0, usage.whole("output_tokens") or 0
        if not (prompt or read or written or output):
            return
        model, session = event.text("model"), said.within("stream").text("id") or self.path.parent.name
        if not model:
            self.noticed.add("model", "an answer without a model", offset)
        asked, self.memory.asked = self.memory.asked, 0
        # The prompt has inside what was read from the cache.
        fresh = prompt - read if prompt >= read else prompt
        yield ModelCall(
            source=NAME,
            native_id=f"{session}|{said.needed(said.text('id'), 'id')}",
            started_at=said.needed(said.moment("recorded_at"), "recorded_at"),
            machine=host(),
            provider=infer_provider(model) or "meta",
            model=model,
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_unknown_tokens=written,
            output_tokens=output,
            reasoning_tokens=min(usage.whole("reasoning_tokens") or 0, output),
            session_id=session,
            parent_session_id=self._parent,
            project=folders.project(self.memory.folder, folders.home_above(self.path, ".local", "Library")),
            agent=NAME,
            subagent=_SUBAGENT if self._parent else "",
            user_messages=asked,
        )


class Muse(LinesSource):
    """Sessions of Muse Code; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Muse Code"
    reader = Events

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of its sessions."""
        mac = home / "Library" / "Application Support"
        return [base / "muse" / "sessions" for base in (folders.data_home(home, env), mac)]

    def files(self, root: Path) -> Iterable[Path]:
        """The events of the sessions below a folder."""
        for path in folders.below(root, lambda name: name == _FILE):
            if _MARK in folders.head(path):
                yield path


FOUND: Final = Muse()
