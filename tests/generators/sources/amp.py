"""Threads as Amp keeps them: with a ledger of usage, with a part of one, and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generators.left import document
from tokometer.conformance import Files

THREAD = "T-5a7c1f6e-1d0b-4f0e-9d36-2f1d6f0a9b01"
MODEL = "claude-sonnet-4-5"
FOLDER = ".local/share/amp/threads"


def at(minute: int) -> str:
    """A time of the morning on which all this happens."""
    return f"2026-03-02T09:{minute:02}:00.000Z"


def question(number: int) -> dict[str, Any]:
    """What a person wrote."""
    return {"role": "user", "messageId": number, "content": [{"type": "text", "text": "And then?"}]}


def usage(fresh: int, written: int, read: int, output: int, minute: int, charged: float = 0.5) -> dict[str, Any]:
    """What a message says of its usage: the cache beside the input."""
    return {
        "model": MODEL,
        "inputTokens": fresh,
        "outputTokens": output,
        "cacheCreationInputTokens": written,
        "cacheReadInputTokens": read,
        "totalInputTokens": fresh + written + read,
        "timestamp": at(minute),
        "credits": charged,
    }


def answer(number: int, used: dict[str, Any] | None, *uses: tuple[str, str]) -> dict[str, Any]:
    """What the model wrote, with uses of tools by name and id."""
    parts = [{"type": "tool_use", "id": use, "name": name, "input": {}} for name, use in uses]
    said = {"role": "assistant", "messageId": number, "content": [{"type": "text", "text": "This."}, *parts]}
    return said | ({"usage": used} if used else {})


def outcome(number: int, use: str, status: str) -> dict[str, Any]:
    """What a tool did."""
    run = {"status": status, "result": "…"}
    return {"role": "user", "messageId": number, "content": [{"type": "tool_result", "toolUseID": use, "run": run}]}


def event(name: str, minute: int, tokens: dict[str, int], **more: Any) -> dict[str, Any]:
    """An entry of the ledger."""
    return {"id": name, "timestamp": at(minute), "model": MODEL, "tokens": tokens, "credits": 0.75, **more}


def thread(messages: list[Any], events: list[Any] | None = None, name: str = THREAD) -> dict[str, Any]:
    """A thread."""
    tree = {
        "displayName": "engine",
        "uri": "file:///home/ada/code/engine",
        "repository": {"type": "git", "url": "https://example.org/ada/engine", "ref": "refs/heads/main"},
    }
    kept = {"v": 12, "id": name, "created": 1772442000000, "title": "Engine", "agentMode": "smart"}
    kept |= {"env": {"initial": {"trees": [tree]}}, "messages": messages}
    return kept | ({} if events is None else {"usageLedger": {"events": events}})


FIRST, SECOND = usage(10, 986, 11_372, 178, 1), usage(5, 0, 12_358, 42, 2)
MESSAGES = [
    question(0),
    answer(1, FIRST, ("edit_file", "toolu_1"), ("mcp__github__search", "toolu_2")),
    outcome(2, "toolu_1", "done"),
    outcome(3, "toolu_2", "rejected-by-user"),
    answer(4, SECOND),
]
EVENTS = [
    event("e-1", 1, {"input": 10, "output": 178}, toMessageId=1, operationType="inference"),
    event("e-title", 1, {"input": 300, "output": 12}, operationType="title-generation"),
    event("e-2", 2, {"input": 5, "output": 42}, toMessageId=4, operationType="inference"),
]


def _spoil(home: Path) -> None:
    """Break one entry of the ledger: a count that is none."""
    path = home / FOLDER / f"{THREAD}.json"
    path.write_text(path.read_text().replace('"input": 300', '"input": "many"'))


LEDGER = Files(
    "ledger",
    "document",
    [
        # The message is written before the ledger knows of it.
        document(f"{FOLDER}/{THREAD}.json", thread(MESSAGES[:2], [])),
        document(f"{FOLDER}/{THREAD}.json", thread(MESSAGES, EVENTS)),
    ],
    {
        "calls": 3,
        "tools": 2,
        "input_tokens": 10 + 300 + 5,
        "cache_read_tokens": 11_372 + 12_358,
        "cache_write_tokens": 986,
        "output_tokens": 178 + 12 + 42,
    },
    spoil=_spoil,
)
MESSAGES_ONLY = Files(
    "messages",
    "document",
    [document(f"{FOLDER}/{THREAD}.json", thread(MESSAGES))],
    {
        "calls": 2,
        "tools": 2,
        "input_tokens": 15,
        "cache_read_tokens": 11_372 + 12_358,
        "cache_write_tokens": 986,
        "output_tokens": 178 + 42,
    },
)

EXAMPLES = [LEDGER, MESSAGES_ONLY]
