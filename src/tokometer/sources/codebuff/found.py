"""Codebuff as a source of files: its chats, and those of its other channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.codebuff.chat import NAME, items_of
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.noticed import Noticed

_CHAT: Final = "chat-messages.json"
_CHANNELS: Final = ("manicode", "manicode-dev", "manicode-staging")


class Codebuff(DocumentSource):
    """Chats of Codebuff; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Codebuff"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of all projects' chats."""
        named = folders.setting(env, "CODEBUFF_DATA_DIR", home)
        bases = [named] if named is not None else [folders.config_home(home, env) / name for name in _CHANNELS]
        return [base / "projects" for base in bases]

    def files(self, root: Path) -> Iterable[Path]:
        """The chats below a folder."""
        return folders.below(root, lambda name: name == _CHAT)

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """The answers of a chat."""
        return items_of(content, path, noticed)


FOUND: Final = Codebuff()
