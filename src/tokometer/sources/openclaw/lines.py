"""Files of lines: transcripts, and the histories of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from tokometer.records import Record
from tokometer.sources.jsonl import LinesReader
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.cron import Job, jobs_beside, records_of
from tokometer.sources.openclaw.entries import Session, SessionMemory, home_of
from tokometer.sources.openclaw.places import Place, place_of
from tokometer.sources.openclaw.sessions import NOTHING, Known, book_beside, id_of_key
from tokometer.sources.told import Told


class TranscriptReader(LinesReader[SessionMemory]):
    """One reading of one transcript."""

    Memory = SessionMemory

    def __init__(self, path: Path, memory: SessionMemory, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        place = place_of(path) or Place("transcript")
        folder = place.sessions

        def known(session_id: str) -> Known:
            return book_beside(folder).by_id.get(session_id, NOTHING)

        self._session = Session(place, memory, known, lambda one: id_of_key(one.parent_key, folder), home_of(place))

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        return self._session.take(line, self.noticed, offset)

    def finish(self) -> Iterable[Record]:
        """See `LinesReader.finish`."""
        return self._session.finish()


class RunsMemory(msgspec.Struct):
    """Nothing is remembered of a history: every line of it says all."""


class RunsReader(LinesReader[RunsMemory]):
    """One reading of the history of a job's runs."""

    Memory = RunsMemory

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        told = Told(line)
        # The file is named after the job.
        name = told.text("jobId") or self.path.name.partition(".jsonl")[0]
        job = jobs_beside(self.path).get(name, Job(id=name))
        return records_of(told, job, self.noticed, offset)
