"""Sessions of Auggie."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.augment import FILE, FIRST, SECOND, SESSION, SESSIONS, SILENT, session
from tokometer.records import ModelCall, ToolCall
from tokometer.sources.augment.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path, *turns: dict[str, object]) -> Reading:
    """Write a session and read it."""
    document(FILE, session(*turns))(home)
    return FOUND.read(home / FILE, b"")


def test_a_turn_counts_once(tmp_path: Path) -> None:
    """What it used may be told in several nodes; one without is none."""
    reading = read(tmp_path, FIRST, SECOND, SILENT)
    first, second = [record for record in reading.records if isinstance(record, ModelCall)]
    assert (first.input_tokens, first.cache_write_unknown_tokens, first.output_tokens) == (1_000, 50, 80)
    assert (first.model, first.provider, first.session_id) == ("claude-sonnet-4-5", "anthropic", SESSION)
    assert (second.model, second.provider) == ("gpt-5", "openai")


def test_what_came_of_a_tool_is_in_the_next_turn(tmp_path: Path) -> None:
    """Until then nobody knows."""
    tools = {tool.use_id: tool.status for tool in read(tmp_path, FIRST).records if isinstance(tool, ToolCall)}
    assert tools == {"t1": "unknown", "t2": "unknown"}
    tools = {tool.use_id: tool.status for tool in read(tmp_path, FIRST, SECOND).records if isinstance(tool, ToolCall)}
    assert tools == {"t1": "ok", "t2": "error"}


def test_a_turn_that_never_ended_is_refused_only_if_it_counts(tmp_path: Path) -> None:
    """Without a time there is no call."""
    cut = {name: value for name, value in SECOND.items() if name != "finishedAt"}
    reading = read(tmp_path, FIRST, cut)
    assert [(refusal.field, refusal.reason) for refusal in reading.refusals] == [
        ("chatHistory[1].finishedAt", "is missing")
    ]


def test_its_folder_can_be_named(tmp_path: Path) -> None:
    """By a variable; only sessions are read of it."""
    for step in SESSIONS.steps:
        step(tmp_path)
    document(".augment/sessions/other.json", {"hello": 1})(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
    assert FOUND.roots(tmp_path, {"AUGMENT_CACHE_DIR": "~/a"}) == [tmp_path / "a/sessions"]
