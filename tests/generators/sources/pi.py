"""Sessions as pi writes them, and as a descendant does with a subagent."""

from __future__ import annotations

from typing import Any

from generators.left import lines, together
from tokometer.conformance import Files

SESSION = "0b8f1c52-0a3d-4a57-9f2e-5c1d7e6f8a22"
FORK = "1c9f2d63-1b4e-4b68-8a3f-6d2e8f7a9b33"
FOLDER = ".pi/agent/sessions/--home-ada-code-engine--"
FILE = f"{FOLDER}/2026-03-02T09-00-00-000Z_{SESSION}.jsonl"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000


def at(minute: int) -> str:
    """A time of the morning on which all this happens."""
    return f"2026-03-02T09:{minute:02}:05.000Z"


def header(session: str = SESSION, **more: Any) -> dict[str, Any]:
    """The first line of a session."""
    return {"type": "session", "version": 3, "id": session, "timestamp": at(0), "cwd": "/home/ada/code/engine", **more}


def entry(name: str, minute: int, **message: Any) -> dict[str, Any]:
    """A message of a session."""
    return {"type": "message", "id": name, "parentId": None, "timestamp": at(minute), "message": message}


def question(name: str, minute: int) -> dict[str, Any]:
    """What a person wrote."""
    return entry(name, minute, role="user", content=[{"type": "text", "text": "And then?"}], timestamp=_ms(minute))


def answer(name: str, minute: int, fresh: int, read: int, output: int, *uses: str, **more: Any) -> dict[str, Any]:
    """What the model wrote, with uses of tools by their ids."""
    calls = [{"type": "toolCall", "id": use, "name": "bash", "arguments": {}} for use in uses]
    usage = {"input": fresh, "output": output, "cacheRead": read, "cacheWrite": 0, "totalTokens": fresh + read + output}
    said = {
        "role": "assistant",
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Then this."}, *calls],
        "usage": usage | {"cost": {"total": 0.01}},
        "stopReason": "toolUse" if uses else "stop",
        "timestamp": _ms(minute),
    }
    return entry(name, minute, **(said | more))


def result(name: str, minute: int, use: str, *, wrong: bool = False) -> dict[str, Any]:
    """What a tool did."""
    return entry(name, minute, role="toolResult", toolCallId=use, toolName="bash", isError=wrong, content=[])


def _ms(minute: int) -> int:
    return BEGAN + minute * 60_000


FIRST = answer("b2", 1, 100, 2_000, 30, "call_1")
LOCAL = answer("b5", 4, 10, 0, 3, provider="ollama", model="my-own-model")
FAILED = answer("b6", 5, 0, 0, 0, stopReason="error", errorMessage="429 Too many requests")

PI = Files(
    "pi",
    "lines",
    [
        lines(FILE, header(), question("b1", 1), FIRST),
        lines(FILE, result("b3", 2, "call_1"), question("b4", 4), LOCAL, FAILED),
        # A fork begins with copies of the entries that it comes from.
        lines(
            f"{FOLDER}/2026-03-02T10-00-00-000Z_{FORK}.jsonl",
            header(FORK, parentSession=FILE),
            question("b1", 1),
            FIRST,
            result("b3", 2, "call_1"),
            answer("c1", 9, 7, 0, 2),
        ),
    ],
    {
        "calls": 4,
        "errors": 1,
        "tools": 1,
        "runs": 2,
        "input_tokens": 117,
        "cache_read_tokens": 2_000,
        "output_tokens": 35,
        # Of a model that nobody has a price for.
        "cost_reported": 10_000_000,
    },
)
_OMP = f".omp/agent/sessions/-code-engine/2026-03-02T09-00-00-000Z_{SESSION}"
OMP = Files(
    "omp",
    "lines",
    [
        together(
            lines(f"{_OMP}.jsonl", {"type": "title", "title": "Engine"}, header(), question("b1", 1), FIRST),
            lines(f"{_OMP}/Explore.jsonl", header("child"), answer("d1", 2, 50, 0, 5)),
        )
    ],
    {"calls": 2, "tools": 1, "runs": 2, "input_tokens": 150, "cache_read_tokens": 2_000, "output_tokens": 35},
)

EXAMPLES = [PI, OMP]
