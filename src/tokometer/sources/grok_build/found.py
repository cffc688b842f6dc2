"""Grok Build as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.grok_build.updates import NAME, Updates
from tokometer.sources.jsonl import LinesSource

_FILE: Final = "updates.jsonl"
_MARK: Final = b'"sessionUpdate"'


class GrokBuild(LinesSource):
    """Sessions of Grok Build; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Grok Build"
    reader = Updates

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of sessions, of those that were put away too."""
        named = folders.settings(env, "GROK_HOME", home) or [home / ".grok"]
        return [folder / name for folder in named for name in ("sessions", "archived_sessions")]

    def files(self, root: Path) -> Iterable[Path]:
        """The updates of the sessions below a folder."""
        for path in folders.below(root, lambda name: name == _FILE):
            if _MARK in folders.head(path, 1 << 16):
                yield path


FOUND: Final = GrokBuild()
