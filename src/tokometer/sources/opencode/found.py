"""Finding OpenCode's databases and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources.database import read_database
from tokometer.sources.documents import read_document
from tokometer.sources.machine import host
from tokometer.sources.opencode import places, storage
from tokometer.sources.opencode.database import OpenCodeReader
from tokometer.sources.opencode.places import SOURCE_NAME, kind_of
from tokometer.sources.protocol import FileSource, Reading


class OpenCode:
    """OpenCode's databases and files; see `sources.protocol.FileSource`."""

    name = SOURCE_NAME
    title = "OpenCode"
    beside: tuple[str, ...] = ("-wal",)

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """See :func:`places.roots`."""
        return places.roots(home, env)

    def files(self, root: Path) -> Iterable[Path]:
        """See :func:`places.files`."""
        return places.files(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a file, by what it is."""
        kind = kind_of(path)
        if kind == "session":
            reading = read_document(SOURCE_NAME, storage.of_session, path)
        elif kind == "message":
            reading = read_document(SOURCE_NAME, storage.of_message, path)
        else:
            reading = read_database(SOURCE_NAME, OpenCodeReader, path, state, self.beside)
        for record in reading.records:
            record.machine = host()
        return reading


FOUND: Final[FileSource] = OpenCode()
