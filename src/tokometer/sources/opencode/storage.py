"""The JSON files of OpenCode's releases until early 2026: one for each session, message and part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from tokometer.host.regular import read_bytes
from tokometer.records import Record, RecordError
from tokometer.sources.database import opened
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.opencode import places
from tokometer.sources.opencode.messages import Message, in_order, is_answer
from tokometer.sources.opencode.sessions import home_of, run_of, session_beside, session_of
from tokometer.sources.tail import Stamp
from tokometer.sources.told import Told

_MOST: Final = 64 << 20
#: What the database says of the same goes before.
_REVISION: Final = 0


def of_session(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """A session's own file.

    Raises:
        RecordError: It is no such file.
    """
    told = Told(json_object(content))

    def records() -> Iterable[Record]:
        session = session_of(told, told.text("id") or path.stem, home_of(path))
        run = run_of(told, session, status="unknown", error="", model="", revision=_REVISION)
        if run is None:
            noticed.add("event", "a session without a time")
        return () if run is None else (run,)

    yield Item(0, records)


def of_message(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """A message, with its parts, which lie in a folder of their own; nothing where a database has it as well.

    Raises:
        RecordError: It is no such file.
    """
    told = Told(json_object(content))
    if not is_answer(told):
        return
    # storage/message/<session>/<message>.json
    storage = path.parents[2]
    id_ = told.text("id") or path.stem
    if _is_row(storage.parent, id_):
        return
    session = session_beside(storage, told.text("sessionID") or path.parent.name)
    parts = in_order(_parts(storage / "part" / id_, noticed))
    people = 0 if session.parent_id else _people_before(path, told.text("parentID"))

    def records() -> Iterable[Record]:
        return Message(told, parts, session, noticed, 0).records(people, _REVISION)

    yield Item(0, records)


def _is_row(data: Path, id_: str) -> bool:
    """Whether a database beside has a message: what it says goes before, and may be more than the file was told."""
    for database in places.databases(data):
        with suppress(OSError):
            if id_ in _rows(database, Stamp.of(database, ("-wal",))):
                return True
    return False


@lru_cache(maxsize=4)
def _rows(database: Path, _stamp: Stamp) -> frozenset[str]:
    """The messages in one version of a database, read once for all files beside it.

    Raises:
        OSError: It cannot be read.
    """
    with opened(database) as tables:
        if not tables.has("message", "id", "data"):
            return frozenset()
        return frozenset(str(row["id"]) for row in tables.rows("SELECT id FROM message WHERE data IS NOT NULL"))


def _parts(folder: Path, noticed: Noticed) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if path.suffix != ".json":
            continue
        try:
            yield path.stem, json_object(read_bytes(path, _MOST))
        except (OSError, RecordError):
            noticed.add("event", "a part that cannot be read")


def _people_before(path: Path, parent: str) -> int:
    """Whether this is the first answer to what a person wrote: ids ascend, so its file is the next one."""
    if not parent:
        return 0
    try:
        later = min(one.stem for one in path.parent.iterdir() if one.suffix == ".json" and one.stem > parent)
    except (OSError, ValueError):
        return 0
    return 1 if later == path.stem else 0
