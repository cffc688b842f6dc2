"""Files that a tool writes anew whenever something changes: what all sources of them share.

Such a file is read whole when it has changed. Its records have ids of their own, so what stood in it before is met
again and changes nothing.
"""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tokometer.host.regular import open_regular
from tokometer.records import Record, RecordError, Refusal, mistake, now_us
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.tail import BOM, Stamp, whole_state


class Item(NamedTuple):
    """A part that can be wrong by itself: of a document, or a row of a database."""

    #: Which one it is: counted from 0 in a document, its rowid in a table.
    position: int
    #: Makes records of it; raises RecordError where something in it cannot be believed.
    records: Callable[[], Iterable[Record]]


_MARKS_OF_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
#: What is larger is no document that a tool writes anew at each change (bytes).
MOST_BYTES: Final = 256 << 20


class DocumentSource(ABC):
    """A source of such files: see `sources.protocol.FileSource`."""

    name: str
    title: str
    beside: tuple[str, ...] = ()

    @abstractmethod
    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """See `FileSource.roots`."""

    @abstractmethod
    def files(self, root: Path) -> Iterable[Path]:
        """See `FileSource.files`."""

    @abstractmethod
    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """The parts of a document.

        Raises:
            RecordError: The document as a whole cannot be read.
        """

    def read(self, path: Path, state: bytes) -> Reading:  # noqa: ARG002 - read whole, whatever was there before
        """See `FileSource.read`."""
        return read_document(self.name, self.items, path, self.beside)


def read_document(
    name: str,
    items: Callable[[bytes, Path, Noticed], Iterable[Item]],
    path: Path,
    beside: tuple[str, ...] = (),
) -> Reading:
    """A document of the source `name`, for sources that also have files of other kinds; see `DocumentSource.items`.

    Raises:
        OSError: It cannot be read, or is gone.
    """
    stamp = Stamp.of(path, beside)
    noticed = Noticed(name, str(path))
    reading = Reading(state=whole_state(stamp))
    try:
        parts = list(items(_content(path), path, noticed))
    except RecordError as error:
        # Half written, perhaps: it will change again, and be read again then, and this holds no longer.
        told = f"{error.field}: {error.reason}".removeprefix(": ")
        reading.refuse(_refusal(name, path, 0, RecordError("", f"cannot be read: {told}")))
        parts = []
    for item in parts:
        try:
            reading.records.extend(item.records())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this part, and the others count
            reading.refuse(_refusal(name, path, item.position, mistake(error)), "parts")
    reading.notices = noticed.all()
    return reading


def plain(content: bytes) -> bytes:
    """Text, or the start of one, in UTF-8 and without the mark of how it is written.

    What a shell of Windows has put into a file (`… > export.csv`) is UTF-16.
    """
    for mark, encoding in _MARKS_OF_UTF16.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")
    return content.removeprefix(BOM)


def _refusal(name: str, path: Path, position: int, error: RecordError) -> Refusal:
    return Refusal(name, str(path), position, error.field, error.reason, now_us())


def _content(path: Path) -> bytes:
    with open_regular(path) as file:
        content = file.read(MOST_BYTES + 1) or b""
    if len(content) > MOST_BYTES:
        raise RecordError("", f"is larger than {MOST_BYTES >> 20} MiB")
    return plain(content)
