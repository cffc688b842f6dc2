"""Where editors let extensions keep files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.sources.editors import storages


@pytest.mark.parametrize("base", [".config", "Library/Application Support", "AppData/Roaming"])
def test_folders_of_every_system_are_looked_into(tmp_path: Path, base: str) -> None:
    """A home folder can be a copy of one of another system."""
    assert tmp_path / base / "Code/User/globalStorage/a.b" in storages(tmp_path, {}, "a.b")
