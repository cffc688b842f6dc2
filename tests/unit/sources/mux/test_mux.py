"""Workspaces of Mux."""

from __future__ import annotations

from pathlib import Path

from generators.left import document
from generators.sources.mux import CONFIG, FILE, GROWN, LAST, LOOSE, OTHER, WORKSPACES, YOUNG
from tokometer.records import ModelCall
from tokometer.sources.mux.found import FOUND


def calls(home: Path, name: str, value: object) -> list[ModelCall]:
    """The calls of a workspace."""
    document(name, value)(home)
    return [record for record in FOUND.read(home / name, b"").records if isinstance(record, ModelCall)]


def test_a_workspace_has_a_call_for_each_model_that_grows(tmp_path: Path) -> None:
    """It began when the workspace was made."""
    document(".mux/config.json", CONFIG)(tmp_path)
    [young] = calls(tmp_path, FILE, YOUNG)
    grown, other = calls(tmp_path, FILE, GROWN)
    assert young.native_id == grown.native_id
    assert grown.revision > young.revision
    assert (grown.started_at, grown.project) == (1_772_438_400_000_000, "/home/ada/code/engine")
    assert (grown.output_tokens, grown.reasoning_tokens, grown.labels) == (420, 20, {"covers": "session"})
    assert (grown.provider, grown.cost_reported, other.provider) == ("anthropic", None, "openai")


def test_one_that_is_in_no_list_is_known_by_its_last_request(tmp_path: Path) -> None:
    """Its costs count where nobody else has prices."""
    [call] = calls(tmp_path, LOOSE, OTHER)
    assert (call.started_at, call.project) == (LAST * 1000 + 5_000_000, "")
    assert (call.model, call.cost_reported) == ("house", 50_000_000)


def test_settings_may_be_broken(tmp_path: Path) -> None:
    """They are another file's."""
    document(".mux/config.json", {"projects": [7, ["/x", {"workspaces": [{"id": "a1b2c3d4e5", "createdAt": {}}]}]]})(
        tmp_path
    )
    [call] = calls(tmp_path, FILE, YOUNG)
    assert (call.started_at, call.project) == (LAST * 1000, "/x")


def test_only_totals_are_found(tmp_path: Path) -> None:
    """A variable names another folder."""
    for step in WORKSPACES.steps:
        step(tmp_path)
    assert sorted(path for root in FOUND.roots(tmp_path, {}) for path in FOUND.files(root)) == [
        tmp_path / FILE,
        tmp_path / LOOSE,
    ]
    assert FOUND.roots(tmp_path, {"MUX_ROOT": "~/m"}) == [tmp_path / "m/sessions"]
