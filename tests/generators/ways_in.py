"""Calls that come in by several ways at once, with what is true of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tokometer.records import ModelCall, Record, ToolCall, to_us

SECOND = 1_000_000
START = to_us(datetime(2026, 3, 8, tzinfo=UTC))
#: Microseconds, prompt, output, team, cost reported in nano-USD, measured latency (None: inferred, or unknown).
Row = tuple[int, int, str, int | None, int | None]


@dataclass
class Call:
    """What is true of one call, and who told what of it."""

    at: int
    took: int
    fresh: int
    read: int
    written: int
    output: int
    session: str
    message: str
    request: str
    #: By which ways it is told.
    ways: tuple[str, ...]

    @property
    def prompt(self) -> int:
        """All that went in."""
        return self.fresh + self.read + self.written

    def row(self) -> Row:
        """What the ledger should say of it."""
        measured = [way for way in ("span", "event", "gateway") if way in self.ways]
        cost = next((COSTS[way] for way in ("gateway", "event") if way in self.ways), None)
        return (
            self.prompt,
            self.output,
            "blue" if "gateway" in self.ways else "",
            cost,
            self.took + LATENCIES[measured[0]] if measured else None,
        )


#: What each way says that a call cost, and how much longer than it took.
COSTS = {"gateway": 900, "event": 700}
LATENCIES = {"span": 5, "event": 10, "gateway": 15}


@dataclass
class World:
    """Records, and the calls and uses of tools that they tell of."""

    rng: random.Random
    ids: random.Random
    source: str
    records: list[Record] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: How many uses of tools there are.
    uses: int = 0

    def name(self, prefix: str) -> str:
        """A name as providers make them."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz123456789"
        return f"{prefix}01" + "".join(self.ids.choice(letters) for _ in range(22))


def world(seed: int, salt: int = 0) -> World:
    """A few sessions; with another salt the same with other ids."""
    made = World(random.Random(seed), random.Random(f"{seed} {salt}"), "")
    for number in range(made.rng.randint(1, 3)):
        _session(made, f"{made.name('session-')}-{number}")
    return made


def _session(made: World, session: str) -> None:
    rng = made.rng
    program = rng.choice(["claude_code", "codex", "gemini_cli", "openclaw", "sdk", "relay"])
    at = START + rng.randrange(10 * 3600) * SECOND
    for _ in range(rng.randint(1, 4)):
        at += rng.randint(100, 4000) * SECOND
        call = Call(
            at,
            rng.randint(2, 20) * SECOND,
            rng.randint(10, 100_000),
            rng.choice([0, rng.randint(1, 90_000)]),
            rng.choice([0, rng.randint(1, 9_000)]),
            rng.randint(1, 3000),
            session,
            made.name("msg_"),
            made.name("req_"),
            (),
        )
        TELLERS[program](made, call, f"{session}:{at}")


def _claude(made: World, call: Call, name: str) -> None:
    """Transcript, log event, beta span without a name, gateway, and an SDK's span."""
    rng = made.rng
    call.ways = _some(rng, ["transcript", "event", "span", "gateway"])
    made.calls.append(call)
    named = {"request_id": call.request, "response_id": call.message}
    if "transcript" in call.ways:
        _transcript(made, call, "claude_code", f"{call.message}|{call.request}", named)
    if "event" in call.ways:
        # Older versions name no request: then only the transcript's tokens and time can tell which one it is.
        older = set(call.ways) == {"transcript", "event"} and rng.random() < 0.5
        _event(made, call, name, {} if older else {"request_id": call.request})
    if "span" in call.ways:
        # A span that names the message is told apart from the event, which names the request, by the transcript alone.
        _span(made, call, name, {"request_id": call.message} if _linked(call) else {"request_id": call.request})
    if "gateway" in call.ways:
        _gateway(made, call, name, {"response_id": call.message, "request_id": "" if _linked(call) else call.request})
    if rng.random() < 0.5:
        use = made.name("toolu_")
        made.uses += 1
        for way in _some(rng, ["claude_code", "otlp"]):
            made.records.append(
                ToolCall(
                    source=way,
                    native_id=f"{way}:{use}",
                    use_id=use,
                    name="Bash",
                    started_at=call.at,
                    duration_us=SECOND,
                    way="event" if way == "otlp" else "",
                )
            )


def _linked(call: Call) -> bool:
    """Whether the transcript says which request belongs to which message."""
    return "transcript" in call.ways


def _nameless(made: World, call: Call, source: str, name: str) -> None:
    """A transcript and an event that name nothing; now and then two calls that are equal to the token."""
    twins = made.rng.randint(1, 3) if made.rng.random() < 0.4 else 1
    call.ways = _some(made.rng, ["transcript", "event"])
    for twin in range(twins):
        own = Call(**{**vars(call), "at": call.at + twin * made.rng.randint(25, 50) * SECOND})
        made.calls.append(own)
        if "transcript" in call.ways:
            _transcript(made, own, source, f"{name}/{twin}", {})
        if "event" in call.ways:
            _event(made, own, f"{name}/{twin}", {})


def _codex(made: World, call: Call, name: str) -> None:
    _nameless(made, call, "codex", name)


