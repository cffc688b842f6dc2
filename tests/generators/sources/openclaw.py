"""What OpenClaw leaves behind, in its generations, with the totals that are right.

Shapes as in OpenClaw's releases of 2026: transcripts of sessions (version 3 of their format), `sessions.json`, jobs and
the histories of their runs. The traps: what was delivered is written down as an answer, a fork copies its parent's
entries, a failed answer has zeros for usage, a run's usage is the sum of what its session's transcript holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from tokometer.conformance import Example, Files

#: 1 September 2026, 08:00 UTC, in milliseconds.
START: Final = 1_788_249_600_000
MAIN, FORK, CHILD, NIGHTLY, GONE = (f"{n}a0e8f0c-1111-4222-8333-44445555666{n}" for n in range(1, 6))
JOB: Final = "7b1f6a2e-5c0d-4e7a-9d52-0f3f2a6b8c11"
AGENTS: Final = Path(".openclaw/agents")


class Used(NamedTuple):
    """Tokens of an answer, in OpenClaw's buckets, and its cost in US dollars as text."""

    input: int = 0
    output: int = 0
    read: int = 0
    write: int = 0
    cost: str = "0"

    def json(self) -> dict[str, Any]:
        """As a transcript has it."""
        total = self.input + self.output + self.read + self.write
        parts = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": float(self.cost)}
        return {
            "input": self.input,
            "output": self.output,
            "cacheRead": self.read,
            "cacheWrite": self.write,
            "totalTokens": total,
            "cost": parts,
        }


def iso(ms: int) -> str:
    """A moment as entries have it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def header(session: str, at: int, parent: str = "") -> dict[str, Any]:
    """The first entry of a session."""
    first = {"type": "session", "version": 3, "id": session, "timestamp": iso(at), "cwd": "/home/ada/code/app"}
    return first | ({"parentSession": f"/home/ada/.openclaw/agents/main/sessions/{parent}.jsonl"} if parent else {})


def said(id_: str, at: int, text: str = "please") -> dict[str, Any]:
    """A person's message."""
    message = {"role": "user", "content": [{"type": "text", "text": text}], "timestamp": at}
    return {"type": "message", "id": id_, "parentId": None, "timestamp": iso(at), "message": message}


def answer(
    id_: str,
    at: int,
    used: Used,
    *,
    took: int = 2_000,
    model: str = "claude-sonnet-4-5",
    provider: str = "anthropic",
    stop: str = "stop",
    wrong: str = "",
    tools: Iterable[tuple[str, str]] = (),
    **more: Any,
) -> dict[str, Any]:
    """A model's answer, which began at `at` (ms) and took `took`."""
    content: list[dict[str, Any]] = [{"type": "text", "text": "done"}]
    content += [{"type": "toolCall", "id": call, "name": name, "arguments": {"path": "x"}} for call, name in tools]
    message = {
        "role": "assistant",
        "content": content,
        "api": "anthropic-messages",
        "provider": provider,
        "model": model,
        "usage": used.json(),
        "stopReason": stop,
        "timestamp": at,
    } | more
    if wrong:
        message["errorMessage"] = wrong
    return {"type": "message", "id": id_, "parentId": "p", "timestamp": iso(at + took), "message": message}


def result(id_: str, at: int, call: str, name: str, *, failed: bool = False) -> dict[str, Any]:
    """What a tool gave."""
    message = {
        "role": "toolResult",
        "toolCallId": call,
        "toolName": name,
        "isError": failed,
        "content": [{"type": "text", "text": "no such file" if failed else "ok"}],
        "timestamp": at,
    }
    return {"type": "message", "id": id_, "parentId": "p", "timestamp": iso(at), "message": message}


def run(at: int, **said_of_it: Any) -> dict[str, Any]:
    """A finished run of the job, as its history has it."""
    entry = {"ts": at + 60_000, "jobId": JOB, "action": "finished", "runAtMs": at, "durationMs": 60_000}
    return entry | {"nextRunAtMs": at + 86_400_000} | said_of_it


