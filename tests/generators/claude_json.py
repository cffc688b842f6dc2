"""Lines of Claude Code as objects to change, and readings of them as the ledger would keep them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from tokometer.ledger.shelf import rank_of
from tokometer.records import ModelCall, Record, ToolCall, merge
from tokometer.sources import Reading

Line = dict[str, Any]
#: Writes lines to a file of a project's folder and reads it.
Read = Callable[..., Reading]


def answer(message_id: str | None = "msg_1", request_id: str | None = "req_1", **changes: Any) -> Line:
    """An assistant line; `usage` and `message` are merged into its own, the rest replaces what it has."""
    usage = {"input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 11}
    usage |= changes.pop("usage", {})
    message = {"id": message_id, "model": "claude-sonnet-4-5-20250929", "content": [], "usage": usage}
    message |= changes.pop("message", {})
    line = {
        "type": "assistant",
        "uuid": "u1",
        "sessionId": "s1",
        "timestamp": "2026-09-01T10:00:05.000Z",
        "cwd": "/home/ada/code/app",
        "gitBranch": "main",
        "isSidechain": False,
        "requestId": request_id,
        "message": message,
    }
    return line | changes


def prompt(text: str | list[Line] = "do it", **changes: Any) -> Line:
    """A user line."""
    line = {"type": "user", "uuid": f"p{text}", "sessionId": "s1", "timestamp": "2026-09-01T10:00:00.000Z"}
    return line | {"message": {"role": "user", "content": text}} | changes


def calls_of(*readings: Reading) -> list[ModelCall]:
    """The calls of some readings as the ledger would keep them."""
    kept: dict[str, Record] = {}
    for reading in readings:
        assert not reading.refusals
        for record in reading.records:
            if isinstance(record, ModelCall):
                kept[record.native_id] = merge(kept[record.native_id], record) if record.native_id in kept else record
    calls = [call for call in kept.values() if isinstance(call, ModelCall)]
    best: dict[str, int] = {}
    for call in calls:
        best[call.group] = max(best.get(call.group, 0), rank(call))
    return [call for call in calls if not call.group or rank(call) == best[call.group]]


def rank(call: ModelCall) -> int:
    """What a call is to its group."""
    return rank_of(shadow=call.shadow, echo=call.echo)


def tools_of(*readings: Reading) -> list[ToolCall]:
    """The uses of tools likewise."""
    found: dict[str, list[ToolCall]] = {}
    for reading in readings:
        for record in reading.records:
            if isinstance(record, ToolCall):
                found.setdefault(record.native_id, []).append(record)
    return [reduce(merge, versions) for versions in found.values()]
