"""A made-up `projects` folder of Claude Code, with the truth about what is in it.

Deterministic by seed. Everything that makes counting hard is in it: answers spread over lines that repeat their usage
or state only a part of it, sessions that were resumed or forked with their old lines copied, subagents in files of
their own, beside or inside the session, replays of a parent's answer under a new request id, local messages, retries,
compaction, costs in old lines, and backends that name no request. Where asked for, also answers that hold several runs
of a model, searches and regions, and gateways that give every answer one id.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from generators.claude_lines import OTHERS, Prose, Usage, Voice, make_hex, make_uuid

MODELS = (
    ("claude-opus-4-5-20251101", 5),
    ("claude-sonnet-4-5-20250929", 8),
    ("claude-haiku-4-5-20251001", 4),
    ("claude-sonnet-4-20250514", 2),
)
OTHER_MODELS = ("glm-4.6", "kimi-k2-0905-preview")
TOOLS = ("Bash", "Read", "Grep", "Edit", "mcp__github__get_issue")
SECOND = 1_000_000
DAY = 86_400 * SECOND
#: 1 September 2026, 08:00 UTC.
START = 1_788_249_600 * SECOND


@dataclass(frozen=True, slots=True)
class Size:
    """How large a tree is. Copies come on top of `calls`; `result` is the mean length of what a tool answers."""

    sessions: int = 6
    calls: int = 60
    result: int = 300
    days: int = 5
    subagents: float = 0.3
    forks: float = 0.35
    oddities: float = 0.05
    #: The share of answers with several runs, searches or a region, and of sessions behind a gateway with one id.
    billed: float = 0.0
    gateways: float = 0.0


#: About 600 MB in 635 files: 120,000 lines, 40,000 calls.
LARGE = Size(sessions=440, calls=39_300, result=17_300, days=60, subagents=0.3, forks=0.15, oddities=0.003)


@dataclass(frozen=True, slots=True)
class TrueCall:
    """One call as it was made. `session` is empty where copies leave no way to tell."""

    message_id: str
    request_id: str
    model: str
    session: str
    project: str
    subagent: str
    at: int
    usage: Usage
    user_messages: int
    #: US dollars that the line states.
    cost: float | None = None


@dataclass(slots=True)
class Truth:
    """What is really in a tree."""

    calls: list[TrueCall] = field(default_factory=list)
    #: HTTP status of every failed request.
    failures: list[int] = field(default_factory=list)
    tools: dict[str, str] = field(default_factory=dict)
    prompts: int = 0

    def tokens(self) -> dict[str, int]:
        """Tokens by bucket, under the names of the ledger's columns."""
        found: Counter[str] = Counter()
        for call in self.calls:
            usage = call.usage
            found["input_tokens"] += usage.input
            found["cache_read_tokens"] += usage.cache_read
            found["cache_write_5m_tokens"] += usage.write_5m
            found["cache_write_1h_tokens"] += usage.write_1h
            found["output_tokens"] += usage.output
        return dict(found)

    def total_by(self, name: str) -> dict[str, int]:
        """All tokens by one attribute of the calls."""
        found: Counter[str] = Counter()
        for call in self.calls:
            found[getattr(call, name)] += call.usage.total
        return dict(found)

    def total_by_region(self) -> dict[str, int]:
        """All tokens by where they were made."""
        found: Counter[str] = Counter()
        for call in self.calls:
            found["" if call.usage.geo == "not_available" else call.usage.geo] += call.usage.total
        return dict(found)

    def total_by_day(self) -> dict[int, int]:
        """All tokens by day since the epoch (UTC)."""
        found: Counter[int] = Counter()
        for call in self.calls:
            found[call.at // DAY] += call.usage.total
        return dict(found)


@dataclass(slots=True)
class TreeFile:
    """One file of the tree; the path is relative to `projects`."""

    path: Path
    lines: list[bytes]
    #: Whether the order of its lines says what belongs together.
    ordered: bool = False


class Tree:
    """Take `files()` to the end, then `truth` is complete."""

    def __init__(self, seed: int, size: Size, home: str = "/home/ada") -> None:
        self.truth = Truth()
        self._rng = random.Random(seed)
        self._prose = Prose(self._rng)
        self._size = size
        self._home = home

    def write(self, projects: Path) -> Truth:
        """Write the whole tree under a `projects` folder."""
        for file in self.files():
            target = projects / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                out.writelines(file.lines)
        return self.truth

    def files(self) -> Iterator[TreeFile]:
        """Every file, session by session."""
        rng, size = self._rng, self._size
        left = size.calls
        for number in range(size.sessions):
            share = left if number == size.sessions - 1 else max(1, round(left / (size.sessions - number)))
            count = share if number == size.sessions - 1 else max(1, round(share * rng.uniform(0.5, 1.5)))
            count = min(count, left)
            left -= count
            at = START + rng.randrange(size.days) * DAY + rng.randrange(8 * 3600) * SECOND
            yield from _Session(self, rng, self._prose, size, at, self._home).files(count)


class _Session:
    """One session, its subagents, and perhaps a fork of it."""

    def __init__(self, tree: Tree, rng: random.Random, prose: Prose, size: Size, at: int, home: str) -> None:
        self._truth = tree.truth
        self._rng, self._prose, self._size = rng, prose, size
        self._at = at
        project = rng.choice(("code/app", "code/api", "work/app"))
        self._cwd, self._project = f"{home}/{project}", f"~/{project}"
        self._slug = Path(self._cwd.replace("/", "-"))
        self._id = make_uuid(rng)
        self._voice = self._speaker(self._id)
        self._lines: list[bytes] = []
        self._prompts = 0
        # A backend that is not Anthropic's serves a whole session.
        self._foreign = rng.choice(OTHER_MODELS) if rng.random() < size.oddities * 2 else ""
        self._one_id = "relay" if size.gateways and rng.random() < size.gateways else ""
        if self._one_id:
            self._foreign = self._foreign or rng.choice(OTHER_MODELS)

    def files(self, count: int) -> Iterator[TreeFile]:
        """The session's files; its calls are divided among itself, its subagents and its fork."""
        rng = self._rng
        main = count
        helper = round(count * 0.2) if rng.random() < self._size.subagents else 0
        fork = round(count * 0.25) if rng.random() < self._size.forks else 0
        main -= helper + fork
        self._talk(self._voice, self._lines, main, "")
        if helper:
            yield from self._subagent(helper)
        if fork:
            yield self._fork(fork)
        yield TreeFile(self._slug / f"{self._id}.jsonl", self._lines, bool(self._one_id))

    def _speaker(self, session: str, *, agent_id: str = "") -> Voice:
        return Voice(self._rng, self._prose, session, self._cwd, "main", sidechain=bool(agent_id), agent_id=agent_id)

    def _talk(self, voice: Voice, lines: list[bytes], count: int, subagent: str, session: str | None = None) -> None:
        """`count` calls: prompts, answers, tools and what else happens."""
        rng, oddities = self._rng, self._size.oddities
        self._prompts = 0
        if voice.sidechain:
            lines.append(voice.prompt(self._tick(2)))
        for number in range(count):
            if not voice.sidechain and (number == 0 or rng.random() < 0.15):
                lines.append(voice.prompt(self._tick(60)))
                self._prompts += 1
                self._truth.prompts += 1
            if rng.random() < oddities:
                self._oddity(voice, lines)
            self._call(voice, lines, subagent, self._id if session is None else session)

    def _tick(self, most: int) -> int:
        self._at += self._rng.randrange(200_000, most * SECOND)
        return self._at

    def _usage(self) -> Usage:
        rng = self._rng
        split = rng.random() < 0.9
        write = int(rng.lognormvariate(6, 1.2))
        return Usage(
            input=int(rng.lognormvariate(3, 1.5)),
            cache_read=int(rng.lognormvariate(10, 0.8)),
            write_5m=0 if split and rng.random() < 0.3 else write,
            write_1h=write // 2 if split and rng.random() < 0.3 else 0,
            output=20 + int(rng.lognormvariate(5, 1.3)),
            split=split,
            speed=rng.choice(("", "", "standard", "fast")) if rng.random() < 0.2 else "",
        )

    def _call(self, voice: Voice, lines: list[bytes], subagent: str, session: str) -> None:
        """One answer on one to three lines, the tool that it asks for, and the tool's answer."""
        rng, oddities = self._rng, self._size.oddities
        usage = self._usage()
        model = self._foreign or rng.choices([m for m, _ in MODELS], [w for _, w in MODELS])[0]
        message_id: str | None = self._one_id or f"msg_{make_hex(rng, 24)}"
        request_id = "" if self._foreign else f"req_{make_hex(rng, 24)}"
        nameless = not self._foreign and rng.random() < oddities / 2
        cost = round(rng.random(), 6) if rng.random() < oddities / 2 else None
        if nameless:
            message_id = None
        extra = {"costUSD": cost} if cost is not None else None
        runs = self._runs(usage, model) if self._size.billed and rng.random() < self._size.billed else []
        blocks = 1 if nameless else rng.choices((1, 2, 3), (55, 35, 10))[0]
        partial = rng.random() < 0.3
        began = 0
        tool_id = ""
        for number in range(blocks):
            last = number == blocks - 1
            at = self._tick(8)
            began = began or at
            block: str | dict[str, object] = self._prose.take(min(600, self._size.result))
            if last and rng.random() < 0.9:
                tool_id = f"toolu_{make_hex(rng, 24)}"
                block = {"type": "tool_use", "id": tool_id, "name": rng.choice(TOOLS), "input": {"command": "ls"}}
                self._truth.tools[tool_id] = str(block["name"])
            stated = usage.to_json(None if last or not partial else rng.randrange(1, usage.output))
            if runs and (last or not partial):
                stated["iterations"] = [run for run, _, _ in runs]
            lines.append(
                voice.answer(
                    at,
                    model=model,
                    message_id=message_id,
                    request_id=request_id or None,
                    usage=stated,
                    block=block,
                    stop_reason=("tool_use" if tool_id else "end_turn") if last else None,
                    extra=extra,
                )
            )
        self._truth.calls.append(
            TrueCall(
                message_id=message_id or "",
                request_id=request_id,
                model=model,
                session=session,
                project=self._project,
                subagent=subagent,
                at=began,
                usage=usage,
                user_messages=0 if voice.sidechain else self._prompts,
                cost=cost,
            )
        )
        self._beside(runs)
        if not voice.sidechain:
            self._prompts = 0
        if tool_id:
            self._answer_tool(voice, lines, tool_id)

    def _runs(self, usage: Usage, model: str) -> list[tuple[dict[str, object], Usage, str]]:
        """Entries of `iterations`, what they used, and the model of those that are calls of their own.

        Some answers get a region and searches as well.
        """
        rng = self._rng
        usage.geo = rng.choice(("", "us", "global", "not_available"))
        usage.searches = rng.choice((0, 0, 1, 4))
        if rng.random() < 0.3:
            return []
        first = Usage(
            usage.input // 2, usage.cache_read // 3, usage.write_5m // 2, usage.write_1h // 2, usage.output // 4
        )
        rest = Usage(
            usage.input - first.input,
            usage.cache_read - first.cache_read,
            usage.write_5m - first.write_5m,
            usage.write_1h - first.write_1h,
            usage.output - first.output,
        )
        runs: list[tuple[dict[str, object], Usage, str]] = [
            (first.to_run("message"), first, ""),
            (rest.to_run("message", model), rest, ""),
        ]
        for _ in range(rng.randrange(3)):
            other = rng.choice([name for name, _ in MODELS if name != model])
            kind = rng.choice(("advisor_message", "fallback_message", "judge"))
            used = self._usage()
            runs.insert(rng.randrange(len(runs) + 1), (used.to_run(kind, other), used, other))
        if rng.random() < 0.3:
            summed = self._usage()
            runs.insert(0, (summed.to_run("compaction", rng.choice((None, model))), summed, ""))
        return runs

    def _beside(self, runs: list[tuple[dict[str, object], Usage, str]]) -> None:
        """Add to the truth what an answer's runs used beside it: a part of the answer, or a call of its own."""
        call = self._truth.calls[-1]
        for entry, used, _ in runs:
            if entry["type"] == "compaction":
                whole = call.usage
                call = self._truth.calls[-1] = replace(
                    call,
                    usage=replace(
                        whole,
                        input=whole.input + used.input,
                        cache_read=whole.cache_read + used.cache_read,
                        write_5m=whole.write_5m + used.write_5m,
                        write_1h=whole.write_1h + used.write_1h,
                        output=whole.output + used.output,
                    ),
                )
        for _, used, model in runs:
            if model:
                beside = replace(used, geo=call.usage.geo)
                self._truth.calls.append(replace(call, model=model, usage=beside, user_messages=0, cost=None))

    def _answer_tool(self, voice: Voice, lines: list[bytes], tool_id: str) -> None:
        rng = self._rng
        at = self._tick(5)
        if self._truth.tools[tool_id] == "Edit":
            lines.append(voice.edited(at, tool_id, rng.randrange(9), rng.randrange(9)))
        else:
            length = max(40, int(self._size.result * rng.lognormvariate(-0.5, 1)))
            lines.append(voice.result(at, tool_id, length, failed=rng.random() < 0.06))

    def _oddity(self, voice: Voice, lines: list[bytes]) -> None:
        rng = self._rng
        what = rng.randrange(6)
        if what == 0:
            lines.append(voice.retried(self._tick(5), 529, 1))
            self._truth.failures.append(529)
        elif what == 1:
            lines.append(voice.failed(self._tick(5), "API Error: 429 rate limited", "rate_limit"))
            self._truth.failures.append(429)
        elif what == 2:
            lines.append(voice.compacted(self._tick(5)))
            lines.append(voice.noise(self._tick(5), "This session continues an earlier one.", isCompactSummary=True))
        elif what == 3:
            lines.append(voice.noise(self._tick(2), "<command-name>/model</command-name>"))
            lines.append(voice.noise(self._tick(2), "<local-command-stdout>Set model</local-command-stdout>"))
        elif what == 4:
            lines.append(voice.noise(self._tick(2), "a note", isMeta=True))
        else:
            lines.append(rng.choice(OTHERS))

    def _subagent(self, count: int) -> Iterator[TreeFile]:
        """A subagent's own transcript: in the session's folder, beside the session, or inside the session itself."""
        rng = self._rng
        agent_id = make_hex(rng, 8)
        voice = self._speaker(self._id, agent_id=agent_id)
        layout = rng.choices(("folder", "beside", "inside"), (7, 2, 1))[0]
        lines: list[bytes] = []
        if layout == "folder":
            lines.extend(self._replay())
        self._talk(voice, lines, count, "Explore" if layout == "folder" else "subagent")
        if layout == "inside":
            self._lines.extend(lines)
        elif layout == "beside":
            yield TreeFile(self._slug / f"agent-{agent_id}.jsonl", lines, bool(self._one_id))
        else:
            folder = self._slug / self._id / "subagents"
            yield TreeFile(folder / f"agent-{agent_id}.jsonl", lines, bool(self._one_id))
            yield TreeFile(folder / f"agent-{agent_id}.meta.json", [b'{"agentType":"Explore","description":"look"}'])

    def _replay(self) -> Iterator[bytes]:
        """Answers of the parent, as some versions write them into a sidechain: under new request ids."""
        for line in self._lines[:6]:
            if b'"id":"msg_' in line and b'"requestId":"req_' in line:
                copy = line.replace(b'"isSidechain":false', b'"isSidechain":true')
                start = copy.index(b'"requestId":"req_') + len(b'"requestId":"req_')
                yield copy[:start] + make_hex(self._rng, 24).encode() + copy[start + 24 :]

    def _fork(self, count: int) -> TreeFile:
        """A session that goes on from this one in a file of its own, which begins with the old lines."""
        rng = self._rng
        fork = make_uuid(rng)
        copied = list(self._lines)
        way = rng.randrange(3)
        if way == 1 and self._one_id:
            # The middle of such an answer cannot be told from the beginning of another.
            way = 2
        if way == 0:
            old, new = f'"sessionId":"{self._id}"'.encode(), f'"sessionId":"{fork}"'.encode()
            origin = f',"forkedFrom":{{"sessionId":"{self._id}","messageUuid":"m"}}}}\n'.encode()
            copied = [line.replace(old, new)[:-2] + origin if old in line else line for line in copied]
        elif way == 1:
            copied = copied[len(copied) // 2 :]
        voice = self._speaker(fork)
        self._at += 600 * SECOND
        self._talk(voice, copied, count, "", fork)
        return TreeFile(self._slug / f"{fork}.jsonl", copied, bool(self._one_id))
