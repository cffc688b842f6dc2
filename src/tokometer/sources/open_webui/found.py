"""Open WebUI as a source: its database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.database import DatabaseSource
from tokometer.sources.open_webui.chats import NAME, Chats

_DATABASE: Final = "webui.db"
#: Folders that hold no database and can be large.
_PASSED_OVER: Final = frozenset({"uploads", "vector_db", "cache", "node_modules", ".git"})


class OpenWebUI(DatabaseSource):
    """Databases of Open WebUI; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Open WebUI"
    reader = Chats

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """Where people put its data folder; a container's is wherever its volume is, and is named."""
        own = folders.setting(env, "OPEN_WEBUI_DATA_DIR", home)
        return [own] if own else [home / ".open-webui", home / "open-webui"]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        found = folders.below(root, lambda name: name == _DATABASE, lambda name: name not in _PASSED_OVER)
        return (path for path in found if folders.head(path, 16).startswith(b"SQLite format 3"))


FOUND: Final = OpenWebUI()
