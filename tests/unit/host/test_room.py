"""Tests of tokometer.host.room."""

from __future__ import annotations

from pathlib import Path

from tokometer.host.room import UNKNOWN, free_bytes


def test_free_bytes(tmp_path: Path) -> None:
    """It is what the system says, and a great deal where it says nothing."""
    assert 0 < free_bytes(tmp_path) < UNKNOWN
    assert free_bytes(tmp_path / "nothing") == UNKNOWN
