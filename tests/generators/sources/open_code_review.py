"""Sessions as OpenCodeReview writes them down."""

from __future__ import annotations

from typing import Any

from generators.left import lines
from tokometer.conformance import Files

SESSION, RESUMED = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
FOLDER = ".opencodereview/sessions"
#: A folder of today, and one of before.
FILE = f"{FOLDER}/v2-home-ada-code-engine-0123456789abcdef01234567/{SESSION}.jsonl"
OTHER = f"{FOLDER}/home-ada-code-engine/{RESUMED}.jsonl"
#: 2 March 2026, 09:00 UTC, in seconds.
BEGAN = 1_772_442_000
MODEL = "claude-sonnet-4-5-20250929"


def line(name: str, second: int, kind: str, session: str = SESSION, **more: Any) -> dict[str, Any]:
    """A line."""
    about = {"uuid": f"{session[:8]}-{name}", "parentUuid": None, "type": kind, "sessionId": session}
    return {**about, "timestamp": f"2026-03-02T09:00:{second:02d}Z", **more}


def start(session: str = SESSION, **more: Any) -> dict[str, Any]:
    """A session begins."""
    about = {"cwd": "/home/ada/code/engine", "gitBranch": "main", "model": MODEL, "reviewMode": "commit"}
    return line("start", 0, "session_start", session, **about, **more)


def answer(
    name: str, second: int, prompt: int, output: int, read: int = 0, written: int = 0, **more: Any
) -> dict[str, Any]:
    """An answer. The prompt has the cache inside."""
    usage = {"prompt_tokens": prompt, "completion_tokens": output}
    cache = {"cache_read_tokens": read, "cache_write_tokens": written}
    about = {"filePath": "a.go", "taskType": "main_task", "model": MODEL, "content": "…", "tool_calls": []}
    return line(name, second, "llm_response", **{**about, "duration_ms": 1_500, "usage": usage | cache, **more})


ASKED = line("q", 1, "llm_request", filePath="a.go", taskType="main_task", request_no=1, messages=[])
ONE = answer("1", 5, 9_000, 200, 6_000, 1_000)
FAILED = line("2", 7, "llm_error", taskType="main_task", request_no=2, error="429 Too Many Requests", duration_ms=300)
TOOL = line("3", 8, "tool_call", tool_name="file_read", arguments="{}", result="…", ok=True, duration_ms=12)
WRONG = line(
    "4", 9, "tool_call", tool_name="code_search", arguments="{}", result="no such file", ok=False, duration_ms=2
)
TWO = answer("5", 20, 500, 40)
DONE = line("6", 21, "review_item_done", filePath="a.go", fingerprint="f", model=MODEL)
END = line("end", 22, "session_end", files_reviewed=["a.go"], duration_seconds=22.0, llm_failures=1)

REVIEWS = Files(
    "reviews",
    "lines",
    [
        lines(FILE, start(), ASKED, ONE, FAILED, TOOL),
        lines(FILE, WRONG, TWO, DONE, END),
        # One that goes on takes over what was found, and not what it cost.
        lines(
            OTHER,
            start(RESUMED, resumedFrom=SESSION),
            line("1", 2, "review_item_reused", RESUMED, sourceSessionId=SESSION),
            answer("2", 30, 100, 10, sessionId=RESUMED, uuid=f"{RESUMED[:8]}-2"),
        ),
    ],
    {
        "calls": 4,
        "tools": 2,
        "runs": 2,
        "errors": 1,
        "input_tokens": 2_600,
        "cache_read_tokens": 6_000,
        "cache_write_tokens": 1_000,
        "output_tokens": 250,
    },
)

EXAMPLES = [REVIEWS]
