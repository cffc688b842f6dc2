"""iFlow CLI as a source of files, and the lines of its transcripts as records.

It has the lines of Claude Code's transcripts, with what other models answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "iflow"
_MARKS: Final = (b'"sessionId"', b'"message"', b'"uuid"')
_TOKENS: Final = frozenset({"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"})
_MOST: Final = 64


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str
    call_id: str


class Kept(msgspec.Struct):
    """What is remembered of a session: only what people write says where it is."""

    asked: int = 0
    project: str = ""
    branch: str = ""
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class Transcript(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._home = folders.home_above(path, ".iflow")

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.word("type")
        if kind == "user":
            return self._heard(said)
        return self._answer(said, offset) if kind == "assistant" else ()

    def _heard(self, said: Told) -> Iterator[Record]:
        folder = said.text("cwd")
        self.memory.project = folders.project(folder, self._home) if folder else self.memory.project
        self.memory.branch = said.text("gitBranch") or self.memory.branch
        message = said.within("message")
        content = message.raw("content")
        results = (
            [part for part in message.each("content") if part.word("type") == "tool_result"]
            if isinstance(content, list)
            else []
        )
        if not results and not said.yes("isMeta"):
            self.memory.asked += 1
        outcome = said.within("toolUseResult") if isinstance(said.raw("toolUseResult"), dict) else Told({})
        for part in results:
            use_id = part.text("tool_use_id")
            use = self.memory.uses.pop(use_id, None)
            if use is None:
                continue
            tool = self._tool(said, use_id, use)
            tool.revision = 1
            # One outcome is told beside them: whose it is, is known where there is one.
            status = outcome.word("status")
            failed = part.raw("is_error") is True or (status not in ("", "success") and len(results) == 1)
            tool.status = "error" if failed else "ok"
            ended = outcome.moment("timestamp") if len(results) == 1 else None
            ended = ended or said.moment("timestamp")
            if ended is not None and ended >= use.started_at:
                tool.duration_us = ended - use.started_at
            yield tool

    def _answer(self, said: Told, offset: int) -> Iterator[Record]:
        at = said.needed(said.moment("timestamp"), "timestamp")
        message = said.within("message")
        usage = message.within("usage")
        for key in usage.beside(_TOKENS):
            self.noticed.add("usage", f"usage.{key}", offset)
        model = message.text("model")
        if not model:
            self.noticed.add("model", "an answer without a model", offset)
        asked, self.memory.asked = self.memory.asked, 0
        call = ModelCall(
            source=NAME,
            native_id=f"{self._session(said)}|{said.needed(said.text('uuid'), 'uuid')}",
            started_at=at,
            machine=host(),
            provider=infer_provider(model),
            model=model,
            session_id=self._session(said),
            project=self.memory.project,
            git_branch=self.memory.branch,
            agent=NAME,
            subagent="sidechain" if said.yes("isSidechain") else "",
            user_messages=asked,
        )
        prompt, output = usage.whole("input_tokens") or 0, usage.whole("output_tokens") or 0
        # Nothing at all is what it writes down where nobody told it.
        if prompt or output:
            call.input_tokens, call.output_tokens = prompt, output
            call.cache_read_tokens = usage.whole("cache_read_input_tokens")
            call.cache_write_unknown_tokens = usage.whole("cache_creation_input_tokens")
        yield call
        for part in message.each("content") if isinstance(message.raw("content"), list) else ():
            use_id, name = part.text("id"), part.text("name")
            if part.word("type") == "tool_use" and use_id and name:
                use = self.memory.uses[use_id] = Use(at, name, call.native_id)
                while len(self.memory.uses) > _MOST:
                    del self.memory.uses[next(iter(self.memory.uses))]
                yield self._tool(said, use_id, use)

    def _tool(self, said: Told, use_id: str, use: Use) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=f"{self._session(said)}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            server=use.name[5:].partition("__")[0] if use.name.startswith("mcp__") else "",
            use_id=use_id,
            call_id=use.call_id,
            session_id=self._session(said),
            project=self.memory.project,
            agent=NAME,
        )

    def _session(self, said: Told) -> str:
        return said.text("sessionId") or self.path.stem


class IFlow(LinesSource):
    """Sessions of iFlow CLI; see `sources.protocol.FileSource`."""

    name = NAME
    title = "iFlow CLI"
    reader = Transcript

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - no variable names another
        """The folder of projects."""
        return [home / ".iflow" / "projects"]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder."""
        for path in folders.below(root, lambda name: name.startswith("session-") and name.endswith(".jsonl")):
            if all(mark in folders.head(path, 1 << 16) for mark in _MARKS):
                yield path


FOUND: Final = IFlow()
