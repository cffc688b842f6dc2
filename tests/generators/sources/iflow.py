"""Sessions as iFlow CLI writes them down."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

SESSION = "session-041101e6-2a7f-4dfd-90b0-57888a353f6a"
FILE = f".iflow/projects/-home-ada-code-engine/{SESSION}.jsonl"


def line(second: int, kind: str, message: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One line."""
    told = {"uuid": f"{kind}-{second}", "parentUuid": None, "sessionId": SESSION, "type": kind}
    told |= {"timestamp": f"2026-03-02T09:00:{second:02}.000Z", "isSidechain": False, "userType": "external"}
    return told | {"message": message} | more


def heard(second: int, content: Any, **more: Any) -> dict[str, Any]:
    """What a person or a tool said."""
    place = {"cwd": "/home/ada/code/engine", "gitBranch": "main", "version": "1.0.0"}
    return line(second, "user", {"role": "user", "content": content}, **(place | more))


def answer(second: int, model: str, prompt: int, output: int, *uses: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer."""
    message = {"id": f"r{second}", "type": "message", "role": "assistant", "model": model, "stop_reason": None}
    message |= {"content": [{"type": "text", "text": "…"}, *uses]}
    message |= {"usage": {"input_tokens": prompt, "output_tokens": output}}
    return line(second, "assistant", message, **more)


QUESTION = heard(0, "…")
META = heard(1, "…", isMeta=True)
USE = {"type": "tool_use", "id": "call_-78", "name": "read_file", "input": {"path": "…"}}
FIRST = answer(5, "glm-5", 16_472, 224, USE)
RESULT = heard(
    9,
    [{"type": "tool_result", "tool_use_id": "call_-78", "content": {"callId": "call_-78"}}],
    toolUseResult={"status": "success", "timestamp": 1_772_442_008_500, "toolName": "read_file"},
)
#: Mostly it says nothing.
SILENT = answer(12, "glm-5", 0, 0)
SIDE = answer(15, "qwen3-coder-plus", 100, 10, isSidechain=True)

SESSIONS = Files(
    "sessions",
    "lines",
    [lines(FILE, QUESTION, META, FIRST), lines(FILE, RESULT, SILENT, SIDE)],
    {"calls": 3, "tools": 1, "input_tokens": 16_572, "output_tokens": 234},
)

EXAMPLES = [SESSIONS]
