"""A session's events: what it did, and, where nothing better is known, what it used.

Versions before mid-2026 state what was used when a session ends (`session.shutdown`), by model. Some of them state what
the process used that ended, others what the session used so far, so that is told by what the events say themselves.
While a session runs only the tokens of its answers are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, ToolCall, status_of
from tokometer.sources.copilot_cli.lives import Life, Stated, amount, stated_of
from tokometer.sources.copilot_cli.places import SOURCE_NAME, session_of, store_beside
from tokometer.sources.copilot_cli.store import in_store
from tokometer.sources.copilot_cli.usage import NANO, PROVIDER, spent
from tokometer.sources.folders import home_above, project
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

#: What is known at the end of a session goes before what is known while it runs.
_AT_END: Final = 1 << 40
_DENIED: Final = frozenset({"denied", "rejected", "cancelled", "canceled", "aborted"})
_MOST_WAITING: Final = 200

Outcome = Literal["ok", "error", "cancelled", "running", "unknown"]


class Waiting(msgspec.Struct):
    """A use of a tool, or a subagent, that has not ended."""

    id: str
    name: str
    at: int
    #: The MCP server of a tool; what a subagent is called.
    of: str = ""


class EventsMemory(msgspec.Struct):
    """What is remembered of a session between two readings."""

    id: str = ""
    cwd: str = ""
    branch: str = ""
    repository: str = ""
    model: str = ""
    begun: int = 0
    last: int = 0
    status: Outcome = "unknown"
    error: str = ""
    #: Credits that the session stated at its last end.
    credits: float = 0
    life: Life = msgspec.field(default_factory=Life)
    waiting: dict[str, Waiting] = {}
    subagents: dict[str, Waiting] = {}


class EventsReader(LinesReader[EventsMemory]):
    """One reading of a session's events."""

    Memory = EventsMemory

    def __init__(self, path: Path, memory: EventsMemory, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._home = home_above(path, ".copilot")
        self._taken = False

    def take(self, line: dict[str, Any], offset: int) -> Iterator[Record]:
        """See `LinesReader.take`."""
        told = Told(line)
        kind, data, at = told.text("type"), told.within("data"), told.moment("timestamp")
        if at is not None:
            self.memory.last = max(self.memory.last, at)
            self.memory.begun = self.memory.begun or at
            self._taken = True
        when = at or self.memory.last
        if kind in ("session.start", "session.resume"):
            self._begin(data, when)
        elif kind == "session.model_change":
            self.memory.model = data.text("newModel")
        elif kind == "assistant.message":
            self._answer(data, when)
        elif kind == "session.shutdown":
            yield from self._end(data, when, offset)
        elif kind in ("session.error", "model.call_failure"):
            yield self._failed(told, data, when, offset)
        elif kind == "abort":
            self.memory.status = "cancelled"
        elif kind.startswith(("tool.execution_", "subagent.")):
            yield from self._ended(kind, data, when)
        else:
            self._look(kind, data, offset)

    def finish(self) -> Iterable[Record]:
        """See `LinesReader.finish`."""
        memory = self.memory
        if not self._taken:
            return
        if memory.life.messages and not self._stored:
            self.noticed.add("usage", "a session that has not ended: of its tokens only those of answers are known")
            for model, (count, known) in memory.life.answered().items():
                yield self._call(model, known, count, partial=True)
        yield AgentRun(
            source=SOURCE_NAME,
            native_id=f"session:{self._id}",
            started_at=memory.begun,
            revision=memory.last,
            agent=SOURCE_NAME,
            status=memory.status,
            error_message=memory.error,
            ended_at=memory.last,
            role="main",
            session_id=self._id,
            project=self._project,
            model=memory.model,
        )

    # -- the session -----------------------------------------------------------------------------------------------

    def _begin(self, data: Told, at: int) -> None:
        memory, context = self.memory, data.within("context")
        memory.id = memory.id or data.text("sessionId")
        memory.cwd = context.text("gitRoot", "cwd") or memory.cwd
        memory.branch = context.text("branch") or memory.branch
        memory.repository = context.text("repository") or memory.repository
        memory.model = data.text("selectedModel") or memory.model
        memory.status = "running"
        memory.life.begin(at)

    def _answer(self, data: Told, at: int) -> None:
        model = data.text("model") or self.memory.model
        usage = data.within("usage")
        output = data.whole("outputTokens") or usage.whole("outputTokens") or 0
        self.memory.life.answer(model, output, at)
        self.memory.life.prompted(model, usage)
        self.memory.model = model

    def _end(self, data: Told, at: int, offset: int) -> Iterator[Record]:
        memory = self.memory
        memory.status = "error" if data.text("shutdownType") == "error" else "ok"
        memory.error = data.message("errorReason")
        stated = stated_of(data.within("modelMetrics"), self.noticed, offset)
        whole = amount(data, "totalNanoAiu") / NANO
        began, own, cumulative = memory.life.end(stated, at)
        whole, memory.credits = max(0.0, whole - memory.credits if cumulative else whole), whole
        if cumulative:
            self.noticed.add("event", "shutdowns that state what the session used so far", offset)
        if self._stored:
            return
        for model, used in own.items():
            if used.any:
                yield self._call(model, used, used.requests, partial=False, began=began)
                name = f"{self._id}:{began // 1000}:{model}"
                yield from spent(name, at, self._id, model, used.credits, used.premium)
        # What no model's figures hold: a compaction, or models of a release that states only the session's.
        rest = round(whole - sum(used.credits for used in own.values()), 9)
        if rest > 0:
            yield from spent(f"{self._id}:{began // 1000}:", at, self._id, "", rest, None)

    def _call(self, model: str, used: Stated, count: int, *, partial: bool, began: int | None = None) -> ModelCall:
        """All calls of one model in one life of the session: nobody tells them apart."""
        memory = self.memory
        at = memory.life.began if began is None else began
        buckets = used.buckets
        labels = {"requests": str(count)} | ({"partial": "answers only"} if partial else {})
        return ModelCall(
            source=SOURCE_NAME,
            native_id=f"life:{self._id}:{at // 1000}:{model}",
            started_at=at,
            revision=count if partial else _AT_END,
            group=f"session:{self._id}",
            shadow=True,
            provider=PROVIDER,
            model=model,
            input_tokens=buckets.input,
            cache_read_tokens=buckets.cache_read,
            cache_write_unknown_tokens=buckets.cache_write,
            output_tokens=buckets.output,
            reasoning_tokens=buckets.reasoning,
            session_id=self._id,
            project=self._project,
            git_branch=memory.branch,
            agent=SOURCE_NAME,
            labels=labels | ({"repository": memory.repository} if memory.repository else {}),
        )

    def _failed(self, told: Told, data: Told, at: int, offset: int) -> ModelCall:
        http_status, words = data.whole("statusCode"), data.message("message", "errorMessage")
        wrong = " ".join(filter(None, (data.text("errorType"), words)))
        status = status_of(http_status, wrong)
        return ModelCall(
            source=SOURCE_NAME,
            native_id=f"error:{self._id}:{told.text('id') or offset}",
            started_at=at,
            provider=PROVIDER,
            model=data.text("model") or self.memory.model,
            status="server_error" if status == "ok" else status,
            error_message=words or data.text("errorType"),
            http_status=http_status,
            request_id=data.text("providerCallId", "requestId"),
            session_id=self._id,
            project=self._project,
            git_branch=self.memory.branch,
            agent=SOURCE_NAME,
        )

    # -- tools and subagents ---------------------------------------------------------------------------------------

    def _ended(self, kind: str, data: Told, at: int) -> Iterator[Record]:
        memory, id_ = self.memory, data.text("toolCallId")
        if kind == "tool.execution_start":
            waiting = Waiting(id_, data.text("toolName", "mcpToolName"), at, data.text("mcpServerName"))
            _wait(memory.waiting, waiting)
            yield self._tool(waiting)
        elif kind == "tool.execution_complete":
            used = self._tool(memory.waiting.pop(id_, Waiting(id_, data.text("toolName"), at)))
            failed = data.raw("success") is False
            wrong = data.within("error") if isinstance(data.raw("error"), dict) else Told({})
            denied = wrong.text("code").lower() in _DENIED
            used.revision, used.status = 1, "cancelled" if denied else "error" if failed else "ok"
            used.error_message = wrong.message("message") or (data.message("error") if "message" not in wrong else "")
            used.duration_us = max(0, at - used.started_at)
            changed = data.within("toolTelemetry").within("metrics")
            used.lines_added, used.lines_removed = changed.whole("linesAdded"), changed.whole("linesRemoved")
            yield used
        elif kind == "subagent.started":
            waiting = Waiting(id_, data.text("agentName"), at, data.text("agentDisplayName"))
            _wait(memory.subagents, waiting)
            yield self._subagent(waiting, "running", "", None)
        elif kind in ("subagent.completed", "subagent.failed"):
            waiting = memory.subagents.pop(id_, Waiting(id_, data.text("agentName"), at, data.text("agentDisplayName")))
            yield self._subagent(waiting, "ok" if kind.endswith("completed") else "error", data.message("error"), at)

    def _tool(self, used: Waiting) -> ToolCall:
        return ToolCall(
            source=SOURCE_NAME,
            native_id=f"{self._id}:{used.id}",
            started_at=used.at,
            name=used.name or "(unnamed)",
            server=used.of,
            use_id=used.id,
            session_id=self._id,
            project=self._project,
            agent=SOURCE_NAME,
        )

    def _subagent(self, waiting: Waiting, status: Outcome, wrong: str, ended: int | None) -> AgentRun:
        return AgentRun(
            source=SOURCE_NAME,
            native_id=f"subagent:{self._id}:{waiting.id}",
            started_at=waiting.at,
            revision=0 if ended is None else 1,
            agent=waiting.name or "subagent",
            status=status,
            error_message=wrong,
            ended_at=ended,
            task=waiting.of if waiting.of != waiting.name else "",
            role="subagent",
            session_id=self._id,
            project=self._project,
        )

    def _look(self, kind: str, data: Told, offset: int) -> None:
        """Of an event that no rule reads, whether it looks as if it said what was used."""
        if kind == "session.usage_checkpoint" or kind.startswith(("session.compaction", "session.truncation")):
            return
        if any(name.lower().endswith("tokens") for name in data.beside(())):
            self.noticed.add("line", kind or "(none)", offset)

    @property
    def _id(self) -> str:
        return self.memory.id or session_of(self.path)

    @property
    def _project(self) -> str:
        return project(self.memory.cwd, self._home)

    @property
    def _stored(self) -> bool:
        """Whether the store knows better what was used."""
        return in_store(store_beside(self.path), self._id)


def _wait(waiting: dict[str, Waiting], one: Waiting) -> None:
    if len(waiting) >= _MOST_WAITING:
        del waiting[next(iter(waiting))]
    waiting[one.id] = one
