"""Antigravity as a source of files: a database for each conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.antigravity.conversations import NAME, Conversation
from tokometer.sources.database import DatabaseSource

#: Its folders below Gemini's, and those of the editor.
_FOLDERS: Final = ("antigravity", "antigravity-cli", "antigravity-ide", "Antigravity", "antigravity-backup")
_EDITORS: Final = ("Antigravity", "Antigravity IDE")
#: Where conversations are in each of them; what else is there is the editor's own.
_INSIDE: Final = ("conversations", "brain")
_SQLITE: Final = b"SQLite format 3\0"
_TABLE: Final = b"gen_metadata"


class Antigravity(DatabaseSource):
    """Conversations of Antigravity; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Antigravity"
    reader = Conversation

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of its conversations."""
        named = folders.settings(env, "ANTIGRAVITY_DATA_DIR", home)
        if named:
            return [folder / inside for folder in named for inside in _INSIDE]
        other = folders.setting(env, "GEMINI_CLI_HOME", home)
        gemini = [home / ".gemini", *([other / ".gemini", other] if other is not None else ())]
        bases = [base / name for base in gemini for name in _FOLDERS]
        bases += [base for name in _EDITORS for base in folders.application_data(home, env, name)]
        return [base / inside for base in bases for inside in _INSIDE]

    def files(self, root: Path) -> Iterable[Path]:
        """The conversations below a folder, by the table that they all have."""
        for path in folders.below(root, lambda name: name.endswith(".db")):
            start = folders.head(path, 1 << 16)
            if start.startswith(_SQLITE) and _TABLE in start:
                yield path


FOUND: Final = Antigravity()
