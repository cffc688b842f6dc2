"""One reading of one transcript: line after line, folded into records."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from tokometer.records import AgentRun, ModelCall, RecordError, ToolCall, check_time, now_us, to_us
from tokometer.records.time import EARLIEST_US
from tokometer.sources.claude_code import calls, failures, tools
from tokometer.sources.claude_code.lines import Block, Line, Message, ToolResult
from tokometer.sources.claude_code.memory import Answer, Memory
from tokometer.sources.claude_code.places import Place, project_of
from tokometer.sources.claude_code.prompts import said
from tokometer.sources.claude_code.tools import Use

SOURCE_NAME: Final = "claude_code"
AGENT: Final = "claude-code"

# An origin is one number whose bits rank the copies of a line: first whether it says itself that it is one, then by
# when its file begins, then by the session's id, so that any two are told apart the same way in whatever order.
_COPY: Final = 1 << 62
_BEGIN_BITS: Final = 42
_NAME_BITS: Final = 20

#: More is no count of attempts.
_MOST_ATTEMPTS: Final = 1_000


class _Context(NamedTuple):
    """Where a line was written. Copies of a line can differ in it."""

    origin: int
    session_id: str
    parent_session_id: str
    project: str
    subagent: str


class Transcript:
    """Takes lines with :meth:`take`; `calls`, `tools` and `runs` then hold what they came to."""

    def __init__(self, place: Place, memory: Memory) -> None:
        self.place = place
        self.memory = memory
        self.calls: dict[str, ModelCall] = {}
        self.tools: dict[str, ToolCall] = {}
        self.runs: dict[str, AgentRun] = {}
        self._now = now_us()
        self._contexts: dict[tuple[object, ...], _Context] = {}
        self._providers: dict[str, str] = {}
        self._prompts: set[str] = set()

    def take(self, line: Line, raw: memoryview) -> None:
        """Add one line; `raw` is what it was decoded from.

        Raises:
            RecordError: The line is one that counts, and cannot be believed.
        """
        kind = line.type
        if kind == "assistant":
            self._take_assistant(line, raw)
        elif kind == "user":
            self._take_user(line)
        elif kind == "system" and line.subtype == "api_error":
            self._take_failure(line, "", raw)

    def _take_assistant(self, line: Line, raw: memoryview) -> None:
        message = line.message
        if message is None:
            return
        if message.model == calls.SYNTHETIC:
            text = failures.text_of(line)
            if failures.is_failure(line, text):
                self._take_failure(line, text, raw)
            return
        if message.usage is None and not message.id:
            return
        at = self._time_of(line)
        cost = None if line.costUSD is None else calls.cost_of(line.costUSD)
        key = calls.key_of(line, bool(line.isSidechain), raw)
        self._take_answer(line, message, key, at, cost)
        if isinstance(message.content, list):
            for block in message.content:
                if block.type == "tool_use" and block.id:
                    self._begin_tool(line, block.id, block.name or "", key, at)

    def _take_answer(self, line: Line, message: Message, key: str, at: int, cost: int | None) -> None:
        memory = self.memory
        answer = memory.answers.get(key)
        if answer is None:
            answer = memory.answers[key] = self._begin_answer(sidechain=bool(line.isSidechain))
        wait = at - answer.asked_at if answer.asked_at else -1
        revision = calls.revision_of(message.usage, message.stop_reason, wait)
        call = self.calls.get(key)
        if call is None:
            call = self.calls[key] = self._begin_call(line, message, key, at)
            call.user_messages = answer.user_messages
            call.attempt = answer.attempt
            self._set_answer(call, message, revision, wait, cost)
        else:
            call.started_at = min(call.started_at, at)
            context = self._context_of(line, at)
            if context.origin < call.origin:
                call.git_branch = line.gitBranch or ""
                _move(call, context)
            if revision > call.revision:
                self._set_answer(call, message, revision, wait, cost)
            elif message.stop_reason and not call.stop_reason:
                call.stop_reason = message.stop_reason
        memory.model = call.model or memory.model

    def _begin_answer(self, *, sidechain: bool) -> Answer:
        memory = self.memory
        answer = Answer(
            asked_at=memory.asked_in_sidechain_at if sidechain else memory.asked_at,
            # A sidechain is asked by an agent.
            user_messages=0 if sidechain else memory.user_messages,
            attempt=1 + memory.failures,
        )
        if not sidechain:
            memory.user_messages, memory.last_was_command = 0, False
        memory.failures = 0
        return answer

    def _begin_call(self, line: Line, message: Message | None, key: str, at: int) -> ModelCall:
        model = (message.model if message else None) or ""
        if model == calls.SYNTHETIC:
            model = self.memory.model
        provider = self._providers.get(model)
        if provider is None:
            provider = self._providers[model] = calls.provider_of_model(model)
        context = self._context_of(line, at)
        return ModelCall(
            source=SOURCE_NAME,
            native_id=key,
            started_at=at,
            origin=context.origin,
            group=(message.id if message else None) or "",
            shadow=bool(line.isSidechain and message and message.id),
            provider=provider,
            model=model,
            request_id=line.requestId or "",
            agent=AGENT,
            latency_estimated=True,
            session_id=context.session_id,
            parent_session_id=context.parent_session_id,
            project=context.project,
            subagent=context.subagent,
            git_branch=line.gitBranch or "",
        )

    def _set_answer(self, call: ModelCall, message: Message, revision: int, wait: int, cost: int | None) -> None:
        """Make a line the one that speaks for its answer."""
        call.revision = revision
        if message.usage is not None:
            calls.set_usage(call, message.usage)
        if cost is not None:
            call.cost_reported = cost
        call.stop_reason = message.stop_reason or call.stop_reason
        if 0 < wait <= calls.LONGEST_WAIT_US:
            call.latency_us = wait

    def _take_failure(self, line: Line, text: str, raw: memoryview) -> None:
        at = self._time_of(line)
        request = failures.request_of(line)
        # The attempt that is given up is told twice where it has an id: as it fails, and to the person.
        key = f"error|{request}" if request else calls.own_key(line, raw)
        retried = line.retryAttempt if line.retryAttempt and 0 < line.retryAttempt < _MOST_ATTEMPTS else 0
        attempt = retried or 1 + self.memory.failures
        self.memory.failures = retried
        if key in self.calls:
            return
        call = self._begin_call(line, None, key, at)
        call.model = self.memory.model
        call.provider = calls.provider_of_model(call.model)
        call.request_id = request
        call.attempt = attempt
        failures.describe(call, line, text)
        self.calls[key] = call

    def _take_user(self, line: Line) -> None:
        memory = self.memory
        at = to_us(line.timestamp) if line.timestamp is not None else 0
        if line.isSidechain:
            memory.asked_in_sidechain_at = at
        else:
            memory.asked_at = at
            self._count_prompt(line)
        if not memory.first_at:
            memory.first_at = at
        message = line.message
        if message is not None and isinstance(message.content, list):
            for block in message.content:
                if block.type == "tool_result" and block.tool_use_id:
                    self._end_tool(line, block, block.tool_use_id, at)
        result = line.toolUseResult
        if isinstance(result, ToolResult) and result.agentId:
            self._take_run(line, result, result.agentId, at)

    def _count_prompt(self, line: Line) -> None:
        what = said(line)
        if what == "nothing" or (line.uuid and line.uuid in self._prompts):
            return
        self._prompts.add(line.uuid or "")
        memory = self.memory
        if what != "local":
            memory.user_messages += 1
        elif memory.last_was_command:
            memory.user_messages -= 1
        memory.last_was_command = what == "command"

    def _begin_tool(self, line: Line, tool_id: str, name: str, call_id: str, at: int) -> None:
        uses = self.memory.uses
        if tool_id in self.tools or tool_id in uses:
            return
        use = uses[tool_id] = Use(at, name, call_id, bool(line.isSidechain))
        self.tools[tool_id] = self._tool(line, tool_id, use)

    def _end_tool(self, line: Line, block: Block, tool_id: str, at: int) -> None:
        use = self.memory.uses.pop(tool_id, None)
        if use is None:
            return
        tool = self.tools.get(tool_id)
        if tool is None:
            tool = self.tools[tool_id] = self._tool(line, tool_id, use)
        tools.set_outcome(tool, use, block, line, at)

    def _tool(self, line: Line, tool_id: str, use: Use) -> ToolCall:
        context = self._context_of(line, use.started_at)
        return ToolCall(
            source=SOURCE_NAME,
            native_id=tool_id,
            started_at=use.started_at,
            revision=tools.revision_of(use.sidechain, finished=False),
            origin=context.origin,
            name=use.name,
            server=tools.server_of(use.name),
            call_id=use.call_id,
            session_id=context.session_id,
            project=context.project,
            agent=AGENT,
            subagent=context.subagent,
        )

    def _take_run(self, line: Line, result: ToolResult, agent_id: str, at: int) -> None:
        """A subagent's own totals stand beside its calls, which its own transcript holds; they are never added."""
        if not at:
            return
        finished = result.status == "completed"
        started_at = at - (result.totalDurationMs or 0) * 1_000
        context = self._context_of(line, at)
        self.runs[agent_id] = AgentRun(
            source=SOURCE_NAME,
            native_id=f"agent|{agent_id}",
            started_at=check_time(started_at, "toolUseResult.totalDurationMs", self._now),
            revision=1 if finished else 0,
            origin=context.origin,
            agent=result.agentType or "subagent",
            status="ok" if finished else "running" if result.status == "async_launched" else "unknown",
            ended_at=at if finished else None,
            role="subagent",
            session_id=context.session_id,
            project=context.project,
            model=result.resolvedModel or "",
            stated_tokens=result.totalTokens,
        )

    def _time_of(self, line: Line) -> int:
        if line.timestamp is None:
            raise RecordError("timestamp", "missing")
        at = to_us(line.timestamp)
        return at if EARLIEST_US <= at <= self._now else check_time(at, "timestamp", self._now)

    def _context_of(self, line: Line, at: int) -> _Context:
        """Where a line was written; worked out once for all lines that say the same."""
        fork = (line.forkedFrom.sessionId or "") if line.forkedFrom is not None else None
        key = (line.sessionId, line.cwd, line.isSidechain, line.attributionAgent, fork)
        context = self._contexts.get(key)
        if context is None:
            self.memory.first_at = self.memory.first_at or at
            context = self._contexts[key] = _Context(
                origin=self._origin_of(line),
                session_id=self._session_of(line),
                parent_session_id=fork or "",
                project=project_of(line.cwd or "", self.place),
                subagent=self._subagent_of(line),
            )
        return context

    def _origin_of(self, line: Line) -> int:
        """How original a line is; lower is more."""
        session_id, own = line.sessionId or "", self.place.session_id
        copied = line.forkedFrom is not None or (session_id != own and bool(session_id) and bool(own))
        begin = min(max(self.memory.first_at // 1_000, 0), (1 << _BEGIN_BITS) - 1)
        digest = blake2b((own or session_id).encode("utf-8", "replace"), digest_size=8).digest()
        name = int.from_bytes(digest) >> (64 - _NAME_BITS)
        return (_COPY if copied else 0) | begin << _NAME_BITS | name

    def _session_of(self, line: Line) -> str:
        # A subagent's folder says whose it is, whatever its lines do.
        if self.place.subagent and self.place.session_id:
            return self.place.session_id
        return line.sessionId or self.place.session_id

    def _subagent_of(self, line: Line) -> str:
        if self.place.subagent:
            return self.place.subagent
        return line.attributionAgent or "subagent" if line.isSidechain else ""


def _move(call: ModelCall, context: _Context) -> None:
    """Put a call down to a place that is more original than the one it was found in."""
    call.origin = context.origin
    call.session_id = context.session_id
    call.parent_session_id = context.parent_session_id
    call.project = context.project
    call.subagent = context.subagent
