"""Where Visual Studio Code, its relatives and their remote halves let extensions keep files."""

from __future__ import annotations

import sys
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
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = folders.setting(env, "APPDATA", home) or home / "AppData" / "Roaming"
    else:
        base = folders.config_home(home, env)
    data = [*(base / name for name in _EDITORS), *(home / name for name in _REMOTE)]
    return [folder / "User" / "globalStorage" / extension for folder in data]
