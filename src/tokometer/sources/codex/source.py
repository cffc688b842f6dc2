"""Finding rollouts and reading what is new in one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tokometer.records import Refusal
from tokometer.sources.codex.lineage import live_place
from tokometer.sources.codex.rollout import Rollout
from tokometer.sources.codex.rows import BadLine, kind_of
from tokometer.sources.codex.state import dump, load
from tokometer.sources.protocol import FileSource, Reading
from tokometer.sources.tail import Block, Tail

_LIVE: Final = "sessions"
_ARCHIVE: Final = "archived_sessions"


class Codex:
    """OpenAI Codex CLI and all that keeps threads the same way (desktop app, IDE extension, `codex exec`)."""

    name = "codex"
    title = "Codex"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """`sessions` and `archived_sessions` under `$CODEX_HOME` (default `~/.codex`)."""
        setting = env.get("CODEX_HOME", "").strip()
        folder = home / (setting.removeprefix("~/") or ".codex")
        return [folder / _LIVE, folder / _ARCHIVE]

    def files(self, root: Path) -> Iterable[Path]:
        """The rollouts under `root`; an archived one whose live copy is still there is left out."""
        if root.is_file():
            return iter([root])
        return (path for path in _walk(root) if not _is_shadowed(path))

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a rollout since `state`."""
        with Tail(path, state) as tail:
            kept = load(tail.extra) if tail.extra else None
            if kept is not None or not tail.offset:
                return _read(tail, Rollout(path, kept))
        # The state was written by another version of this code: what it left out is found again from the start.
        with Tail(path, b"") as tail:
            return _read(tail, Rollout(path, None))


SOURCE: Final[FileSource] = Codex()


def _read(tail: Tail, rollout: Rollout) -> Reading:
    refusals: list[Refusal] = []
    place = str(rollout.path)
    for block in tail.blocks():
        for offset, bad in _take(rollout, block):
            refusals.append(Refusal(Codex.name, place, offset, bad.field, bad.reason))
    refusals += [Refusal(Codex.name, place, offset, "", "the line is too long to be read") for offset in tail.oversized]
    return Reading(rollout.records(), refusals, tail.state(dump(rollout.state)))


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
                        rollout.take(kind, bytes(view[start:last]))
                except BadLine as bad:
                    yield offset + start, bad
            start = stop + 1


def _walk(root: Path) -> Iterator[Path]:
    """Every `rollout-*.jsonl` under a folder; links to folders are followed once."""
    seen: set[tuple[int, int]] = set()
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - a Path per folder costs more than listing it
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("rollout-") and entry.name.endswith(".jsonl"):
                        if entry.is_file():
                            yield Path(entry.path)
                    elif entry.is_dir():
                        folders.append(entry.path)
        except OSError:
            continue


def _is_shadowed(path: Path) -> bool:
    """Whether an archived rollout still lies where it was live: at the same place, or where its date puts it."""
    parts = path.parts
    if _ARCHIVE not in parts:
        return False
    at = len(parts) - 1 - parts[::-1].index(_ARCHIVE)
    sessions = Path(*parts[:at], _LIVE)
    dated = live_place(sessions, path.name)
    return sessions.joinpath(*parts[at + 1 :]).exists() or (dated is not None and dated.exists())
