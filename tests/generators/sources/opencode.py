"""What OpenCode leaves behind, in both of its generations, with the totals that are right.

Shapes as in its releases of 2025 (JSON files) and 2026 (SQLite). The traps: a message has several calls, and its own
tokens are those of the last; a fork copies messages under new ids; reasoning stands beside the output; what is in both
generations is one; sessions state sums.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from generators.left import Step, database, document, together
from tokometer.conformance import Example, Files

#: 1 September 2026, 08:00 UTC, in milliseconds.
START: Final = 1_788_249_600_000
ROOT: Final = ".local/share/opencode"
DATABASE: Final = f"{ROOT}/opencode.db"
PROJECT: Final = "4b0ea68d7af9a6031a7ffda7ad66e0cb83315750"
MAIN, CHILD, FORK = "ses_01main", "ses_02child", "ses_03fork"
MODEL: Final = "claude-sonnet-4-5"


class Used(NamedTuple):
    """Tokens of a step, in OpenCode's buckets, and its cost in US dollars."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    read: int = 0
    write: int = 0
    cost: float = 0

    @property
    def tokens(self) -> dict[str, Any]:
        """As a part has them."""
        return {
            "input": self.input,
            "output": self.output,
            "reasoning": self.reasoning,
            "cache": {"read": self.read, "write": self.write},
        }


def asked(at: int) -> dict[str, Any]:
    """A person's message."""
    model = {"providerID": "anthropic", "modelID": MODEL}
    return {"role": "user", "time": {"created": at}, "agent": "build", "model": model}


def answered(parent: str, at: int, used: Used, *, took: int = 9_000, **more: Any) -> dict[str, Any]:
    """A message of the model."""
    message = {
        "role": "assistant",
        "parentID": parent,
        "providerID": "anthropic",
        "modelID": MODEL,
        "agent": "build",
        "mode": "build",
        "path": {"cwd": "/home/ada/code/app", "root": "/home/ada/code/app"},
        "time": {"created": at, "completed": at + took},
        "cost": used.cost,
        "tokens": used.tokens,
        "finish": "stop",
    }
    return message | more


def finish(used: Used, reason: str = "stop", total: int | None = None) -> dict[str, Any]:
    """The end of a step."""
    tokens = used.tokens | ({"total": total} if total is not None else {})
    return {"type": "step-finish", "reason": reason, "cost": used.cost, "tokens": tokens}


def tool(call: str, name: str, start: int, end: int, **state: Any) -> dict[str, Any]:
    """A use of a tool."""
    done = {"status": "completed", "input": {}, "output": "ok", "title": "x", "metadata": {}}
    return {
        "type": "tool",
        "callID": call,
        "tool": name,
        "state": done | {"time": {"start": start, "end": end}} | state,
    }


def wrote(start: int, end: int) -> dict[str, Any]:
    """Something that the model wrote."""
    return {"type": "text", "text": "…", "time": {"start": start, "end": end}}


FIRST, SECOND = Used(1_000, 80, 0, 0, 4_000, 0.0182), Used(20, 200, 50, 5_000, 300, 0.0061)
BY_CHILD, AFTER_RETRY, IN_FORK = Used(700, 60), Used(30, 40, 10, 5_100), Used(5, 9, 0, 5_200)
CALLS: Final = (FIRST, SECOND, BY_CHILD, AFTER_RETRY, IN_FORK)

