"""Kilo CLI: OpenCode's database under another name."""

from __future__ import annotations

from pathlib import Path

from generators.sources.kilo_cli import DATABASE, SQLITE
from tokometer.records import ModelCall
from tokometer.sources.kilo_cli.found import FOUND
from tokometer.sources.opencode.found import FOUND as OPENCODE


def test_its_records_are_its_own(tmp_path: Path) -> None:
    """The same rows in OpenCode's database are other calls, and an estimate of what has a price is no cost."""
    for step in SQLITE.steps:
        step(tmp_path)
    [root] = FOUND.roots(tmp_path, {})
    assert list(FOUND.files(root)) == [tmp_path / DATABASE]
    own = [record for record in FOUND.read(tmp_path / DATABASE, b"").records if isinstance(record, ModelCall)]
    [path] = [path for root in OPENCODE.roots(tmp_path, {}) for path in OPENCODE.files(root)]
    other = [record for record in OPENCODE.read(path, b"").records if isinstance(record, ModelCall)]
    assert {call.source for call in own} == {"kilo_cli"}
    assert {call.agent for call in own} == {"kilo_cli"}
    assert {call.id for call in own}.isdisjoint(call.id for call in other)
    assert {call.cost_reported for call in own} <= {None, 0}


def test_neither_takes_the_others_database(tmp_path: Path) -> None:
    """They are told apart by their names."""
    for step in SQLITE.steps:
        step(tmp_path)
    assert DATABASE not in {str(path.relative_to(tmp_path)) for path in OPENCODE.files(tmp_path / ".local/share")}
