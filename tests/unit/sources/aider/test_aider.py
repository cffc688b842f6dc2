"""The log of Aider's analytics."""

from __future__ import annotations

from pathlib import Path

from generators.left import lines
from generators.sources.aider import ASKED, BEGAN, FILE, FIRST, LAUNCH, LOG, REDACTED, TWIN, event
from tokometer.records import ModelCall
from tokometer.sources.aider.found import FOUND


def calls(home: Path, *events: object) -> list[ModelCall]:
    """The calls of a log."""
    lines(FILE, *events)(home)
    return [record for record in FOUND.read(home / FILE, b"").records if isinstance(record, ModelCall)]


def test_a_request_is_a_call(tmp_path: Path) -> None:
    """Its session is the start of the program; its cost is what only Aider knows."""
    [call] = calls(tmp_path, LAUNCH, ASKED, FIRST)
    assert (call.started_at, call.session_id, call.user_messages) == (
        (BEGAN + 9) * 1_000_000,
        f"c42c4e6b-{BEGAN}",
        1,
    )
    assert (call.provider, call.cost_reported, call.labels) == ("anthropic", 4_200_000, {"mode": "diff"})
    assert (call.input_tokens, call.cache_read_tokens) == (1_000, None)


def test_requests_of_one_second_are_told_apart(tmp_path: Path) -> None:
    """By what was spent until then."""
    first, twin = calls(tmp_path, FIRST, TWIN)
    assert first.native_id != twin.native_id


def test_models_that_are_not_named(tmp_path: Path) -> None:
    """Aider names only well-known ones; of others whose they are, and no cost of nothing."""
    [call] = calls(tmp_path, REDACTED)
    assert (call.model, call.provider, call.cost_reported) == ("", "ollama", None)


def test_a_log_is_known_by_how_it_begins(tmp_path: Path) -> None:
    """It lies where somebody wants it: only a variable says where."""
    for step in LOG.steps:
        step(tmp_path)
    lines("logs/other.jsonl", event(0, "x")["properties"])(tmp_path)
    assert list(FOUND.files(tmp_path / "logs")) == [tmp_path / FILE]
    assert FOUND.roots(tmp_path, {}) == []
    assert FOUND.roots(tmp_path, {"AIDER_ANALYTICS_LOG": "~/logs/aider.jsonl"}) == [tmp_path / FILE]
