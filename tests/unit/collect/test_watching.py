"""Tests of tokometer.collect.watching: the system and the library tell the same changes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tokometer.collect import watching as module
from tokometer.collect.watching import watching

SOON = 20.0


@pytest.mark.parametrize("by", ["the system", "the library"])
def test_changes_and_what_appears_are_told(tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written is told by name; a folder that was missing has everything watched anew; a wake ends it."""
    if by == "the library":
        monkeypatch.setattr(module, "can_hear", lambda: False)
        monkeypatch.setattr(module, "_APPEARED", 0.2)
    top, missing = tmp_path / "top", tmp_path / "missing"
    top.mkdir()
    with watching([top], [missing]) as watched:
        assert watched.next(0.1) == set()
        (top / "a.jsonl").write_bytes(b"1")
        assert str(top / "a.jsonl") in (watched.next(SOON) or ())
        missing.mkdir()
        until = time.monotonic() + SOON
        while watched.next(1) is not None:
            assert time.monotonic() < until
    with watching([], [tmp_path / "never"]) as watched:
        threading.Timer(0.3, watched.wake).start()
        began = time.monotonic()
        assert not watched.next(60)
        assert time.monotonic() - began < SOON
