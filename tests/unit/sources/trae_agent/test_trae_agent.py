"""Trajectories of Trae Agent."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.trae_agent import BEGUN, CLAUDE, DONE, FILE, OPENAI, SILENT, TRAJECTORY, trajectory
from tokometer.records import AgentRun, ModelCall, Record, ToolCall
from tokometer.sources.trae_agent.found import FOUND


def read(home: Path, value: object) -> list[Record]:
    """The records of a trajectory."""
    document(FILE, value)(home)
    return FOUND.read(home / FILE, b"").records


def test_the_cache_is_where_the_provider_counts_it(tmp_path: Path) -> None:
    """Beside the input of Anthropic, inside OpenAI's; and nothing at all is not known."""
    records = read(tmp_path, trajectory([CLAUDE, OPENAI, SILENT], []))
    claude, openai, silent = (record for record in records if isinstance(record, ModelCall))
    assert (claude.input_tokens, claude.cache_read_tokens, claude.cache_write_unknown_tokens) == (100, 900, 30)
    assert (openai.input_tokens, openai.cache_read_tokens, openai.reasoning_tokens) == (300, 200, 10)
    assert (silent.provider, silent.input_tokens, silent.output_tokens) == ("ollama", None, None)
    assert [call.user_messages for call in (claude, openai, silent)] == [1, 0, 0]


def test_tools_have_outcomes(tmp_path: Path) -> None:
    """Once their step is over."""
    [begun] = (record for record in read(tmp_path, trajectory([], [BEGUN])) if isinstance(record, ToolCall))
    done, failed = (record for record in read(tmp_path, trajectory([], [DONE])) if isinstance(record, ToolCall))
    assert (begun.status, done.status, failed.status) == ("unknown", "ok", "error")
    assert begun.native_id == done.native_id


def test_a_trajectory_is_a_run(tmp_path: Path) -> None:
    """It runs until it says when it ended."""
    [young] = (record for record in read(tmp_path, trajectory([], [])) if isinstance(record, AgentRun))
    ended = trajectory([], [], "2026-03-02T09:00:09.000000", success=True)
    [old] = (record for record in read(tmp_path, ended) if isinstance(record, AgentRun))
    assert (young.status, old.status, old.session_id) == ("running", "ok", "trajectory_20260302_090000")
    assert (old.started_at, old.ended_at) == (1_772_442_000_123_456, 1_772_442_009_000_000)


def test_they_are_known_by_how_they_begin(tmp_path: Path) -> None:
    """They lie wherever Trae was started."""
    for step in TRAJECTORY.steps:
        step(tmp_path)
    document("work/trajectories/other.json", {"task": "…"})(tmp_path)
    assert list(FOUND.files(tmp_path / "work")) == [tmp_path / FILE]
    assert FOUND.roots(tmp_path, {}) == []
