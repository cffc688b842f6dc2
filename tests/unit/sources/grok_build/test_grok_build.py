"""Sessions of Grok Build."""

from __future__ import annotations

from pathlib import Path

import pytest

from generators.left import document, lines
from generators.sources.grok_build import (
    BEGAN,
    CHILD,
    DONE,
    FILE,
    FIRST,
    FOLDER,
    FORK,
    GIVEN_UP,
    HELPER,
    PARTIAL,
    SECOND,
    SESSION,
    SESSIONS,
    TOOL,
    update,
    used,
)
from tokometer.records import ModelCall, Record, ToolCall
from tokometer.sources.grok_build.found import FOUND


def read(home: Path, *updates: object, name: str = FILE) -> list[Record]:
    """The records of a session."""
    lines(name, *updates)(home)
    return FOUND.read(home / name, b"").records


def calls(records: list[Record]) -> list[ModelCall]:
    """Its calls."""
    return [record for record in records if isinstance(record, ModelCall)]


def test_a_turn_is_the_sum_of_its_own_requests(tmp_path: Path) -> None:
    """By model; the cache is inside the prompt, and a smaller sum is no correction of the one before."""
    first, strong, fast = calls(read(tmp_path, FIRST, SECOND))
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (300, 700, 80)
    assert (first.labels, first.latency_us) == ({"covers": "turn", "requests": "3"}, None)
    assert (first.started_at, first.project) == ((BEGAN + 7) * 1_000_000, "/home/ada/code/engine")
    assert (strong.input_tokens, strong.latency_us, strong.user_messages) == (500, 2_000_000, 1)
    assert (fast.model, fast.provider, fast.user_messages) == ("grok-code-fast-1", "xai", 0)


def test_costs_are_xais_own(tmp_path: Path) -> None:
    """In ticks of 10⁻¹⁰ dollars; a part of one is none."""
    first, partial = calls(read(tmp_path, FIRST, PARTIAL))
    assert (first.cost_reported, partial.cost_reported) == (284_274_800, None)


def test_a_turn_that_was_given_up(tmp_path: Path) -> None:
    """Nobody knows what it used; of which model it was, the turn before says."""
    [_, call] = calls(read(tmp_path, FIRST, GIVEN_UP))
    assert (call.status, call.input_tokens, call.model) == ("cancelled", None, "grok-4.5-build")


def test_subagents_and_forks(tmp_path: Path) -> None:
    """A subagent's session knows its parent; what a fork repeats counts once."""
    document(f"{FOLDER}/{CHILD}/summary.json", {"info": {"id": CHILD}, "parent_session_id": SESSION})(tmp_path)
    [child] = calls(read(tmp_path, HELPER, name=f"{FOLDER}/{CHILD}/updates.jsonl"))
    assert (child.session_id, child.parent_session_id) == (CHILD, SESSION)
    [first] = calls(read(tmp_path, FIRST))
    [again] = calls(read(tmp_path, FIRST, name=f"{FOLDER}/{FORK}/updates.jsonl"))
    assert first.native_id == again.native_id


def test_a_tool_is_named_without_what_it_was_for(tmp_path: Path) -> None:
    """Its title is content."""
    begun, done = (record for record in read(tmp_path, TOOL, DONE) if isinstance(record, ToolCall))
    assert (begun.name, begun.status) == ("Bash", "unknown")
    assert (done.native_id, done.status, done.duration_us) == (begun.native_id, "ok", 3_000_000)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"_meta": {"x.ai/tool": {"kind": "list_dir"}}, "kind": "other"}, "list_dir"),
        ({"kind": "read", "rawInput": "…"}, "read"),
    ],
)
def test_of_other_tools_the_kind_is_known(tmp_path: Path, more: dict[str, object], name: str) -> None:
    """Where there is no name."""
    [tool] = read(tmp_path, update(1, "tool_call", toolCallId="c", title="/etc/passwd", **more))
    assert isinstance(tool, ToolCall)
    assert tool.name == name


def test_without_models_the_last_one_answered(tmp_path: Path) -> None:
    """Older turns do not say which."""
    bare = update(50, "turn_completed", prompt_id="p-9", stop_reason="end_turn", usage=used(10, 2))
    assert [call.model for call in calls(read(tmp_path, FIRST, bare))] == ["grok-4.5-build"] * 2


def test_a_summary_may_be_broken(tmp_path: Path) -> None:
    """It is another file's; the folder says the project, too."""
    document(f"{FOLDER}/{SESSION}/summary.json", {"info": 7})(tmp_path)
    [call] = calls(read(tmp_path, FIRST))
    assert call.project == "/home/ada/code/engine"


def test_sessions_that_were_put_away_are_found(tmp_path: Path) -> None:
    """A variable lists other folders."""
    for step in SESSIONS.steps:
        step(tmp_path)
    lines(".grok/archived_sessions/x/y/updates.jsonl", FIRST)(tmp_path)
    found = [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    assert len(found) == 4
    assert FOUND.roots(tmp_path, {"GROK_HOME": "~/a,/b"})[::2] == [tmp_path / "a/sessions", Path("/b/sessions")]
