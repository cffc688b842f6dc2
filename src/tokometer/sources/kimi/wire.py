"""The lines of a session as records, of both programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, ToolCall, infer_provider
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.kimi.places import NAME, place_of
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

_TOKENS: Final = frozenset(
    {"input_other", "output", "input_cache_read", "input_cache_creation"}
    | {"inputOther", "inputCacheRead", "inputCacheCreation"}
)
#: Uses of tools without an outcome that are remembered.
_MOST: Final = 64
#: What Kimi Code calls the model of its own plan, in front of its name.
_PREFIX: Final = "kimi-code/"


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str
    call_id: str
    subagent: str


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    asked: int = 0
    model: str = ""
    #: The call that answered last.
    call_id: str = ""
    #: When the step began that has not been answered.
    step: int = 0
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class Wire(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._place = place_of(path)

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.text("type")
        if kind == "llm.request":
            self.memory.model = _concrete(said.text("model")) or self.memory.model
        elif kind == "usage.record":
            return self._recorded(said, offset)
        elif "message" in said:
            message = said.within("message")
            return self._event(message, said.moment("timestamp"), "", offset)
        return ()

    def _recorded(self, said: Told, offset: int) -> Iterator[Record]:
        """A request of Kimi Code. Records of another scope than a turn's are sums, or say nothing of what they are."""
        scope = said.text("usageScope")
        if scope != "turn":
            self.noticed.add("event", f"usage of scope {scope or '(none)'}", offset)
            return
        at = said.needed(said.moment("time"), "time")
        model = _concrete(said.text("model")) or self.memory.model
        usage = said.within("usage")
        yield from self._call(usage, at, _name(usage, at), model, self._place.agent, offset)

    def _event(self, message: Told, at: int | None, subagent: str, offset: int) -> Iterator[Record]:
        kind, payload = message.text("type"), message.within("payload")
        memory = self.memory
        if kind == "SubagentEvent":
            name = payload.text("subagent_type", "agent_id") or "subagent"
            yield from self._event(payload.within("event"), at, name, offset)
        elif kind == "TurnBegin" and not subagent:
            memory.asked += 1
        elif kind == "StepBegin" and not subagent:
            memory.step = at or 0
        elif kind == "StatusUpdate" and "token_usage" in payload:
            usage = payload.within("token_usage")
            began = message.needed(at, "timestamp")
            name = payload.text("message_id")
            yield from self._call(
                usage, began, name or _name(usage, began), memory.model or self._place.model, subagent, offset, name
            )
        elif kind == "StepInterrupted" and memory.step and not subagent:
            call = self._bare(f"step|{memory.step}", memory.step, memory.model or self._place.model, "")
            call.status = "cancelled"
            memory.step = 0
            yield call
        elif kind == "ToolCall":
            yield from self._use(payload, at, subagent)
        elif kind == "ToolResult":
            yield from self._result(payload, at)

    def _call(
        self, usage: Told, at: int, name: str, model: str, subagent: str, offset: int, response_id: str = ""
    ) -> Iterator[Record]:
        for key in usage.beside(_TOKENS):
            self.noticed.add("usage", f"token_usage.{key}", offset)
        counts = (
            usage.whole("input_other", "inputOther") or 0,
            usage.whole("input_cache_read", "inputCacheRead") or 0,
            usage.whole("input_cache_creation", "inputCacheCreation") or 0,
            usage.whole("output") or 0,
        )
        if not any(counts):
            return
        if not model:
            self.noticed.add("model", "a session that does not say which", offset)
        call = self._bare(name, at, model, subagent)
        call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, call.output_tokens = counts
        call.response_id = response_id
        # The same answer is told again while it grows.
        call.revision = sum(counts)
        if not subagent:
            # Of two versions only the first knows the latency, and both that it is an estimate.
            call.latency_estimated = True
            if self.memory.step and self.memory.step <= at:
                call.latency_us = at - self.memory.step
            self.memory.step = 0
        self.memory.call_id = call.native_id
        yield call

    def _bare(self, name: str, at: int, model: str, subagent: str) -> ModelCall:
        place, asked = self._place, 0
        if not subagent:
            asked, self.memory.asked = self.memory.asked, 0
        return ModelCall(
            source=NAME,
            native_id=f"{place.session}|{place.agent}|{name}",
            started_at=at,
            # What was asked belongs to the version that was told first.
            origin=at,
            machine=host(),
            provider=infer_provider(model) or "moonshot",
            model=model,
            session_id=place.session,
            project=place.project,
            agent=NAME,
            subagent=subagent,
            user_messages=asked,
        )

    def _use(self, payload: Told, at: int | None, subagent: str) -> Iterator[Record]:
        use_id = payload.text("id")
        name = payload.within("function").text("name")
        if use_id and name and at is not None:
            use = Use(at, name, self.memory.call_id, subagent)
            self.memory.uses[use_id] = use
            while len(self.memory.uses) > _MOST:
                del self.memory.uses[next(iter(self.memory.uses))]
            yield self._tool(use_id, use)

    def _result(self, payload: Told, at: int | None) -> Iterator[Record]:
        use_id = payload.text("tool_call_id")
        use = self.memory.uses.pop(use_id, None)
        if use is None:
            return
        tool = self._tool(use_id, use)
        value = payload.raw("return_value", "result")
        wrong = isinstance(value, dict) and (value.get("is_error") is True or "error" in value)
        tool.status, tool.revision = "error" if wrong else "ok", 1
        if at is not None and at >= use.started_at:
            tool.duration_us = at - use.started_at
        yield tool

    def _tool(self, use_id: str, use: Use) -> ToolCall:
        place = self._place
        return ToolCall(
            source=NAME,
            native_id=f"{place.session}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            use_id=use_id,
            call_id=use.call_id,
            session_id=place.session,
            project=place.project,
            agent=NAME,
            subagent=use.subagent or place.agent,
        )


def _name(usage: Told, at: int) -> str:
    """What a request is known by that has no id: when it was, and what it used."""
    counts = ",".join(f"{key}={usage.raw(key)}" for key in sorted(_TOKENS) if key in usage)
    return blake2b(f"{at}|{counts}".encode(), digest_size=12).hexdigest()


def _concrete(model: str) -> str:
    """A model's name; empty for a name of a setting (`__kimi_env_model__`)."""
    name = model.strip().removeprefix(_PREFIX)
    return "" if name.startswith("__") and name.endswith("__") else name
