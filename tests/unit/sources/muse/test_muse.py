"""Sessions of Muse Code."""

from __future__ import annotations

from pathlib import Path

from generators.sources.muse import BEGAN, CHILDS, EVENTS, FILE, SESSION
from tokometer.records import ModelCall
from tokometer.sources.muse.found import FOUND


def calls(home: Path, name: str) -> list[ModelCall]:
    """The calls of a file."""
    return [record for record in FOUND.read(home / name, b"").records if isinstance(record, ModelCall)]


def test_the_prompt_has_the_cache_inside(tmp_path: Path) -> None:
    """And reasoning is a part of the output; the time is in microseconds."""
    for step in EVENTS.steps:
        step(tmp_path)
    one, two = calls(tmp_path, FILE)
    assert (one.input_tokens, one.cache_read_tokens, one.output_tokens, one.reasoning_tokens) == (259, 15_665, 355, 111)
    assert (one.started_at, one.project, one.user_messages) == (BEGAN + 4_000_000, "/home/ada/code/engine", 1)
    assert (two.input_tokens, two.cache_read_tokens, two.user_messages) == (60, 40, 0)


def test_a_subagent_has_its_own_file_and_a_parent(tmp_path: Path) -> None:
    """Its parent's does not tell of what it used."""
    for step in EVENTS.steps:
        step(tmp_path)
    [call] = calls(tmp_path, CHILDS)
    assert (call.parent_session_id, call.subagent, call.user_messages) == (SESSION, "subagent", 0)


def test_it_is_found_below_the_data_folder(tmp_path: Path) -> None:
    """Sessions and subagents; whatever else is called so is not ours."""
    for step in EVENTS.steps:
        step(tmp_path)
    other = tmp_path / ".local/share/muse/sessions/x/session.jsonl"
    other.parent.mkdir()
    other.write_text("{}\n")
    found = {path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)}
    assert found == {tmp_path / FILE, tmp_path / CHILDS}
    assert tmp_path / "d/muse/sessions" in FOUND.roots(tmp_path, {"XDG_DATA_HOME": "~/d"})
