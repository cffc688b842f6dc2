"""What a source of files promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tokometer.records import Notice, Record, Refusal
from tokometer.records.gate import Aside


@dataclass(slots=True)
class Reading:
    """What was new in one file."""

    records: list[Record] = field(default_factory=list)
    #: Lines that could not be believed. `position` is the byte offset of the line, `place` the file's path.
    refusals: list[Refusal] = field(default_factory=list)
    #: What to pass to the next `read` of this file; opaque to everyone but the source (see `sources.tail`).
    state: bytes = b""
    #: What no rule understood, counted once a reading by source, topic and name.
    notices: list[Notice] = field(default_factory=list)
    #: Records that are refused because our clock does not believe them yet. Not for sources: the gate fills it.
    aside: list[Aside] = field(default_factory=list)


class FileSource(Protocol):
    """A tool that leaves files behind."""

    #: The name under which its records are kept: `claude_code`.
    name: str
    #: The name that people know: `Claude Code`.
    title: str

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders that this tool would write to for a user with this home and environment.

        Folders that do not exist yet are named as well (the follower waits for them); :meth:`files` of one is empty.
        """

    def files(self, root: Path) -> Iterable[Path]:
        """The files under `root` that this source reads, in any order.

        `root` can also be a folder or a single file that the user names. What cannot be listed is passed over; links
        that lead in circles are not followed.
        """

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a file since `state` (`b""`: never read).

        A pure function of the file and the state, so that it can run in any process. Records may repeat what an
        earlier reading gave: their ids make that harmless.

        Raises:
            OSError: The file cannot be read, or is gone.
        """
