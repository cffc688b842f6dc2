"""Sessions as Rovo Dev keeps them: today's, and those of version 0.6."""

from __future__ import annotations

from typing import Any

from generators.left import Step, document
from tokometer.conformance import Files

FOLDER = ".rovodev/sessions"
SESSION, FORK, OLD = "session-a", "session-b", "session-c"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000


def asked(*parts: dict[str, Any]) -> dict[str, Any]:
    """What was sent to the model."""
    return {"kind": "request", "parts": list(parts) or [{"part_kind": "user-prompt", "content": "…"}]}


def answered(
    answer: str | None, second: int, fresh: int, read: int, written: int, output: int, *parts: dict[str, Any]
) -> dict[str, Any]:
    """What it answered. The prompt has the cache inside; the details say what was new in it."""
    details = {"input_tokens": fresh, "cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    usage = {"input_tokens": fresh + read + written, "cache_write_tokens": written, "cache_read_tokens": read}
    return {
        "kind": "response",
        "model_name": "claude-sonnet-4-5-20250929",
        "provider_name": "anthropic",
        "provider_response_id": answer,
        "timestamp": f"2026-03-02T09:00:{second:02d}.664227Z",
        "usage": {**usage, "output_tokens": output, "details": {**details, "output_tokens": output}},
        "parts": list(parts),
    }


def session(name: str, *history: dict[str, Any], folder: str = FOLDER) -> Step:
    """A session's file."""
    about = {"id": SESSION, "timestamp": BEGAN, "workspace_path": "/home/ada/code/engine"}
    # The sum of all of it, which is nobody's.
    return document(f"{folder}/{name}/session_context.json", about | {"message_history": history, "usage": {"a": 1}})


USE = {"part_kind": "tool-call", "tool_name": "bash", "tool_call_id": "toolu_1", "args": "…"}
DONE = {"part_kind": "tool-return", "tool_name": "bash", "tool_call_id": "toolu_1", "content": "…"}
ONE = answered("msg_vrtx_014rqTwZTSMNrU4g6HcjDpQp", 5, 3, 6_395, 1_535, 249, USE)
TWO = answered("msg_bdrk_01AbCdEfGhIjKlMnOpQrStUv", 9, 12, 0, 0, 34)
BRANCH = answered("msg_bdrk_01ZzCdEfGhIjKlMnOpQrStUv", 20, 7, 0, 0, 1)
#: Names of before, without an id, a model or a time.
FORMER = {
    "kind": "response",
    "model_name": None,
    "vendor_id": None,
    "usage": {"request_tokens": 50, "response_tokens": 4},
}

TODAY = Files(
    "today",
    "document",
    [
        session(SESSION, asked(), ONE),
        session(SESSION, asked(), ONE, asked(DONE), TWO),
        # A fork begins with its parent's history, and has its id inside.
        session(FORK, asked(), ONE, asked(DONE), BRANCH),
    ],
    {
        "calls": 3,
        "tools": 1,
        "input_tokens": 22,
        "cache_read_tokens": 6_395,
        "cache_write_tokens": 1_535,
        "output_tokens": 284,
    },
)
BEFORE = Files("0.6", "document", [session(OLD, asked(), FORMER)], {"calls": 1, "input_tokens": 50, "output_tokens": 4})

EXAMPLES = [TODAY, BEFORE]
