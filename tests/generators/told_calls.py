"""Traces in which calls are told by stacks of instrumentations, with what is true of the calls."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Any

NOW_S = int(time.time())


@dataclass
class Call:
    """What is true of one call."""

    input: int
    cached: int
    output: int
    session: str = ""
    answer: str = ""
    status: str = "ok"

    @property
    def prompt(self) -> int:
        """All tokens that went in."""
        return self.input + self.cached

    def row(self) -> tuple[int, int, int, str, str, bool]:
        """What the ledger should say of it."""
        return self.input, self.cached, self.output, self.session, self.answer, self.status == "ok"


@dataclass
class World:
    """Spans, in an order of their own, and the calls that they tell of."""

    rng: random.Random
    ids: random.Random
    spans: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def span(
        self, trace: str, parent: str, start: float, seconds: float, attributes: dict[str, Any], **more: Any
    ) -> str:
        """Add a span; its id."""
        own = self.id(64)
        self.spans.append(
            {
                "traceId": trace,
                "spanId": own,
                "parentSpanId": parent,
                "name": str(attributes.get("gen_ai.operation.name", "step")),
                "startTimeUnixNano": int(start * 1e9),
                "endTimeUnixNano": int((start + seconds) * 1e9),
                "attributes": attributes,
                **more,
            }
        )
        return own

    def id(self, bits: int) -> str:
        """A random id in hex."""
        return f"{self.ids.getrandbits(bits) | 1:0{bits // 4}x}"


def world(seed: int, salt: int = 0) -> World:
    """A few traces; with another salt the same with other ids."""
    made = World(random.Random(seed), random.Random(f"{seed} {salt}"))
    for _ in range(made.rng.randint(1, 3)):
        _trace(made)
    return made


def _trace(made: World) -> None:
    rng = made.rng
    trace, start = made.id(128), NOW_S - 40_000 + rng.random() * 30_000
    kind = rng.choice(["plain", "unknown", "agent", "agents", "sum"])
    count = rng.randint(1, 4)
    if kind in ("plain", "unknown"):
        top = "" if kind == "plain" else made.id(64)
        for _ in range(count):
            _told(made, trace, top, start + rng.random() * 3000)
    elif kind == "sum":
        told = [_call(rng) for _ in range(count)]
        missing = [_call(rng)] if rng.random() < 0.4 else []
        top = made.span(trace, "", start, 4000, {**_chat(), **_usage(_sum([*told, *missing]), exact=False)})
        for call in told:
            _told(made, trace, _between(made, trace, top, start), start + rng.random() * 3000, call)
        made.calls += [Call(call.prompt, 0, call.output) for call in missing]
    else:
        _agent(made, trace, "", start, count, deeper=kind == "agents")
    if rng.random() < 0.3:
        made.span(trace, made.id(64), start, 1, {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 7})
        made.calls.append(Call(7, 0, 0))


def _agent(made: World, trace: str, parent: str, start: float, count: int, *, deeper: bool) -> list[Call]:
    """An agent that says what all below it used, or does not; what that is."""
    rng = made.rng
    own = [_call(rng) for _ in range(count)]
    top = made.span(trace, parent, start, 4000, {})
    agent = made.spans[-1]
    lost = not deeper and rng.random() < 0.3
    for call in own:
        above = made.id(64) if lost else _between(made, trace, top, start)
        _told(made, trace, above, start + 1 + rng.random() * 3000, call)
    if deeper:
        tool = made.span(trace, top, start, 3900, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ask"})
        own += _agent(made, trace, tool, start + 1, rng.randint(1, 2), deeper=rng.random() < 0.3)
    stated = rng.random() < 0.7
    if stated and not lost and rng.random() < 0.3:
        missing = _call(rng)
        own.append(missing)
        made.calls.append(Call(missing.prompt, 0, missing.output))
    agent["attributes"] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "kit",
        "gen_ai.request.model": "gpt-4o",
        **(_usage(_sum(own), exact=False) if stated else {}),
    }
    agent["name"] = "invoke_agent kit"
    return own


def _told(made: World, trace: str, parent: str, start: float, call: Call | None = None) -> None:
    """One call, told by one to three spans below each other, perhaps by another beside, or in another trace."""
    rng = made.rng
    call = call or _call(rng)
    made.calls.append(call)
    depth = rng.randint(1, 3)
    named = rng.random() < 0.6
    call.answer = f"msg_{made.id(128)}" if named else ""
    exact = [rng.random() < 0.5 for _ in range(depth)]
    exact[rng.randrange(depth)] = True
    states = [rng.random() < 0.85 for _ in range(depth)]
    states[exact.index(True)] = True
    if rng.random() < 0.5:
        call.session = made.id(32)
    says_session, says_answer = rng.randrange(depth), rng.randrange(depth)
    above = parent
    for level in range(depth):
        attributes = _chat()
        if states[level]:
            attributes |= _usage(call, exact=exact[level])
        if level == says_session and call.session:
            attributes["gen_ai.conversation.id"] = call.session
        if level == says_answer and call.answer:
            attributes["gen_ai.response.id"] = call.answer
        if level == depth - 1 and depth > 1 and rng.random() < 0.2:
            failed = Call(0, 0, 0, status="timeout", session=call.session if says_session < level else "")
            made.calls.append(failed)
            made.span(trace, above, start, 1, {**_chat(), "error.type": "timeout"}, status={"code": 2})
        above = made.span(trace, above, start + level * 0.1, 20 - level * 0.2, attributes)
        if level < depth - 1:
            above = _between(made, trace, above, start)
    if call.answer and says_answer == depth - 1 and rng.random() < 0.5:
        again = {**_chat(), **_usage(call, exact=rng.random() < 0.5), "gen_ai.response.id": call.answer}
        if rng.random() < 0.5:
            made.span(trace, made.spans[-1]["parentSpanId"], start, 19, again)
        else:
            made.span(made.id(128), "", start + 1, 19, again)


def _between(made: World, trace: str, parent: str, start: float) -> str:
    """The span under which something is told: often one or two steps below the one that it is part of."""
    for _ in range(made.rng.choice([0, 0, 1, 2])):
        kind = made.rng.choice([{"traceloop.span.kind": "task"}, {"openinference.span.kind": "CHAIN"}])
        parent = made.span(trace, parent, start, 3500, kind)
    return parent


def _call(rng: random.Random) -> Call:
    return Call(rng.randint(10, 10_000), rng.choice([0, 0, rng.randint(1, 50_000)]), rng.randint(1, 3000))


def _sum(calls: list[Call]) -> Call:
    return Call(
        sum(call.input for call in calls), sum(call.cached for call in calls), sum(call.output for call in calls)
    )


def _chat() -> dict[str, Any]:
    return {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}


def _usage(call: Call, *, exact: bool) -> dict[str, int]:
    cache = {"gen_ai.usage.cache_read.input_tokens": call.cached} if exact and call.cached else {}
    return {"gen_ai.usage.input_tokens": call.prompt, "gen_ai.usage.output_tokens": call.output, **cache}