MIRROR: Final = answer("0000000f", START + 9_100, Used(), took=0, provider="openclaw", model="delivery-mirror")
FIRST, SECOND = Used(1_200, 90, 0, 5_000, "0.0237"), Used(30, 210, 6_200, 400, "0.0066")
AFTER_ERROR, IN_FORK = Used(40, 150, 6_600), Used(12, 80, 5_000, 300)
BY_CHILD, AT_NIGHT, LOST = Used(800, 300), Used(2_000, 500, 100), Used(700, 70, 7_000, 77)

MAIN_ENTRIES: Final[list[dict[str, Any]]] = [
    header(MAIN, START),
    {"type": "model_change", "id": "00000001", "timestamp": iso(START), "provider": "anthropic", "modelId": "x"},
    {"type": "thinking_level_change", "id": "00000002", "timestamp": iso(START), "thinkingLevel": "low"},
    said("00000003", START + 1_000),
    answer("00000004", START + 2_000, FIRST, stop="toolUse", tools=[("toolu_01A", "read"), ("toolu_01B", "exec")]),
    result("00000005", START + 4_500, "toolu_01A", "read"),
    result("00000006", START + 6_000, "toolu_01B", "exec", failed=True),
    answer("00000007", START + 7_000, SECOND),
    MIRROR,
]
RETRIED: Final = [
    said("00000008", START + 60_000),
    answer("00000009", START + 61_000, Used(), stop="error", wrong='429 {"type":"error","request_id":"req_011Ab"}'),
    answer("0000000a", START + 65_000, AFTER_ERROR),
]
FORK_ENTRIES: Final = [
    header(FORK, START + 100_000, MAIN),
    *MAIN_ENTRIES[1:8],
    said("0000000b", START + 101_000),
    answer("0000000c", START + 102_000, IN_FORK),
]
CHILD_ENTRIES: Final = [header(CHILD, START + 5_000), said("1", START + 5_000), answer("2", START + 5_100, BY_CHILD)]
NIGHTLY_ENTRIES: Final = [
    header(NIGHTLY, START + 3_600_000),
    said("1", START + 3_600_100),
    answer("2", START + 3_601_000, AT_NIGHT, model="gpt-5.2", provider="openai-codex"),
]


def usage(used: Used) -> dict[str, int]:
    """Tokens as a run's history has them."""
    counts = {"input_tokens": used.input, "output_tokens": used.output}
    counts |= {"cache_read_tokens": used.read, "cache_write_tokens": used.write}
    return counts | {"total_tokens": sum(counts.values())}


def key_of_run(session: str) -> str:
    """The key of a session that a run was given."""
    return f"agent:main:cron:{JOB}:run:{session}"


RUNS: Final = [
    # Its transcript is there.
    run(
        START + 3_600_000,
        status="ok",
        sessionId=NIGHTLY,
        sessionKey=key_of_run(NIGHTLY),
        model="gpt-5.2",
        provider="openai-codex",
        usage=usage(AT_NIGHT),
        deliveryStatus="delivered",
    ),
    run(START + 90_000_000, status="error", error="429 rate limit", errorReason="rate_limit"),
    run(START + 176_400_000, status="skipped", error="heartbeat disabled"),
    # And here it was pruned: OpenClaw keeps those of runs for a day.
    run(
        START + 262_800_000,
        status="ok",
        sessionId=GONE,
        sessionKey=key_of_run(GONE),
        model="gpt-5.2",
        provider="openai-codex",
        usage=usage(LOST),
        deliveryStatus="not-delivered",
        deliveryError="chat not found",
    ),
]
JOBS: Final = {
    "version": 1,
    "jobs": [
        {
            "id": JOB,
            "agentId": "main",
            "name": "Nightly digest",
            "enabled": True,
            "createdAtMs": START - 1,
            "schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "Europe/Vienna"},
            "sessionTarget": "isolated",
            "payload": {"kind": "agentTurn", "message": "sum up the day"},
            "state": {
                "nextRunAtMs": START + 349_200_000,
                "lastRunAtMs": START + 262_800_000,
                "lastRunStatus": "ok",
                "lastDurationMs": 60_000,
            },
        }
    ],
}
SESSIONS: Final = {
    "agent:main:main": {
        "sessionId": MAIN,
        "updatedAt": START + 70_000,
        "sessionStartedAt": START,
        "chatType": "direct",
        "lastChannel": "telegram",
        "inputTokens": 999_999,
        "totalTokens": 999_999,
    },
    f"agent:main:subagent:{CHILD}": {
        "sessionId": CHILD,
        "updatedAt": START + 8_000,
        "label": "look it up",
        "spawnedBy": "agent:main:main",
        "status": "done",
        "startedAt": START + 5_000,
        "endedAt": START + 8_000,
    },
}

