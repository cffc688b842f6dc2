"""Goose as a source: its database, and the files of before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.database import read_database
from tokometer.sources.documents import read_document
from tokometer.sources.goose.legacy import items_of
from tokometer.sources.goose.sessions import NAME, Sessions
from tokometer.sources.protocol import Reading

_DATABASE: Final = "sessions.db"
_MARKS: Final = (b'"working_dir"', b'"message_count"')


class Goose:
    """Sessions of Goose; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Goose"
    beside: tuple[str, ...] = ("-wal",)

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of sessions, by platform, version and setting."""
        root = folders.setting(env, "GOOSE_PATH_ROOT", home)
        bases = [root / "data"] if root is not None else []
        data = folders.data_home(home, env)
        bases += [data / "goose", data / "Block" / "goose", *folders.application_data(home, env, "goose")[1:]]
        bases.append(home / "Library" / "Application Support" / "Block" / "goose")
        return [base / "sessions" for base in bases]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases and files of sessions below a folder."""
        for path in folders.below(root, lambda name: name == _DATABASE or name.endswith(".jsonl")):
            start = folders.head(path)
            if path.name == _DATABASE:
                ours = start.startswith(b"SQLite format 3") and "goose" in str(path.parent).lower()
            else:
                ours = all(mark in start.partition(b"\n")[0] for mark in _MARKS)
            if ours:
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a database or file."""
        if path.name == _DATABASE:
            return read_database(NAME, Sessions, path, state, self.beside)
        return read_document(NAME, items_of, path)


FOUND: Final = Goose()
