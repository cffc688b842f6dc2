"""OpenCodeReview as a source of files, and the lines of its sessions as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, ToolCall, infer_provider, status_of
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.told import Told

NAME: Final = "open_code_review"
_MARK: Final = b'"session_start"'
_USAGE: Final = frozenset({"prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens"})
#: Lines that say what was reviewed, and what was asked.
_PASSED_OVER: Final = frozenset(
    {
        *("llm_request", "resume_lineage", "run_manifest"),
        *("review_item_done", "review_item_failed", "review_item_reused"),
    }
)


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    began: int = 0
    folder: str = ""
    branch: str = ""
    model: str = ""
    mode: str = ""
    #: The session that this one goes on with.
    parent: str = ""


class Events(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        match kind := said.text("type"):
            case "session_start":
                return self._begin(said)
            case "session_end":
                return self._end(said)
            case "llm_response":
                return self._answer(said, offset)
            case "llm_error":
                return (self._failure(said),)
            case "tool_call":
                return (self._tool(said),)
            case _:
                if kind not in _PASSED_OVER:
                    self.noticed.add("line", kind or "a line without a type", offset)
        return ()

    @property
    def _session(self) -> str:
        return self.path.stem

    @property
    def _project(self) -> str:
        return folders.project(self.memory.folder, folders.home_above(self.path, ".opencodereview"))

    def _begin(self, said: Told) -> Iterator[Record]:
        memory = self.memory
        memory.began = said.needed(said.moment("timestamp"), "timestamp")
        memory.folder, memory.branch = said.text("cwd"), said.text("gitBranch")
        memory.model, memory.mode = said.text("model"), said.text("reviewMode")
        memory.parent = said.text("resumedFrom")
        yield self._run(memory.began)

    def _end(self, said: Told) -> Iterator[Record]:
        at = said.needed(said.moment("timestamp"), "timestamp")
        run = self._run(self.memory.began or at)
        run.ended_at, run.status, run.revision = at, "ok", 1
        yield run

    def _run(self, began: int) -> AgentRun:
        return AgentRun(
            source=NAME,
            native_id=self._session,
            started_at=began,
            machine=host(),
            agent=NAME,
            task=self.memory.mode,
            role="main",
            session_id=self._session,
            parent_session_id=self.memory.parent,
            project=self._project,
            model=self.memory.model,
        )

    def _answer(self, said: Told, offset: int) -> Iterator[Record]:
        usage = said.within("usage")
        for key in usage.beside(_USAGE):
            self.noticed.add("usage", f"usage.{key}", offset)
        call = self._call(said)
        read, written = usage.whole("cache_read_tokens") or 0, usage.whole("cache_write_tokens") or 0
        prompt, output = usage.whole("prompt_tokens") or 0, usage.whole("completion_tokens") or 0
        if prompt or read or written or output:
            # The prompt has the cache inside, unless it is too small for that.
            cached = read + written
            call.input_tokens = prompt - cached if prompt >= cached else prompt
            call.cache_read_tokens, call.cache_write_unknown_tokens = read, written
            call.output_tokens = output
        else:
            self.noticed.add("usage", "answers without usage", offset)
        yield call

    def _failure(self, said: Told) -> ModelCall:
        call = self._call(said)
        call.error_message = said.message("error")
        call.status = status_of(None, call.error_message)
        return call

    def _call(self, said: Told) -> ModelCall:
        took, memory = said.milliseconds("duration_ms"), self.memory
        model = said.text("model") or memory.model
        kind = said.text("taskType")
        return ModelCall(
            source=NAME,
            native_id=said.needed(said.text("uuid"), "uuid"),
            # A line is written when its answer is there.
            started_at=said.needed(said.moment("timestamp"), "timestamp") - (took or 0),
            machine=host(),
            labels={"task": kind} if kind else None,
            provider=infer_provider(model) or "",
            model=model,
            latency_us=took,
            session_id=self._session,
            project=self._project,
            git_branch=memory.branch,
            agent=NAME,
        )

    def _tool(self, said: Told) -> ToolCall:
        took, done = said.milliseconds("duration_ms"), said.yes("ok")
        return ToolCall(
            source=NAME,
            native_id=said.needed(said.text("uuid"), "uuid"),
            started_at=said.needed(said.moment("timestamp"), "timestamp") - (took or 0),
            machine=host(),
            name=said.needed(said.text("tool_name"), "tool_name"),
            status="ok" if done else "error",
            error_message="" if done else said.message("result"),
            duration_us=took,
            session_id=self._session,
            project=self._project,
            agent=NAME,
        )


class OpenCodeReview(LinesSource):
    """Sessions of OpenCodeReview; see `sources.protocol.FileSource`."""

    name = NAME
    title = "OpenCodeReview"
    reader = Events

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - no variable names another
        """The folder of its sessions."""
        return [home / ".opencodereview" / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder, of whichever repository."""
        for path in folders.below(root, lambda name: name.endswith(".jsonl")):
            if _MARK in folders.head(path):
                yield path


FOUND: Final = OpenCodeReview()