#: Message → what it says, and its parts.
Messages = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]
OVERLOADED: Final = {"name": "APIError", "data": {"message": "Overloaded", "statusCode": 529, "isRetryable": True}}
EARLY: Final[Messages] = {
    "msg_01": (asked(START), [{"type": "text", "text": "please"}]),
    "msg_02": (
        answered("msg_01", START + 100, SECOND),
        [
            {"type": "step-start"},
            wrote(START + 900, START + 1_500),
            tool("toolu_1", "read", START + 1_600, START + 1_650),
            tool("toolu_2", "bash", START + 1_600, START + 3_000, status="error", error="exit 1"),
            finish(FIRST, "tool-calls"),
            {"type": "step-start"},
            wrote(START + 4_000, START + 9_000),
            finish(SECOND),
        ],
    ),
}
LATE: Final[Messages] = {
    "msg_05": (asked(START + 60_000), []),
    "msg_06": (
        answered("msg_05", START + 60_100, AFTER_RETRY),
        [
            {"type": "retry", "attempt": 1, "error": OVERLOADED, "time": {"created": START + 61_000}},
            {"type": "step-start"},
            finish(AFTER_RETRY, total=5_180),
        ],
    ),
    "msg_07": (asked(START + 80_000), []),
    # Stopped before it was done.
    "msg_08": (
        answered("msg_07", START + 80_100, Used(), error={"name": "MessageAbortedError", "data": {"message": "stop"}}),
        [{"type": "step-start"}],
    ),
}
CHILDS: Final[Messages] = {
    "msg_03": (asked(START + 2_000), []),
    # An older release: no steps, the tokens of the message are those of its call.
    "msg_04": (answered("msg_03", START + 2_100, BY_CHILD, agent="general", mode="general"), []),
}
FORKS: Final[Messages] = {
    "msg_11": EARLY["msg_01"],
    "msg_12": (EARLY["msg_02"][0] | {"parentID": "msg_11"}, EARLY["msg_02"][1]),
    "msg_13": (asked(START + 100_000), []),
    "msg_14": (answered("msg_13", START + 100_100, IN_FORK), [{"type": "step-start"}, finish(IN_FORK)]),
}
SESSIONS: Final[dict[str, dict[str, Any]]] = {
    MAIN: {"title": "Mend it", "time": {"created": START, "updated": START + 90_000}},
    CHILD: {"title": "Look", "parentID": MAIN, "time": {"created": START + 2_000, "updated": START + 3_000}},
    FORK: {"title": "Mend it (fork #1)", "time": {"created": START + 99_000, "updated": START + 110_000}},
}
TOTALS: Final = {
    # A failed attempt, and one that was stopped.
    "calls": len(CALLS) + 2,
    "errors": 1,
    "input_tokens": sum(used.input for used in CALLS),
    "output_tokens": sum(used.output + used.reasoning for used in CALLS),
    "reasoning_tokens": sum(used.reasoning for used in CALLS),
    "cache_read_tokens": sum(used.read for used in CALLS),
    "cache_write_tokens": sum(used.write for used in CALLS),
    "cost_reported": 18_200_000 + 6_100_000,
    "tools": 2,
    "runs": 3,
}


def as_files(session: str, messages: Messages) -> Step:
    """A session as files."""
    steps: list[Callable[[Path], None]] = []
    for id_, (message, parts) in messages.items():
        for number, part in enumerate(parts):
            name = f"prt_{id_}_{number:02}"
            content = {"id": name, "messageID": id_, "sessionID": session, **part}
            steps.append(document(f"{ROOT}/storage/part/{id_}/{name}.json", content))
        content = {"id": id_, "sessionID": session, **message}
        steps.append(document(f"{ROOT}/storage/message/{session}/{id_}.json", content))
    info = {"id": session, "projectID": PROJECT, "directory": "/home/ada/code/app", "version": "1.0.1"}
    own = document(f"{ROOT}/storage/session/{PROJECT}/{session}.json", info | SESSIONS[session])
    return together(own, *steps)


SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session (
  id text PRIMARY KEY, project_id text NOT NULL, workspace_id text, parent_id text, slug text NOT NULL,
  directory text NOT NULL, path text, title text NOT NULL, version text NOT NULL, cost real NOT NULL DEFAULT 0,
  tokens_input integer NOT NULL DEFAULT 0, tokens_output integer NOT NULL DEFAULT 0,
  tokens_reasoning integer NOT NULL DEFAULT 0, tokens_cache_read integer NOT NULL DEFAULT 0,
  tokens_cache_write integer NOT NULL DEFAULT 0, agent text, model text, time_created integer NOT NULL,
  time_updated integer NOT NULL, time_compacting integer, time_archived integer);
CREATE TABLE IF NOT EXISTS message (
  id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
  data text NOT NULL);
