"""Which files of which sources have something new."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokometer.host.regular import legible
from tokometer.records.redaction import holding_secrets
from tokometer.records.texts import mend
from tokometer.sources.protocol import FileSource
from tokometer.sources.tail import Stamp, taken, unchanged

#: What each place of each source was left in, by the source's name.
Cursors = Mapping[str, Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read from where it was left; `size` is roughly how many bytes of it are new."""

    source: str
    path: str
    state: bytes
    size: int
    #: When it was last written (µs since the epoch): nothing in it is younger.
    modified_at: int = 0
    #: Its path in the system's own bytes, where that is no text; else empty.
    real: bytes = b""

    @property
    def file(self) -> Path:
        """Where it is; :attr:`path` is what that is called."""
        return Path(os.fsdecode(self.real)) if self.real else Path(self.path)


@dataclass(slots=True)
class Changes:
    """What a look around found."""

    jobs: list[Job]
    #: Every file that the sources have, changed or not.
    files: int
    #: (source, path) that a cursor remembers under the roots that were looked at, and that are gone.
    gone: list[tuple[str, str]]


def look(sources: Mapping[str, FileSource], roots: Mapping[str, Sequence[Path]], cursors: Cursors) -> Changes:
    """Compare every file under `roots` (by source) with what `cursors` remember; reads no file."""
    jobs: list[Job] = []
    gone: list[tuple[str, str]] = []
    files = 0
    claimed: set[str] = set()
    for name, source in sources.items():
        known = cursors.get(name, {})
        seen: set[str] = set()
        for root in roots.get(name, ()):
            for path, stamp in _stamps(source.files(root), source.beside):
                if path in claimed:
                    continue
                claimed.add(path)
                place = place_of(path)
                seen.add(place)
                state = known.get(place, b"")
                if not unchanged(state, stamp):
                    size = stamp.size - taken(state)
                    jobs.append(_job(name, path, state, size if size >= 0 else stamp.size, stamp))
        files += len(seen)
        gone.extend((name, path) for path in _missing(known, seen, roots.get(name, ())))
    return Changes(jobs, files, gone)


def place_of(path: str | os.PathLike[str]) -> str:
    """What a file is called: its path as text. One that holds a secret is called what the gate makes of it."""
    place = legible(path)
    return mend(place, "long id") if holding_secrets((place,)) else place


def job_of(source: FileSource, path: Path, state: bytes) -> Job | None:
    """The job that one file is, if it has anything new."""
    try:
        stamp = Stamp.of(path, source.beside)
    except OSError:
        return None
    if unchanged(state, stamp):
        return None
    return _job(source.name, str(path), state, max(0, stamp.size - taken(state)), stamp)


def _job(source: str, path: str, state: bytes, size: int, stamp: Stamp) -> Job:
    place = place_of(path)
    return Job(source, place, state, size, stamp.mtime_ns // 1_000, b"" if place == path else os.fsencode(path))


def _stamps(paths: Iterable[Path], beside: Sequence[str]) -> Iterator[tuple[str, Stamp]]:
    for path in paths:
        try:
            stamp = Stamp.of(path, beside)
        except OSError:
            # Gone since it was listed, or a link to nothing.
            continue
        yield str(path), stamp


def _missing(known: Mapping[str, bytes], seen: Collection[str], roots: Sequence[Path]) -> Iterator[str]:
    prefixes = tuple(f"{root}{os.sep}" for root in roots)
    for place in known:
        # A file that cannot be seen now but is there keeps its place, and so does one in a folder that is not there.
        if place not in seen and place.startswith(prefixes) and _is_gone(place, roots):
            yield place


def _is_gone(place: str, roots: Sequence[Path]) -> bool:
    """Whether a file is not there although its root is: a root can be on a drive that is not mounted just now."""
    try:
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return any(place.startswith(f"{root}{os.sep}") and _holds_anything(root) for root in roots)
    except OSError:
        # It may be there: nobody may look.
        return False
    return False


def _holds_anything(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
