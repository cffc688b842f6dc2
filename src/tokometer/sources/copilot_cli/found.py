"""Finding Copilot CLI's files, and reading each by what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources.copilot_cli import places
from tokometer.sources.copilot_cli.events import EventsReader
from tokometer.sources.copilot_cli.places import SOURCE_NAME, kind_of
from tokometer.sources.copilot_cli.store import StoreReader
from tokometer.sources.copilot_cli.telemetry import TelemetryReader
from tokometer.sources.database import read_database
from tokometer.sources.jsonl import read_lines
from tokometer.sources.machine import host
from tokometer.sources.protocol import FileSource, Reading


class CopilotCli:
    """Copilot CLI's files; see `sources.protocol.FileSource`."""

    name = SOURCE_NAME
    title = "GitHub Copilot CLI"
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
        if kind == "store":
            reading = read_database(SOURCE_NAME, StoreReader, path, state, self.beside)
        elif kind == "events":
            reading = read_lines(SOURCE_NAME, EventsReader, path, state)
        else:
            reading = read_lines(SOURCE_NAME, TelemetryReader, path, state)
        for record in reading.records:
            record.machine = host()
        return reading


FOUND: Final[FileSource] = CopilotCli()
