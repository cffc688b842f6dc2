"""Gemini CLI as a source of files: chats of lines, and the documents that they were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources.documents import Item, read_document
from tokometer.sources.gemini_cli import places
from tokometer.sources.gemini_cli.messages import Messages, Session
from tokometer.sources.gemini_cli.places import NAME
from tokometer.sources.jsonl import LinesReader, json_object, read_lines
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.told import Told


class Lines(LinesReader[Session]):
    """A chat of lines: what it is, its messages, and corrections of either."""

    Memory = Session

    def __init__(self, path: Path, memory: Session, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._messages = Messages(places.place_of(path), memory, noticed)

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        if "$rewindTo" in line:
            # What is taken back was billed all the same.
            return
        if "$set" in line:
            correction = said.within("$set")
            self._messages.introduce(correction)
            yield from self._messages.again(correction, offset)
        elif "id" in line or "tokens" in line:
            yield from self._messages.take(said, offset)
        elif "sessionId" in line:
            self._messages.introduce(said)
            yield from self._messages.run()
        else:
            self.noticed.add("line", "of unknown keys", offset)


class GeminiCli:
    """Chats of Gemini CLI; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Gemini CLI"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of all projects' chats."""
        return places.roots(home, env)

    def files(self, root: Path) -> Iterable[Path]:
        """The chats below a folder."""
        return places.chats(root)

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a chat."""
        if path.suffix == ".json":
            return read_document(NAME, _items, path)
        return read_lines(NAME, Lines, path, state)


FOUND: Final = GeminiCli()


def _items(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    return items_of(content, Messages(places.place_of(path), Session(), noticed))


def items_of(content: bytes, messages: Messages) -> Iterator[Item]:
    """The messages of a chat that is one document.

    Raises:
        RecordError: It is none.
    """
    document = Told(json_object(content))
    messages.introduce(document)
    yield Item(0, messages.run)
    for at, said in enumerate(document.each("messages")):
        yield Item(at, partial(messages.take, said, at))
