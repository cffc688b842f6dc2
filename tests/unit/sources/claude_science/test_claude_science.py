"""Frames of Claude Science."""

from __future__ import annotations

from pathlib import Path

from generators.sources.claude_science import BEGAN, CHILD, FILE, FIRST, GROWN, rows
from tokometer.records import ModelCall
from tokometer.sources.claude_science.found import FOUND
from tokometer.sources.protocol import Reading


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_a_frame_grows(tmp_path: Path) -> None:
    """Another version of the same, which says that it covers more than one request."""
    rows(FIRST)(tmp_path)
    first = FOUND.read(tmp_path / FILE, b"")
    rows(GROWN)(tmp_path)
    [one], [other] = calls(first), calls(FOUND.read(tmp_path / FILE, first.state))
    assert one.native_id == other.native_id
    assert one.revision < other.revision
    assert (other.input_tokens, other.started_at, other.project) == (250, BEGAN * 1_000, "enzymes")
    assert (other.labels or {})["covers"] == "session"


def test_a_routers_name_is_no_part_of_the_models(tmp_path: Path) -> None:
    """And a frame inside another belongs to its session."""
    rows(CHILD)(tmp_path)
    [call] = calls(FOUND.read(tmp_path / FILE, b""))
    assert (call.model, call.provider, call.session_id, call.subagent) == (
        *("claude-haiku-4-5", "anthropic"),
        *("f1", "subagent"),
    )


def test_databases_are_known_by_their_table(tmp_path: Path) -> None:
    """Also in the folders of organisations; one can be named."""
    org = ".claude-science/cs-switch-proxy/orgs/acme/operon-cli.db"
    rows(FIRST)(tmp_path)
    rows(FIRST, name=org)(tmp_path)
    (tmp_path / ".claude-science/other.db").write_bytes(b"SQLite format 3\0 frames")
    found = {path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)}
    assert found == {tmp_path / FILE, tmp_path / org}
    assert FOUND.roots(tmp_path, {"CLAUDE_SCIENCE_DB": "~/a.db"}) == [tmp_path / "a.db"]
