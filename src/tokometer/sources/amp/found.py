"""Amp as a source of files: which are threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.amp.thread import NAME, Thread
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

_MARKS: Final = (b'"id"', b'"T-')
#: The folder in which only Amp keeps something.
_PLACE: Final = ("amp", "threads")


class Amp(DocumentSource):
    """Threads of Amp; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Amp"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of threads: `$AMP_DATA_DIR` can list several, separated by commas."""
        named = folders.settings(env, "AMP_DATA_DIR", home)
        return [base / "threads" for base in named or [folders.data_home(home, env) / "amp"]]

    def files(self, root: Path) -> Iterable[Path]:
        """The threads below a folder."""
        for path in folders.below(root, lambda name: name.endswith(".json")):
            if path.parts[-3:-1] == _PLACE or (path.name.startswith("T-") and _is_thread(path)):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """The calls and tools of a thread."""
        return Thread(Told(json_object(content)), path.stem, noticed).items()


FOUND: Final = Amp()


def _is_thread(path: Path) -> bool:
    start = folders.head(path)
    return all(mark in start for mark in _MARKS)
