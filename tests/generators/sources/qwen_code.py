"""Chats as Qwen Code records them: lines (0.5 and later), and the documents of Gemini CLI (before)."""

from __future__ import annotations

from typing import Any

from generators.left import document, lines, together
from generators.sources import gemini_cli
from tokometer.conformance import Files

SESSION = "d96bf338-7c5e-4b0e-8a3f-3f6e0c9d1a11"
BRANCH = "0b8f1c52-0a3d-4a57-9f2e-5c1d7e6f8a22"
PROJECT = "/home/ada/code/engine"
CHATS = ".qwen/projects/-home-ada-code-engine/chats"
CHAT = f"{CHATS}/{SESSION}.jsonl"
MODEL = "qwen3-coder-plus"


def record(kind: str, number: int, minute: int, **more: Any) -> dict[str, Any]:
    """One line of a chat."""
    return {
        "uuid": gemini_cli.uuid(number),
        "parentUuid": gemini_cli.uuid(number - 1) if number > 1 else None,
        "sessionId": SESSION,
        "timestamp": gemini_cli.at(minute),
        "type": kind,
        "cwd": PROJECT,
        "version": "0.14.0",
        "gitBranch": "main",
        **more,
    }


def question(number: int, minute: int, **more: Any) -> dict[str, Any]:
    """What a person wrote."""
    return record("user", number, minute, message={"role": "user", "parts": [{"text": "And then?"}]}, **more)


def usage(prompt: int, cached: int, answer: int, thoughts: int) -> dict[str, int]:
    """Tokens as the converter of OpenAI's API writes them down: the thoughts inside the answer."""
    return {
        "promptTokenCount": prompt,
        "candidatesTokenCount": answer,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": cached,
        "totalTokenCount": prompt + answer,
    }


def answer(number: int, minute: int, tokens: dict[str, int], *uses: tuple[str, str], **more: Any) -> dict[str, Any]:
    """What the model wrote, with uses of tools by name and id."""
    parts = [{"text": "Then this."}, *({"functionCall": {"name": name, "id": one, "args": {}}} for name, one in uses)]
    said = {"message": {"role": "model", "parts": parts}, "usageMetadata": tokens, "model": MODEL}
    return record("assistant", number, minute, **(said | more))


def outcome(number: int, minute: int, use: str, status: str, **more: Any) -> dict[str, Any]:
    """What a tool did."""
    return record("tool_result", number, minute, toolCallResult={"callId": use, "status": status, **more})


def telemetry(number: int, minute: int, name: str, **more: Any) -> dict[str, Any]:
    """What telemetry says of a request."""
    event = {"event.name": f"qwen-code.{name}", "event.timestamp": gemini_cli.at(minute), "model": MODEL, **more}
    return record("system", number, minute, subtype="ui_telemetry", systemPayload={"uiEvent": event})


def responded(number: int, minute: int, tokens: dict[str, int], took: int, response: str) -> dict[str, Any]:
    """What telemetry says of a request that was answered."""
    return telemetry(
        number,
        minute,
        "api_response",
        duration_ms=took,
        input_token_count=tokens["promptTokenCount"],
        output_token_count=tokens["candidatesTokenCount"],
        response_id=response,
        status_code=200,
    )


FIRST = usage(12_414, 4_000, 176, 39)
SECOND = usage(13_000, 12_000, 80, 0)
EDIT = {"fileDiff": "", "fileName": "a.py", "diffStat": {"model_added_lines": 7, "model_removed_lines": 2}}
BEGINNING = [
    question(1, 1),
    responded(2, 2, FIRST, 4_200, "chatcmpl-1"),
    answer(3, 2, FIRST, ("edit", "call_1"), ("mcp__github__search", "call_2")),
]
REST = [
    outcome(4, 3, "call_1", "success", resultDisplay=EDIT),
    outcome(5, 3, "call_2", "error"),
    answer(6, 4, SECOND),
    responded(7, 4, SECOND, 900, "chatcmpl-2"),
    telemetry(8, 5, "api_error", status_code=429, error="Free allocated quota exceeded.", duration_ms=300),
    record("system", 9, 5, subtype="custom_title", systemPayload={"customTitle": "Engine"}),
]


def branched(line: dict[str, Any]) -> dict[str, Any]:
    """A line as a branch of its chat begins with."""
    return {**line, "sessionId": BRANCH, "forkedFrom": {"sessionId": SESSION, "messageUuid": line["uuid"]}}


LINES = Files(
    "jsonl",
    "lines",
    [
        lines(CHAT, *BEGINNING),
        lines(CHAT, *REST),
        together(
            lines(f"{CHATS}/{BRANCH}.jsonl", *map(branched, BEGINNING)),
            lines(f"{CHATS}/{BRANCH}.jsonl", {**answer(40, 9, usage(100, 0, 10, 0)), "sessionId": BRANCH}),
            lines(
                f".qwen/projects/-home-ada-code-engine/subagents/{SESSION}/agent-explore-7f3c.jsonl",
                answer(50, 6, usage(2_000, 0, 50, 0), agentId="explore-7f3c", agentName="Explore", isSidechain=True),
            ),
        ),
    ],
    {
        "calls": 5,
        "errors": 1,
        "tools": 2,
        "input_tokens": 8_414 + 1_000 + 100 + 2_000,
        "cache_read_tokens": 4_000 + 12_000,
        "output_tokens": 176 + 80 + 10 + 50,
        "reasoning_tokens": 39,
    },
)

_OLD = f".qwen/tmp/{gemini_cli.DIGEST}/chats/session-2026-03-02T09-00-6f1f7d0e.json"
_MESSAGES = [gemini_cli.question(1, 1), {**gemini_cli.FIRST, "model": MODEL}]
DOCUMENTS = Files(
    "json",
    "document",
    [document(_OLD, {**gemini_cli.meta(), "messages": _MESSAGES})],
    {"calls": 1, "input_tokens": 9_000, "output_tokens": 420, "reasoning_tokens": 300},
)

EXAMPLES = [LINES, DOCUMENTS]
