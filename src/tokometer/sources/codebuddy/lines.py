"""The lines of a transcript as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, Status, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import leave_unsplit, total

NAME: Final = "codebuddy"
_FRESH: Final = ("cachedMissTokens", "cacheMissTokens")
_INPUT: Final = ("input_tokens", "inputTokens", "prompt_tokens")
_OUTPUT: Final = ("output_tokens", "outputTokens", "completion_tokens")
_READ: Final = (
    *("cache_read_input_tokens", "cacheReadInputTokens", "cacheTokens"),
    *("prompt_cache_hit_tokens", "cached_tokens"),
)
_WRITTEN: Final = (
    *("cache_creation_input_tokens", "cacheCreationInputTokens"),
    *("cachedWriteTokens", "prompt_cache_write_tokens"),
)
_THOUGHT: Final = ("completion_thinking_tokens", "completionThinkingTokens", "reasoningTokens")
_TOTAL: Final = ("total_tokens", "totalTokens")
_STATES: Final[dict[str, Status]] = {
    "failed": "server_error",
    "error": "server_error",
    "incomplete": "cancelled",
    "cancelled": "cancelled",
}
#: Uses of tools without an outcome that are remembered.
_MOST: Final = 64


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str
    call_id: str
    session: str
    project: str


class Kept(msgspec.Struct):
    """What is remembered of a transcript."""

    asked: int = 0
    call_id: str = ""
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class Transcript(LinesReader[Kept]):
    """One reading of one transcript."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        # `<project>/<session>.jsonl`, and `<project>/<session>/subagents/agent-….jsonl`
        child = path.parent.name == "subagents"
        self._parent = path.parent.parent.name if child else ""
        self._subagent = path.stem if child else ""
        self._home = folders.home_above(path, ".codebuddy", ".workbuddy")
        self._agent = "workbuddy" if ".workbuddy" in path.parts else NAME

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind, role = said.word("type"), said.word("role")
        if kind == "message" and role == "user":
            self.memory.asked += 1
            return ()
        if kind == "function_call_result":
            return self._outcome(said)
        if kind == "function_call" or (kind == "message" and role == "assistant"):
            return self._answer(said, kind == "function_call", offset)
        return ()

    def _answer(self, said: Told, uses: bool, offset: int) -> Iterator[Record]:
        session = said.text("sessionId") or self.path.stem
        at = said.moment("timestamp")
        project = folders.project(said.text("cwd"), self._home)
        yield from self._call(said, session, at, project, offset)
        use_id, name = (said.text("callId"), said.text("name")) if uses else ("", "")
        if use_id and name and at is not None:
            use = Use(at, name, self.memory.call_id, session, project)
            self.memory.uses[use_id] = use
            while len(self.memory.uses) > _MOST:
                del self.memory.uses[next(iter(self.memory.uses))]
            yield self._tool(use_id, use)

    def _call(self, said: Told, session: str, at: int | None, project: str, offset: int) -> Iterator[Record]:
        provider, message = said.within("providerData"), said.within("message")
        told = (message.within("usage"), provider.within("usage"), provider.within("rawUsage"))
        usage = next((one for one in told if one), None)
        state = said.word("status")
        if usage is None or state == "in_progress":
            return
        for key in usage.beside(_KNOWN):
            if not isinstance(usage.raw(key), (dict, list, str)):
                self.noticed.add("usage", f"usage.{key}", offset)
        model = provider.text("model", "requestModelId") or message.text("model")
        answer = provider.text("messageId") or said.text("id")
        began = said.needed(at, "timestamp")
        call = ModelCall(
            source=NAME,
            native_id=f"{session}|{said.needed(answer, 'id')}",
            started_at=began,
            origin=began,
            machine=host(),
            provider=infer_provider(model) or "tencent",
            model=model,
            response_id=provider.text("messageId"),
            status=_STATES.get(state, "ok"),
            session_id=session,
            parent_session_id=self._parent,
            project=project,
            agent=self._agent,
            subagent=self._subagent,
        )
        _count(call, usage)
        call.revision = total(call)
        if not call.revision:
            return
        if not model:
            self.noticed.add("model", "an answer without a model", offset)
        # An answer is told once for every part of it, each time with all that it used.
        if call.native_id != self.memory.call_id:
            self.memory.call_id = call.native_id
            call.user_messages, self.memory.asked = self.memory.asked, 0
        yield call

    def _outcome(self, said: Told) -> Iterator[Record]:
        use_id = said.text("callId")
        use = self.memory.uses.pop(use_id, None)
        if use is None:
            return
        tool = self._tool(use_id, use)
        tool.status, tool.revision = "error" if said.word("status") in ("failed", "error") else "ok", 1
        at = said.moment("timestamp")
        if at is not None and at >= use.started_at:
            tool.duration_us = at - use.started_at
        yield tool

    def _tool(self, use_id: str, use: Use) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=f"{use.session}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            use_id=use_id,
            call_id=use.call_id,
            session_id=use.session,
            project=use.project,
            agent=self._agent,
            subagent=self._subagent,
        )


_KNOWN: Final = frozenset({*_FRESH, *_INPUT, *_OUTPUT, *_READ, *_WRITTEN, *_THOUGHT, *_TOTAL, "credit", "requests"})


def _count(call: ModelCall, usage: Told) -> None:
    """Take the tokens: the cache is inside the input, unless what is said proves that it is beside."""
    fresh, told = usage.whole(*_FRESH), usage.whole(*_INPUT) or 0
    read, written = _largest(usage, _READ), _largest(usage, _WRITTEN)
    output, thought = usage.whole(*_OUTPUT) or 0, usage.whole(*_THOUGHT) or 0
    if fresh is None:
        beside = told < read + written or usage.whole(*_TOTAL) == told + read + written + output > told + output
        fresh = told if beside else told - read - written
    call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens = fresh, read, written
    call.output_tokens = output + thought if thought > output else output
    call.reasoning_tokens = thought
    leave_unsplit(call, usage.whole(*_TOTAL))


def _largest(usage: Told, names: tuple[str, ...]) -> int:
    """Several names may stand side by side, of which those that do not fit say 0."""
    return max(usage.whole(name) or 0 for name in names)
