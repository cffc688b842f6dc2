"""A session's events as records.

The service is asked once a step of a turn. What it used is stated when it has answered, and may be stated again for the
same step, when the later word holds; a request that is tried again used something each time. A fork begins with copies
of its parent's events, which keep their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import msgspec

from tokometer.records import ModelCall, Record, infer_provider, provider_of, status_of
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.machine import host
from tokometer.sources.told import Told

NAME: Final = "deepseek_harness"
_USAGE: Final = frozenset({"inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens"})
_HOME: Final = ".dsh"

_Kind = Literal["message", "attempt", "summary"]
_KINDS: Final[dict[str, _Kind]] = {
    "assistant/message": "message",
    "assistant/attempt": "attempt",
    "compaction/summary": "summary",
}


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    id: str = ""
    #: When it was begun.
    began: int = 0
    folder: str = ""
    subagent: str = ""
    #: Under what requests run that do not say it themselves.
    provider: str = ""
    model: str = ""
    #: The newest step, when it began, and the id of the request that is under way in it.
    step: str = ""
    step_at: int = 0
    request: str = ""
    attempt: int = 1
    asked: int = 0


class Stated(NamedTuple):
    """What a request used, and how and when it ended."""

    usage: Told
    ended_at: int
    reason: str = ""


class Events(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept
    growing = True

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.text("type")
        if kind in _KINDS:
            return self._answer(said, _KINDS[kind], offset)
        memory = self.memory
        if kind == "session":
            self._begin(said)
        elif kind == "request/header":
            config = said.within("data").within("header").within("config")
            memory.provider, memory.model = config.text("provider"), config.text("model")
        elif kind == "user/message":
            memory.asked += 1
        elif kind == "step/start":
            self._enter(_step(said.within("data")), said.moment("time") or 0)
        elif kind == "llm/retry-started":
            step = _step(said.within("data"))
            # What was used so far is a request of its own.
            attempt = memory.attempt + 1 if step == memory.step else 1
            self._enter(step, said.moment("time") or 0)
            memory.attempt = attempt
        elif isinstance(line.get("data"), dict) and "usage" in line["data"]:
            self.noticed.add("line", kind or "(none)", offset)
        return ()

    def _begin(self, said: Told) -> None:
        memory = self.memory
        memory.id, memory.folder = said.text("id"), said.text("cwd")
        memory.began = said.moment("createdAt") or 0
        if said.whole("delegationDepth"):
            memory.subagent = said.text("agentPreset") or "subagent"

    def _enter(self, step: str, at: int) -> None:
        memory = self.memory
        memory.step, memory.step_at, memory.request, memory.attempt = step, at, "", 1

    def _answer(self, said: Told, kind: _Kind, offset: int) -> Iterator[Record]:
        data, memory = said.within("data"), self.memory
        at = said.needed(said.moment("time"), "time")
        stated = _stated(data, kind, at)
        usage = stated.usage
        for key in usage.beside(_USAGE):
            self.noticed.add("usage", f"usage.{key}", offset)
        fresh, output = usage.whole("inputTokens") or 0, usage.whole("outputTokens") or 0
        read, written = usage.whole("cacheReadTokens") or 0, usage.whole("cacheWriteTokens") or 0
        if not (fresh or output or read or written):
            return
        source = data.within("message").within("source")
        response = source.within("replayState").within("response")
        model = response.word("responseModel").strip() or source.text("model") or memory.model
        provider = source.text("provider") or memory.provider
        if not model:
            self.noticed.add("model", "an answer without a model", offset)
        name, began = self._name(said, data, kind, at), at
        if kind != "summary" and memory.step_at and memory.step == _step(data):
            began = min(at, memory.step_at)
        call = ModelCall(
            source=NAME,
            native_id=name,
            started_at=began,
            # Of what is stated of one step the later word holds.
            revision=said.whole("seq") or 0,
            # Of copies the one in the session that was there first.
            origin=memory.began,
            machine=host(),
            provider=(provider_of(provider) if provider else "") or infer_provider(model),
            model=model,
            operation="chat",
            status="ok" if stated.reason != "error" else status_of(None, "error"),
            stop_reason=stated.reason,
            attempt=1 if kind == "summary" else memory.attempt,
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_unknown_tokens=written,
            output_tokens=output,
            reasoning_tokens=min(usage.whole("reasoningTokens") or 0, output),
            session_id=memory.id or self.path.parent.name,
            project=folders.project(memory.folder, folders.home_above(self.path, _HOME)),
            agent=NAME,
            subagent=memory.subagent,
        )
        if stated.ended_at > began:
            call.latency_us = stated.ended_at - began
        if kind != "summary" and not memory.subagent:
            call.user_messages, memory.asked = memory.asked, 0
        yield call

    def _name(self, said: Told, data: Told, kind: _Kind, at: int) -> str:
        """What names a request, the same in every copy: the first that is stated of it."""
        memory = self.memory
        own = (
            data.within("message").text("id")
            or data.text("attemptId", "retryId", "compactionId")
            # Copies keep the time and the number of an event.
            or f"{at // 1_000}.{said.whole('seq') or 0}"
        )
        step = _step(data)
        if kind == "summary" or not step:
            return f"{kind}|{own}"
        if step != memory.step:
            self._enter(step, 0)
        memory.request = memory.request or f"request|{own}"
        return memory.request


def _step(data: Told) -> str:
    """Which step of which turn an event is of; empty where it does not say."""
    turn, step = data.whole("turn"), data.whole("step")
    return "" if turn is None or step is None else f"{turn}.{step}"


def _stated(data: Told, kind: _Kind, at: int) -> Stated:
    """What an event says was used: itself, or the newest of what its stream was told."""
    reason, streamed, ended = "", Told({}), at
    for part in data.each("stream") if isinstance(data.raw("stream"), list) else ():
        chunk = part.within("chunk")
        if chunk.text("type") == "usage":
            streamed, ended = chunk.within("usage"), max(ended, part.moment("time") or 0)
        elif chunk.text("type") == "finish":
            reason, ended = chunk.within("reason").text("kind"), max(ended, part.moment("time") or 0)
    if kind != "attempt" and "usage" in data:
        return Stated(data.within("usage"), at, reason)
    return Stated(Told({}) if kind == "summary" else streamed, ended, reason)
