"""Qwen Code as a source of files: chats of lines, and the documents that they were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.documents import Item, read_document
from tokometer.sources.gemini_cli import places
from tokometer.sources.gemini_cli.found import items_of
from tokometer.sources.gemini_cli.messages import Messages, Session
from tokometer.sources.jsonl import read_lines
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.qwen_code.chat import NAME, Chat

#: Variables that name another folder for all that Qwen Code writes; the first was used by early versions.
_FOLDERS: Final = ("QWEN_DATA_DIR", "QWEN_RUNTIME_DIR", "QWEN_HOME")
#: What the first line of a chat has, and that of Claude Code's, which looks alike, has not. Where only Qwen Code keeps
#: chats, less will do.
_MARKS: Final = (b'"parentUuid"', b'"sessionId"')
_MARKS_IN_PLACE: Final = (b'"uuid"', b'"sessionId"')
_FOREIGN: Final = b'"userType"'
#: `projects/<project>/chats/<chat>`
_PLACE: Final = ("projects", "chats")


class QwenCode:
    """Chats of Qwen Code; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Qwen Code"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of all projects: today's, and the one before it."""
        named = [folder for name in _FOLDERS if (folder := folders.setting(env, name, home)) is not None]
        return [base / below for base in (named or [home / ".qwen"]) for below in ("projects", "tmp")]

    def files(self, root: Path) -> Iterable[Path]:
        """The chats below a folder, those of subagents included."""
        for path in folders.below(root, lambda name: name.endswith((".jsonl", ".json"))):
            if path.suffix == ".jsonl":
                start = folders.head(path)
                marks = _MARKS_IN_PLACE if ".qwen" in path.parts or path.parts[-4::2] == _PLACE else _MARKS
                ours = all(mark in start for mark in marks) and _FOREIGN not in start and _in_place(path)
            else:
                ours = ".qwen" in path.parts and places.is_chat(path)
            if ours:
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a chat."""
        if path.suffix == ".json":
            return read_document(NAME, _items, path)
        return read_lines(NAME, Chat, path, state)


FOUND: Final = QwenCode()


def _in_place(path: Path) -> bool:
    return not {"chats", "subagents", ".qwen"}.isdisjoint(path.parts)


def _items(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    place = places.place_of(path)
    home = folders.home_above(path, ".qwen")
    return items_of(content, Messages(place._replace(home=home), Session(), noticed, NAME, "alibaba"))
