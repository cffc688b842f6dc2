"""What OpenClaw leaves behind, in its generations, with the totals that are right.

Shapes as in OpenClaw's releases of 2026: transcripts of sessions (version 3 of their format), `sessions.json`, jobs and
the histories of their runs. The traps: what was delivered is written down as an answer, a fork copies its parent's
entries, a failed answer has zeros for usage, a run's usage is the sum of what its session's transcript holds.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from generators.left import Step, database, together
from tokometer.conformance import Example, Files, Requests

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

AGENT_DATABASE: Final = ".openclaw/agents/main/agent/openclaw-agent.sqlite"
STATE_DATABASE: Final = ".openclaw/state/openclaw.sqlite"
#: As of mid-2026; columns that nobody reads are left out.
AGENT_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session_nodes (
  session_key TEXT NOT NULL PRIMARY KEY, current_session_id TEXT NOT NULL, entry_json TEXT NOT NULL,
  updated_at INTEGER NOT NULL, status TEXT, created_at INTEGER, created_via TEXT, parent_session_key TEXT,
  spawned_by TEXT, label TEXT, display_name TEXT, last_activity_at INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS session_windows (
  session_id TEXT NOT NULL PRIMARY KEY, session_key TEXT NOT NULL, previous_session_id TEXT, reason TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, status TEXT,
  chat_type TEXT, channel TEXT, model_provider TEXT, model TEXT, parent_session_key TEXT, spawned_by TEXT,
  display_name TEXT) STRICT;
CREATE TABLE IF NOT EXISTS transcript_events (
  session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (session_id, seq)) STRICT;
"""
#: As of the autumn: entries can be compressed, sessions packed.
LATER_AGENT_SCHEMA: Final = (
    AGENT_SCHEMA.replace("event_json TEXT NOT NULL", "event_json TEXT, event_zstd BLOB, event_utf8_bytes INTEGER")
    + """
CREATE TABLE IF NOT EXISTS session_transcript_archives (
  session_id TEXT NOT NULL, generation TEXT NOT NULL, session_key TEXT, reason TEXT, encoding TEXT NOT NULL,
  archive_blob BLOB, archive_name TEXT, created_at INTEGER NOT NULL, PRIMARY KEY (session_id, generation)) STRICT;
CREATE TABLE IF NOT EXISTS session_transcript_cold_archives (
  session_id TEXT NOT NULL PRIMARY KEY, generation TEXT NOT NULL, archive_name TEXT NOT NULL,
  archived_at INTEGER NOT NULL, storage TEXT NOT NULL, archive_blob BLOB) STRICT;
"""
)
STATE_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS cron_jobs (
  store_key TEXT NOT NULL, job_id TEXT NOT NULL, name TEXT NOT NULL, enabled INTEGER NOT NULL, agent_id TEXT,
  schedule_kind TEXT NOT NULL, schedule_expr TEXT, schedule_tz TEXT, every_ms INTEGER, at TEXT, payload_model TEXT,
  next_run_at_ms INTEGER, last_run_at_ms INTEGER, last_run_status TEXT, last_error TEXT, last_duration_ms INTEGER,
  job_json TEXT NOT NULL, state_json TEXT NOT NULL DEFAULT '{}', updated_at INTEGER NOT NULL,
  PRIMARY KEY (store_key, job_id));
CREATE TABLE IF NOT EXISTS cron_run_logs (
  store_key TEXT NOT NULL, job_id TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL, status TEXT, error TEXT,
  session_id TEXT, session_key TEXT, run_at_ms INTEGER, duration_ms INTEGER, model TEXT, provider TEXT,
  total_tokens INTEGER, entry_json TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (store_key, job_id, seq));
"""
TASK_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS task_runs (
  task_id TEXT NOT NULL PRIMARY KEY, runtime TEXT NOT NULL, task_kind TEXT, source_id TEXT,
  requester_session_key TEXT, owner_key TEXT NOT NULL, child_session_key TEXT, agent_id TEXT, run_id TEXT, label TEXT,
  task TEXT NOT NULL, status TEXT NOT NULL, delivery_status TEXT NOT NULL, created_at INTEGER NOT NULL,
  started_at INTEGER, ended_at INTEGER, last_event_at INTEGER, error TEXT, detail_json TEXT);
CREATE TABLE IF NOT EXISTS subagent_runs (
  run_id TEXT NOT NULL PRIMARY KEY, child_session_key TEXT NOT NULL, controller_session_key TEXT,
  requester_session_key TEXT NOT NULL, task TEXT NOT NULL, label TEXT, model TEXT, created_at INTEGER NOT NULL,
  started_at INTEGER, ended_at INTEGER, outcome_json TEXT);
"""


def text(value: object) -> str:
    """As a column of JSON has it."""
    return json.dumps(value, separators=(",", ":"))


