"""MiMo Code: OpenCode's database under another name."""

from __future__ import annotations

from pathlib import Path

from generators.sources.mimo_code import DATABASE, SQLITE
from tokometer.records import ModelCall
from tokometer.sources.mimo_code.found import FOUND


def test_its_records_are_its_own(tmp_path: Path) -> None:
    """They are of its source and agent; what is an estimate is no cost."""
    for step in SQLITE.steps:
        step(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    assert list(FOUND.files(root)) == [tmp_path / DATABASE]
    calls = [record for record in FOUND.read(tmp_path / DATABASE, b"").records if isinstance(record, ModelCall)]
    assert {(call.source, call.agent) for call in calls} == {("mimo_code", "mimo_code")}
    assert {call.cost_reported for call in calls} <= {None, 0}


def test_its_folder_can_be_named(tmp_path: Path) -> None:
    """By its own variable, below which the data is in a folder; channels have databases of their own."""
    assert FOUND.roots(tmp_path, {"MIMOCODE_HOME": "~/m"}) == [tmp_path / "m/data"]
    for name in ("mimocode-beta.db", "other.db"):
        (tmp_path / name).write_bytes(b"")
    assert list(FOUND.files(tmp_path)) == [tmp_path / "mimocode-beta.db"]
