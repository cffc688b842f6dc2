"""Sessions as Auggie keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generators.left import document
from tokometer.conformance import Files

SESSION = "9f3d6c1e-0b7a-4a55-8a53-6a1f0f2d7c11"
FILE = f".augment/sessions/{SESSION}.json"


def used(fresh: int, read: int, written: int, output: int) -> dict[str, Any]:
    """A node that says what was used."""
    counts = {"input_tokens": fresh, "output_tokens": output}
    return {
        "id": 1,
        "type": 8,
        "token_usage": counts | {"cache_read_input_tokens": read, "cache_creation_input_tokens": written},
    }


def use(name: str, tool: str) -> dict[str, Any]:
    """A node that uses a tool."""
    return {"id": 2, "type": 5, "tool_use": {"tool_use_id": name, "tool_name": tool, "input_json": "{}"}}


def result(name: str, failed: bool) -> dict[str, Any]:
    """A node that says what came of it."""
    return {"id": 3, "type": 1, "tool_result_node": {"tool_use_id": name, "content": "…", "is_error": failed}}


def turn(at: int, model: str, request: str, answer: list[Any], asked: list[Any] | None = None) -> dict[str, Any]:
    """An exchange."""
    exchange: dict[str, Any] = {"request_message": "…", "request_nodes": asked or [], "response_nodes": answer}
    if model:
        exchange["model_id"] = model
    if request:
        exchange["request_id"] = request
    return {"exchange": exchange, "completed": True, "sequenceId": at, "finishedAt": f"2026-03-02T09:0{at}:00.000Z"}


def session(*turns: dict[str, Any]) -> dict[str, Any]:
    """A session."""
    return {
        "sessionId": SESSION,
        "created": "2026-03-02T09:00:00.000Z",
        "agentState": {"modelId": "claude-sonnet-4-5"},
        "chatHistory": list(turns),
    }


#: What was used can be told twice in one turn.
FIRST = turn(1, "", "r-1", [used(1_000, 200, 50, 80), used(1_000, 200, 50, 80), use("t1", "view"), use("t2", "bash")])
SECOND = turn(2, "gpt-5", "", [used(300, 0, 0, 40)], [result("t1", failed=False), result("t2", failed=True)])
SILENT = turn(3, "gpt-5", "r-3", [{"id": 1, "type": 0, "content": "…"}])


def _spoil(home: Path) -> None:
    """Break one count."""
    path = home / FILE
    whole = json.loads(path.read_text())
    whole["chatHistory"][0]["exchange"]["response_nodes"][0]["token_usage"]["input_tokens"] = -5
    path.write_text(json.dumps(whole))


SESSIONS = Files(
    "sessions",
    "document",
    [document(FILE, session(FIRST)), document(FILE, session(FIRST, SECOND, SILENT))],
    {
        "calls": 2,
        "tools": 2,
        "input_tokens": 1_300,
        "cache_read_tokens": 200,
        "cache_write_tokens": 50,
        "output_tokens": 120,
    },
    spoil=_spoil,
)

EXAMPLES = [SESSIONS]
