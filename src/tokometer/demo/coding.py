"""Sessions with coding agents: turns of calls and tools, a context that grows and is cached, subagents now and then."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, Final

from tokometer.demo.company import BRANCHES, CODING_TASKS, CODING_TOOLS, SUBAGENT_TASKS, SUBAGENTS, Person
from tokometer.demo.filling import HOURS_UNTIL, PAUSES, PAUSING, Filling, answered
from tokometer.demo.journal import CACHE_LIFE, MINUTE, Exhausted, Journal, Prompt
from tokometer.demo.models import CLAUDE_CODE, CODEX, EXPLORERS, Model
from tokometer.demo.outcomes import branch_at
from tokometer.records import AgentRun, ToolCall

_TOOL_BOUNDS: Final = list(accumulate(weight for _, weight, _, _ in CODING_TOOLS))
_MOST_TURNS: Final = 9
_MOST_CALLS: Final = 24
#: Share of calls that start a subagent.
_DELEGATED: Final = 0.022
#: Share of tasks that people stop, and that end in an error.
_STOPPED, _FAILED = 0.035, 0.045
#: Above this the agent compacts its context.
_COMPACTED_AT: Final = 150_000
#: Tokens of the summary that stays.
_SUMMARY: Final = 7_000


class Coding:
    """One person's sessions with a coding agent."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def session(self, at: int, moment: float, person: Person, *, codex: bool) -> None:
        """Write one session that starts at `at`; it lasts until its turns are over."""
        journal, rng = self._journal, self._journal.rng
        model = (CODEX if codex else CLAUDE_CODE).pick(rng.random(), moment)
        session = journal.session_id()
        project = rng.choice(person.team.projects)
        labels: dict[str, Any] = {
            "workspace": journal.workspace,
            "source": "codex" if codex else "claude_code",
            "session_id": session,
            "project": project,
            "git_branch": branch_at(project, rng.choice(BRANCHES), at),
            "agent": "codex" if codex else "claude-code",
            "user": person.name,
            "team": person.team.name,
            "environment": "development",
            "endpoint": "/v1/responses" if codex else "/v1/messages",
        }
        long_lived = not codex and (person.zone == 1 or moment < HOURS_UNTIL)
        context = _Context(journal, 14_000 if codex else 21_000, long_lived=long_lived)
        filling = Filling(journal, labels)
        context.filling = filling
        filling.begin(at, context.own)
        for _ in range(1 + min(int(rng.expovariate(0.42)), _MOST_TURNS)):
            at = self._turn(at, moment, model, labels, context, person)
            at += journal.wait(3 * MINUTE * (PAUSES if project == PAUSING else 1)) + 8_000_000

    def _turn(
        self, at: int, moment: float, model: Model, labels: dict[str, Any], context: _Context, person: Person
    ) -> int:
        journal, rng = self._journal, self._journal.rng
        run = _run(journal, at, labels, "main", rng.choice(CODING_TASKS), model)
        labels = {**labels, "trace_id": run.trace_id, "parent_id": run.span_id}
        chance = rng.random()
        calls = min(1 + int(journal.heavy(5.2, 0.75)), _MOST_CALLS)
        context.add(int(journal.heavy(380, 1.0)), at)
        try:
            for number in range(calls):
                last = number == calls - 1
                prompt = context.prompt(at)
                stop = "end_turn" if last else "tool_use"
                answer = journal.ask(
                    model, at, prompt, labels, length=1.5 if last else 0.9, stop=stop, user_messages=int(number == 0)
                )
                at = answer.ended_at
                if not answer.ok:
                    break
                context.answered(at, answer.output)
                if last:
                    break
                if rng.random() < _DELEGATED:
                    at = self._delegate(at, moment, labels, answer.span_id, person)
                    context.add(int(journal.heavy(900, 0.5)), at)
                else:
                    at, tool = self._tool(at, labels, answer.span_id, answer.native_id, person)
                    size = int(journal.heavy(1_450, 1.25))
                    answered(tool, size)
                    context.add(size, at)
        except Exhausted:
            run.status = "running"
            journal.run(run)
            raise
        run.ended_at = at
        run.status = "cancelled" if chance < _STOPPED else "error" if chance < _STOPPED + _FAILED else "ok"
        run.error_message = "The tests still fail" if run.status == "error" else ""
        journal.run(run)
        return at

    def _tool(self, at: int, labels: dict[str, Any], parent: str, call: str, person: Person) -> tuple[int, ToolCall]:
        journal, rng = self._journal, self._journal.rng
        chance = rng.random() * _TOOL_BOUNDS[-1]
        name, _, median, failing = next(
            tool for bound, tool in zip(_TOOL_BOUNDS, CODING_TOOLS, strict=True) if chance < bound
        )
        failed = rng.random() < failing
        writes = name in ("Edit", "Write") and not failed
        tool = ToolCall(
            workspace=journal.workspace,
            source=labels["source"],
            native_id=journal.native_id(),
            started_at=at,
            trace_id=labels["trace_id"],
            span_id=journal.span_id(),
            parent_id=parent,
            name=name,
            status="error" if failed else "ok",
            error_message="Exit code 1" if failed and name == "Bash" else "No match found" if failed else "",
            duration_us=int(journal.heavy(median * 1_000, 0.9)) + 1,
            call_id=call,
            lines_added=int(journal.heavy(9, 1.1)) if writes else None,
            lines_removed=int(journal.heavy(4, 1.1)) if writes and name == "Edit" else None,
            session_id=labels["session_id"],
            project=labels["project"],
            agent=labels["agent"],
            subagent=labels.get("subagent", ""),
            user=person.name,
            team=person.team.name,
            environment=labels["environment"],
        )
        return journal.tool(tool), tool

    def _delegate(self, at: int, moment: float, labels: dict[str, Any], parent: str, person: Person) -> int:
        journal, rng = self._journal, self._journal.rng
        codex = labels["source"] == "codex"
        model = (CODEX if codex else EXPLORERS).pick(rng.random(), moment)
        name = rng.choice(SUBAGENTS)
        run = _run(journal, at, {**labels, "agent": name}, "subagent", rng.choice(SUBAGENT_TASKS), model)
        run.trace_id, run.parent_id = labels["trace_id"], parent
        labels = {**labels, "parent_id": run.span_id, "subagent": name}
        if codex:
            run.parent_session_id = labels["session_id"]
            run.session_id = journal.session_id()
            labels.update(session_id=run.session_id, parent_session_id=run.parent_session_id)
        context = _Context(journal, 6_500, long_lived=False)
        start, tokens = at, 0
        try:
            for number in range(2 + int(rng.expovariate(0.25))):
                answer = journal.ask(model, at, context.prompt(at), labels, stop="tool_use", user_messages=0)
                at = answer.ended_at
                tokens += context.size + answer.output
                context.answered(at, answer.output)
                tool = None
                if number % 3 < 2:  # noqa: PLR2004 - two of three calls of a subagent use a tool
                    at, tool = self._tool(at, labels, answer.span_id, answer.native_id, person)
                size = int(journal.heavy(1_100, 1.1))
                if tool is not None:
                    answered(tool, size)
                context.add(size, at)
        except Exhausted:
            run.status = "running"
            journal.run(run)
            raise
        run.started_at, run.ended_at, run.status, run.stated_tokens = start, at, "ok", tokens
        journal.run(run)
        return at


