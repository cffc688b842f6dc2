"""Chats of Codebuff: where an answer says what it used, and credits."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.codebuff import CHATS, CREDITS, FILE, INNER, OWN, QUESTION, STATE
from tokometer.records import ModelCall, ToolCall
from tokometer.sources.codebuff.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path, *messages: object) -> Reading:
    """Write a chat and read it."""
    document(FILE, list(messages))(home)
    return FOUND.read(home / FILE, b"")


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_usage_is_in_one_of_three_places(tmp_path: Path) -> None:
    """Beside the answer, below `codebuff`, or in the state that it left; as whoever answered counts."""
    own, inner, state = calls(read(tmp_path, QUESTION, OWN, INNER, STATE))
    assert (own.input_tokens, own.cache_read_tokens, own.provider) == (1_000, 200, "anthropic")
    assert (inner.input_tokens, inner.cache_read_tokens, inner.provider) == (700, 50, "openai")
    assert (state.input_tokens, state.model) == (10, "gemini-2.5-pro")


def test_credits_are_a_label(tmp_path: Path) -> None:
    """They are no dollars; an answer that was charged for is a call whatever it used."""
    [call] = calls(read(tmp_path, CREDITS))
    assert (call.labels, call.cost_reported, call.input_tokens) == ({"credits": "0.5"}, None, None)


def test_a_chat_says_when_it_was(tmp_path: Path) -> None:
    """The times in it are those of a clock on the wall; its name has the day."""
    [call] = calls(read(tmp_path, QUESTION, OWN))
    assert (call.started_at, call.project, call.user_messages) == (1_772_442_000_000_000, "engine", 1)
    dated = OWN | {"timestamp": "2026-03-02T09:05:00Z"}
    assert calls(read(tmp_path, dated))[0].started_at == 1_772_442_300_000_000


def test_tools_of_subagents_are_theirs(tmp_path: Path) -> None:
    """Blocks can hold blocks."""
    tools = {tool.name: tool for tool in read(tmp_path, OWN).records if isinstance(tool, ToolCall)}
    assert (tools["read_files"].status, tools["read_files"].subagent) == ("ok", "")
    assert (tools["think"].status, tools["think"].subagent) == ("unknown", "Thinker")


def test_all_channels_are_looked_at(tmp_path: Path) -> None:
    """Each has a folder of its own; a variable names another."""
    for step in CHATS.steps:
        step(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
    assert FOUND.roots(tmp_path, {"CODEBUFF_DATA_DIR": "~/c"}) == [tmp_path / "c/projects"]
