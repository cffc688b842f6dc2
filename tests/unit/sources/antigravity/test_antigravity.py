"""Conversations of Antigravity."""

from __future__ import annotations

from pathlib import Path

from generators.sources.antigravity import (
    BEGAN,
    FILE,
    FIRST,
    FLASH,
    LABEL,
    SECOND,
    SESSION,
    generation,
    rows,
    usage,
)
from tokometer.records import ModelCall
from tokometer.sources.antigravity.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path) -> Reading:
    """A reading of the conversation."""
    return FOUND.read(home / FILE, b"")


def calls(home: Path) -> dict[str, ModelCall]:
    """Its calls, by the server's name of the answer."""
    return {record.response_id: record for record in read(home).records if isinstance(record, ModelCall)}


def test_a_request_knows_its_model_and_moment(tmp_path: Path) -> None:
    """Of what a generation and a step know; thinking is a part of the output, the cache is beside the input."""
    FIRST(tmp_path)
    one = calls(tmp_path)["resp-one"]
    assert (one.started_at, one.model, one.provider) == (BEGAN * 1_000_000 + 4_500_000, FLASH, "google")
    assert (one.input_tokens, one.cache_read_tokens, one.output_tokens, one.reasoning_tokens) == (
        *(4_050, 16_275, 375),
        351,
    )
    assert (one.session_id, one.project) == (SESSION, "/home/ada/code/engine")


def test_attempts_before_it_were_billed(tmp_path: Path) -> None:
    """The attempt that succeeded stands among them, and counts once."""
    FIRST(tmp_path)
    assert {name: call.input_tokens for name, call in calls(tmp_path).items()} == {
        "resp-one": 4_050,
        "resp-failed": 100,
    }


def test_a_model_is_known_by_its_label(tmp_path: Path) -> None:
    """Where another request of the conversation names both; a route is no model."""
    FIRST(tmp_path)
    SECOND(tmp_path)
    rows([(5, generation(usage("resp-routed", 1, 0, 1), "gemini-default", "Some model", 20))])(tmp_path)
    found = calls(tmp_path)
    assert (found["resp-two"].model, found["resp-routed"].model) == (FLASH, "Some model")
    assert [(notice.topic, notice.name) for notice in read(tmp_path).notices] == [
        ("model", "a request without a model")
    ]


def test_other_databases_are_left_alone(tmp_path: Path) -> None:
    """A conversation is known by its tables; others of the editor are not ours."""
    FIRST(tmp_path)
    (tmp_path / FILE).with_name("state.db").write_bytes(b"SQLite format 3\0" + b"\0" * 4_000)
    found = [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)]
    assert found == [tmp_path / FILE]


def test_other_folders_can_be_named(tmp_path: Path) -> None:
    """Several, separated by commas; they take the place of those that it would use."""
    roots = FOUND.roots(tmp_path, {"ANTIGRAVITY_DATA_DIR": "~/a, /b"})
    assert tmp_path / "a/conversations" in roots
    assert Path("/b/brain") in roots
    assert tmp_path / ".gemini/antigravity/conversations" not in roots


def test_a_request_without_any_name_counts_once(tmp_path: Path) -> None:
    """By its row."""
    rows([(0, generation(usage("", 10, 0, 2), FLASH, LABEL, 1))])(tmp_path)
    [call] = read(tmp_path).records
    assert call.native_id == f"{SESSION}|gen|0|0"
