"""Cursor as a source of files: exports, which are read only where somebody names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.cursor.rows import NAME, items_of
from tokometer.sources.documents import DocumentSource, Item, plain
from tokometer.sources.noticed import Noticed

#: What the first line of every export has, whatever else there is.
_COLUMNS: Final = (b"Date", b"Model", b"Input (w/ Cache Write)")


class Cursor(DocumentSource):
    """Exports of Cursor's dashboard; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Cursor"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - nobody knows where they are
        """None: an export lies wherever somebody saved it."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """The exports below a folder, by their first line."""
        for path in folders.below(root, lambda name: name.lower().endswith(".csv")):
            first = plain(folders.head(path)).partition(b"\n")[0]
            if all(column in first for column in _COLUMNS):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:  # noqa: ARG002 - it says nothing
        """The rows of an export."""
        return items_of(content, noticed)


FOUND: Final = Cursor()
