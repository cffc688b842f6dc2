"""Chats as Codebuff keeps them, with the three places in which it says what an answer used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generators.left import document
from tokometer.conformance import Files

CHAT = "2026-03-02T09-00-00.000Z"
FILE = f".config/manicode/projects/engine/chats/{CHAT}/chat-messages.json"
QUESTION = {"id": "user-1", "variant": "user", "content": "…", "timestamp": "09:00 AM"}


def answer(name: str, credits_used: float = 1.5, **metadata: Any) -> dict[str, Any]:
    """An answer."""
    return {
        "id": name,
        "variant": "ai",
        "content": "…",
        "timestamp": "09:01 AM",
        "credits": credits_used,
        "metadata": metadata,
    }


def used(fresh: int, read: int, written: int, output: int) -> dict[str, int]:
    """Tokens as Anthropic counts them, in camel case."""
    counts = {"inputTokens": fresh, "outputTokens": output}
    return counts | {"cacheReadInputTokens": read, "cacheCreationInputTokens": written}


def left(state: dict[str, Any], model: str) -> dict[str, Any]:
    """The state that an answer left, with what the last request used."""
    history = [
        {"role": "user", "content": []},
        {"role": "assistant", "providerOptions": {"codebuff": {"usage": state, "model": model}}},
    ]
    return {"sessionState": {"mainAgentState": {"messageHistory": history}}}


OWN = answer("ai-1", model="claude-sonnet-4-5", usage=used(1_000, 200, 50, 400))
OWN["blocks"] = [
    {"type": "tool", "toolCallId": "t1", "toolName": "read_files", "output": "…"},
    {
        "type": "agent",
        "agentName": "Thinker",
        "blocks": [{"type": "tool", "toolCallId": "t2", "toolName": "think"}],
    },
]
#: As OpenAI counts: the cache inside the prompt.
INNER = answer(
    "ai-2",
    codebuff={
        "usage": {"prompt_tokens": 750, "completion_tokens": 120, "prompt_tokens_details": {"cached_tokens": 50}}
    },
    model="gpt-5",
)
STATE = answer("ai-3", runState=left(used(10, 0, 0, 2), "gemini-2.5-pro"))
CREDITS = answer("ai-4", 0.5)
NOTHING = answer("ai-5", 0)


def _spoil(home: Path) -> None:
    """Break one count of one answer."""
    path = home / FILE
    messages = json.loads(path.read_text())
    messages[1]["metadata"]["usage"]["inputTokens"] = -1
    path.write_text(json.dumps(messages))


CHATS = Files(
    "chats",
    "document",
    [document(FILE, [QUESTION, OWN]), document(FILE, [QUESTION, OWN, QUESTION, INNER, STATE, CREDITS, NOTHING])],
    {
        "calls": 4,
        "tools": 2,
        "input_tokens": 1_000 + 700 + 10,
        "cache_read_tokens": 250,
        "cache_write_tokens": 50,
        "output_tokens": 400 + 120 + 2,
    },
    spoil=_spoil,
    open_keys=frozenset({"usage"}),
)

EXAMPLES = [CHATS]
