"""What fx adds up of its sessions."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.fx import BEGAN, GROWN, LOOSE, OTHER, SESSION, SESSIONS, YOUNG, about, usage, used, where
from tokometer.records import ModelCall
from tokometer.sources.fx.found import FOUND
from tokometer.sources.protocol import Reading


def read(home: Path, session: str = SESSION) -> Reading:
    """A reading of a session."""
    return FOUND.read(home / where(session), b"")


def calls(reading: Reading) -> list[ModelCall]:
    """Its calls."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


def test_a_session_is_a_call_for_each_model(tmp_path: Path) -> None:
    """The cache is inside the prompt; what others have a price for costs that."""
    about(600)(tmp_path)
    usage(GROWN, OTHER)(tmp_path)
    known, own = calls(read(tmp_path))
    assert (known.input_tokens, known.cache_read_tokens, known.cache_write_unknown_tokens) == (14_333, 153_408, 100)
    assert (known.output_tokens, known.reasoning_tokens, known.cost_reported) == (2_434, 34, None)
    assert (known.provider, known.model, known.project) == ("zai", "glm-5.2", "/home/ada/code/engine")
    assert known.started_at == BEGAN * 1_000
    assert known.labels == {"covers": "session", "requests": "9"}
    assert (own.model, own.cost_reported) == ("house", 5_000_000)


def test_it_grows_under_one_name(tmp_path: Path) -> None:
    """What was written later holds."""
    about(10)(tmp_path)
    usage(YOUNG)(tmp_path)
    [young] = calls(read(tmp_path))
    about(600)(tmp_path)
    usage(GROWN)(tmp_path)
    [grown] = calls(read(tmp_path))
    assert young.native_id == grown.native_id
    assert young.revision < grown.revision


def test_the_id_of_a_session_says_when_it_was_begun(tmp_path: Path) -> None:
    """Where nothing lies beside it; where it says nothing either, nobody knows when it was."""
    usage(OTHER, session=LOOSE)(tmp_path)
    [call] = calls(read(tmp_path, LOOSE))
    assert call.started_at == (BEGAN + 5_000) * 1_000
    usage(OTHER, session="nameless")(tmp_path)
    assert [refusal.field for refusal in read(tmp_path, "nameless").refusals] == ["id"]


def test_without_models_the_session_is_one_call(tmp_path: Path) -> None:
    """Of a model that nobody names."""
    usage(**used(500, 100, 200))(tmp_path)
    reading = read(tmp_path)
    [call] = calls(reading)
    assert (call.input_tokens, call.model) == (300, "")
    assert [notice.topic for notice in reading.notices] == ["model"]


def test_it_is_found_below_its_folder(tmp_path: Path) -> None:
    """Whatever else is called so is not ours."""
    for step in SESSIONS.steps:
        step(tmp_path)
    document(where("other"), {"usage": 1})(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    assert {path.parent.name for path in FOUND.files(root)} == {SESSION, LOOSE}
