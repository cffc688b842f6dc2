"""Sessions of OpenCodeReview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generators.left import lines
from generators.sources.open_code_review import (
    BEGAN,
    END,
    FAILED,
    FILE,
    ONE,
    RESUMED,
    SESSION,
    TOOL,
    WRONG,
    answer,
    line,
    start,
)
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.open_code_review.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path, *told: dict[str, Any]) -> Reading:
    """A reading of a session of some lines."""
    lines(FILE, *told)(home)
    return FOUND.read(home / FILE, b"")


def of(kind: type[Record], reading: Reading) -> list[Any]:
    """The records of a kind."""
    return [record for record in reading.records if isinstance(record, kind)]


def test_an_answer_is_a_call_that_began_before_it_was_written(tmp_path: Path) -> None:
    """The prompt has the cache inside."""
    [call] = of(ModelCall, read(tmp_path, start(), ONE))
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (2_000, 6_000, 1_000)
    assert (call.started_at, call.latency_us) == ((BEGAN + 5) * 1_000_000 - 1_500_000, 1_500_000)
    assert (call.provider, call.project, call.git_branch) == ("anthropic", "/home/ada/code/engine", "main")
    assert (call.session_id, call.labels) == (SESSION, {"task": "main_task"})


def test_a_prompt_that_is_smaller_than_the_cache_has_it_beside(tmp_path: Path) -> None:
    """As gateways have it that speak Anthropic's words."""
    [call] = of(ModelCall, read(tmp_path, start(), answer("1", 2, 10, 1, 50)))
    assert (call.input_tokens, call.cache_read_tokens) == (10, 50)


def test_a_request_that_failed_is_a_call(tmp_path: Path) -> None:
    """Of the session's model; nobody knows what it used."""
    [call] = of(ModelCall, read(tmp_path, start(), FAILED))
    assert (call.status, call.error_message) == ("rate_limit", "429 Too Many Requests")
    assert (call.model, call.input_tokens) == ("claude-sonnet-4-5-20250929", None)


def test_tools_have_an_outcome(tmp_path: Path) -> None:
    """And say what went wrong."""
    tools = of(ToolCall, read(tmp_path, start(), TOOL, WRONG))
    assert [(tool.name, tool.status, tool.error_message) for tool in tools] == [
        ("file_read", "ok", ""),
        ("code_search", "error", "no such file"),
    ]
    assert tools[0].duration_us == 12_000


def test_a_review_is_a_run(tmp_path: Path) -> None:
    """It is known how it ended when it has."""
    began, ended = of(AgentRun, read(tmp_path, start(resumedFrom=RESUMED), END))
    assert (began.native_id, began.status, began.ended_at) == (ended.native_id, "unknown", None)
    assert (ended.status, ended.ended_at, ended.task) == ("ok", (BEGAN + 22) * 1_000_000, "commit")
    assert (ended.parent_session_id, ended.revision > began.revision) == (RESUMED, True)


def test_what_is_not_understood_is_noticed(tmp_path: Path) -> None:
    """Lines, counts, and answers of which nothing is known."""
    more = answer("1", 2, 10, 1) | {"usage": {"prompt_tokens": 1, "thinking_tokens": 5}}
    reading = read(tmp_path, start(), more, answer("2", 3, 0, 0), line("3", 4, "verdict"))
    assert [(notice.topic, notice.name) for notice in reading.notices] == [
        ("usage", "usage.thinking_tokens"),
        ("usage", "answers without usage"),
        ("line", "verdict"),
    ]


def test_only_sessions_are_found(tmp_path: Path) -> None:
    """Whatever repository they are of."""
    read(tmp_path, start())
    (tmp_path / FILE).with_name("other.jsonl").write_text("{}\n")
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
