"""The files of before (until autumn 2025): what is known of a session in the first line, then its messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tokometer.records import Record
from tokometer.sources import folders
from tokometer.sources.documents import Item
from tokometer.sources.goose.messages import Session, call_of, session_of, tools_of
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told


def items_of(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """A session and its messages.

    Raises:
        RecordError: The first line cannot be read: nothing is known of the session.
    """
    first, *others = content.split(b"\n")
    told = Told(json_object(first))
    begun = next((at for line in others if line.strip() and (at := _when(line)) is not None), None)
    session = session_of(
        told, path.stem, told.needed(begun, "created"), folders.home_above(path, ".local", "Library", "AppData")
    )
    yield Item(0, partial(call_of, told, session, noticed, None))
    for at, line in enumerate(others, 1):
        if line.strip():
            yield Item(at, partial(_message, line, session))


def _message(line: bytes, session: Session) -> Iterator[Record]:
    told = Told(json_object(line))
    at = told.moment("created")
    if at is not None:
        yield from tools_of(told.raw("content"), at, session)


def _when(line: bytes) -> int | None:
    try:
        return Told(json_object(line)).moment("created")
    except ValueError:
        return None
