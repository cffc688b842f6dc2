"""Sessions as Mistral Vibe writes them down: a folder each today, a file each before."""

from __future__ import annotations

from typing import Any

from generators.left import document
from tokometer.conformance import Files

NOW = ".vibe/logs/session/session_20260302_090000_1a2b3c4d/meta.json"
BEFORE = ".vibe/logs/session/session_20251210_090000_5e6f7a8b.json"


def stats(prompt: int, output: int, steps: int, cached: int | None = None) -> dict[str, Any]:
    """What a session used until now."""
    counts: dict[str, Any] = {"steps": steps, "session_prompt_tokens": prompt, "session_completion_tokens": output}
    counts |= {"tool_calls_succeeded": 1, "context_tokens": 900, "session_cost": 0.0125}
    return counts if cached is None else counts | {"session_cached_tokens": cached}


def session(name: str, used: dict[str, Any], start: str, end: str | None, **more: Any) -> dict[str, Any]:
    """What is written down of a session."""
    told = {"session_id": name, "start_time": start, "end_time": end, "git_branch": "main", "git_commit": "abc"}
    told |= {"environment": {"working_directory": "/home/ada/code/engine"}, "username": "ada", "stats": used}
    return told | more


YOUNG = session(
    "s-now", stats(1_000, 50, 1, 200), "2026-03-02T09:00:00+00:00", None, config={"active_model": "devstral-2"}
)
GROWN = session(
    "s-now",
    stats(5_000, 250, 4, 3_000),
    "2026-03-02T09:00:00+00:00",
    "2026-03-02T09:10:00+00:00",
    config={"active_model": "devstral-2"},
    parent_session_id="s-parent",
)
OLD = session(
    "s-old", stats(700, 30, 2), "2025-12-10T09:00:00.123456", "2025-12-10T09:01:00", active_model="devstral-small"
)


FOLDERS = Files(
    "folders",
    "document",
    [document(NOW, YOUNG), document(NOW, GROWN)],
    {"calls": 1, "runs": 1, "input_tokens": 2_000, "cache_read_tokens": 3_000, "output_tokens": 250},
)
FILES = Files(
    "files",
    "document",
    [document(BEFORE, {"metadata": OLD, "messages": [{"role": "user", "content": "…"}]})],
    {"calls": 1, "runs": 1, "input_tokens": 700, "output_tokens": 30},
)

EXAMPLES = [FOLDERS, FILES]
