"""The updates of a session as records.

What a turn used is told when it ends, by model: the sum of its requests, not of the session. What subagents used is in
sessions of their own, and (other than in `usage.json`, which is not read) in no turn of their parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, RecordError, Status, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import COVERS, REQUESTS, leave_unsplit

NAME: Final = "grok_build"
_STATES: Final[dict[str, Status]] = {"cancelled": "cancelled", "error": "server_error"}
_OUTCOMES: Final = {"completed": "ok", "failed": "error"}
#: 10¹⁰ of them are a dollar, so that this many are a nano-dollar.
_TICKS: Final = 10
_KNOWN: Final = frozenset(
    {"inputTokens", "outputTokens", "totalTokens", "cachedReadTokens", "cacheCreationTokens", "reasoningTokens"}
    | {"modelCalls", "apiDurationMs", "costUsdTicks", "costIsPartial", "modelUsage", "numTurns", "usageIsIncomplete"}
)
_MOST: Final = 64
_MOST_BYTES: Final = 4 << 20


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    model: str = ""
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class Updates(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._session = path.parent.name
        # `sessions/<folder, as in an address>/<session>/updates.jsonl`
        folder = unquote(path.parent.parent.name)
        summary = _summary(path.with_name("summary.json"))
        folder = summary.within("info").word("cwd") or (folder if folder.startswith("/") else "")
        self._project = folders.project(folder, folders.home_above(path, ".grok"))
        self._parent = summary.word("parent_session_id") or summary.within("info").word("parent_session_id")

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        params = line.get("params")
        update = params.get("update") if isinstance(params, dict) else None
        if not isinstance(update, dict):
            return ()
        kind = update.get("sessionUpdate")
        if kind == "turn_completed":
            return self._turn(Told(line), Told(update, "params.update."), offset)
        if kind in ("tool_call", "tool_call_update"):
            return self._tool(Told(line), Told(update, "params.update."))
        return ()

    def _turn(self, said: Told, update: Told, offset: int) -> Iterator[Record]:
        at = said.needed(_when(said), "timestamp")
        state = _STATES.get(update.word("stop_reason"), "ok")
        name = update.text("prompt_id") or f"{self._session}|{_event(said) or offset}"
        if "usage" not in update:
            # Given up before anybody said what it used.
            if state != "ok" and self.memory.model:
                yield self._call(f"{name}|", at, self.memory.model, state, 1)
            return
        usage = update.within("usage")
        for key in usage.beside(_KNOWN):
            self.noticed.add("usage", f"usage.{key}", offset)
        named = usage.within("modelUsage")
        models = {model: named.within(model) for model in named.plain} or {self.memory.model: usage}
        partial = usage.yes("costIsPartial")
        for asked, (model, used) in zip([1, *[0] * len(models)], sorted(models.items()), strict=False):
            if not model:
                self.noticed.add("model", "a turn that does not say which", offset)
            self.memory.model = model or self.memory.model
            yield self._used(self._call(f"{name}|{model}", at, model, state, asked), used, partial=partial)

    def _used(self, call: ModelCall, used: Told, *, partial: bool) -> ModelCall:
        prompt, output = used.whole("inputTokens") or 0, used.whole("outputTokens") or 0
        read, written = used.whole("cachedReadTokens") or 0, used.whole("cacheCreationTokens") or 0
        # The cache is inside the prompt, reasoning inside the output.
        call.input_tokens = prompt - read - written if read + written <= prompt else prompt
        call.cache_read_tokens, call.cache_write_unknown_tokens = read, written
        call.output_tokens, call.reasoning_tokens = output, used.whole("reasoningTokens")
        leave_unsplit(call, used.whole("totalTokens"))
        call.revision = prompt + output + (call.unsplit_tokens or 0)
        requests, took = used.whole("modelCalls") or 0, used.milliseconds("apiDurationMs")
        if took is not None and took < call.started_at:
            call.started_at -= took
        if requests > 1:
            call.labels = {COVERS: "turn", REQUESTS: str(requests)}
        else:
            call.latency_us = took or None
        ticks = used.whole("costUsdTicks")
        if ticks and not partial and not used.yes("costIsPartial"):
            call.cost_reported = ticks // _TICKS
        return call

    def _call(self, name: str, at: int, model: str, state: Status, asked: int) -> ModelCall:
        return ModelCall(
            source=NAME,
            # The id of a prompt is unique, and a session that goes on from another one repeats what that had.
            native_id=name,
            started_at=at,
            machine=host(),
            provider=infer_provider(model) or "xai",
            model=model,
            status=state,
            session_id=self._session,
            parent_session_id=self._parent,
            project=self._project,
            agent=NAME,
            user_messages=asked,
        )

    def _tool(self, said: Told, update: Told) -> Iterator[Record]:
        use_id, at = update.text("toolCallId"), _when(said)
        if not use_id or at is None:
            return
        use = self.memory.uses.get(use_id)
        if use is None:
            name = _tool_name(update)
            if update.word("sessionUpdate") != "tool_call" or not name:
                return
            use = self.memory.uses[use_id] = Use(at, name)
            while len(self.memory.uses) > _MOST:
                del self.memory.uses[next(iter(self.memory.uses))]
        outcome = _OUTCOMES.get(update.word("status"), "unknown")
        if outcome == "unknown" and update.word("sessionUpdate") != "tool_call":
            return
        tool = ToolCall(
            source=NAME,
            native_id=f"{self._session}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            use_id=use_id,
            session_id=self._session,
            project=self._project,
            agent=NAME,
        )
        if outcome != "unknown":
            del self.memory.uses[use_id]
            tool.status, tool.revision = "ok" if outcome == "ok" else "error", 1
            tool.duration_us = at - use.started_at if at > use.started_at else None
        yield tool


def _when(said: Told) -> int | None:
    """When it happened: to the millisecond where that is told, else to the second."""
    return said.within("params").within("_meta").moment("agentTimestampMs") or said.moment("timestamp")


def _event(said: Told) -> str:
    return said.within("params").within("_meta").text("eventId") or said.within("_meta").text("eventId")


def _tool_name(update: Told) -> str:
    """The tool itself where it is named; else what kind it is of. Its title tells what it was used for."""
    asked, meta = update.raw("rawInput"), update.raw("_meta")
    variant = asked.get("variant") if isinstance(asked, dict) else None
    if isinstance(variant, str) and variant:
        return variant
    own = meta.get("x.ai/tool") if isinstance(meta, dict) else None
    kind = own.get("name") or own.get("kind") if isinstance(own, dict) else None
    return kind if isinstance(kind, str) and kind else update.word("kind")


def _summary(path: Path) -> Told:
    try:
        value = json_object(read_bytes(path, _MOST_BYTES))
    except (OSError, RecordError):
        return Told({})
    return Told(value if isinstance(value.get("info"), (dict, type(None))) else {})