class _Context:
    """What the agent sends again with every call, and what of it the provider still has cached."""

    def __init__(self, journal: Journal, system: int, *, long_lived: bool) -> None:
        #: Tokens of instructions that the project or its people give.
        self.own = int(journal.heavy(2_600, 0.5))
        self._system = system + self.own
        self.size = self._system
        #: Writes down what is put in, for a session of its own.
        self.filling: Filling | None = None
        self._long_lived = long_lived
        self._cached = 0
        self._used_at = 0
        self._life = 12 * CACHE_LIFE if long_lived else CACHE_LIFE

    def add(self, tokens: int, at: int) -> None:
        """Put a message or a tool's result at the end, at a time."""
        self.size += tokens
        if self.size > _COMPACTED_AT:
            if self.filling is not None:
                self.filling.compact(at, self.size, _SUMMARY)
            self.size = self._system + _SUMMARY
            self._cached = self._system

    def prompt(self, at: int) -> Prompt:
        """What a call at `at` sends."""
        cached = self._cached if at - self._used_at < self._life else 0
        fresh = self.size - cached
        return Prompt(fresh, cached, max(fresh - fresh % 7 - 3, 0), self._long_lived)

    def answered(self, at: int, output: int) -> None:
        """The call came back at `at`: everything sent is cached now, and the answer joins the context."""
        self._cached, self._used_at = self.size, at
        self.size += output


def _run(journal: Journal, at: int, labels: dict[str, Any], role: str, task: str, model: Model) -> AgentRun:
    return AgentRun(
        workspace=journal.workspace,
        source=labels["source"],
        native_id=journal.native_id(),
        started_at=at,
        trace_id=journal.trace_id(),
        span_id=journal.span_id(),
        agent=labels["agent"],
        task=task,
        role=role,
        session_id=labels["session_id"],
        project=labels["project"],
        user=labels["user"],
        team=labels["team"],
        environment=labels["environment"],
        model=model.id,
    )