CREATE TABLE IF NOT EXISTS part (
  id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL, data text NOT NULL);
"""


def text(value: object) -> str:
    """As a column of JSON has it."""
    return json.dumps(value, separators=(",", ":"))


def as_rows(session: str, messages: Messages, schema: str = SCHEMA) -> Step:
    """A session as rows."""
    info = SESSIONS[session]
    times = {"time_created": info["time"]["created"], "time_updated": info["time"]["updated"]}
    rows: dict[str, list[dict[str, Any]]] = {
        "session": [
            {
                "id": session,
                "project_id": PROJECT,
                "parent_id": info.get("parentID"),
                "slug": "brave-otter",
                "directory": "/home/ada/code/app",
                "title": info["title"],
                "version": "1.2.0",
                **times,
            }
        ],
        "message": [],
        "part": [],
    }
    if "tokens_input" in schema:
        rows["session"][0] |= {"cost": 9.5, "tokens_input": 99_999}
    for id_, (message, parts) in messages.items():
        at = message["time"]["created"]
        own = {"session_id": session, "time_created": at, "time_updated": at + 5}
        rows["message"].append({"id": id_, **own, "data": text(message)})
        for number, part in enumerate(parts):
            # Those of a fork are as old as the fork.
            rows["part"].append({"id": f"prt_{id_}_{number:02}", "message_id": id_, **own, "data": text(part)})
    return database(DATABASE, schema, rows)


def spoil(home: Path) -> None:
    """Break one message."""
    with closing(sqlite3.connect(home / DATABASE)) as connection, connection:
        row = ("msg_99", MAIN, START + 900_000, START + 900_000, "{no")
        connection.execute(
            "INSERT INTO message (id, session_id, time_created, time_updated, data) VALUES (?,?,?,?,?)", row
        )


FILES: Final[tuple[Step, ...]] = (
    as_files(MAIN, EARLY),
    as_files(CHILD, CHILDS),
    as_files(MAIN, LATE),
    as_files(FORK, FORKS),
)
ROWS: Final[tuple[Step, ...]] = (
    as_rows(MAIN, EARLY),
    as_rows(CHILD, CHILDS),
    as_rows(MAIN, LATE),
    as_rows(FORK, FORKS),
)
#: Before sessions stated sums.
FIRST_SCHEMA: Final = re.sub(r"(cost|tokens_\w+) \w+ NOT NULL DEFAULT 0,\s*", "", SCHEMA)

ENGINE_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS session_v2 (
  id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL, agent text,
  time_created integer NOT NULL, time_updated integer NOT NULL);
CREATE TABLE IF NOT EXISTS session_message (
  id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL, seq integer NOT NULL,
  time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
"""


