"""Realistic trees of Codex rollouts, and what they truly used.

A tree is played, not made up: threads run turns, turns make requests, requests use tokens; what Codex of one
generation would have written down about it is written, copies and all. The truth is taken when a request is made, so
it does not depend on how anything is written or read.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tokometer.records import AgentRun, ModelCall, Record, ToolCall, merge

#: How a thread was kept, oldest first: no turn ids; turn ids and token counts; usage records; numbered lines that refer
#: to a parent's file instead of copying it.
Generation = Literal["plain", "turns", "records", "paged"]
GENERATIONS: tuple[Generation, ...] = ("plain", "turns", "records", "paged")
_VERSIONS = {"plain": "0.81.0", "turns": "0.144.2", "records": "0.154.0", "paged": "0.157.1"}

#: How a child begins: with all of its parent's lines, with those that carry usage but not those that open a turn, or
#: with nothing but its parent's header.
Descent = Literal["fork", "spawn", "fresh"]

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_FIELDS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)
MODELS = ("gpt-5.2-codex", "gpt-5.1", "gpt-5.2")


@dataclass(frozen=True)
class Used:
    """One request, in disjoint buckets, and who made it."""

    thread: str
    model: str
    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int


@dataclass
class Truth:
    """What a tree used."""

    calls: list[Used] = field(default_factory=list)
    tools: int = 0
    turns: int = 0
    messages: int = 0

    def totals(self) -> tuple[int, int, int, int, int, int]:
        """Calls, and tokens by bucket."""
        return (
            len(self.calls),
            sum(call.input for call in self.calls),
            sum(call.cache_read for call in self.calls),
            sum(call.cache_write for call in self.calls),
            sum(call.output for call in self.calls),
            sum(call.reasoning for call in self.calls),
        )

    def by_model(self) -> dict[str, int]:
        """Output tokens by model."""
        sums: dict[str, int] = {}
        for call in self.calls:
            sums[call.model] = sums.get(call.model, 0) + call.output
        return sums

    def by_thread(self) -> dict[str, int]:
        """All tokens by the thread that used them."""
        sums: dict[str, int] = {}
        for call in self.calls:
            spent = call.input + call.cache_read + call.cache_write + call.output
            sums[call.thread] = sums.get(call.thread, 0) + spent
        return sums


@dataclass
class Thread:
    """One thread while it is played."""

    id: str
    generation: Generation
    lines: list[dict[str, Any]]
    began_ms: int
    totals: list[int] = field(default_factory=lambda: [0] * 5)
    own_totals: list[int] = field(default_factory=lambda: [0] * 5)
    last: dict[str, int] | None = None
    context: int = 12_000
    depth: int = 0
    subagent: str = ""
    model: str = MODELS[0]
    started: bool = False


@dataclass
class Tree:
    """A tree on disk."""

    home: Path
    threads: list[Thread]
    truth: Truth

    def files(self) -> list[Path]:
        """Every rollout, in no particular order of meaning."""
        return sorted(self.home.rglob("rollout-*.jsonl*"))


class Codex:
    """Plays Codex: `thread`, `turn` and `child` are what people do with it; `write` leaves the files behind."""

    def __init__(self, seed: int, *, filler: int = 0, start: datetime = START) -> None:
        """`filler`: about how many bytes of prompts, reasoning and output accompany each request."""
        self.random = random.Random(seed)
        self.filler = filler
        self.now = int(start.timestamp() * 1000)
        self.threads: list[Thread] = []
        self.truth = Truth()
        self._limit = 3.0
        self._text = "".join(self.random.choices("abcdefghijklmnopqrstuvwxyz      \n", k=1 << 16))

    # What people do.

    def thread(self, generation: Generation = "turns", **meta: Any) -> Thread:
        """Start a thread."""
        self._pass(5_000)
        thread = Thread(self._id(), generation, [], self.now)
        thread.model = self.random.choice(MODELS)
        self._meta(thread, meta)
        self.threads.append(thread)
        return thread

    def child(self, parent: Thread, descent: Descent = "fork", generation: Generation | None = None) -> Thread:
        """Fork a thread, or let it spawn a subagent."""
        self._pass(3_000)
        generation = generation or parent.generation
        child = Thread(self._id(), generation, [], self.now, depth=parent.depth + 1, model=parent.model)
        meta: dict[str, Any] = {}
        if generation != "plain":
            meta["forked_from_id"] = parent.id
        if descent != "fork" and generation != "plain":
            child.subagent = "explorer"
            spawn = {"parent_thread_id": parent.id, "depth": child.depth, "agent_role": "explorer"}
            meta |= {"parent_thread_id": parent.id, "thread_source": "subagent"}
            meta["source"] = {"subagent": {"thread_spawn": spawn}}
        if generation == "paged":
            meta["history_mode"] = "paginated"
            meta["history_base"] = {"thread_id": parent.id, "end_ordinal_exclusive": len(parent.lines)}
        self._meta(child, meta)
        if generation == "paged":
            child.totals, child.last = list(parent.totals), None
            if sum(parent.totals):
                self._count(child, dict.fromkeys(_FIELDS, 0))
        elif descent == "fresh":
            self._line(child, "session_meta", dict(parent.lines[0]["payload"]))
        else:
            self._replay(parent, child, whole=descent == "fork")
        self.threads.append(child)
        return child

    def turn(self, thread: Thread, requests: int | None = None, *, ending: str = "task_complete") -> None:
        """One prompt and all that follows from it."""
        turn = self._id()
        self._pass(self.random.randrange(1_000, 900_000))
        modern = thread.generation != "plain"
        if modern:
            self._event(thread, "task_started", turn_id=turn, started_at=self.now // 1000, model_context_window=272_000)
            self.truth.turns += 1
        if self.random.random() < 0.2:
            thread.model = self.random.choice(MODELS)
        context = {"cwd": "/home/dev/shop", "model": thread.model, "effort": "high", "approval_policy": "never"}
        self._line(thread, "turn_context", {"turn_id": turn, **context} if modern else context)
        self._prompt(thread)
        if not thread.started:
            thread.started = True
            self._event(thread, "token_count", info=None, rate_limits=self._limits())
        for _ in range(requests if requests is not None else self.random.randint(1, 4)):
            self._request(thread, turn)
        if modern:
            detail = {"reason": "interrupted"} if ending == "turn_aborted" else {"last_agent_message": None}
            self._event(thread, ending, turn_id=turn, **detail)

    def compact(self, thread: Thread, *, to_zero: bool = False) -> None:
        """Summarise a thread; what its counter shows goes down."""
        record: dict[str, Any] = {"message": "", "replacement_history": [{"type": "message", "role": "user"}]}
        if thread.last is not None and thread.generation in ("records", "paged"):
            record["latest_token_usage_record"] = self._record(thread, "copied", thread.last, "resp_copied")
        self._line(thread, "compacted", record)
        factor = 0.0 if to_zero else self.random.uniform(0.2, 0.8)
        thread.totals = [int(number * factor) for number in thread.totals]
        thread.context = 9_000

    def fill(self, thread: Thread) -> None:
        """The provider said that the context is full: Codex counts all of the window as used, in no bucket.

        Its own releases empty the buckets of the total (`fill_to_context_window`); others leave them as they were.
        """
        self._pass(300)
        if self.random.random() < 0.5:
            thread.totals = [0] * 5
        window = 272_000
        total = dict(zip(_FIELDS, thread.totals, strict=True))
        filled = window - sum(thread.totals[at] for at in (0, 3))
        info = {
            "total_token_usage": {**total, "total_tokens": window},
            "last_token_usage": {**dict.fromkeys(_FIELDS, 0), "total_tokens": max(0, filled)},
            "model_context_window": window,
        }
        self._event(thread, "token_count", info=info, rate_limits=None)
        thread.last = None

    def upgrade(self, thread: Thread) -> None:
        """Go on with a thread under a newer Codex (one that keeps its file as it is)."""
        later = GENERATIONS.index(thread.generation) + 1
        if later < GENERATIONS.index("paged"):
            thread.generation = GENERATIONS[later]

    def refresh(self, thread: Thread) -> None:
        """Limits are news: the last count is written again."""
        self._pass(200)
        if thread.last is not None:
            self._count(thread, thread.last)

    def write(
        self, home: Path, *, archive: float = 0.0, twice: float = 0.0, loose: float = 0.0, compressed: float = 0.0
    ) -> Tree:
        """Leave the rollouts under `home`.

        Some are archived, some lie in both places (a move that was cut short), some lines are spelled as another
        writer of JSON would (spaces, another order of keys), and some files are compressed: the shares are in 0..1.
        """
        for thread in self.threads:
            at = datetime.fromtimestamp(thread.began_ms / 1000, UTC)
            name = f"rollout-{at:%Y-%m-%dT%H-%M-%S}-{thread.id}.jsonl"
            live, archived = home / "sessions" / f"{at:%Y/%m/%d}" / name, home / "archived_sessions" / name
            data = b"".join(self._spelled(line, loose) for line in thread.lines)
            both = self.random.random() < twice
            for path in {archived if self.random.random() < archive else live, *((live, archived) if both else ())}:
                path.parent.mkdir(parents=True, exist_ok=True)
                if compressed and self.random.random() < compressed:
                    path.with_name(f"{name}.zst").write_bytes(compress(data))
                else:
                    path.write_bytes(data)
        return Tree(home, self.threads, self.truth)

    # What Codex does.

    def _request(self, thread: Thread, turn: str) -> None:
        rng = self.random
        self._pass(rng.randrange(800, 60_000))
        grown = rng.randrange(200, 20_000)
        prompt = thread.context + grown
        cached = rng.randrange(0, thread.context + 1) // 128 * 128
        written = rng.randrange(0, grown) if thread.generation in ("records", "paged") else 0
        output = rng.randrange(20, 4_000)
        numbers = (prompt, cached, written, output, rng.randrange(0, output + 1))
        thread.context = prompt + output
        last = dict(zip(_FIELDS, numbers, strict=True))
        for at, number in enumerate(numbers):
            thread.totals[at] += number
            thread.own_totals[at] += number
        thread.last = last
        self._item(thread, {"type": "reasoning", "summary": [], "encrypted_content": self._filling(0.5)})
        self._item(thread, {"type": "message", "role": "assistant", "content": [{"text": self._filling(0.1)}]})
        uses = rng.randint(0, 2)
        calls = [f"call_{rng.getrandbits(96):024x}" for _ in range(uses)]
        for call in calls:
            arguments = json.dumps({"command": ["bash", "-lc", "make test"]})
            self._item(thread, {"type": "function_call", "name": "shell", "arguments": arguments, "call_id": call})
        self.truth.tools += uses
        self.truth.calls.append(
            Used(thread.id, thread.model, prompt - cached - written, cached, written, output, numbers[4])
        )
        if thread.generation in ("records", "paged"):
            response = f"resp_{rng.getrandbits(160):040x}"
            self._line(thread, "token_usage_record", self._record(thread, turn, last, response))
        self._count(thread, last)
        for call in calls:
            self._pass(rng.randrange(50, 9_000))
            text = f"Exit code: {rng.choice((0, 0, 0, 1))}\nWall time: 0.4 seconds\nOutput:\n{self._filling(0.4)}"
            self._item(thread, {"type": "function_call_output", "call_id": call, "output": text})
        if rng.random() < 0.3:
            self.refresh(thread)

    def _record(self, thread: Thread, turn: str, usage: dict[str, int], response: str) -> dict[str, Any]:
        return {
            "session_id": thread.id,
            "thread_id": thread.id,
            "turn_id": turn,
            "root_turn_id": turn,
            "response_id": response,
            "usage": _with_total(usage),
            "turn_token_usage": _with_total(usage),
            "thread_token_usage": _with_total(dict(zip(_FIELDS, thread.own_totals, strict=True))),
        }

    def _replay(self, parent: Thread, child: Thread, *, whole: bool) -> None:
        """Copy what a fork copies, stamped with the time of the copy."""
        for line in list(parent.lines):
            kind, inner = line["type"], line["payload"].get("type")
            if kind == "token_usage_record":
                continue
            if not whole and (kind in ("turn_context", "response_item") or inner == "task_started"):
                continue
            self._line(child, kind, line["payload"])
        child.totals, child.last, child.context = list(parent.totals), parent.last, parent.context
        child.started = parent.started

    def _meta(self, thread: Thread, more: dict[str, Any]) -> None:
        payload = {
            "id": thread.id,
            "timestamp": _stamp(self.now),
            "cwd": "/home/dev/shop",
            "originator": "codex_cli_rs",
            "cli_version": _VERSIONS[thread.generation],
            "source": "cli",
            "model_provider": "openai",
            "git": {"branch": "main", "commit_hash": "0" * 40},
        }
        self._line(thread, "session_meta", payload | more)

    def _prompt(self, thread: Thread) -> None:
        text = self._filling(0.05)
        content = [{"type": "input_text", "text": text}]
        self._item(thread, {"type": "message", "role": "user", "content": content})
        if thread.generation in ("records", "paged"):
            self._event(thread, "item_completed", item={"type": "UserMessage", "id": self._id(), "content": content})
        else:
            self._event(thread, "user_message", message=text, kind="plain")
        if not thread.subagent:
            self.truth.messages += 1

    def _count(self, thread: Thread, last: dict[str, int]) -> None:
        total = dict(zip(_FIELDS, thread.totals, strict=True))
        info = {"total_token_usage": _with_total(total), "last_token_usage": _with_total(last)}
        if thread.generation not in ("records", "paged"):
            for usage in info.values():
                usage.pop("cache_write_input_tokens")
        self._event(thread, "token_count", info=info | {"model_context_window": 272_000}, rate_limits=self._limits())

    def _limits(self) -> dict[str, Any]:
        self._limit = min(100.0, self._limit + self.random.choice((0, 0, 1)))
        window = {"used_percent": self._limit, "window_minutes": 300, "resets_at": self.now // 1000 + 9_000}
        return {"limit_id": "codex", "plan_type": "pro", "primary": window, "secondary": None, "credits": None}

    # How it is written down.

    def _item(self, thread: Thread, payload: dict[str, Any]) -> None:
        self._line(thread, "response_item", payload)

    def _event(self, thread: Thread, kind: str, /, **payload: Any) -> None:
        self._line(thread, "event_msg", {"type": kind, **payload})

    def _line(self, thread: Thread, kind: str, payload: dict[str, Any]) -> None:
        self.now += 1
        line: dict[str, Any] = {"timestamp": _stamp(self.now)}
        if thread.generation == "paged":
            line["ordinal"] = len(thread.lines)
        thread.lines.append(line | {"type": kind, "payload": payload})

    def _spelled(self, line: dict[str, Any], loose: float) -> bytes:
        if loose and self.random.random() < loose:
            keys = list(line)
            self.random.shuffle(keys)
            return json.dumps({key: line[key] for key in keys}, ensure_ascii=False).encode() + b"\n"
        return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _filling(self, share: float) -> str:
        length = int(self.filler * share * self.random.uniform(0.3, 1.7))
        start = self.random.randrange(1 << 15)
        text = self._text[start : start + length]
        while len(text) < length:
            text += self._text[: length - len(text)]
        return text

    def _pass(self, milliseconds: int) -> None:
        self.now += milliseconds

    def _id(self) -> str:
        """A UUIDv7 of the present moment."""
        self.now += 1
        bits = self.random.getrandbits(74)
        number = self.now << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & ((1 << 62) - 1)
        text = f"{number:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def fold(records: Iterable[Record]) -> dict[str, Record]:
    """What a ledger would hold of these records: one of each id, merged in the order of arrival."""
    held: dict[str, Record] = {}
    for record in records:
        kept = held.get(record.native_id)
        held[record.native_id] = record if kept is None else merge(kept, record)
    return held


def found(records: Iterable[Record]) -> Truth:
    """What records say was used, to hold against the truth."""
    truth = Truth()
    for record in records:
        if isinstance(record, ModelCall) and record.status == "ok":
            numbers = (
                record.input_tokens,
                record.cache_read_tokens,
                record.cache_write_unknown_tokens,
                record.output_tokens,
                record.reasoning_tokens,
            )
            truth.calls.append(Used(record.session_id, record.model, *(number or 0 for number in numbers)))
            truth.messages += record.user_messages
        truth.tools += isinstance(record, ToolCall)
        truth.turns += isinstance(record, AgentRun)
    return truth


def play(seed: int, *, threads: int = 6, filler: int = 0) -> Codex:
    """A tree of every generation and every kind of descent, as `seed` has it."""
    codex = Codex(seed, filler=filler)
    rng = codex.random
    while len(codex.threads) < threads:
        parents = [thread for thread in codex.threads if thread.started]
        if parents and rng.random() < 0.6:
            parent = rng.choice(parents)
            newer = GENERATIONS[max(1, GENERATIONS.index(parent.generation)) :]
            generation = "plain" if parent.generation == "plain" and rng.random() < 0.7 else rng.choice(newer)
            descents: tuple[Descent, ...] = ("fork",) if generation == "plain" else ("fork", "spawn", "fresh")
            thread = codex.child(parent, rng.choice(descents), generation)
        else:
            thread = codex.thread(rng.choice(GENERATIONS))
        for _ in range(rng.randint(0, 3)):
            codex.turn(thread, ending=rng.choice(("task_complete", "task_complete", "turn_aborted")))
            if rng.random() < 0.15:
                codex.compact(thread, to_zero=rng.random() < 0.3)
            if rng.random() < 0.1:
                codex.fill(thread)
        if rng.random() < 0.15:
            codex.upgrade(thread)
        # The parent goes on while its child works.
        for other in codex.threads:
            if other is not thread and other.started and rng.random() < 0.3:
                codex.turn(other)
    return codex


def garbage(rng: random.Random) -> Iterator[bytes]:
    """Lines that no reader can believe, each with its newline."""
    broken = (
        b"not json at all",
        b'{"timestamp":"2026-03-02T09:00:00.000Z","type":"event_msg","payload":{"type":"token_count","info":{"tot',
        b'{"timestamp":"2026-03-02T09:00:00.000Z","type":"response_item","payload":{"type":"message","content":"cut',
        b"[1,2,3]",
        b'{"type":"event_msg","payload":[]}',
        b"\xff\xfe\x00",
    )
    while True:
        yield rng.choice(broken) + b"\n"


def compress(data: bytes, *, frames: int = 1) -> bytes:
    """What Codex leaves of a rollout after a week: one zstd frame, or several where a tool has joined files."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    size = -(-len(data) // frames) or 1
    return b"".join(zstd.compress(data[at : at + size]) for at in range(0, max(1, len(data)), size))


def _with_total(usage: dict[str, int]) -> dict[str, int]:
    return {**usage, "total_tokens": usage["input_tokens"] + usage["output_tokens"]}


def _stamp(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
