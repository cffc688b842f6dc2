"""Transcripts of CodeBuddy and WorkBuddy."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.codebuddy import (
    BESIDE,
    CHILD,
    CLI,
    FILE,
    FIRST,
    HELPER,
    QUESTION,
    RESULT,
    SECOND,
    SESSION,
    USE,
    WORK,
    WORKBUDDY,
    answer,
)
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.codebuddy.found import FOUND


def read(home: Path, name: str, *told: object) -> list[Record]:
    """The records of a transcript."""
    lines(name, *told)(home)
    return FOUND.read(home / name, b"").records


def calls(records: list[Record]) -> list[ModelCall]:
    """Its calls, of one told again the last."""
    return list({record.native_id: record for record in records if isinstance(record, ModelCall)}.values())


def test_an_answer_is_told_once_for_every_part(tmp_path: Path) -> None:
    """It counts once; who asked is told with the first part."""
    records = read(tmp_path, FILE, QUESTION, FIRST, USE)
    [call] = calls(records)
    told = [record for record in records if isinstance(record, ModelCall)]
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (9_766, 14_720, 30)
    assert [record.user_messages for record in told] == [1, 0]
    assert told[0].origin < told[1].origin
    assert (call.response_id, call.provider, call.project) == ("msg-1", "zai", "/home/ada/code/engine")


def test_what_is_more_than_the_input_is_beside_it(tmp_path: Path) -> None:
    """Where no total says so."""
    [call] = calls(read(tmp_path, FILE, SECOND))
    assert (call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens) == (100, 900, 50)


def test_a_tool_has_an_outcome(tmp_path: Path) -> None:
    """And a call that asked for it."""
    records = read(tmp_path, FILE, FIRST, USE, RESULT)
    tool = [record for record in records if isinstance(record, ToolCall)][-1]
    assert (tool.name, tool.status, tool.duration_us, tool.use_id) == ("Bash", "ok", 5_000_000, "call-1")
    assert tool.call_id == calls(records)[0].native_id


def test_subagents_and_workbuddy(tmp_path: Path) -> None:
    """A subagent has a file and a session of its own below its parent's; WorkBuddy says what was not in the cache."""
    [child] = calls(read(tmp_path, CHILD, HELPER))
    assert (child.subagent, child.session_id, child.parent_session_id) == ("agent-7", "child-1", SESSION)
    for step in WORKBUDDY.steps:
        step(tmp_path)
    [call] = calls(FOUND.read(tmp_path / WORK, b"").records)
    assert (call.agent, call.input_tokens, call.cache_read_tokens) == ("workbuddy", 40, 60)


def test_an_answer_that_was_given_up(tmp_path: Path) -> None:
    """What it used counts all the same."""
    [call] = calls(read(tmp_path, FILE, answer(20, "msg-9", BESIDE, status="incomplete")))
    assert (call.status, call.output_tokens) == ("cancelled", 20)


def test_only_transcripts_are_found(tmp_path: Path) -> None:
    """Claude Code's look alike, and what a session remembers lies beside it."""
    for step in CLI.steps:
        step(tmp_path)
    lines(".codebuddy/projects/p/claude.jsonl", {"uuid": "1", "sessionId": "s", "type": "user", "timestamp": "x"})(
        tmp_path
    )
    lines(f".codebuddy/projects/p/{SESSION}/memory/m.jsonl", QUESTION)(tmp_path)
    found = sorted(path for root in FOUND.roots(tmp_path, {}) if root.is_dir() for path in FOUND.files(root))
    assert found == sorted([tmp_path / FILE, tmp_path / CHILD])
    assert FOUND.roots(tmp_path, {"CODEBUDDY_CONFIG_DIR": "~/c"})[0] == tmp_path / "c/projects"
