"""Copilot's chats as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tokometer.records import Record
from tokometer.sources import editors, folders
from tokometer.sources.copilot_chat.chats import NAME, Chat, Kept, Requests
from tokometer.sources.documents import Item, read_document
from tokometer.sources.jsonl import LinesReader, json_object, read_lines
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.told import Told

_WORKSPACES: Final = "workspaceStorage"
#: Chats of windows in which no folder was open.
_EMPTY: Final = ("globalStorage/emptyWindowChatSessions", "globalStorage/transferredChatSessions")
_CHATS: Final = frozenset({"chatSessions", "emptyWindowChatSessions", "transferredChatSessions"})
_MARKS: Final = (b'"requests"', b'"sessionId"')


class Log(LinesReader[Kept]):
    """One reading of a chat that is a log."""

    Memory = Kept

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        self._chat = Chat(path, memory, noticed)

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        self._chat.take(Told(line), offset)
        return ()

    def finish(self) -> Iterable[Record]:
        """See `LinesReader.finish`."""
        return self._chat.calls()


class CopilotChat:
    """Chats of Copilot; see `sources.protocol.FileSource`."""

    name = NAME
    title = "GitHub Copilot Chat"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of workspaces, and of chats without one, in every editor."""
        return [user / inside for user in editors.users(home, env) for inside in (_WORKSPACES, *_EMPTY)]

    def files(self, root: Path) -> Iterable[Path]:
        """The chats below a folder."""
        for path in folders.below(root, lambda name: name.endswith((".json", ".jsonl")), _entered(root)):
            if path.parent.name in _CHATS or path == root:
                start = folders.head(path, 1 << 16)
                if all(mark in start for mark in _MARKS):
                    yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a chat."""
        if path.suffix == ".json":
            return read_document(NAME, _items, path)
        return read_lines(NAME, Log, path, state)


FOUND: Final = CopilotChat()


def _entered(root: Path) -> Any:  # noqa: ANN401 - a function on names, or None
    """Which folders are gone into: of a workspace only that of its chats. Extensions keep a lot beside it."""
    if root.name != _WORKSPACES:
        return None
    return lambda name: name in _CHATS or len(name) >= 32 or name.isdigit()  # noqa: PLR2004 - a digest, as hexadecimal


def _items(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    document = Told(json_object(content))
    chat = Chat(path, Kept(session=document.text("sessionId")), noticed)
    for at, said in enumerate(document.each("requests")):
        yield Item(at, partial(chat.of, Requests.kept(said.plain), at))
