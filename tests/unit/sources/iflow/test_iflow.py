"""Sessions of iFlow CLI."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.iflow import FILE, FIRST, META, QUESTION, RESULT, SESSION, SESSIONS, SIDE, SILENT, heard
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.iflow.found import FOUND


def read(home: Path, *told: object) -> list[Record]:
    """The records of a session."""
    lines(FILE, *told)(home)
    return FOUND.read(home / FILE, b"").records


def calls(records: list[Record]) -> list[ModelCall]:
    """Its calls."""
    return [record for record in records if isinstance(record, ModelCall)]


def test_only_people_say_where_it_is(tmp_path: Path) -> None:
    """What iFlow itself puts in between is no question."""
    [call] = calls(read(tmp_path, QUESTION, META, FIRST))
    assert (call.session_id, call.project, call.git_branch) == (SESSION, "/home/ada/code/engine", "main")
    assert (call.model, call.provider, call.input_tokens, call.user_messages) == ("glm-5", "zai", 16_472, 1)


def test_nothing_is_not_known(tmp_path: Path) -> None:
    """Most answers say that they used nothing."""
    silent, side = calls(read(tmp_path, SILENT, SIDE))
    assert (silent.input_tokens, silent.output_tokens) == (None, None)
    assert (side.subagent, side.provider) == ("sidechain", "alibaba")


def test_a_tool_has_an_outcome(tmp_path: Path) -> None:
    """It is told to the millisecond where it is one."""
    begun, done = (record for record in read(tmp_path, FIRST, RESULT) if isinstance(record, ToolCall))
    assert (begun.status, done.status, done.duration_us, done.use_id) == ("unknown", "ok", 3_500_000, "call_-78")
    assert done.call_id == f"{SESSION}|assistant-5"


def test_a_tool_that_failed(tmp_path: Path) -> None:
    """The outcome beside says so; results that nobody asked for are passed over."""
    part = {"type": "tool_result", "tool_use_id": "call_-78", "content": {}}
    failed = heard(9, [part], toolUseResult={"status": "error"})
    done = [record for record in read(tmp_path, FIRST, failed, failed) if isinstance(record, ToolCall)]
    assert [tool.status for tool in done] == ["unknown", "error"]


def test_only_sessions_are_found(tmp_path: Path) -> None:
    """By name and content."""
    for step in SESSIONS.steps:
        step(tmp_path)
    lines(".iflow/projects/p/session-1.jsonl", {"hello": 1})(tmp_path)
    lines(".iflow/projects/p/other.jsonl", FIRST)(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
