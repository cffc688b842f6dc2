"""Where OpenCode keeps its sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from tokometer.host.there import is_file
from tokometer.sources.folders import data_home, settings

SOURCE_NAME: Final = "opencode"

Kind = Literal["database", "session", "message"]

#: A channel of its releases has a database of its own: `opencode-dev.db`.
_DATABASE: Final = re.compile(r"opencode(-[\w.-]+)?\.db")
_STORAGE: Final = "storage"
_SESSION, _MESSAGE = "session", "message"


def roots(home: Path, env: Mapping[str, str]) -> list[Path]:
    """The folders that it would keep its data in; see `FileSource.roots`."""
    return settings(env, "OPENCODE_DATA_DIR", home) or [data_home(home, env) / "opencode"]


def files(root: Path) -> Iterator[Path]:
    """Its databases, and the files of its sessions and messages. Parts are read with their message."""
    if is_file(root):
        if kind_of(root) is not None:
            yield root
        return
    # Beside them it keeps snapshots of projects, which nobody lists.
    for found in (root, root / "opencode"):
        yield from databases(found)
        for kind in (_SESSION, _MESSAGE):
            for folder in _listed(found / _STORAGE / kind):
                yield from (path for path in _listed(folder) if path.suffix == ".json" and is_file(path))


def databases(folder: Path) -> list[Path]:
    """The databases in a folder."""
    return [path for path in _listed(folder) if _DATABASE.fullmatch(path.name) and is_file(path)]


def kind_of(path: Path) -> Kind | None:
    """What a file is; None where it is not certainly one of OpenCode's."""
    if _DATABASE.fullmatch(path.name):
        return "database"
    if path.suffix == ".json" and path.parts[-4:-3] == (_STORAGE,):
        if path.parts[-3] == _SESSION:
            return "session"
        if path.parts[-3] == _MESSAGE:
            return "message"
    return None


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
