"""Transcripts of CodeBuddy and WorkBuddy."""

from __future__ import annotations

from typing import Any

from generators.left import lines, together
from tokometer.conformance import Files

SESSION = "4c1f0b7e-3f8e-4c61-9a53-1f0a2b3c4d5e"
FILE = f".codebuddy/projects/home-ada-code-engine/{SESSION}.jsonl"
CHILD = f".codebuddy/projects/home-ada-code-engine/{SESSION}/subagents/agent-7.jsonl"
WORK = ".workbuddy/projects/home-ada/w-1.jsonl"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000


def line(second: int, kind: str, session: str = SESSION, **more: Any) -> dict[str, Any]:
    """One line."""
    told = {"id": f"{kind}-{second}", "timestamp": BEGAN + second * 1000, "type": kind}
    return told | {"sessionId": session, "cwd": "/home/ada/code/engine"} | more


def answer(second: int, name: str, usage: dict[str, int], session: str = SESSION, **more: Any) -> dict[str, Any]:
    """An answer."""
    provider = {"model": "glm-5.2", "messageId": name} if name else {"requestModelId": "glm-5.2"}
    told = {"role": "assistant", "status": "completed", "providerData": provider, "message": {"usage": usage}}
    return line(second, "message", session, **(told | more))


QUESTION = line(0, "message", role="user", content=[{"type": "input_text", "text": "…"}])
#: The total proves that the cache is inside.
INSIDE = {"input_tokens": 24_486, "output_tokens": 30, "total_tokens": 24_516, "cache_read_input_tokens": 14_720}
BESIDE = {"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 50}
FIRST = answer(3, "msg-1", INSIDE)
#: The same answer again: the use of a tool in it.
USE = line(
    4,
    "function_call",
    callId="call-1",
    name="Bash",
    arguments="{}",
    providerData={"model": "glm-5.2", "messageId": "msg-1", "usage": INSIDE},
)
RESULT = line(9, "function_call_result", callId="call-1", name="Bash", status="completed", output={"text": "…"})
SECOND = answer(12, "", BESIDE)
RUNNING = answer(13, "msg-2", BESIDE, status="in_progress")
HELPER = answer(6, "msg-c", {"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 3}, "child-1")

CLI = Files(
    "cli",
    "lines",
    [
        lines(FILE, QUESTION, line(1, "topic", topic="…"), FIRST, USE),
        together(lines(FILE, RESULT, SECOND, RUNNING), lines(CHILD, HELPER)),
    ],
    {
        "calls": 3,
        "tools": 1,
        "input_tokens": 9_766 + 100 + 7,
        "cache_read_tokens": 14_720 + 900 + 3,
        "cache_write_tokens": 50,
        "output_tokens": 30 + 20 + 2,
    },
)
WORKBUDDY = Files(
    "workbuddy",
    "lines",
    [
        lines(
            WORK, answer(5, "msg-w", {"cachedMissTokens": 40, "inputTokens": 100, "cacheTokens": 60, "outputTokens": 5})
        )
    ],
    {"calls": 1, "input_tokens": 40, "cache_read_tokens": 60, "output_tokens": 5},
)

EXAMPLES = [CLI, WORKBUDDY]
