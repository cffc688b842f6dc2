"""Finding rollouts and reading what is new in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tokometer.records import Notice, Refusal, mistake
from tokometer.sources import folders
from tokometer.sources.codex import places
from tokometer.sources.codex.rollout import Rollout
from tokometer.sources.codex.rows import BadLine, is_rollout, kind_of
from tokometer.sources.codex.state import dump, load
from tokometer.sources.frames import Frames, head_of, is_compressed
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import FileSource, Reading
from tokometer.sources.tail import Block, Tail

#: What is remembered of a file that is none.
_STRANGE: Final = b"?"
#: A file that is something else entirely is not listed line by line.
_MOST_REFUSALS: Final = 1_000
_TOO_LONG: Final = "the line is too long to be read"


class Codex:
    """OpenAI Codex CLI and all that keeps threads the same way (desktop app, IDE extension, `codex exec`)."""

    name = "codex"
    title = "Codex"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """`sessions` and `archived_sessions` of `$CODEX_HOME`, which can list several folders (default `~/.codex`)."""
        found = folders.settings(env, "CODEX_HOME", home) or [home / ".codex"]
        return [folder / name for folder in found for name in (places.LIVE, places.ARCHIVE)]

    def files(self, root: Path) -> Iterable[Path]:
        """The rollouts under `root`; one that also lies there in a form that Codex prefers is left out.

        In Codex's own folders these are all files that could be rollouts, whatever their name, and those of which
        nobody knows what they are, so that :meth:`read` can notice them.
        """
        return places.rollouts(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a rollout since `state`."""
        if not places.is_named_rollout(path.name):
            with Tail(path, state) as tail:
                known = tail.extra == _STRANGE
                left = tail.state(_STRANGE)
            head = head_of(path, places.HEAD) if places.may_be_rollout(path.name) else b"?"
            if not is_rollout(head):
                strange = bool(head) and not known
                return Reading(state=left, notices=_unread(path) if strange else [])
        if is_compressed(path):
            return _read_compressed(path)
        with Tail(path, state) as tail:
            kept = load(tail.extra) if tail.extra else None
            if kept is not None or not tail.offset:
                return _read(tail, Rollout(path, kept))
        # The state was written by another version of this code: what it left out is found again from the start.
        with Tail(path, b"") as tail:
            return _read(tail, Rollout(path, None))


FOUND: Final[FileSource] = Codex()


def _read(tail: Tail, rollout: Rollout) -> Reading:
    refusals = _Refusals(rollout.path)
    for block in tail.blocks():
        for offset, bad in _take(rollout, block):
            refusals.add(offset, bad.field, bad.reason)
    for offset in tail.oversized:
        refusals.add(offset, "", _TOO_LONG)
    return Reading(rollout.records(), refusals.listed(), tail.state(dump(rollout.state)), rollout.notices())


def _read_compressed(path: Path) -> Reading:
    rollout, frames, refusals = Rollout(path, None), Frames(path), _Refusals(path)
    with Tail(path, b"") as tail:
        for block in frames.blocks():
            for offset, bad in _take(rollout, block):
                refusals.add(offset, bad.field, bad.reason)
        for offset in frames.oversized:
            refusals.add(offset, "", _TOO_LONG)
        if frames.damage is not None:
            refusals.add(frames.damage[0], "", f"{frames.damage[1]}; what comes before was read")
        # All of it, as far as its size and times tell: it is read anew when they do.
        tail.offset = tail.size
        return Reading(rollout.records(), refusals.listed(), tail.state(), rollout.notices())


class _Refusals:
    """What was refused in one file, up to what anyone would read."""

    def __init__(self, path: Path) -> None:
        self._place = str(path)
        self._listed: list[Refusal] = []
        self._more = 0

    def add(self, offset: int, field: str, reason: str) -> None:
        if len(self._listed) < _MOST_REFUSALS:
            self._listed.append(Refusal(Codex.name, self._place, offset, field, reason))
        else:
            self._more += 1

    def listed(self) -> list[Refusal]:
        if not self._more:
            return self._listed
        last = Refusal(Codex.name, self._place, 0, "", f"and {self._more} more lines of this file")
        return [*self._listed, last]


def _unread(path: Path) -> list[Notice]:
    noticed = Noticed(Codex.name, str(path))
    noticed.add("file", places.shape_of(path.name))
    return noticed.all()


def _bad(error: Exception) -> BadLine:
    """What is wrong with a line that could not be read, whatever it raised."""
    if isinstance(error, BadLine):
        return error
    wrong = mistake(error)
    return BadLine(wrong.field, wrong.reason)


def _take(rollout: Rollout, block: Block) -> Iterator[tuple[int, BadLine]]:
    """Give the rollout every line of a block that it reads; yields what was wrong with the others."""
    data, end, offset = block
    start = 0
    with memoryview(data) as view:
        while start < end:
            stop = data.find(b"\n", start, end)
            last = stop
            while last > start and data[last - 1] in b"\r\t ":
                last -= 1
            if last > start:
                try:
                    kind = kind_of(data, start, last)
                    if kind is not None:
                        rollout.take(kind, bytes(view[start:last]), offset + start)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is of this line, and the others count
                    yield offset + start, _bad(error)
            start = stop + 1
