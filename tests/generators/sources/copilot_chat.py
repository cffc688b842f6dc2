"""Chats of Copilot as Visual Studio Code keeps them: logs of corrections, and the documents before."""

from __future__ import annotations

from typing import Any

from generators.left import Step, document, lines, together
from tokometer.conformance import Files

WORKSPACE = ".config/Code/User/workspaceStorage/0123456789abcdef0123456789abcdef"
SESSION, OLD = "5d0c4f0e-6b51-4b0e-8d3f-0c1a2b3c4d5e", "6e1d5f1f-7c62-4c1f-9e40-1d2b3c4d5e6f"
FILE = f"{WORKSPACE}/chatSessions/{SESSION}.jsonl"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
PLACE = document(f"{WORKSPACE}/workspace.json", {"folder": "file:///home/ada/code/engine"})


def request(name: str, second: int, **more: Any) -> dict[str, Any]:
    """A request when it is made."""
    asked = {"requestId": name, "timestamp": BEGAN + second * 1000, "modelId": "copilot/claude-sonnet-4.5"}
    return {**asked, "message": {"text": "…"}, "response": [], "variableData": {}, **more}


def result(prompt: int, output: int, *thoughts: int, **more: Any) -> dict[str, Any]:
    """What came of it."""
    rounds = [{"thinking": {"tokens": one}, "toolCalls": []} for one in thoughts]
    metadata = {"promptTokens": prompt, "outputTokens": output, "toolCallRounds": rounds, **more}
    return {"timings": {"firstProgress": 800, "totalElapsed": 5_000}, "metadata": metadata}


def whole(session: str, *requests: dict[str, Any]) -> dict[str, Any]:
    """A chat."""
    return {"version": 3, "sessionId": session, "creationDate": BEGAN, "requests": list(requests)}


def initial(*requests: dict[str, Any]) -> dict[str, Any]:
    """The first line of a log."""
    return {"kind": 0, "v": whole(SESSION, *requests)}


def put(*path: str | int, value: Any) -> dict[str, Any]:
    """A line that sets something."""
    return {"kind": 1, "k": list(path), "v": value}


def added(*requests: dict[str, Any], cut: int | None = None) -> dict[str, Any]:
    """A line that adds requests."""
    return {"kind": 2, "k": ["requests"], "v": list(requests)} | ({} if cut is None else {"i": cut})


ONE = request("r1", 1)
TWO = request("r2", 60, modelId="copilot/auto")
GONE = request("r3", 90)
FIRST: Step = together(
    PLACE,
    lines(
        FILE,
        initial(),
        added(ONE),
        {"kind": 2, "k": ["requests", 0, "response"], "v": [{"value": "…"}]},
        put("requests", 0, "completionTokens", value=40),
        put("requests", 0, "result", value=result(900, 80, 30, 20)),
        put("requests", 0, "completionTokens", value=80),
    ),
)
SECOND = lines(
    FILE,
    put("customTitle", value="Engine"),
    added(TWO, GONE),
    put("requests", 1, "result", "metadata", value=result(500, 50, resolvedModel="gpt-5")["metadata"]),
    # It was taken back before it was answered.
    added(request("r4", 120, result=result(70, 7)), cut=2),
)
LOG = Files(
    "log",
    "lines",
    [FIRST, SECOND],
    {"calls": 3, "input_tokens": 1_470, "output_tokens": 137, "reasoning_tokens": 50},
)
DOCUMENT = Files(
    "document",
    "document",
    [
        document(f"{WORKSPACE}/chatSessions/{OLD}.json", whole(OLD, ONE | {"result": result(900, 80)}, TWO)),
        document(
            f".config/Code/User/globalStorage/emptyWindowChatSessions/{SESSION}.json",
            whole(SESSION, request("r9", 5, promptTokens=10, completionTokens=1)),
        ),
    ],
    {"calls": 2, "input_tokens": 910, "output_tokens": 81},
)

EXAMPLES = [LOG, DOCUMENT]
