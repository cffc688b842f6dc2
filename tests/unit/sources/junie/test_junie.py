"""Sessions of Junie."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.junie import BEGAN, EVENTS, FILE, FIRST, HELPER, PROMPT, SESSION, event, usage
from tokometer.records import ModelCall
from tokometer.sources.junie.found import FOUND


def calls(home: Path, *events: object) -> list[ModelCall]:
    """The calls of a session."""
    lines(FILE, *events)(home)
    return [record for record in FOUND.read(home / FILE, b"").records if isinstance(record, ModelCall)]


def test_a_request_is_told_when_it_was_answered(tmp_path: Path) -> None:
    """It began as long before as it took; who asked is told before."""
    first, helper = calls(tmp_path, PROMPT, FIRST, HELPER)
    assert (first.started_at, first.latency_us) == (BEGAN * 1000 + 1_000_000, 3_000_000)
    assert (first.session_id, first.user_messages, first.provider) == (SESSION, 1, "anthropic")
    assert (helper.subagent, helper.provider, helper.user_messages) == ("Explorer", "openai", 0)


def test_what_is_replayed_is_the_same_call(tmp_path: Path) -> None:
    """A session that is taken up again tells what it told."""
    first, again = calls(tmp_path, FIRST, FIRST)
    assert first.native_id == again.native_id


def test_costs_are_kept_where_nobody_else_knows_them(tmp_path: Path) -> None:
    """They are Junie's own sums."""
    known, unknown = calls(tmp_path, FIRST, event(5, usage("junie-own", 10, 0, 1, cost=0.02)))
    assert (known.cost_reported, unknown.cost_reported) == (None, 20_000_000)


def test_reasoning_is_a_part_of_the_output_where_it_can_be(tmp_path: Path) -> None:
    """More of it than there is output is beside."""
    inner, beside = calls(tmp_path, HELPER, event(12, usage("gpt-5", 1, 0, 5, reasoningTokens=7)))
    assert (inner.output_tokens, inner.reasoning_tokens) == (40, 10)
    assert (beside.output_tokens, beside.reasoning_tokens) == (12, 7)


def test_only_events_of_sessions_are_found(tmp_path: Path) -> None:
    """Other tools have files of that name, too."""
    for step in EVENTS.steps:
        step(tmp_path)
    lines(".junie/sessions/session-1/other/events.jsonl", {"timestampMs": 1})(tmp_path)
    lines(".junie/sessions/session-2/events.jsonl", {"type": "else"})(tmp_path)
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
