"""Crush as a source: the databases of the projects that it knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.sources import folders
from tokometer.sources.crush.sessions import NAME, Sessions
from tokometer.sources.database import DatabaseSource

_DATABASE: Final = "crush.db"
_MOST_BYTES: Final = 4 << 20


class Crush(DatabaseSource):
    """Databases of Crush; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Crush"
    reader = Sessions

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of what Crush knows of all projects, and that of each project in its list."""
        data = folders.setting(env, "CRUSH_GLOBAL_DATA", home) or folders.data_home(home, env) / "crush"
        return list(dict.fromkeys([data, home / ".crush", *_listed(data / "projects.json")]))

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder; of a project, that in its folder `.crush`."""
        for path in folders.below(root, lambda name: name == _DATABASE, lambda name: name in (".crush", "crush")):
            if folders.head(path, 16).startswith(b"SQLite format 3"):
                yield path


FOUND: Final = Crush()


def _listed(path: Path) -> Iterator[Path]:
    """The folders of the projects that Crush was used in."""
    try:
        value: Any = msgspec.json.decode(read_bytes(path, _MOST_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    projects = value.get("projects") if isinstance(value, dict) else value
    for one in projects if isinstance(projects, list) else ():
        if isinstance(one, dict) and isinstance(one.get("path"), str) and one["path"].startswith("/"):
            data = one.get("data_dir")
            yield Path(one["path"], data if isinstance(data, str) and data else ".crush")
