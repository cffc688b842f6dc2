"""How far back an import has come: files are read newest first, so that what is asked for most is there first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tokometer.collect.changes import Job
from tokometer.records import to_datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an import is; files that have nothing new are not counted."""

    files: int
    all_files: int
    bytes: int
    all_bytes: int
    #: What was written after this is in (µs since the epoch); None where everything is.
    back_to: int | None

    def to_json(self) -> dict[str, Any]:
        """As answers carry it: `{"files": 12, "all_files": 630, …, "back_to": "2026-11-03T09:12:00+00:00"}`."""
        return {
            "files": self.files,
            "all_files": self.all_files,
            "bytes": self.bytes,
            "all_bytes": self.all_bytes,
            "back_to": None if self.back_to is None else to_datetime(self.back_to).isoformat(),
        }


def newest_first(jobs: Iterable[Job]) -> list[Job]:
    """Jobs in the order in which they are to be read."""
    return sorted(jobs, key=lambda job: -job.modified_at)


class Horizon:
    """Adds up what is done of some jobs."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._left = newest_first(jobs)
        # The newest that is left stands at the end.
        self._left.reverse()
        self._done: set[tuple[str, str]] = set()
        self._files = self._bytes = 0
        self._all_files, self._all_bytes = len(jobs), sum(job.size for job in jobs)

    @property
    def back_to(self) -> int | None:
        """When the newest file that is not done was written (µs since the epoch); None where all are done."""
        return self._left[-1].modified_at if self._left else None

    def done(self, jobs: Iterable[Job]) -> None:
        """Some jobs are done."""
        for job in jobs:
            self._files += 1
            self._bytes += job.size
            self._done.add((job.source, job.path))
        left = self._left
        while left and (left[-1].source, left[-1].path) in self._done:
            left.pop()

    def reach(self) -> Reach:
        """How far it is now."""
        return Reach(self._files, self._all_files, self._bytes, self._all_bytes, self.back_to)
