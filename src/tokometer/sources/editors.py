"""Where Visual Studio Code, its relatives and their remote halves let extensions keep files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders

#: Names of their folders of settings.
_EDITORS: Final = (
    "Code",
    "Code - Insiders",
    "Code - OSS",
    "VSCodium",
    "VSCodium - Insiders",
    "Cursor",
    "Cursor Nightly",
    "Windsurf",
    "Windsurf - Next",
    "Antigravity",
    "Kiro",
    "Positron",
    "Trae",
    "Void",
)
#: Folders, below the home folder, of the halves that run on another machine, in a container or in a browser.
_REMOTE: Final = (
    ".vscode-server/data",
    ".vscode-server-insiders/data",
    ".vscode-remote/data",
    ".vscodium-server/data",
    ".cursor-server/data",
    ".windsurf-server/data",
    ".antigravity-server/data",
    ".local/share/code-server",
)


def storages(home: Path, env: Mapping[str, str], extension: str) -> list[Path]:
    """The folders in which an extension (`publisher.name`) keeps what it knows, in any editor."""
    return [folder / "globalStorage" / extension for folder in users(home, env)]


def users(home: Path, env: Mapping[str, str]) -> list[Path]:
    """The folders in which editors keep what is a person's, on any system: a home folder can be a copy of another's."""
    data = [folder for name in _EDITORS for folder in folders.application_data(home, env, name)]
    return [folder / "User" for folder in (*data, *(home / name for name in _REMOTE))]
