"""Sessions as Kimi CLI and Kimi Code write them down."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from generators.left import document, lines, text, together
from tokometer.conformance import Files

SESSION = "d1b3a1f0-3d1e-4a6e-9c4e-0f0c5f7f8a01"
PROJECT = "/home/ada/code/engine"
DIGEST = md5(PROJECT.encode(), usedforsecurity=False).hexdigest()
FILE = f".kimi/sessions/{DIGEST}/{SESSION}/wire.jsonl"
CODE = f".kimi-code/sessions/engine-1a2b/{SESSION}/agents"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000.5

HEADER = {"type": "metadata", "protocol_version": "1.3"}


def event(kind: str, second: float, **payload: Any) -> dict[str, Any]:
    """One line of Kimi CLI."""
    return {"timestamp": BEGAN + second, "message": {"type": kind, "payload": payload}}


def status(second: float, name: str, fresh: int, output: int, read: int = 0, written: int = 0) -> dict[str, Any]:
    """What a step used."""
    usage = {"input_other": fresh, "output": output, "input_cache_read": read, "input_cache_creation": written}
    return event("StatusUpdate", second, context_usage=0.02, token_usage=usage, message_id=name)


def subagent(second: float, line: dict[str, Any]) -> dict[str, Any]:
    """An event of a subagent."""
    told = {"parent_tool_call_id": "tool_1", "subagent_type": "coder", "event": line["message"]}
    return event("SubagentEvent", second, **told)


def record(second: int, model: str, fresh: int, output: int, read: int = 0, scope: str = "turn") -> dict[str, Any]:
    """What a request of Kimi Code used."""
    usage = {"inputOther": fresh, "output": output, "inputCacheRead": read, "inputCacheCreation": 0}
    return {"type": "usage.record", "model": model, "usage": usage, "usageScope": scope, "time": _ms(second)}


def _ms(second: int) -> int:
    return int(BEGAN * 1000) + second * 1000


CONFIG = 'default_model = "kimi"\n[models.kimi]\nmodel = "kimi-k2-thinking"\n'
STEPS = [
    event("TurnBegin", 0, user_input="hello"),
    event("StepBegin", 1, n=1),
    status(4, "chatcmpl-1", 1_000, 10),
    status(5, "chatcmpl-1", 1_562, 2_463),
    event("ToolCall", 6, type="function", id="tool_1", function={"name": "Task", "arguments": "{}"}),
]
REST = [
    subagent(7, status(7, "chatcmpl-2", 100, 5, 50, 20)),
    event("ToolResult", 9, tool_call_id="tool_1", return_value={"is_error": False, "output": "…"}),
    event("StepBegin", 10, n=2),
    event("StepInterrupted", 12),
]
CLI = Files(
    "cli",
    "lines",
    [
        together(
            text(".kimi/config.toml", CONFIG),
            document(".kimi/kimi.json", {"work_dirs": [{"path": PROJECT, "last_session_id": SESSION}]}),
            lines(FILE, HEADER, *STEPS),
        ),
        lines(FILE, *REST),
    ],
    {
        "calls": 3,
        "tools": 1,
        "input_tokens": 1_662,
        "cache_read_tokens": 50,
        "cache_write_tokens": 20,
        "output_tokens": 2_468,
    },
)
KIMI_CODE = Files(
    "code",
    "lines",
    [
        together(
            document(".kimi-code/workspaces.json", {"version": 1, "workspaces": {"engine-1a2b": {"root": PROJECT}}}),
            lines(
                f"{CODE}/main/wire.jsonl",
                {"type": "llm.request", "model": "kimi-k2.5", "time": _ms(0)},
                record(1, "kimi-code/__kimi_env_model__", 700, 30, 9_000),
            ),
        ),
        lines(
            f"{CODE}/main/wire.jsonl",
            record(3, "kimi-code/kimi-for-coding", 20, 3),
            record(4, "x", 720, 33, scope="session"),
        ),
        lines(f"{CODE}/explore/wire.jsonl", record(2, "kimi-k2.5", 5, 1)),
    ],
    {"calls": 3, "input_tokens": 725, "cache_read_tokens": 9_000, "output_tokens": 34},
)

EXAMPLES = [CLI, KIMI_CODE]
