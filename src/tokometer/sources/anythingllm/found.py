"""AnythingLLM as a source: its database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.anythingllm.chats import NAME, Chats
from tokometer.sources.database import DatabaseSource

_DATABASE: Final = "anythingllm.db"
_PASSED_OVER: Final = frozenset({"documents", "vector-cache", "lancedb", "models", "node_modules", ".git"})


class AnythingLLM(DatabaseSource):
    """Databases of AnythingLLM; see `sources.protocol.FileSource`."""

    name = NAME
    title = "AnythingLLM"
    reader = Chats

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """Where the desktop application and the container's instructions put it."""
        own = folders.setting(env, "ANYTHINGLLM_STORAGE_DIR", home)
        desktop = [folder / "storage" for folder in folders.application_data(home, env, "anythingllm-desktop")]
        return [own] if own else [home / "anythingllm", *desktop]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        found = folders.below(root, lambda name: name == _DATABASE, lambda name: name not in _PASSED_OVER)
        return (path for path in found if folders.head(path, 16).startswith(b"SQLite format 3"))


FOUND: Final = AnythingLLM()