def _gemini(made: World, call: Call, name: str) -> None:
    _nameless(made, call, "gemini_cli", name)


def _openclaw(made: World, call: Call, name: str) -> None:
    """A transcript that names its answers, and spans that name neither session nor answer."""
    call.ways = _some(made.rng, ["transcript", "span"])
    made.calls.append(call)
    if "transcript" in call.ways:
        _transcript(made, call, "openclaw", name, {"request_id": call.message})
    if "span" in call.ways:
        _span(made, call, name, {"program": "openclaw"})


def _sdk(made: World, call: Call, name: str) -> None:
    """A client's span, its gateway and what the program says itself, by the id of the answer."""
    call.ways = _some(made.rng, ["span", "gateway", "api"])
    made.calls.append(call)
    if "span" in call.ways:
        _span(made, call, name, {"request_id": call.message})
    if "gateway" in call.ways:
        _gateway(made, call, name, {"response_id": call.message})
    if "api" in call.ways:
        made.records.append(_told(made, call, "api", name, {"request_id": call.message}, split=False))


def _relay(made: World, call: Call, name: str) -> None:
    """A gateway that gives every answer one id: only what has the same time and the same tokens is one call."""
    call.ways = _some(made.rng, ["span", "gateway"])
    made.calls.append(call)
    if "span" in call.ways:
        _span(made, call, name, {"request_id": "chatcmpl-0"})
    if "gateway" in call.ways:
        _gateway(made, call, name, {"response_id": "chatcmpl-0"})


TELLERS = {
    "claude_code": _claude,
    "codex": _codex,
    "gemini_cli": _gemini,
    "openclaw": _openclaw,
    "sdk": _sdk,
    "relay": _relay,
}


def _some(rng: random.Random, ways: list[str]) -> tuple[str, ...]:
    return tuple(rng.sample(ways, rng.randint(1, len(ways))))


def _transcript(made: World, call: Call, source: str, native_id: str, named: dict[str, str]) -> None:
    """Written down at the answer's end, sometimes with what repeats it in the same file."""
    values: dict[str, Any] = {
        "started_at": call.at + call.took,
        "latency_us": call.took + SECOND,
        "latency_estimated": True,
        "session_id": call.session,
        "agent": source,
    }
    group = named.get("response_id", "")
    if made.rng.random() < 0.4:
        # The answer while it was being written: with fewer tokens, or none.
        begun = _told(made, call, source, native_id, named, split=True, group=group, **values)
        begun.output_tokens = made.rng.randint(0, 1)
        if made.rng.random() < 0.5:
            begun.input_tokens = begun.cache_read_tokens = begun.cache_write_5m_tokens = None
            begun.cache_write_unknown_tokens = begun.output_tokens = None
        made.records.append(begun)
    values["revision"] = 1
    made.records.append(_told(made, call, source, native_id, named, split=True, group=group, **values))
    if group and made.rng.random() < 0.3:
        replay = {"response_id": call.message, "request_id": made.name("req_")}
        shadow = {**values, "group": group, "shadow": True}
        made.records.append(_told(made, call, source, f"{call.message}|sidechain", replay, split=True, **shadow))
    if group and made.rng.random() < 0.3:
        echo = {**values, "group": group, "echo": True}
        only = {"response_id": call.message}
        made.records.append(_told(made, call, source, f"{call.message}|", only, split=True, **echo))


def _event(made: World, call: Call, name: str, named: dict[str, str]) -> None:
    values = {
        "latency_us": call.took + LATENCIES["event"],
        "cost_reported": COSTS["event"],
        "session_id": call.session,
        "way": "event",
    }
    made.records.append(_told(made, call, "otlp", f"event:{name}", named, split=True, **values))


def _span(made: World, call: Call, name: str, named: dict[str, str]) -> None:
    trace = f"{made.ids.getrandbits(128):032x}"
    values = {"trace_id": trace, "group": trace, "span_id": f"{made.ids.getrandbits(64):016x}"}
    values |= {"latency_us": call.took + LATENCIES["span"]}
    made.records.append(_told(made, call, "otlp", f"span:{name}", named, split=made.rng.random() < 0.5, **values))


def _gateway(made: World, call: Call, name: str, named: dict[str, str]) -> None:
    values = {"latency_us": call.took + LATENCIES["gateway"], "cost_reported": COSTS["gateway"], "team": "blue"}
    values |= {"labels": {"tag.fast": "true"}}
    made.records.append(_told(made, call, "litellm", f"gateway:{name}", named, split=False, **values))


def _told(
    made: World, call: Call, source: str, native_id: str, named: dict[str, str], *, split: bool, **more: Any
) -> ModelCall:
    """One telling; `split`: it tells the cache from the rest of the prompt."""
    tokens = {"input_tokens": call.prompt}
    if split:
        tokens = {"input_tokens": call.fresh, "cache_read_tokens": call.read}
        lasting = "cache_write_5m_tokens" if source == "claude_code" else "cache_write_unknown_tokens"
        tokens[lasting] = call.written
    return ModelCall(
        source=source,
        native_id=native_id,
        model="model-1",
        output_tokens=call.output,
        **{"started_at": call.at, **tokens, **named, **more},
    )
