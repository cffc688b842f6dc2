"""Sessions of Jcode."""

from __future__ import annotations

from pathlib import Path

from generators.left import document, lines
from generators.sources.jcode import ASKED, CORRECTED, FILE, JOURNAL, ONE, SESSION, TWO, added, message, snapshot
from tokometer.records import ModelCall
from tokometer.sources.jcode.found import FOUND


def calls(home: Path, name: str) -> list[ModelCall]:
    """The calls of a file."""
    return [record for record in FOUND.read(home / name, b"").records if isinstance(record, ModelCall)]


def test_a_message_has_its_sessions_model(tmp_path: Path) -> None:
    """And the folder, and who asked; the cache is beside the input."""
    document(FILE, snapshot(ASKED, ONE))(tmp_path)
    [call] = calls(tmp_path, FILE)
    assert (call.model, call.provider, call.session_id) == ("claude-sonnet-4-5", "anthropic", SESSION)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (1_200, 800, 300)
    assert (call.project, call.user_messages) == ("/home/ada/code/engine", 1)


def test_a_journal_goes_on_from_its_snapshot(tmp_path: Path) -> None:
    """What it says of a message that the snapshot has goes before; its model holds from there on."""
    document(FILE, snapshot(ASKED, ONE))(tmp_path)
    lines(JOURNAL, added(CORRECTED), added(TWO, model="gpt-5"))(tmp_path)
    [old], [same, new] = calls(tmp_path, FILE), calls(tmp_path, JOURNAL)
    assert (same.native_id, same.output_tokens) == (old.native_id, 310)
    assert same.revision > old.revision
    assert (same.model, new.model, new.session_id) == ("claude-sonnet-4-5", "gpt-5", SESSION)


def test_reasoning_is_a_part_of_the_output_where_it_can_be(tmp_path: Path) -> None:
    """More of it is beside."""
    document(FILE, snapshot(message("m2", 1, input_tokens=1, output_tokens=2, reasoning_output_tokens=5)))(tmp_path)
    [call] = calls(tmp_path, FILE)
    assert (call.output_tokens, call.reasoning_tokens) == (7, 5)


def test_snapshots_and_journals_are_found(tmp_path: Path) -> None:
    """In the folder that it would use, or the one that is named."""
    document(FILE, snapshot())(tmp_path)
    lines(JOURNAL, added(TWO))(tmp_path)
    found = {path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)}
    assert found == {tmp_path / FILE, tmp_path / JOURNAL}
    assert FOUND.roots(tmp_path, {"JCODE_HOME": "~/j"}) == [tmp_path / "j/sessions"]
