"""Finding OpenClaw's files, and reading each by what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tokometer.records import Notice, now_us
from tokometer.sources.database import DatabaseReader, read_database
from tokometer.sources.documents import read_document
from tokometer.sources.jsonl import read_lines
from tokometer.sources.machine import host
from tokometer.sources.openclaw import cron, places, sessions
from tokometer.sources.openclaw.agent_database import AgentReader
from tokometer.sources.openclaw.lines import RunsReader, TranscriptReader
from tokometer.sources.openclaw.places import SOURCE_NAME, Place, place_of
from tokometer.sources.openclaw.state_database import StateReader
from tokometer.sources.protocol import FileSource, Reading
from tokometer.sources.tail import Stamp, whole_state


class OpenClaw:
    """OpenClaw's files and databases; see `sources.protocol.FileSource`."""

    name = SOURCE_NAME
    title = "OpenClaw"
    beside: tuple[str, ...] = ("-wal",)

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """See :func:`places.roots`."""
        return places.roots(home, env)

    def files(self, root: Path) -> Iterable[Path]:
        """See :func:`places.files`."""
        return places.files(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a file, by what it is."""
        reading = self._read(path, state)
        for record in reading.records:
            record.machine = host()
        return reading

    def _read(self, path: Path, state: bytes) -> Reading:
        place = place_of(path)
        if place is None or place.kind == "strange":
            return _passed_over(path, place, state)
        if place.kind == "transcript":
            return read_lines(SOURCE_NAME, TranscriptReader, path, state)
        if place.kind in ("agent", "state"):
            reader: type[DatabaseReader[Any]] = AgentReader if place.kind == "agent" else StateReader
            return read_database(SOURCE_NAME, reader, path, state, self.beside)
        if place.kind == "runs":
            return read_lines(SOURCE_NAME, RunsReader, path, state)
        if place.kind == "jobs":
            return read_document(SOURCE_NAME, cron.items, path)
        agent = place.agent
        return read_document(
            SOURCE_NAME, lambda content, path, noticed: sessions.items(content, path, agent, noticed), path
        )


FOUND: Final[FileSource] = OpenClaw()


def _passed_over(path: Path, place: Place | None, state: bytes) -> Reading:
    reading = Reading(state=whole_state(Stamp.of(path)))
    if not state and place is not None:
        name = f"{'…' + ''.join(path.suffixes)}"
        reading.notices.append(Notice(SOURCE_NAME, "file", name[:80], str(path), at=now_us()))
    return reading