ALL: Final = (FIRST, SECOND, AFTER_ERROR, IN_FORK, BY_CHILD, AT_NIGHT, LOST)
TOTALS: Final = {
    # The failed one is a call, too.
    "calls": len(ALL) + 1,
    "errors": 1,
    "input_tokens": sum(used.input for used in ALL),
    "output_tokens": sum(used.output for used in ALL),
    "cache_read_tokens": sum(used.read for used in ALL),
    "cache_write_tokens": sum(used.write for used in ALL),
    "cost_reported": 23_700_000 + 6_600_000,
    "tools": 2,
    "runs": 4,
    "jobs": 4,
}


def lines(entries: Iterable[dict[str, Any]]) -> str:
    """Entries as a file has them."""
    return "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)


def append(name: str, entries: Iterable[dict[str, Any]]) -> Callable[[Path], None]:
    """A step that adds lines to a file below the home folder."""

    def step(home: Path) -> None:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(lines(entries))

    return step


def write(name: str, content: object) -> Callable[[Path], None]:
    """A step that writes a document below the home folder."""

    def step(home: Path) -> None:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    return step


def in_sessions(name: str, base: str = ".openclaw") -> str:
    """A file of the main agent's sessions."""
    return f"{base}/agents/main/sessions/{name}"


TRANSCRIPTS: Final = (
    append(in_sessions(f"{MAIN}.jsonl"), MAIN_ENTRIES[:5]),
    append(in_sessions(f"{MAIN}.jsonl"), MAIN_ENTRIES[5:]),
    append(in_sessions(f"{CHILD}.jsonl.deleted.2026-09-01T10-00-00.000Z"), CHILD_ENTRIES),
    append(in_sessions(f"{MAIN}.jsonl"), RETRIED),
    append(in_sessions(f"{FORK}.jsonl"), FORK_ENTRIES),
    append(f".openclaw/cron/runs/{JOB}.jsonl", RUNS[:1]),
    append(in_sessions(f"{NIGHTLY}.jsonl"), NIGHTLY_ENTRIES),
    append(f".openclaw/cron/runs/{JOB}.jsonl", RUNS[1:]),
)

EXAMPLES: list[Example] = [
    Files("jsonl", "lines", TRANSCRIPTS, TOTALS),
    Files(
        "moltbot",
        "lines",
        (append(in_sessions(f"{MAIN}-topic-12.jsonl", ".moltbot"), [*MAIN_ENTRIES, *RETRIED]),),
        {
            "calls": 4,
            "errors": 1,
            "input_tokens": 1_270,
            "output_tokens": 450,
            "cache_read_tokens": 12_800,
            "cache_write_tokens": 5_400,
            "cost_reported": 30_300_000,
            "tools": 2,
            "runs": 1,
        },
    ),
    Files(
        "sessions",
        "document",
        (write(in_sessions("sessions.json"), SESSIONS), write(".openclaw/cron/jobs.json", JOBS)),
        {"runs": 2, "jobs": 1},
        open_keys=frozenset({""}),
    ),
]
