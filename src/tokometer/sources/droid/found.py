"""Droid as a source of files: totals and transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.documents import read_document
from tokometer.sources.droid.settings import ENDING, NAME, items_of
from tokometer.sources.droid.transcript import Transcript
from tokometer.sources.jsonl import read_lines
from tokometer.sources.protocol import Reading

_TOTALS: Final = b'"tokenUsage"'
_BEGINS: Final = b'"session_start"'


class Droid:
    """Sessions of Droid; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Droid"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of all projects' sessions."""
        named = folders.setting(env, "FACTORY_DIR", home)
        return [(named or home / ".factory") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The totals and transcripts of sessions below a folder."""
        for path in folders.below(root, lambda name: name.endswith((ENDING, ".jsonl"))):
            mark = _TOTALS if path.name.endswith(ENDING) else _BEGINS
            if mark in folders.head(path, 1 << 16):
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a session."""
        if path.name.endswith(ENDING):
            return read_document(NAME, items_of, path)
        return read_lines(NAME, Transcript, path, state)


FOUND: Final = Droid()
