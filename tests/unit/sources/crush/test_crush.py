"""Databases of Crush: what a session cost, and whose its subagents' costs are."""

from __future__ import annotations

from pathlib import Path

from generators.left import database
from generators.sources.crush import FILE, SCHEMA, SESSIONS, message, session
from tokometer.records import AgentRun, ModelCall, Record, ToolCall, merge
from tokometer.sources.crush.found import FOUND


def read(home: Path) -> list[Record]:
    """All of the databases of a home folder."""
    return [r for root in FOUND.roots(home, {}) for path in FOUND.files(root) for r in FOUND.read(path, b"").records]


def test_a_session_is_what_it_cost(tmp_path: Path) -> None:
    """Its tokens are those of its last request, so they are unknown; its model is that of its last answer."""
    for step in SESSIONS.steps:
        step(tmp_path)
    records = read(tmp_path)
    calls = {call.native_id: call for call in records if isinstance(call, ModelCall)}
    assert set(calls) == {"s1", "s2"}
    assert (calls["s1"].cost_reported, calls["s1"].input_tokens, calls["s1"].model) == (
        750_000_000,
        None,
        "claude-sonnet-4-5",
    )
    assert calls["s1"].labels == {"covers": "session", "requests": "2"}
    assert calls["s1"].project == str(tmp_path / "code/engine")


def test_a_subagents_cost_is_in_its_parents(tmp_path: Path) -> None:
    """It is told as a run that states it, and not added."""
    for step in SESSIONS.steps:
        step(tmp_path)
    [run] = [record for record in read(tmp_path) if isinstance(record, AgentRun)]
    assert (run.parent_session_id, run.stated_cost) == ("s1", 200_000_000)


def test_a_tool_is_a_call_and_its_result(tmp_path: Path) -> None:
    """They are versions of one record."""
    for step in SESSIONS.steps:
        step(tmp_path)
    used, done = [record for record in read(tmp_path) if isinstance(record, ToolCall)]
    tool = merge(used, done)
    assert (tool.name, tool.status, tool.use_id) == ("bash", "error", "call_1")


def test_only_changed_messages_are_looked_at(tmp_path: Path) -> None:
    """Those that were written since; one that is written again is looked at again."""
    for step in SESSIONS.steps:
        step(tmp_path)
    path = tmp_path / FILE
    first = FOUND.read(path, b"")
    rows = [message("m9", 90, "assistant", {"type": "tool_call", "data": {"id": "call_2", "name": "view"}})]
    database(FILE, SCHEMA, {"sessions": [session("s1", 0.8, 90)], "messages": rows})(tmp_path)
    second = FOUND.read(path, first.state)
    assert [record.use_id for record in second.records if isinstance(record, ToolCall)] == ["call_2"]


def test_another_folder_can_be_named(tmp_path: Path) -> None:
    """`CRUSH_GLOBAL_DATA` is where Crush keeps its list of projects."""
    assert FOUND.roots(tmp_path, {"CRUSH_GLOBAL_DATA": "~/c"})[0] == tmp_path / "c"
