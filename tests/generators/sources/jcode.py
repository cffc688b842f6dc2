"""Sessions as Jcode keeps them: snapshots, and the journals of what came since."""

from __future__ import annotations

from typing import Any

from generators.left import document, lines
from tokometer.conformance import Files

SESSION = "session_otter_1772442000000"
FILE = f".jcode/sessions/{SESSION}.json"
JOURNAL = f".jcode/sessions/{SESSION}.journal.jsonl"


def message(name: str, second: int, role: str = "assistant", **usage: int) -> dict[str, Any]:
    """A message."""
    said = {"id": name, "role": role, "timestamp": f"2026-03-02T09:00:{second:02d}Z", "content": []}
    return said | ({"token_usage": usage, "tool_duration_ms": 1_234} if usage else {})


def snapshot(*messages: dict[str, Any]) -> dict[str, Any]:
    """A session."""
    about = {"id": SESSION, "provider_key": "cliproxyapi", "model": "claude-sonnet-4-5", "title": "…"}
    return about | {"working_dir": "/home/ada/code/engine", "messages": list(messages)}


def added(*messages: dict[str, Any], **meta: str) -> dict[str, Any]:
    """A line of a journal."""
    return {"meta": meta, "append_messages": list(messages)}


ASKED = message("m1", 0, "user")
ONE = message(
    "m2",
    1,
    input_tokens=1_200,
    output_tokens=300,
    cache_read_input_tokens=800,
    cache_creation_input_tokens=50,
    reasoning_output_tokens=25,
)
TWO = message("m3", 9, input_tokens=200, output_tokens=20)
#: The newer word on the same message.
CORRECTED = message("m2", 1, input_tokens=1_200, output_tokens=310, cache_read_input_tokens=800)

SNAPSHOT = Files(
    "snapshot",
    "document",
    [document(FILE, snapshot(ASKED, ONE)), document(FILE, snapshot(ASKED, ONE, TWO))],
    {
        "calls": 2,
        "input_tokens": 1_400,
        "cache_read_tokens": 800,
        "cache_write_tokens": 50,
        "output_tokens": 320,
        "reasoning_tokens": 25,
    },
)
WITH_JOURNAL = Files(
    "journal",
    "lines",
    [lines(JOURNAL, added(message("m4", 20, "user")), added(TWO, model="gpt-5", provider_key="openai"))],
    {"calls": 1, "input_tokens": 200, "output_tokens": 20},
)

EXAMPLES = [SNAPSHOT, WITH_JOURNAL]
