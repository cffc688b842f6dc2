"""The lines of a chat as records.

An answer and what telemetry says of its request stand on lines of their own, without an id in common: they belong
together where their tokens are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tokometer.records import ModelCall, Record, ToolCall, infer_provider, status_of
from tokometer.sources import folders, gemini_usage
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "qwen_code"
#: Models that Qwen's own login names by what they are for.
_ALIASES: Final = frozenset({"coder-model", "vision-model"})
_TOKENS: Final = frozenset(
    {
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
        "toolUsePromptTokenCount",
        "totalTokenCount",
        "promptTokensDetails",
        "candidatesTokensDetails",
        "cacheTokensDetails",
        "toolUsePromptTokensDetails",
        "trafficType",
    }
)
_TYPES: Final = frozenset({"user", "assistant", "tool_result", "system"})
#: Uses of tools without an outcome, and requests and answers without each other, that are remembered.
_MOST: Final = 64
_Outcome = Literal["ok", "error", "cancelled", "unknown"]
_OUTCOMES: Final[dict[str, _Outcome]] = {"success": "ok", "error": "error", "cancelled": "cancelled"}


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str
    call_id: str


class Loose(msgspec.Struct, array_like=True):
    """An answer without what telemetry says of it, or the other way round."""

    #: What both say: prompt and answer.
    tokens: tuple[int, int]
    native_id: str
    at: int
    #: In microseconds; of an answer that is not known.
    latency: int | None = None
    response_id: str = ""


class Kept(msgspec.Struct):
    """What is remembered of a chat."""

    asked: int = 0
    model: str = ""
    uses: dict[str, Use] = msgspec.field(default_factory=dict)
    answers: list[Loose] = msgspec.field(default_factory=list)
    requests: list[Loose] = msgspec.field(default_factory=list)


class Chat(LinesReader[Kept]):
    """One reading of one chat."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._home = folders.home_above(path, ".qwen")

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        kind = said.text("type")
        if kind == "assistant":
            return self._answer(said, offset)
        if kind == "tool_result":
            return self._outcome(said)
        if kind == "system":
            return self._event(said)
        if kind == "user" and said.text("subtype") in ("", "mid_turn_user_message") and not said.raw("isSidechain"):
            self.memory.asked += 1
        elif kind not in _TYPES:
            self.noticed.add("line", kind or "without a type", offset)
        return ()

    def _answer(self, said: Told, offset: int) -> Iterator[Record]:
        native_id = said.needed(said.text("uuid"), "uuid")
        at = said.needed(said.moment("timestamp"), "timestamp")
        if "usageMetadata" in said:
            yield self._call(said, native_id, at, offset)
        for part in said.within("message").each("parts"):
            if "functionCall" in part:
                function = part.within("functionCall")
                name, use_id = function.text("name"), function.text("id")
                if name and use_id:
                    use = Use(at, name, native_id)
                    self.memory.uses[use_id] = use
                    yield self._tool(said, use_id, use)
        while len(self.memory.uses) > _MOST:
            del self.memory.uses[next(iter(self.memory.uses))]

    def _call(self, said: Told, native_id: str, at: int, offset: int) -> ModelCall:
        usage = said.within("usageMetadata")
        for key in usage.beside(_TOKENS):
            self.noticed.add("usage", f"usageMetadata.{key}", offset)
        prompt, answer = usage.whole("promptTokenCount") or 0, usage.whole("candidatesTokenCount") or 0
        found = gemini_usage.buckets(
            prompt,
            usage.whole("cachedContentTokenCount") or 0,
            answer,
            usage.whole("thoughtsTokenCount") or 0,
            usage.whole("toolUsePromptTokenCount") or 0,
            usage.whole("totalTokenCount"),
        )
        if not found.explained:
            self.noticed.add("usage", "a total that its parts do not add up to", offset)
        call = self._bare(said, native_id, at, said.text("model"))
        if not call.model:
            self.noticed.add("model", "an answer without a model", offset)
        call.input_tokens, call.cache_read_tokens = found.input_tokens, found.cache_read_tokens
        call.output_tokens, call.reasoning_tokens = found.output_tokens, found.reasoning_tokens
        call.unsplit_tokens = found.unsplit_tokens
        self._join(call, Loose((prompt, answer), native_id, at))
        return call

    def _join(self, call: ModelCall, answer: Loose) -> None:
        """Give a call what telemetry said of its request before; else remember it for what is said later."""
        for request in self.memory.requests:
            if request.tokens == answer.tokens:
                self.memory.requests.remove(request)
                call.latency_us, call.response_id, call.revision = request.latency, request.response_id, 1
                return
        self.memory.answers = [*self.memory.answers, answer][-_MOST:]

    def _event(self, said: Told) -> Iterator[Record]:
        """What telemetry says: of a request that was answered, and of one that was not."""
        if said.text("subtype") != "ui_telemetry":
            return
        event = said.within("systemPayload").within("uiEvent")
        name = event.text("event.name").rpartition(".")[2]
        if name == "api_error":
            yield self._failure(said, event)
        elif name == "api_response":
            tokens = event.whole("input_token_count") or 0, event.whole("output_token_count") or 0
            request = Loose(tokens, "", 0, event.milliseconds("duration_ms"), event.text("response_id"))
            for answer in self.memory.answers:
                if answer.tokens == tokens:
                    self.memory.answers.remove(answer)
                    call = self._bare(said, answer.native_id, answer.at, event.text("model"), again=True)
                    call.latency_us, call.response_id = request.latency, request.response_id
                    yield call
                    return
            self.memory.requests = [*self.memory.requests, request][-_MOST:]

    def _failure(self, said: Told, event: Told) -> ModelCall:
        at = said.needed(said.moment("timestamp"), "timestamp")
        call = self._bare(said, said.needed(said.text("uuid"), "uuid"), at, event.text("model"))
        code = event.whole("status_code")
        call.http_status = code if code is not None and code >= 400 else None  # noqa: PLR2004 - HTTP's own line
        call.error_message = event.message("error_message", "error")
        call.status = status_of(call.http_status, f"{event.text('error_type')} {call.error_message}")
        call.latency_us = event.milliseconds("duration_ms")
        call.cost_reported = 0
        return call

    def _bare(self, said: Told, native_id: str, at: int, model: str, *, again: bool = False) -> ModelCall:
        """A call without what it used; `again` for a second version, which does not know what was asked before it."""
        memory = self.memory
        memory.model = model or memory.model
        asked = 0 if again else memory.asked
        if not again:
            memory.asked = 0
        return ModelCall(
            source=NAME,
            native_id=native_id,
            started_at=at,
            revision=1 if again else 0,
            origin=_origin(said) + again,
            machine=host(),
            provider="alibaba" if model in _ALIASES else infer_provider(model),
            model=model,
            session_id=said.text("sessionId"),
            project=folders.project(said.text("cwd"), self._home),
            git_branch=said.text("gitBranch"),
            agent=NAME,
            subagent=self._subagent(said),
            user_messages=asked,
        )

    def _outcome(self, said: Told) -> Iterator[Record]:
        result = said.within("toolCallResult")
        use_id = result.text("callId")
        use = self.memory.uses.pop(use_id, None)
        if use is None:
            return
        tool = self._tool(said, use_id, use)
        tool.revision = 1
        tool.status = _OUTCOMES.get(result.text("status"), "unknown")
        ended = said.needed(said.moment("timestamp"), "timestamp")
        if ended >= use.started_at:
            tool.duration_us = ended - use.started_at
        if isinstance(result.raw("resultDisplay"), dict):
            stats = result.within("resultDisplay").raw("diffStat")
            if isinstance(stats, dict):
                told = Told(stats, "toolCallResult.resultDisplay.diffStat.")
                tool.lines_added = told.whole("model_added_lines", "ai_added_lines")
                tool.lines_removed = told.whole("model_removed_lines", "ai_removed_lines")
        yield tool

    def _tool(self, said: Told, use_id: str, use: Use) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=f"{use.call_id}|{use_id}",
            started_at=use.started_at,
            origin=_origin(said),
            machine=host(),
            name=use.name,
            server=use.name[5:].partition("__")[0] if use.name.startswith("mcp__") else "",
            use_id=use_id,
            call_id=use.call_id,
            session_id=said.text("sessionId"),
            project=folders.project(said.text("cwd"), self._home),
            agent=NAME,
            subagent=self._subagent(said),
        )

    def _subagent(self, said: Told) -> str:
        name = said.text("agentName") or said.text("agentId")
        return name or ("subagent" if said.raw("isSidechain") is True else "")


def _origin(said: Told) -> int:
    """A branch of a chat begins with copies of its lines, ids included; where they came from is where they belong."""
    return 2 if "forkedFrom" in said else 0
