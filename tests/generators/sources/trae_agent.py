"""Trajectories as Trae Agent records them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generators.left import document
from tokometer.conformance import Files

FILE = "work/trajectories/trajectory_20260302_090000.json"


def interaction(second: int, provider: str, model: str, **usage: Any) -> dict[str, Any]:
    """A request that was answered."""
    response = {"content": "…", "model": model, "finish_reason": "stop", "usage": usage, "tool_calls": None}
    told = {"timestamp": f"2026-03-02T09:00:{second:02}.500000", "provider": provider, "model": model}
    return told | {"input_messages": [], "response": response, "tools_available": ["bash"]}


def step(second: int, *tools: tuple[str, bool | None]) -> dict[str, Any]:
    """A step of the agent: uses of tools, and whether they worked."""
    uses = [{"call_id": name, "name": "bash", "arguments": {}, "id": None} for name, _ in tools]
    results = [
        {"call_id": name, "success": worked, "result": "…", "error": None, "id": None}
        for name, worked in tools
        if worked is not None
    ]
    told = {"step_number": second, "timestamp": f"2026-03-02T09:00:{second:02}.700000", "state": "calling_tool"}
    return told | {"tool_calls": uses, "tool_results": results}


def trajectory(interactions: list[Any], steps: list[Any], end: str = "", success: bool = False) -> dict[str, Any]:
    """A trajectory."""
    told = {"task": "…", "start_time": "2026-03-02T09:00:00.123456", "end_time": end, "provider": "anthropic"}
    told |= {"model": "claude-sonnet-4-20250514", "max_steps": 200, "llm_interactions": interactions}
    return told | {"agent_steps": steps, "success": success, "final_result": None, "execution_time": 9.0}


CLAUDE = interaction(
    2,
    "anthropic",
    "claude-sonnet-4-20250514",
    input_tokens=100,
    output_tokens=20,
    cache_creation_input_tokens=30,
    cache_read_input_tokens=900,
    reasoning_tokens=None,
)
OPENAI = interaction(
    5, "openai", "gpt-4o", input_tokens=500, output_tokens=40, cache_read_input_tokens=200, reasoning_tokens=10
)
SILENT = interaction(7, "ollama", "qwen3", input_tokens=0, output_tokens=0)
BEGUN = step(3, ("call-1", None))
DONE = step(3, ("call-1", True), ("call-2", False))


def _spoil(home: Path) -> None:
    """Break one count."""
    path = home / FILE
    whole = json.loads(path.read_text())
    whole["llm_interactions"][1]["response"]["usage"]["input_tokens"] = "many"
    path.write_text(json.dumps(whole))


TRAJECTORY = Files(
    "trajectory",
    "document",
    [
        document(FILE, trajectory([CLAUDE], [BEGUN])),
        document(FILE, trajectory([CLAUDE, OPENAI, SILENT], [DONE], "2026-03-02T09:00:09.000000", success=True)),
    ],
    {
        "calls": 3,
        "tools": 2,
        "runs": 1,
        "input_tokens": 100 + 300,
        "cache_read_tokens": 1_100,
        "cache_write_tokens": 30,
        "output_tokens": 60,
        "reasoning_tokens": 10,
    },
    spoil=_spoil,
    named=(FILE,),
)

EXAMPLES = [TRAJECTORY]
