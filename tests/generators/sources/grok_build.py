"""Sessions as Grok Build writes them down."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from generators.left import document, lines, together
from tokometer.conformance import Files

SESSION = "01a09207-8168-7802-b465-0bedbf66f83a"
CHILD = "01a09421-0000-7802-b465-000000000001"
FORK = "01a09555-0000-7802-b465-000000000002"
FOLDER = f".grok/sessions/{quote('/home/ada/code/engine', safe='')}"
FILE = f"{FOLDER}/{SESSION}/updates.jsonl"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000


def update(second: int, session_update: str, /, **more: Any) -> dict[str, Any]:
    """One update."""
    params = {"sessionId": SESSION, "update": {"sessionUpdate": session_update, **more}}
    return {"timestamp": BEGAN + second, "method": "_x.ai/session/update", "params": params}


def used(prompt: int, output: int, read: int = 0, requests: int = 1, ticks: int = 0, **more: Any) -> dict[str, Any]:
    """What one model used."""
    counts = {"inputTokens": prompt, "outputTokens": output, "totalTokens": prompt + output, "cachedReadTokens": read}
    counts |= {"cacheCreationTokens": 0, "reasoningTokens": 0, "modelCalls": requests, "apiDurationMs": 2_000}
    return counts | {"costUsdTicks": ticks} | more


def turn(second: int, name: str, models: dict[str, Any] | None, reason: str = "end_turn") -> dict[str, Any]:
    """The end of a turn."""
    usage = None
    if models is not None:
        parts = list(models.values())
        usage = used(sum(part["inputTokens"] for part in parts), sum(part["outputTokens"] for part in parts))
        usage |= {"modelUsage": models, "numTurns": 3}
    return update(second, "turn_completed", prompt_id=name, stop_reason=reason, usage=usage)


ASKED = update(0, "user_message_chunk", content={"type": "text", "text": "…"})
TOOL = update(2, "tool_call", toolCallId="call-1", title="cat secret", kind="execute", rawInput={"variant": "Bash"})
DONE = update(5, "tool_call_update", toolCallId="call-1", status="completed")
FIRST = turn(9, "p-1", {"grok-4.5-build": used(1_000, 80, 700, 3, 2_842_748_000, reasoningTokens=20)})
#: Smaller than the one before: a turn's own sum.
SECOND = turn(20, "p-2", {"grok-4.5-build": used(500, 40), "grok-code-fast-1": used(100, 5)})
PARTIAL = turn(30, "p-3", {"grok-4.5-build": used(10, 1, 0, 1, 99, costIsPartial=True)})
GIVEN_UP = turn(40, "p-4", None, "cancelled")
HELPER = turn(7, "p-c", {"grok-code-fast-1": used(50, 5, 20)})

SESSIONS = Files(
    "turns",
    "lines",
    [
        together(
            document(f"{FOLDER}/{SESSION}/summary.json", {"info": {"id": SESSION, "cwd": "/home/ada/code/engine"}}),
            lines(FILE, ASKED, TOOL, DONE, FIRST),
        ),
        together(
            lines(FILE, SECOND, PARTIAL, GIVEN_UP),
            document(f"{FOLDER}/{CHILD}/summary.json", {"info": {"id": CHILD}, "parent_session_id": SESSION}),
            lines(f"{FOLDER}/{CHILD}/updates.jsonl", HELPER),
            # A session that goes on from another one has what that had.
            lines(f"{FOLDER}/{FORK}/updates.jsonl", FIRST),
        ),
    ],
    {
        "calls": 6,
        "tools": 1,
        "input_tokens": 300 + 500 + 100 + 10 + 30,
        "cache_read_tokens": 720,
        "output_tokens": 80 + 40 + 5 + 1 + 5,
        "reasoning_tokens": 20,
        "cost_reported": 284_274_800,
    },
    open_keys=frozenset({"modelUsage"}),
)

EXAMPLES = [SESSIONS]
