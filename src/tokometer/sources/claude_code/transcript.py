"""One reading of one transcript: line after line, folded into records."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec.structs import replace

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


_UNSTATED: Final = (None, None, None, None, None)


class _Context(NamedTuple):
    """Where a line was written, as records to copy for what stands on it. Copies of a line can differ in it.

    Copying a record with some fields replaced takes a fifth of the time of making one from all of its fields, as long
    as fewer than sixteen are replaced: more arguments by name than that, Python passes as a dictionary.
    """

    call: ModelCall
    tool: ToolCall


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
        key = calls.key_of(line, message, raw)
        context = self._context_of(line, at)
        self._take_answer(line, message, context, key, at, cost)
        if isinstance(message.content, list):
            for block in message.content:
                if block.type == "tool_use" and block.id:
                    self._begin_tool(block.id, Use(at, block.name or "", key, bool(line.isSidechain)), context)

    def _take_answer(
        self, line: Line, message: Message, context: _Context, key: str, at: int, cost: int | None
    ) -> None:
        memory = self.memory
        answer = memory.answers.get(key)
        if answer is None:
            answer = memory.answers[key] = self._begin_answer(sidechain=bool(line.isSidechain))
        wait = at - answer.asked_at if answer.asked_at else -1
        usage, tokens, revision = message.usage, None, 0
        if usage is not None:
            tokens = calls.tokens_of(usage)
            revision = calls.revision_of(tokens, usage.speed, message.stop_reason, wait)
        call = self.calls.get(key)
        if call is None:
            call = self.calls[key] = self._begin_call(line, message, context, answer, key, at, revision, tokens)
            speaks = True
        else:
            speaks = revision > call.revision
            self._go_on(call, message, context.call, at, revision, tokens)
        if speaks:
            if usage is not None and usage.output_tokens_details is not None:
                calls.set_reasoning(call, usage.output_tokens_details)
            if cost is not None:
                call.cost_reported = cost
            if 0 < wait <= calls.LONGEST_WAIT_US:
                call.latency_us = wait
        if call.model != memory.model:
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

    def _begin_call(
        self,
        line: Line,
        message: Message,
        context: _Context,
        answer: Answer,
        key: str,
        at: int,
        revision: int,
        tokens: calls.Tokens | None,
    ) -> ModelCall:
        """The call that an answer's first line tells of. Fifteen fields are replaced at once; see `_Context`."""
        model = message.model or ""
        provider = self._providers.get(model)
        if provider is None:
            provider = self._providers[model] = calls.provider_of_model(model)
        fresh, output, read, short, long = tokens or _UNSTATED
        call = replace(
            context.call,
            native_id=key,
            started_at=at,
            revision=revision,
            group=message.id or "",
            provider=provider,
            model=model,
            request_id=line.requestId or "",
            stop_reason=message.stop_reason or "",
            input_tokens=fresh,
            output_tokens=output,
            cache_read_tokens=read,
            cache_write_5m_tokens=short,
            cache_write_1h_tokens=long,
            service_tier="" if message.usage is None else calls.service_tier_of(message.usage),
        )
        if answer.user_messages:
            call.user_messages = answer.user_messages
        if answer.attempt > 1:
            call.attempt = answer.attempt
        if line.isSidechain and message.id:
            call.shadow = True
        return call

    def _go_on(
        self, call: ModelCall, message: Message, place: ModelCall, at: int, revision: int, tokens: calls.Tokens | None
    ) -> None:
        """Add a further line of an answer to its call."""
        call.started_at = min(call.started_at, at)
        if place.origin < call.origin:
            _move(call, place)
        if revision > call.revision:
            call.revision = revision
            if tokens is not None and message.usage is not None:
                call.input_tokens, call.output_tokens, call.cache_read_tokens = tokens[:3]
                call.cache_write_5m_tokens, call.cache_write_1h_tokens = tokens[3:]
                call.service_tier = calls.service_tier_of(message.usage) or call.service_tier
            call.stop_reason = message.stop_reason or call.stop_reason
        elif message.stop_reason and not call.stop_reason:
            call.stop_reason = message.stop_reason

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
        model = self.memory.model
        call = self.calls[key] = replace(
            self._context_of(line, at).call,
            native_id=key,
            started_at=at,
            provider=calls.provider_of_model(model),
            model=model,
            request_id=request,
            attempt=attempt,
        )
        failures.describe(call, line, text)

    def _take_user(self, line: Line) -> None:
        memory = self.memory
        at = to_us(line.timestamp) if line.timestamp is not None else 0
        content = None if line.message is None else line.message.content
        blocks = content if isinstance(content, list) else None
        if line.isSidechain:
            memory.asked_in_sidechain_at = at
        else:
            memory.asked_at = at
            # Most of these lines are results of tools, which nobody said.
            if not blocks or blocks[0].type != "tool_result":
                self._count_prompt(line)
        if not memory.first_at:
            memory.first_at = at
        for block in blocks or ():
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

    def _begin_tool(self, tool_id: str, use: Use, context: _Context) -> None:
        uses = self.memory.uses
        if tool_id not in self.tools and tool_id not in uses:
            uses[tool_id] = use
            self.tools[tool_id] = tools.begin(context.tool, tool_id, use)

    def _end_tool(self, line: Line, block: Block, tool_id: str, at: int) -> None:
        use = self.memory.uses.pop(tool_id, None)
        if use is None:
            return
        tool = self.tools.get(tool_id)
        if tool is None:
            # Its use was read an earlier time.
            context = self._context_of(line, use.started_at)
            tool = self.tools[tool_id] = tools.begin(context.tool, tool_id, use)
        tools.set_outcome(tool, use, block, line, at)

    def _take_run(self, line: Line, result: ToolResult, agent_id: str, at: int) -> None:
        """A subagent's own totals stand beside its calls, which its own transcript holds; they are never added."""
        if not at:
            return
        finished = result.status == "completed"
        started_at = at - (result.totalDurationMs or 0) * 1_000
        place = self._context_of(line, at).call
        self.runs[agent_id] = AgentRun(
            source=SOURCE_NAME,
            native_id=f"agent|{agent_id}",
            started_at=check_time(started_at, "toolUseResult.totalDurationMs", self._now),
            revision=1 if finished else 0,
            origin=place.origin,
            agent=result.agentType or "subagent",
            status="ok" if finished else "running" if result.status == "async_launched" else "unknown",
            ended_at=at if finished else None,
            role="subagent",
            session_id=place.session_id,
            project=place.project,
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
        fork = None if line.forkedFrom is None else line.forkedFrom.sessionId or ""
        key = (line.sessionId, line.cwd, line.gitBranch, line.isSidechain, line.attributionAgent, fork)
        context = self._contexts.get(key)
        if context is None:
            self.memory.first_at = self.memory.first_at or at
            context = self._contexts[key] = self._make_context(line, fork or "")
        return context

    def _make_context(self, line: Line, fork: str) -> _Context:
        call = ModelCall(
            source=SOURCE_NAME,
            native_id="",
            started_at=0,
            origin=self._origin_of(line),
            agent=AGENT,
            latency_estimated=True,
            session_id=self._session_of(line),
            parent_session_id=fork,
            project=project_of(line.cwd or "", self.place),
            subagent=self._subagent_of(line),
            git_branch=line.gitBranch or "",
        )
        tool = ToolCall(
            source=SOURCE_NAME,
            native_id="",
            started_at=0,
            origin=call.origin,
            name="",
            session_id=call.session_id,
            project=call.project,
            agent=AGENT,
            subagent=call.subagent,
        )
        return _Context(call, tool)

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


def _move(call: ModelCall, to: ModelCall) -> None:
    """Put a call down to a place that is more original than the one it was found in."""
    call.origin = to.origin
    call.session_id = to.session_id
    call.parent_session_id = to.parent_session_id
    call.project = to.project
    call.subagent = to.subagent
    call.git_branch = to.git_branch
