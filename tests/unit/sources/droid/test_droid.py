"""Sessions of Droid: totals that grow, names of models, tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.left import document, lines
from generators.sources.droid import FILE, SESSION, SETTINGS, START, TEXT, TRANSCRIPT, message, settings
from tokometer.records import ModelCall, ToolCall
from tokometer.sources.droid.found import FOUND


def read(home: Path, value: Any) -> ModelCall:
    """Write the totals of a session and read them."""
    document(SETTINGS, value)(home)
    [call] = FOUND.read(home / SETTINGS, b"").records
    assert isinstance(call, ModelCall)
    return call


def test_a_session_is_one_call_that_grows(tmp_path: Path) -> None:
    """A later state is a later version of it, marked as what it is."""
    lines(FILE, START, message(1, "user", TEXT))(tmp_path)
    before, after = read(tmp_path, settings(100, 0, 1)), read(tmp_path, settings(150, 0, 2))
    assert (before.id, before.revision < after.revision) == (after.id, True)
    assert (after.labels or {})["covers"] == "session"
    assert (after.started_at, after.project, after.session_id) == (
        1_772_442_001_000_000,
        "/home/ada/code/engine",
        SESSION,
    )


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ("claude-opus-4-5", ("claude-opus-4-5", "anthropic")),
        ("custom:Claude-Opus-4.5-[Anthropic]-0", ("claude-opus-4.5", "anthropic")),
        ("custom:Kimi-K3-[OpenRouter]-1", ("kimi-k3", "openrouter")),
        ("custom:My-Own-2", ("My-Own", "")),
    ],
)
def test_models_of_ones_own_are_named_by_their_titles(tmp_path: Path, named: str, wanted: tuple[str, str]) -> None:
    """The title, the provider in brackets, and a number."""
    lines(FILE, START, message(1, "user", TEXT))(tmp_path)
    call = read(tmp_path, settings(1, 0, 1, model=named))
    assert (call.model, call.provider) == wanted


def test_thinking_is_a_part_of_the_output_unless_it_cannot_be(tmp_path: Path) -> None:
    """More of it than there is output stands beside it."""
    lines(FILE, START, message(1, "user", TEXT))(tmp_path)
    inside, beside = read(tmp_path, settings(1, 0, 30, 10)), read(tmp_path, settings(1, 0, 10, 30))
    assert (inside.output_tokens, inside.reasoning_tokens) == (30, 10)
    assert (beside.output_tokens, beside.reasoning_tokens) == (40, 30)


def test_without_a_transcript_the_lock_says_when(tmp_path: Path) -> None:
    """A session of which nobody says when it was is refused."""
    call = read(tmp_path, settings(1, 0, 1, providerLock="openai", providerLockTimestamp="2026-03-02T09:00:00Z"))
    assert call.started_at == 1_772_442_000_000_000
    document(SETTINGS, settings(1, 0, 1))(tmp_path)
    assert [refusal.field for refusal in FOUND.read(tmp_path / SETTINGS, b"").refusals] == ["providerLockTimestamp"]


def test_tools_have_outcomes(tmp_path: Path) -> None:
    """From the transcript: name, server, outcome, time until it was there."""
    for step in TRANSCRIPT.steps:
        step(tmp_path)
    records = FOUND.read(tmp_path / FILE, b"").records
    tools = {tool.name: tool for tool in records if isinstance(tool, ToolCall)}
    assert (tools["Edit"].status, tools["Edit"].duration_us) == ("ok", 2_000_000)
    assert (tools["github___search"].status, tools["github___search"].server) == ("error", "github")
