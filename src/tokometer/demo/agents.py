"""Tasks of the company's own agents: a run, its calls, its tools behind MCP servers, a helper of its own at times."""

from __future__ import annotations

from typing import Any, Final

from tokometer.demo.company import AGENTS, PEOPLE, Agent
from tokometer.demo.journal import SECOND, Exhausted, Journal, Prompt
from tokometer.demo.models import AGENTS as AGENT_MODELS
from tokometer.demo.models import EXPLORERS, Mix, Model
from tokometer.records import AgentRun, ToolCall

_WEIGHTS: Final = [agent.weight for agent in AGENTS]
_MOST_CALLS: Final = 40
#: Share of tasks in which the agent calls a helper, and of those that are stopped.
_HELPED, _STOPPED = 0.12, 0.02
_TOOL_FAILS: Final = 0.03


def task(journal: Journal, at: int, moment: float) -> None:
    """Write one task of one of the agents, started by somebody or something at `at`."""
    rng = journal.rng
    agent = rng.choices(AGENTS, _WEIGHTS)[0]
    people = [person for person in PEOPLE if person.team.name == agent.team]
    labels = {
        "workspace": journal.workspace,
        "source": "otlp",
        "session_id": journal.session_id(),
        "project": agent.project,
        "agent": agent.name,
        "user": rng.choice(people).name,
        "team": agent.team,
        "endpoint": "/agents/run",
        "environment": "production",
    }
    model = AGENT_MODELS.pick(rng.random(), moment)
    perform(journal, at, moment, agent, labels, model, role="main", work=rng.choice(agent.tasks))


def perform(
    journal: Journal,
    at: int,
    moment: float,
    agent: Agent,
    labels: dict[str, Any],
    model: Model,
    *,
    role: str,
    work: str,
    helpers: Mix | None = EXPLORERS,
) -> AgentRun:
    """Write a run of an agent with its calls and tools, and return it.

    Raises:
        Exhausted: the window or the number of calls is used up; the run is written as one that is still running.
    """
    rng = journal.rng
    run = AgentRun(
        workspace=journal.workspace,
        source=labels["source"],
        native_id=journal.native_id(),
        started_at=at,
        trace_id=labels.get("trace_id") or journal.trace_id(),
        span_id=journal.span_id(),
        parent_id=labels.get("parent_id", ""),
        agent=agent.name if role != "subagent" else "helper",
        status="running",
        task=work,
        role=role,
        session_id=labels["session_id"],
        parent_session_id=labels.get("parent_session_id", ""),
        project=labels["project"],
        user=labels["user"],
        team=labels["team"],
        environment=labels["environment"],
        model=model.id,
    )
    inside = {**labels, "trace_id": run.trace_id, "parent_id": run.span_id}
    try:
        run.ended_at = _work(journal, at, moment, agent, inside, model, helpers if rng.random() < _HELPED else None)
    except Exhausted:
        journal.run(run)
        raise
    chance = rng.random()
    if chance < agent.failing:
        run.status, run.error_message = "error", "Gave up: the goal was not reached"
    else:
        run.status = "cancelled" if chance > 1 - _STOPPED else "ok"
    journal.run(run)
    return run


def _work(
    journal: Journal, at: int, moment: float, agent: Agent, labels: dict[str, Any], model: Model, helpers: Mix | None
) -> int:
    rng = journal.rng
    size, cached = 2_100 + int(journal.heavy(1_500, 0.6)), 0
    calls = min(1 + int(journal.heavy(agent.calls, 0.55)), _MOST_CALLS)
    for number in range(calls):
        last = number == calls - 1
        prompt = Prompt(size - cached, cached, kept=(size - cached) // 2 * 2)
        answer = journal.ask(
            model, at, prompt, labels, length=1.6 if last else 0.6, stop="stop" if last else "tool_calls",
            user_messages=int(number == 0),
        )  # fmt: skip
        at, cached = answer.ended_at, size
        size += answer.output
        if last or not answer.ok:
            break
        if helpers is not None and number == 1:
            below = {**labels, "parent_id": answer.span_id, "subagent": "helper", "parent_session_id": ""}
            helper = helpers.pick(rng.random(), moment)
            run = perform(journal, at, moment, agent, below, helper, role="subagent", work="Look it up", helpers=None)
            at = run.ended_at or at
        else:
            at = _tool(journal, at, agent, labels, answer.span_id, answer.native_id)
        size = min(size + int(journal.heavy(1_300, 1.0)), model.window * 3 // 4)
        cached = min(cached, size)
    return at


def _tool(journal: Journal, at: int, agent: Agent, labels: dict[str, Any], parent: str, call: str) -> int:
    rng = journal.rng
    name, server = rng.choice(agent.tools)
    failed = rng.random() < _TOOL_FAILS
    return journal.tool(
        ToolCall(
            workspace=journal.workspace,
            source=labels["source"],
            native_id=journal.native_id(),
            started_at=at,
            trace_id=labels["trace_id"],
            span_id=journal.span_id(),
            parent_id=parent,
            name=name,
            server=server,
            status="error" if failed else "ok",
            error_message="The server did not answer" if failed else "",
            duration_us=int(journal.heavy(0.7 * SECOND, 0.9)) + 1,
            call_id=call,
            session_id=labels["session_id"],
            project=labels["project"],
            agent=labels["agent"],
            subagent=labels.get("subagent", ""),
            user=labels["user"],
            team=labels["team"],
            environment=labels["environment"],
        )
    )
