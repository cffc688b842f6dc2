"""Sessions of Devin's command line."""

from __future__ import annotations

from pathlib import Path

from generators.sources.devin import ASKED, BEGAN, FILE, FIRST, SESSION, SHORT, answered, rows
from tokometer.records import ModelCall
from tokometer.sources.devin.found import FOUND
from tokometer.sources.protocol import Reading


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_an_answer_has_what_its_metrics_say(tmp_path: Path) -> None:
    """The time is in seconds; the session's model is a choice and no model."""
    rows({1: ASKED, 2: FIRST})(tmp_path)
    [call] = calls(FOUND.read(tmp_path / FILE, b""))
    assert (call.started_at, call.latency_us) == ((BEGAN + 2) * 1_000_000, 2_846_000)
    assert (call.model, call.session_id, call.project) == ("glm-5-2-max-1m", SESSION, "/home/ada/code/engine")
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (31_134, 8, 147)


def test_of_an_answer_without_metrics_only_its_length_is_known(tmp_path: Path) -> None:
    """What went in is unknown, not nothing; and so is the model."""
    rows({1: SHORT})(tmp_path)
    reading = FOUND.read(tmp_path / FILE, b"")
    [call] = calls(reading)
    assert (call.input_tokens, call.output_tokens, call.model) == (None, 9, "")
    assert [notice.topic for notice in reading.notices] == ["model"]


def test_only_new_messages_are_read(tmp_path: Path) -> None:
    """A database that was made anew is read from its start."""
    rows({1: FIRST})(tmp_path)
    left = FOUND.read(tmp_path / FILE, b"").state
    rows({2: answered("gpt-5", 1, 0, 1)})(tmp_path)
    again = FOUND.read(tmp_path / FILE, left)
    assert [call.model for call in calls(again)] == ["gpt-5"]
    (tmp_path / FILE).unlink()
    rows({1: FIRST})(tmp_path)
    assert len(calls(FOUND.read(tmp_path / FILE, again.state))) == 1


def test_it_is_found_below_the_data_folder(tmp_path: Path) -> None:
    """By its table: other programs have databases of that name."""
    rows({1: FIRST})(tmp_path)
    other = tmp_path / ".local/share/devin/cli/old/sessions.db"
    other.parent.mkdir()
    other.write_bytes(b"SQLite format 3")
    assert [path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)] == [tmp_path / FILE]
