"""Sessions as DeepSeek Harness writes them down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from generators.left import Step, lines
from tokometer.conformance import Files

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PARENT, FORK = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FOLDER = ".dsh/sessions/-home-ada-code-engine"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
MODEL = "deepseek-v4-flash"


def where(session: str = PARENT, name: str = "session.jsonl") -> str:
    """The path of a session's events below the home folder."""
    return f"{FOLDER}/{session}/{name}"


def event(number: int, second: int, kind: str, **data: Any) -> dict[str, Any]:
    """A line."""
    return {"type": kind, "seq": number, "time": BEGAN + second * 1_000, "data": data}


def header(session: str = PARENT, second: int = 0, **more: Any) -> dict[str, Any]:
    """The first line."""
    began = BEGAN + second * 1_000
    return {"type": "session", "version": 0, "id": session, "createdAt": began, "cwd": "/home/ada/code/engine", **more}


def used(fresh: int, output: int, read: int = 0, written: int = 0, reasoning: int = 0) -> dict[str, int]:
    """Tokens; the input has no cache inside, the output has reasoning inside."""
    counts = {"inputTokens": fresh, "outputTokens": output, "cacheReadTokens": read, "cacheWriteTokens": written}
    return counts | {"reasoningTokens": reasoning}


def answered(
    number: int, second: int, step: tuple[int, int], usage: dict[str, int] | None, *, name: str = "", **data: Any
) -> dict[str, Any]:
    """An answer of a step."""
    source = {"kind": "model", "provider": "deepseek", "model": MODEL}
    message = {"role": "assistant", "content": [], "source": source} | ({"id": name} if name else {})
    stated = {} if usage is None else {"usage": usage}
    return event(number, second, "assistant/message", turn=step[0], step=step[1], message=message, **stated, **data)


def stream(second: int, *usages: dict[str, int], reason: str = "stop") -> list[dict[str, Any]]:
    """What came of an answer, piece by piece."""
    at = BEGAN + second * 1_000
    parts: list[dict[str, Any]] = [
        {"type": "chunk", "time": at, "chunk": {"type": "usage", "usage": usage}} for usage in usages
    ]
    return [*parts, {"type": "chunk", "time": at + 500, "chunk": {"type": "finish", "reason": {"kind": reason}}}]


def asked(number: int, second: int, turn: int) -> dict[str, Any]:
    """What a person wrote."""
    return event(number, second, "user/message", turn=turn)


def packed(name: str, *values: Any, torn: int = 0) -> Step:
    """Append values to a compressed file, a frame each; `torn` are the bytes of the last frame that are missing."""

    def step(home: Path) -> None:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        frames = b"".join(zstd.compress(json.dumps(value, separators=(",", ":")).encode() + b"\n") for value in values)
        with path.open("ab") as file:
            file.write(frames[: len(frames) - torn])

    return step


FIRST = answered(4, 4, (1, 1), used(130, 159, 13_824, 0, 50), name="m-1")
SECOND = answered(7, 9, (1, 2), used(30, 40), name="m-2")
SUMMARY = event(
    9, 20, "compaction/summary", compactionId="c-1", message={"source": {"model": MODEL}}, usage=used(536, 243, 41_472)
)
BEGUN = [asked(1, 1, 1), event(3, 2, "step/start", turn=1, step=1), FIRST, event(6, 6, "step/start", turn=1, step=2)]
OWN = answered(12, 64, (2, 1), used(7, 8), name="m-3")

EVENTS = Files(
    "events",
    "lines",
    [
        lines(where(), header(), *BEGUN),
        lines(where(), SECOND, SUMMARY, answered(11, 30, (2, 1), used(0, 0))),
        # A fork begins with its parent's events as they were.
        lines(where(FORK), header(FORK, 60, seedLength=10), *BEGUN, SECOND, SUMMARY, asked(10, 61, 2), OWN),
    ],
    {
        "calls": 4,
        "input_tokens": 130 + 30 + 536 + 7,
        "cache_read_tokens": 13_824 + 41_472,
        "output_tokens": 159 + 40 + 243 + 8,
        "reasoning_tokens": 50,
    },
)

EXAMPLES = [EVENTS]
