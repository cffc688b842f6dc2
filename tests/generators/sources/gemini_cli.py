"""Chats as Gemini CLI records them: lines (0.40 and later), documents (before), and a subagent's."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from generators.left import document, lines, text, together
from tokometer.conformance import Files

SESSION = "6f1f7d0e-6a40-4c1e-9a51-0c5f6a1b2c3d"
PROJECT = "/home/ada/code/engine"
DIGEST = sha256(PROJECT.encode()).hexdigest()
CHATS = ".gemini/tmp/engine/chats"
CHAT = f"{CHATS}/session-2026-03-02T09-00-6f1f7d0e.jsonl"
AGENT = f"{SESSION}########1-codebase_investigator-x4k2p9"
MODEL = "gemini-3-pro-preview"


def at(minute: int, second: int = 0) -> str:
    """A time of the morning on which all this happens."""
    return f"2026-03-02T09:{minute:02}:{second:02}.000Z"


def uuid(number: int) -> str:
    """The id of a message."""
    return f"00000000-0000-4000-8000-{number:012}"


def meta(session: str = SESSION, kind: str = "main", **more: Any) -> dict[str, Any]:
    """The first line of a chat."""
    return {
        "sessionId": session,
        "projectHash": DIGEST,
        "startTime": at(0),
        "lastUpdated": at(0),
        "kind": kind,
        **more,
    }


def question(number: int, minute: int) -> dict[str, Any]:
    """What a person wrote."""
    return {"id": uuid(number), "timestamp": at(minute), "type": "user", "content": [{"text": "And then?"}]}


def answer(number: int, minute: int, tokens: dict[str, int] | None, **more: Any) -> dict[str, Any]:
    """What the model wrote."""
    return {
        "id": uuid(number),
        "timestamp": at(minute, 8),
        "type": "gemini",
        "content": "Then this.",
        "thoughts": [],
        "tokens": tokens,
        "model": MODEL,
        **more,
    }


def tokens(prompt: int, cached: int, output: int, thoughts: int, tool: int = 0) -> dict[str, int]:
    """Tokens as the API counts them: the cache inside the prompt, thoughts and tools beside."""
    total = prompt + output + thoughts + tool
    return {"input": prompt, "output": output, "cached": cached, "thoughts": thoughts, "tool": tool, "total": total}


def use(name: str, number: int, status: str, minute: int, **more: Any) -> dict[str, Any]:
    """A use of a tool inside a message."""
    return {
        "id": f"{name}-{number}",
        "name": name,
        "args": {"path": "a.py"},
        "status": status,
        "timestamp": at(minute, 11),
        "displayName": name,
        **more,
    }


def set_to(**values: Any) -> dict[str, Any]:
    """A correction of what the first line says."""
    return {"$set": values}


EDIT = {"diffStat": {"model_added_lines": 4, "model_removed_lines": 1}}
FIRST = answer(2, 1, tokens(9_000, 0, 120, 300))
SECOND = answer(5, 3, tokens(12_000, 8_000, 400, 0, tool=50), toolCalls=[use("replace", 1, "executing", 3)])
DONE = {**SECOND, "toolCalls": [use("replace", 1, "success", 3, resultDisplay=EDIT)]}
REWOUND = answer(7, 5, tokens(13_000, 12_500, 30, 0))
THIRD = answer(
    9,
    7,
    tokens(14_000, 0, 60, 40),
    toolCalls=[
        use("codebase_investigator", 2, "success", 9, agentId=AGENT),
        use("mcp_github_search_issues", 3, "cancelled", 9),
    ],
)
FAILED = {
    "id": uuid(20),
    "timestamp": at(11),
    "type": "error",
    "content": "[API Error: You have exhausted your capacity on this model. (Status: 429)]",
}
CANCELLED = {"id": uuid(21), "timestamp": at(12), "type": "info", "content": "Request cancelled."}

LINES = Files(
    "jsonl",
    "lines",
    [
        together(
            text(".gemini/tmp/engine/.project_root", PROJECT),
            lines(CHAT, meta(), question(1, 1), answer(2, 1, None), FIRST, set_to(lastUpdated=at(1))),
            lines(".gemini/tmp/engine/logs.json"),
        ),
        lines(CHAT, question(4, 3), SECOND, DONE, question(6, 5), REWOUND, {"$rewindTo": uuid(6)}),
        together(
            lines(CHAT, question(8, 7), THIRD, FAILED, CANCELLED),
            lines(
                f"{CHATS}/{SESSION}/{AGENT.replace('#', '_')}.jsonl",
                meta(AGENT, "subagent", directories=[PROJECT]),
                answer(30, 8, tokens(5_000, 1_000, 200, 100)),
            ),
            # A history that was written anew: what it repeats was counted, and a summary of it is no answer.
            lines(CHAT, set_to(messages=[FIRST, {**answer(40, 13, None), "model": None}], lastUpdated=at(13))),
        ),
    ],
    {
        "calls": 7,
        "errors": 1,
        "tools": 3,
        "runs": 1,
        "input_tokens": 9_000 + 4_050 + 500 + 14_000 + 4_000,
        "cache_read_tokens": 8_000 + 12_500 + 1_000,
        "output_tokens": 420 + 400 + 30 + 100 + 300,
        "reasoning_tokens": 300 + 40 + 100,
    },
)


def _before(*messages: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta().items() if key != "kind"} | {"messages": list(messages)}


_OLD = f".gemini/tmp/{DIGEST}/chats/session-2026-03-02T09-00-6f1f7d0e.json"
_MESSAGES = (question(1, 1), FIRST, question(4, 3), DONE)
DOCUMENTS = Files(
    "json",
    "document",
    [
        together(
            document(".gemini/projects.json", {"projects": {PROJECT: "engine"}}),
            document(_OLD, _before(*_MESSAGES[:2])),
        ),
        document(_OLD, _before(*_MESSAGES)),
    ],
    {
        "calls": 2,
        "tools": 1,
        "input_tokens": 9_000 + 4_050,
        "cache_read_tokens": 8_000,
        "output_tokens": 420 + 400,
        "reasoning_tokens": 300,
    },
)

EXAMPLES = [LINES, DOCUMENTS]
