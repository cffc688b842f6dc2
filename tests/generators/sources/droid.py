"""Sessions as Droid keeps them: totals that grow, and a transcript."""

from __future__ import annotations

from typing import Any

from generators.left import document, lines, together
from tokometer.conformance import Files

SESSION = "11111111-2222-4333-8444-555555555555"
FOLDER = ".factory/sessions/-home-ada-code-engine"
FILE = f"{FOLDER}/{SESSION}.jsonl"
SETTINGS = f"{FOLDER}/{SESSION}.settings.json"

START = {"type": "session_start", "id": SESSION, "title": "Engine", "cwd": "/home/ada/code/engine", "version": 2}


def message(second: int, role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    """A message of the transcript."""
    at = f"2026-03-02T09:00:{second:02}.000Z"
    return {"type": "message", "id": f"m{second}", "timestamp": at, "message": {"role": role, "content": list(parts)}}


def use(name: str, number: int) -> dict[str, Any]:
    """A use of a tool."""
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}


def outcome(number: int, *, wrong: bool) -> dict[str, Any]:
    """What a tool did."""
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}", "is_error": wrong, "content": "…"}


def settings(fresh: int, read: int, output: int, thinking: int = 0, model: str = "claude-opus-4-5", **more: Any) -> Any:
    """The totals of a session."""
    usage = {"inputTokens": fresh, "outputTokens": output, "cacheReadTokens": read}
    usage |= {"cacheCreationTokens": 9, "thinkingTokens": thinking}
    return {"model": model, "assistantActiveTimeMs": 4_000, "tokenUsage": usage, **more}


TEXT = {"type": "text", "text": "…"}
TOTALS = Files(
    "totals",
    "document",
    [
        together(lines(FILE, START, message(1, "user", TEXT)), document(SETTINGS, settings(100, 2_000, 30))),
        document(SETTINGS, settings(150, 9_000, 70, 40)),
    ],
    {
        "calls": 1,
        "input_tokens": 150,
        "cache_read_tokens": 9_000,
        "cache_write_tokens": 9,
        "output_tokens": 70,
        "reasoning_tokens": 40,
    },
)
TRANSCRIPT = Files(
    "transcript",
    "lines",
    [
        lines(
            FILE,
            START,
            message(1, "user", TEXT),
            message(4, "assistant", TEXT, use("Edit", 1), use("github___search", 2)),
        ),
        lines(FILE, message(6, "user", outcome(1, wrong=False)), message(9, "user", outcome(2, wrong=True))),
    ],
    {"tools": 2},
)

EXAMPLES = [TOTALS, TRANSCRIPT]
