"""Files with tables that tell by their names what they are, where somebody names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.protocol import Reading
from tokometer.sources.remembered import decoded, encoded
from tokometer.sources.table.detecting import folded, is_export
from tokometer.sources.table.engines import Shape, TableError, form_of, open_file
from tokometer.sources.table.given import SOURCE
from tokometer.sources.table.names import KNOWN
from tokometer.sources.table.reading import Memory, finish, maps_for, portions, take
from tokometer.sources.tail import Stamp, extra_of, whole_state

_ENDINGS: Final = (".csv", ".csv.gz", ".parquet", ".db", ".sqlite", ".sqlite3")
_OURS: Final = frozenset({"ollamamodels", "knowledgecollections", "knowledgedocuments"})
#: Rows of one reading; what is more waits for the next.
_MOST: Final = 500_000


class Files:
    """See `sources.protocol.FileSource`."""

    name = SOURCE
    title = "Tables"
    beside: tuple[str, ...] = ("-wal",)

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - only what somebody names
        """See `FileSource.roots`."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """Exports of ours, and databases of a layout that is known."""
        for path in folders.below(root, lambda name: name.lower().endswith(_ENDINGS)):
            form = form_of(path)
            if form and _certain(path, form):
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a file, by the map that its names propose."""
        stamp = Stamp.of(path, self.beside)
        memory = decoded(extra_of(state, stamp), Memory)
        reading = Reading()
        try:
            form = form_of(path)
            if form != "sqlite" and not memory.busy:
                memory.tables.clear()
            with open_file(path, form) as engine:
                maps = maps_for(engine, ())
                count = 0
                for made in portions(engine, maps, memory):
                    take(reading, made, str(path))
                    count += made.count
                    if count >= _MOST:
                        # Looks changed until all of it is read.
                        stamp = stamp._replace(mtime_ns=0)
                        break
                finish(reading, engine, maps, str(path))
        except TableError as error:
            raise OSError(0, str(error)) from error
        reading.state = whole_state(stamp, encoded(memory))
        return reading


def _certain(path: Path, form: str) -> bool:
    """Whether a file is one that nobody else would read."""
    try:
        with open_file(path, form) as engine:
            shapes = engine.shapes()
    except (OSError, TableError):
        return False
    return _is_known(shapes) if form == "sqlite" else any(map(is_export, shapes))


def _is_known(shapes: Iterable[Shape]) -> bool:
    names = {folded(shape.name) for shape in shapes}
    return bool(names & _OURS) and len(names & KNOWN) > 1


FOUND: Final = Files()