def entries_as_rows(session: str, entries: Iterable[dict[str, Any]], first: int = 0) -> list[dict[str, Any]]:
    """Entries as rows of the agent's database."""
    return [
        {"session_id": session, "seq": seq, "event_json": text(entry), "created_at": START + seq}
        for seq, entry in enumerate(entries, first)
    ]


def compressed(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, as the autumn's releases keep what is long."""
    return [
        {**row, "event_json": None, "event_zstd": zstd(row["event_json"].encode())} if row["seq"] % 2 else row
        for row in rows
    ]


def zstd(content: bytes) -> bytes:
    """Compressed."""
    if sys.version_info >= (3, 14):
        from compression import zstd as codec
    else:
        from backports import zstd as codec
    packed: bytes = codec.compress(content)
    return packed


def windows(*of: tuple[str, str, int]) -> list[dict[str, Any]]:
    """Sessions, their keys, and when they were written to (ms), as rows."""
    return [
        {"session_id": session, "session_key": key, "created_at": at, "updated_at": at + 1, "channel": "telegram"}
        for session, key, at in of
    ]


def nodes() -> list[dict[str, Any]]:
    """The keys' entries as rows."""
    return [
        {
            "session_key": key,
            "current_session_id": entry["sessionId"],
            "entry_json": text(entry),
            "updated_at": entry["updatedAt"],
            "status": entry.get("status"),
            "spawned_by": entry.get("spawnedBy"),
        }
        for key, entry in SESSIONS.items()
    ]


def jobs() -> list[dict[str, Any]]:
    """The jobs as rows."""
    return [
        {
            "store_key": "cron",
            "job_id": job["id"],
            "name": job["name"],
            "enabled": 1,
            "schedule_kind": job["schedule"]["kind"],
            "job_json": text({name: value for name, value in job.items() if name != "state"}),
            "state_json": text(job["state"]),
            "updated_at": START,
        }
        for job in JOBS["jobs"]
    ]


def logs() -> list[dict[str, Any]]:
    """The history as rows."""
    return [
        {
            "store_key": "cron",
            "job_id": JOB,
            "seq": seq,
            "ts": entry["ts"],
            "status": entry["status"],
            "entry_json": text(entry),
            "created_at": entry["ts"],
        }
        for seq, entry in enumerate(RUNS)
    ]


def tasks() -> list[dict[str, Any]]:
    """The history as tasks, as the autumn's releases have it; and one that a subagent was given."""
    found = []
    for number, entry in enumerate(RUNS):
        detail = {name: value for name, value in entry.items() if name not in ("ts", "jobId", "action", "sessionKey")}
        found.append(
            {
                "task_id": f"task-{number}",
                "runtime": "cron",
                "source_id": JOB,
                "owner_key": "",
                "child_session_key": entry.get("sessionKey"),
                "run_id": f"cron:{JOB}:{entry['runAtMs']}",
                "task": "sum up the day",
                "status": "succeeded" if entry["status"] == "ok" else "failed",
                "delivery_status": "not_applicable",
                "created_at": entry["runAtMs"],
                "started_at": entry["runAtMs"],
                "ended_at": entry["ts"],
                "detail_json": text({"kind": "cron-run", "storeKey": "cron", **detail}),
            }
        )
    return [*found, subagents_task()]


def subagents_task() -> dict[str, Any]:
    """What the subagent was given, as a task."""
    return {
        "task_id": "task-child",
        "runtime": "subagent",
        "owner_key": "agent:main:main",
        "requester_session_key": "agent:main:main",
        "child_session_key": f"agent:main:subagent:{CHILD}",
        "agent_id": "main",
        "run_id": "run-child",
        "label": "look it up",
        "task": "look up the weather",
        "status": "succeeded",
        "delivery_status": "delivered",
        "created_at": START + 5_000,
        "started_at": START + 5_000,
        "ended_at": START + 8_000,
    }


#: Every session and the entries that it has in the end.
BY_SESSION: Final = {
    MAIN: [*MAIN_ENTRIES, *RETRIED],
    FORK: FORK_ENTRIES,
    CHILD: CHILD_ENTRIES,
    NIGHTLY: NIGHTLY_ENTRIES,
}
KEYS: Final = {
    MAIN: "agent:main:main",
    FORK: "agent:main:dashboard:fork",
    CHILD: f"agent:main:subagent:{CHILD}",
    NIGHTLY: key_of_run(NIGHTLY),
}
WINDOWS: Final = windows(*((session, KEYS[session], START + at) for at, session in enumerate(KEYS)))


def cold(session: str, entries: Iterable[dict[str, Any]]) -> bytes:
    """A session in cold storage."""
    first = {"kind": "header", "version": 1, "sessionId": session, "generation": "1"}
    rows = [
        {"kind": "event", "row": {"seq": seq, "event_json": text(entry), "created_at": START}}
        for seq, entry in enumerate(entries)
    ]
    return zstd(
        lines([first, *rows, {"kind": "identity", "row": {"event_id": "1", "seq": 0, "created_at": START}}]).encode()
    )


SQLITE: Final[tuple[Step, ...]] = (
    database(
        AGENT_DATABASE,
        AGENT_SCHEMA,
        {
            "session_nodes": nodes(),
            "session_windows": WINDOWS,
            "transcript_events": [
                row for session in (MAIN, CHILD) for row in entries_as_rows(session, BY_SESSION[session][:5])
            ],
        },
    ),
    database(STATE_DATABASE, STATE_SCHEMA, {"cron_jobs": jobs(), "cron_run_logs": logs()[:2]}),
    database(
        AGENT_DATABASE,
        AGENT_SCHEMA,
        {
            "transcript_events": [
                *entries_as_rows(MAIN, BY_SESSION[MAIN][5:], 5),
                *entries_as_rows(NIGHTLY, NIGHTLY_ENTRIES),
                *entries_as_rows(FORK, FORK_ENTRIES),
            ]
        },
    ),
    database(STATE_DATABASE, STATE_SCHEMA, {"cron_run_logs": logs()[2:]}),
)
#: The autumn's: what is long is compressed, a deleted session is packed, an old one lies in cold storage.
LATER: Final[tuple[Step, ...]] = (
    database(
        AGENT_DATABASE,
        LATER_AGENT_SCHEMA,
        {
            "session_nodes": nodes(),
            "session_windows": WINDOWS,
            "transcript_events": compressed(entries_as_rows(MAIN, BY_SESSION[MAIN])),
            "session_transcript_archives": [
                {
                    "session_id": NIGHTLY,
                    "generation": "1",
                    "reason": "deleted",
                    "encoding": "zstd",
                    "archive_blob": zstd(lines(NIGHTLY_ENTRIES).encode()),
                    "created_at": START,
                },
                {
                    "session_id": CHILD,
                    "generation": "1",
                    "reason": "deleted",
                    "encoding": "identity",
                    "archive_blob": lines(CHILD_ENTRIES).encode(),
                    "created_at": START + 1,
                },
            ],
            "session_transcript_cold_archives": [
                {
                    "session_id": FORK,
                    "generation": "1",
                    "archive_name": f"{'a1' * 32}.jsonl.zst",
                    "archived_at": START,
                    "storage": "sqlite",
                    "archive_blob": cold(FORK, FORK_ENTRIES),
                }
            ],
        },
    ),
    database(
        STATE_DATABASE,
        STATE_SCHEMA.partition("CREATE TABLE IF NOT EXISTS cron_run_logs")[0] + TASK_SCHEMA,
        {
            "cron_jobs": jobs(),
            "task_runs": tasks(),
            "subagent_runs": [
                {
                    "run_id": "run-child",
                    "child_session_key": f"agent:main:subagent:{CHILD}",
                    "requester_session_key": "agent:main:main",
                    "task": "look up the weather",
                    "label": "look it up",
                    "created_at": START + 5_000,
                    "ended_at": START + 8_000,
                    "outcome_json": text({"status": "ok"}),
                }
            ],
        },
    ),
)
#: A migration leaves the files under other names, and everything in the database once more.
MIGRATED: Final[tuple[Step, ...]] = (
    together(
        append(in_sessions(f"{MAIN}.jsonl.migrated"), BY_SESSION[MAIN]),
        append(in_sessions(f"{FORK}.jsonl.migrated"), FORK_ENTRIES),
        write(in_sessions("sessions.json.migrated"), SESSIONS),
        write(".openclaw/cron/jobs.json.migrated", JOBS),
        append(f".openclaw/cron/runs/{JOB}.jsonl.migrated", RUNS),
    ),
    *SQLITE,
)


def spoil(home: Path) -> None:
    """Break one entry of one session."""
    with closing(sqlite3.connect(home / AGENT_DATABASE)) as connection, connection:
        broken = {"session_id": MAIN, "seq": 999, "event_json": "{no", "created_at": START}
        places = ", ".join("?" * len(broken))
        query = f"INSERT INTO transcript_events ({', '.join(broken)}) VALUES ({places})"
        connection.execute(query, tuple(broken.values()))


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
    Files("sqlite", "database", SQLITE, TOTALS, spoil=spoil),
    Files("sqlite-autumn", "database", LATER, TOTALS, spoil=spoil),
    Files("both", "database", MIGRATED, TOTALS),
    Requests(
        "webhook",
        "/api/webhooks/openclaw",
        [(text({k: v for k, v in entry.items() if k != "ts"}).encode(), "application/json") for entry in RUNS],
        # Nobody knows the transcripts of these runs, so what they state counts.
        {
            "jobs": 4,
            "calls": 2,
            "input_tokens": AT_NIGHT.input + LOST.input,
            "output_tokens": AT_NIGHT.output + LOST.output,
            "cache_read_tokens": AT_NIGHT.read + LOST.read,
            "cache_write_tokens": AT_NIGHT.write + LOST.write,
        },
    ),
]
