"""One reading of one transcript: line after line, folded into records."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec.structs import replace

from tokometer.records import AgentRun, ModelCall, Record, RecordError, ToolCall, check_time, mistake, to_us
from tokometer.records.values import MAX_DURATION_US, MOST_ATTEMPTS
from tokometer.sources.claude_code import calls, failures, lines, tools
from tokometer.sources.claude_code.contexts import SOURCE_NAME, Context, Contexts, move
from tokometer.sources.claude_code.filling import Filling
from tokometer.sources.claude_code.identity import Turns, group_of, is_issued
from tokometer.sources.claude_code.lines import Block, Line, Message, ToolResult, Usage, time_of
from tokometer.sources.claude_code.memory import Answer, Memory
from tokometer.sources.claude_code.places import Place
from tokometer.sources.claude_code.prompts import said
from tokometer.sources.claude_code.runs import NO_RUNS, Apart, Split, call_of, complete, runs_of, together
from tokometer.sources.claude_code.tools import Use
from tokometer.sources.claude_code.usage import quantities_of, region_of, searches_of, tier_of
from tokometer.sources.noticed import Noticed

#: The name of what has none, in a notice.
_UNNAMED: Final = "(none)"
_UNSTATED: Final = (None, None, None, None, None)


class _Runs(NamedTuple):
    """The runs that stand beside an answer by name, and what they were last read from."""

    found: Split
    apart: dict[str, Apart]


class Transcript:
    """Takes lines with :meth:`take`; :meth:`finish` then gives the records that they came to."""

    def __init__(self, place: Place, memory: Memory, notices: Noticed) -> None:
        self.memory = memory
        self.notices = notices
        #: What is wrong with parts of the last line that its answer can do without.
        self.complaints: list[RecordError] = []
        self.calls: dict[str, ModelCall] = {}
        self.tools: dict[str, ToolCall] = {}
        self.runs: dict[str, AgentRun] = {}
        self._contexts = Contexts(place, memory)
        self._filling = Filling(memory, place.home)
        #: Runs of a model that stand beside their answer, by its id; and answers without a model, with a line of each.
        self._runs: dict[str, _Runs] = {}
        self._nameless: dict[str, int] = {}
        self._providers: dict[str, str] = {}
        self._prompts: set[str] = set()

    def take(self, line: Line, raw: memoryview, offset: int) -> None:
        """Add one line; `raw` is what it was decoded from, and stands at `offset`.

        Raises:
            RecordError: The line is one that counts, and cannot be believed.
        """
        kind = line.type or lines.type_of(line)
        if kind == "assistant":
            self._take_assistant(line, raw, offset)
        elif kind == "user":
            self._take_user(line)
        elif kind == "system" and line.subtype == "api_error":
            self._take_failure(line, "", raw)
        elif line.timestamp is not None and (kind == "attachment" or line.subtype == "compact_boundary"):
            at = time_of(line)
            self._filling.take(line, self._contexts.of(line, at).step, at)
        elif kind not in lines.KNOWN:
            self.notices.add("line", kind or _UNNAMED, offset)

    def _take_assistant(self, line: Line, raw: memoryview, offset: int) -> None:
        message = line.message
        if message is None:
            return
        usage = message.usage
        tokens = None if usage is None else calls.tokens_of(usage)
        if message.model == calls.SYNTHETIC:
            self._take_local(line, raw)
            return
        if usage is None and not message.id:
            return
        at = time_of(line)
        cost = None if line.costUSD is None else calls.cost_of(line.costUSD)
        key = self._key_of(line, message, raw, tokens, at)
        found = None
        if usage is not None and tokens is not None and usage.iterations is not NO_RUNS:
            found = runs_of(usage, tokens, message.model or "")
            tokens = tokens if found is None else together(tokens, found.more)
        context = self._contexts.of(line, at)
        call, speaks = self._take_answer(line, message, context, key, at, tokens, cost)
        if usage is not None and (usage.server_tool_use or usage.inference_geo or found):
            self._take_facts(call, usage, found, offset, speaks=speaks)
        if not call.model:
            self._nameless.setdefault(key, offset)
        if isinstance(message.content, list):
            for block in message.content:
                if block.type == "tool_use" and block.id:
                    self._filling.take_use(block)
                    self._begin_tool(block.id, Use(at, block.name or "", key, bool(line.isSidechain)), context)

    def _take_local(self, line: Line, raw: memoryview) -> None:
        """A message that no model wrote."""
        text = failures.text_of(line)
        if failures.is_failure(line, text):
            self._take_failure(line, text, raw)

    def _key_of(self, line: Line, message: Message, raw: memoryview, tokens: calls.Tokens | None, at: int) -> str:
        """The id of the answer that a line is part of: its message's and its request's, as far as it has them.

        A subagent's transcript can repeat an answer of its parent under a new request id, so lines of sidechains are
        told apart by the message.
        """
        if not message.id:
            return calls.own_key(line, raw)
        if line.requestId and not line.isSidechain:
            return f"{message.id}|{line.requestId}"
        memory, name = self.memory, f"{message.id}|"
        turns = memory.turns
        if line.isSidechain:
            turns, name = memory.turns_in_sidechain, f"{name}sidechain"
        return turns.key_of(name, message.id, tokens, at, stopped=bool(message.stop_reason))

    def _take_answer(
        self,
        line: Line,
        message: Message,
        context: Context,
        key: str,
        at: int,
        tokens: calls.Tokens | None,
        cost: int | None,
    ) -> tuple[ModelCall, bool]:
        """The call that a line is part of, and whether the line is the best of it so far."""
        memory, usage = self.memory, message.usage
        answer = memory.answers.get(key)
        if answer is None:
            answer = memory.answers[key] = self._begin_answer(sidechain=bool(line.isSidechain))
        wait = at - answer.asked_at if answer.asked_at else -1
        revision = 0
        if usage is not None and tokens is not None:
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
        return call, speaks

    def _begin_answer(self, *, sidechain: bool) -> Answer:
        memory = self.memory
        answer = Answer(
            asked_at=memory.asked_in_sidechain_at if sidechain else memory.asked_at,
            # A sidechain is asked by an agent.
            user_messages=0 if sidechain else memory.user_messages,
            attempt=min(1 + memory.failures, MOST_ATTEMPTS),
        )
        if not sidechain:
            memory.user_messages, memory.last_was_command = 0, False
        memory.failures = 0
        return answer

    def _begin_call(
        self,
        line: Line,
        message: Message,
        context: Context,
        answer: Answer,
        key: str,
        at: int,
        revision: int,
        tokens: calls.Tokens | None,
    ) -> ModelCall:
        """The call that an answer's first line tells of. Sixteen fields are replaced at once; see `Context`."""
        model, usage = message.model or "", message.usage
        fresh, output, read, short, long = tokens or _UNSTATED
        group = message.id or ""
        if group and not (line.requestId and is_issued(group)):
            group = group_of(group, key, tokens, at)
        call = replace(
            context.call,
            native_id=key,
            started_at=at,
            revision=revision,
            group=group,
            provider=self._providers.get(model) or self._provider_of(model),
            model=model,
            request_id=line.requestId or "",
            response_id=message.id or "",
            stop_reason=message.stop_reason or "",
            input_tokens=fresh,
            output_tokens=output,
            cache_read_tokens=read,
            cache_write_5m_tokens=short,
            cache_write_1h_tokens=long,
            service_tier="" if usage is None else tier_of(usage.service_tier, usage.speed),
        )
        if answer.user_messages:
            call.user_messages = answer.user_messages
        if answer.attempt > 1:
            call.attempt = answer.attempt
        if message.id:
            if line.isSidechain:
                call.shadow = True
            elif not line.requestId:
                call.echo = True
        return call

    def _go_on(
        self, call: ModelCall, message: Message, place: ModelCall, at: int, revision: int, tokens: calls.Tokens | None
    ) -> None:
        """Add a further line of an answer to its call."""
        usage = message.usage
        call.started_at = min(call.started_at, at)
        if place.origin < call.origin:
            move(call, place)
        if not call.model and message.model:
            call.model, call.provider = message.model, self._provider_of(message.model)
        if revision > call.revision:
            call.revision = revision
            if tokens is not None and usage is not None:
                call.input_tokens, call.output_tokens, call.cache_read_tokens = tokens[:3]
                call.cache_write_5m_tokens, call.cache_write_1h_tokens = tokens[3:]
                call.service_tier = tier_of(usage.service_tier, usage.speed) or call.service_tier
                if message.id and call.group != message.id:
                    call.group = group_of(message.id, call.native_id, tokens, call.started_at)
            call.stop_reason = message.stop_reason or call.stop_reason
        elif message.stop_reason and not call.stop_reason:
            call.stop_reason = message.stop_reason

    def _take_facts(self, call: ModelCall, usage: Usage, found: Split | None, offset: int, *, speaks: bool) -> None:
        """What is billed beside an answer's tokens: where it was made, searches, and runs of a model."""
        if usage.inference_geo is not None and (speaks or not call.region):
            call.region = region_of(usage.inference_geo) or call.region
        searches = searches_of(usage)
        if searches and (speaks or call.quantities is None):
            call.quantities = quantities_of(searches)
        if found is not None:
            self._take_runs(call, found, offset, searches_stated=searches is not None, speaks=speaks)

    def _take_runs(self, call: ModelCall, found: Split, offset: int, *, searches_stated: bool, speaks: bool) -> None:
        """Keep the runs that are calls of their own. A line that is not the answer's best can still tell of some."""
        known = self._runs.get(call.native_id)
        if known is not None and known.found is found:
            return
        for topic, name in found.strange:
            self.notices.add(topic, name, offset)
        self.complaints.extend(found.broken)
        apart = {each.name: each for each in complete(call, found, searches_stated=searches_stated)}
        if known is not None and not speaks:
            apart |= known.apart
        self._runs[call.native_id] = _Runs(found, apart)

    def finish(self) -> list[Record]:
        """Every record that the lines came to."""
        beside: list[ModelCall] = []
        for key, runs in self._runs.items():
            try:
                beside += [call_of(self.calls[key], each) for each in runs.apart.values()]
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this answer, and the others count
                self.complaints.append(mistake(error))
        for key, offset in self._nameless.items():
            if not self.calls[key].model:
                self.notices.add("model", _UNNAMED, offset)
        return [*self.calls.values(), *beside, *self.tools.values(), *self.runs.values(), *self._filling.steps.values()]

    def _provider_of(self, model: str) -> str:
        provider = self._providers[model] = calls.provider_of_model(model)
        return provider

    def _take_failure(self, line: Line, text: str, raw: memoryview) -> None:
        at, retried = time_of(line), failures.retried(line)
        request = failures.request_of(line)
        # The attempt that is given up is told twice where it has an id: as it fails, and to the person.
        key = f"error|{request}" if request else calls.own_key(line, raw)
        attempt = retried or min(1 + self.memory.failures, MOST_ATTEMPTS)
        self.memory.failures = retried
        if key in self.calls:
            return
        model = self.memory.model
        call = self.calls[key] = replace(
            self._contexts.of(line, at).call,
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
            turns = memory.turns_in_sidechain
        else:
            memory.asked_at = at
            turns = memory.turns
        # Most of these lines are results of tools, which nobody said.
        if blocks and blocks[0].type == "tool_result":
            turns.steps += 1
        else:
            self._take_words(line, turns, at)
            if at and (blocks or line.isMeta or line.isCompactSummary):
                self._filling.take_words(line, self._contexts.of(line, at).step, at)
        if not memory.first_at:
            memory.first_at = at
        for block in blocks or ():
            if block.type == "tool_result" and block.tool_use_id:
                self._end_tool(line, block, block.tool_use_id, at)
        result = line.toolUseResult
        if isinstance(result, ToolResult) and result.agentId:
            self._take_run(line, result, result.agentId, at)

    def _take_words(self, line: Line, turns: Turns, at: int) -> None:
        what = said(line)
        if what == "nothing":
            turns.steps += 1
            return
        if line.uuid and line.uuid in self._prompts:
            return
        self._prompts.add(line.uuid or "")
        turns.take_prompt(at)
        if line.isSidechain:
            return
        memory = self.memory
        if what != "local":
            memory.user_messages += 1
        elif memory.last_was_command:
            memory.user_messages -= 1
        memory.last_was_command = what == "command"

    def _begin_tool(self, tool_id: str, use: Use, context: Context) -> None:
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
            context = self._contexts.of(line, use.started_at)
            tool = self.tools[tool_id] = tools.begin(context.tool, tool_id, use)
        tools.set_outcome(tool, use, block, line, at)

    def _take_run(self, line: Line, result: ToolResult, agent_id: str, at: int) -> None:
        """A subagent's own totals stand beside its calls, which its own transcript holds; they are never added."""
        if not at:
            return
        finished, took = result.status == "completed", (result.totalDurationMs or 0) * 1_000
        if took > MAX_DURATION_US:
            raise RecordError("toolUseResult.totalDurationMs", "is more than a year")
        check_time(at, "timestamp")
        place = self._contexts.of(line, at).call
        self.runs[agent_id] = AgentRun(
            source=SOURCE_NAME,
            native_id=f"agent|{agent_id}",
            started_at=check_time(at - took, "toolUseResult.totalDurationMs"),
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
            machine=place.machine,
            account=place.account,
        )