def stepped(at: int, used: Used, *content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A step of an answer, as the second session engine has it."""
    return {
        "agent": "build",
        "model": {"id": MODEL, "providerID": "anthropic", "variant": "high"},
        "time": {"created": at, "completed": at + 4_000},
        "content": list(content),
        "finish": "stop",
        "cost": used.cost,
        "tokens": used.tokens,
    } | more


def engine_tool(call: str, name: str, start: int, end: int, **state: Any) -> dict[str, Any]:
    """A use of a tool in it."""
    done = {"status": "completed", "input": {}, "structured": {}, "content": []}
    times = {"created": start - 10, "ran": start, "completed": end}
    return {"type": "tool", "id": call, "name": name, "time": times, "state": done | state}


def as_steps(session: str, rows: dict[str, tuple[str, dict[str, Any]]], schema: str = ENGINE_SCHEMA) -> Step:
    """A session of the second engine: message → its type, and what it says."""
    info = SESSIONS[session]
    times = {"time_created": info["time"]["created"], "time_updated": info["time"]["updated"]}
    own = {"id": session, "parent_id": info.get("parentID"), "directory": "/home/ada/code/app", "title": info["title"]}
    messages = [
        {
            "id": id_,
            "session_id": session,
            "type": kind,
            "seq": number,
            "time_created": data["time"]["created"],
            "time_updated": data["time"]["created"] + 5,
            "data": text(data),
        }
        for number, (id_, (kind, data)) in enumerate(rows.items())
    ]
    return database(DATABASE, schema, {"session_v2": [own | times], "session_message": messages})


ABORTED: Final = Used(40, 12, 0, 5_300)
STEPS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "msg_e1": ("user", {"text": "please", "time": {"created": START}}),
    "msg_e2": (
        "assistant",
        stepped(
            START + 100,
            FIRST,
            {"type": "text", "text": "…"},
            engine_tool("toolu_1", "read", START + 1_600, START + 1_650),
            engine_tool("toolu_2", "bash", START + 1_600, START + 3_000, status="error", error={"message": "exit 1"}),
        ),
    ),
    "msg_e3": ("assistant", stepped(START + 4_000, SECOND, {"type": "reasoning", "text": "…"})),
    "msg_e4": (
        "model-switched",
        {"model": {"id": MODEL, "providerID": "anthropic"}, "time": {"created": START + 9_000}},
    ),
    # Stopped: what had been used by then is billed.
    "msg_e5": (
        "assistant",
        stepped(START + 9_100, ABORTED, error={"type": "aborted", "message": "stop"}, finish="error"),
    ),
}
#: A message of one step that was carried over to the second engine, under another id, as both have it.
CARRIED: Final[Messages] = {
    "msg_21": (answered("", START + 20_000, IN_FORK), [{"type": "step-start"}, finish(IN_FORK)])
}
CARRIED_STEP: Final = {"evt_21": ("assistant", stepped(START + 20_000, IN_FORK))}
BY_STEPS: Final = (FIRST, SECOND, ABORTED)
STEP_TOTALS: Final = {
    "calls": len(BY_STEPS),
    # Stopping is no error.
    "input_tokens": sum(used.input for used in BY_STEPS),
    "output_tokens": sum(used.output + used.reasoning for used in BY_STEPS),
    "reasoning_tokens": sum(used.reasoning for used in BY_STEPS),
    "cache_read_tokens": sum(used.read for used in BY_STEPS),
    "cache_write_tokens": sum(used.write for used in BY_STEPS),
    "cost_reported": 18_200_000 + 6_100_000,
    "tools": 2,
    "runs": 1,
}
ALL_TOTALS: Final = STEP_TOTALS | {
    "calls": 4,
    "input_tokens": STEP_TOTALS["input_tokens"] + IN_FORK.input,
    "output_tokens": STEP_TOTALS["output_tokens"] + IN_FORK.output,
    "cache_read_tokens": STEP_TOTALS["cache_read_tokens"] + IN_FORK.read,
}


def spoil_step(home: Path) -> None:
    """Break one step."""
    with closing(sqlite3.connect(home / DATABASE)) as connection, connection:
        row = ("msg_99", MAIN, "assistant", 99, START + 900_000, START + 900_000, "{no")
        connection.execute("INSERT INTO session_message VALUES (?,?,?,?,?,?,?)", row)


EXAMPLES: list[Example] = [
    Files("second-engine", "database", (as_steps(MAIN, STEPS),), STEP_TOTALS, spoil=spoil_step),
    Files(
        "carried-over",
        "database",
        (as_rows(MAIN, CARRIED), as_steps(MAIN, STEPS | CARRIED_STEP)),
        ALL_TOTALS,
        spoil=spoil_step,
    ),
    Files("json", "document", FILES, TOTALS),
    Files("sqlite", "database", ROWS, TOTALS, spoil=spoil),
    Files(
        "sqlite-first",
        "database",
        tuple(
            as_rows(session, messages, FIRST_SCHEMA)
            for session, messages in (
                (MAIN, EARLY | LATE),
                (CHILD, CHILDS),
                (FORK, FORKS),
            )
        ),
        TOTALS,
        spoil=spoil,
    ),
    Files("both", "database", (*FILES, *ROWS), TOTALS),
    Files(
        "elsewhere",
        "document",
        FILES,
        TOTALS,
        env={"OPENCODE_DATA_DIR": f"{{home}}/{ROOT}, {{home}}/nowhere"},
    ),
]
