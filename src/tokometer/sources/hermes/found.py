"""Hermes Agent as a source: its database, and those of its profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.database import DatabaseSource
from tokometer.sources.hermes.state import NAME, State

_DATABASE: Final = "state.db"
#: Folders that hold no state and can be large.
_PASSED_OVER: Final = frozenset({"skills", "logs", "cache", "memories", "hermes-agent", "node_modules", "venv", ".git"})


class Hermes(DatabaseSource):
    """Databases of Hermes Agent; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Hermes Agent"
    reader = State

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of what Hermes Agent knows; the variable can list several."""
        return folders.settings(env, "HERMES_HOME", home) or [home / ".hermes"]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        found = folders.below(root, lambda name: name == _DATABASE, lambda name: name not in _PASSED_OVER)
        return (path for path in found if folders.head(path, 16).startswith(b"SQLite format 3"))


FOUND: Final = Hermes()
