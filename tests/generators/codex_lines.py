"""Lines of a Codex rollout, for tests that write one by hand."""

from __future__ import annotations

from typing import Any

from tokometer.sources.protocol import Reading

THREAD = "019caf00-0000-7000-8000-000000000001"
NAME = f"rollout-2026-03-02T09-00-00-{THREAD}.jsonl"


def line(kind: str, payload: Any, second: float = 0, **more: Any) -> dict[str, Any]:
    """One line, `second` seconds after nine."""
    stamp = f"2026-03-02T09:{int(second) // 60:02d}:{second % 60:06.3f}Z"
    return {"timestamp": stamp, "type": kind, "payload": payload} | more


def meta(**more: Any) -> dict[str, Any]:
    """The header of a thread of its own."""
    payload = {"id": THREAD, "cwd": "/w/shop", "cli_version": "0.144.0", "model_provider": "openai", "source": "cli"}
    return line("session_meta", payload | more)


def event(kind: str, second: float = 0, /, **payload: Any) -> dict[str, Any]:
    """An event."""
    return line("event_msg", {"type": kind, **payload}, second)


def item(kind: str, second: float = 0, /, **payload: Any) -> dict[str, Any]:
    """A response item."""
    return line("response_item", {"type": kind, **payload}, second)


def usage(input_: int, output: int, cached: int = 0, **more: int) -> dict[str, int]:
    """Token numbers as Codex states them."""
    return {
        "input_tokens": input_,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_output_tokens": 0,
        "total_tokens": input_ + output,
    } | more


def count(total: Any, last: Any, second: float = 1, limits: Any = None) -> dict[str, Any]:
    """A count of tokens."""
    info = {"total_token_usage": total, "last_token_usage": last}
    return event("token_count", second, info=info, rate_limits=limits)


def usage_record(response: str | None, spent: Any, second: float = 1, **more: Any) -> dict[str, Any]:
    """A usage record of this thread."""
    payload = {"thread_id": THREAD, "turn_id": "t", "response_id": response, "usage": spent}
    return line("token_usage_record", payload | more, second)


def of_kind(reading: Reading, kind: str) -> list[Any]:
    """The records of one kind (`calls`, `tools`, …)."""
    return [record for record in reading.records if type(record).kind == kind]
