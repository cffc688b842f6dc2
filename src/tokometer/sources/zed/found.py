"""Zed as a source: its database of threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.database import DatabaseSource
from tokometer.sources.zed.threads import NAME, Threads

_DATABASE: Final = "threads.db"


class Zed(DatabaseSource):
    """Databases of Zed; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Zed"
    reader = Threads

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of threads, by platform; Flatpak has its own."""
        local = folders.setting(env, "LOCALAPPDATA", home) or home / "AppData" / "Local"
        bases = [
            folders.data_home(home, env) / "zed",
            home / "Library" / "Application Support" / "Zed",
            home / ".var" / "app" / "dev.zed.Zed" / "data" / "zed",
            local / "Zed",
        ]
        return [base / "threads" for base in bases]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        for path in folders.below(root, lambda name: name == _DATABASE):
            if folders.head(path, 16).startswith(b"SQLite format 3"):
                yield path


FOUND: Final = Zed()
