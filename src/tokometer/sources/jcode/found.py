"""Jcode as a source of files, and its messages as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, RecordError, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import Item, read_document
from tokometer.sources.jsonl import LinesReader, json_object, read_lines
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading
from tokometer.sources.told import Told
from tokometer.sources.totals import leave_unsplit

NAME: Final = "jcode"
_PREFIX, _JOURNAL = "session_", ".journal.jsonl"
_MOST_BYTES: Final = 64 << 20
_KEYS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}
    | {"reasoning_output_tokens", "total_tokens"}
)
#: A journal goes on from the snapshot beside it, and corrects it.
_SNAPSHOT, _JOURNALED = 0, 1


class About(msgspec.Struct):
    """What is known of a session; of a journal it is remembered."""

    session: str = ""
    model: str = ""
    provider: str = ""
    folder: str = ""
    asked: int = 0

    def take(self, told: Told) -> None:
        """Take what a snapshot, or a line of a journal, says of it."""
        self.session = self.session or told.text("id")
        self.model = told.text("model") or self.model
        self.provider = told.text("provider_key") or self.provider
        self.folder = told.text("working_dir") or self.folder


class Journal(LinesReader[About]):
    """One reading of what was added to a session since its snapshot."""

    Memory = About

    def __init__(self, path: Path, memory: About, noticed: Noticed) -> None:
        super().__init__(path, memory, noticed)
        if not memory.session:
            try:
                memory.take(Told(json_object(read_bytes(_snapshot(path), _MOST_BYTES))))
            except (OSError, RecordError):
                # Whoever reads the snapshot itself says what is wrong with it.
                memory.session = path.name.removesuffix(_JOURNAL)

    def take(self, line: dict[str, Any], offset: int) -> Iterator[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        self.memory.take(said.within("meta"))
        for message in said.each("append_messages"):
            yield from _records(message, self.memory, self.path, self.noticed, offset, _JOURNALED)


class Jcode:
    """Sessions of Jcode; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Jcode"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of its sessions."""
        return [(folders.setting(env, "JCODE_HOME", home) or home / ".jcode") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The snapshots and journals below a folder."""
        for path in folders.below(root, lambda name: name.startswith(_PREFIX) and name.endswith((".json", _JOURNAL))):
            mark = b'"append_messages"' if path.name.endswith(_JOURNAL) else b'"messages"'
            if path.parent.name == "sessions" or mark in folders.head(path, 1 << 16):
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a snapshot or journal."""
        if path.name.endswith(_JOURNAL):
            return read_lines(NAME, Journal, path, state)
        return read_document(NAME, _items, path)


FOUND: Final = Jcode()


def _snapshot(journal: Path) -> Path:
    return journal.with_name(f"{journal.name.removesuffix(_JOURNAL)}.json")


def _items(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    document = Told(json_object(content))
    about = About()
    about.take(document)
    about.session = about.session or path.stem
    for at, message in enumerate(document.each("messages")):
        yield Item(at, partial(_records, message, about, path, noticed, at, _SNAPSHOT))


def _records(said: Told, about: About, path: Path, noticed: Noticed, at: int, revision: int) -> Iterator[Record]:
    if said.raw("role") == "user" and "token_usage" not in said:
        about.asked += 1
    usage = said.within("token_usage")
    if not usage:
        return
    for key in usage.beside(_KEYS):
        noticed.add("usage", f"token_usage.{key}", at)
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    fresh, read, written, output = (usage.whole(name) or 0 for name in names)
    thought = usage.whole("reasoning_output_tokens") or 0
    stated = usage.whole("total_tokens")
    if not (fresh or read or written or output or thought or stated):
        return
    if not about.model:
        noticed.add("model", "a session without a model", at)
    asked, about.asked = about.asked, 0
    call = ModelCall(
        source=NAME,
        native_id=f"{about.session}|{said.needed(said.text('id'), 'id')}",
        started_at=said.needed(said.moment("timestamp"), "timestamp"),
        revision=revision,
        machine=host(),
        provider=infer_provider(about.model) or (provider_of(about.provider) if about.provider else ""),
        model=about.model,
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_unknown_tokens=written,
        # More of it than there is output cannot be a part of it.
        output_tokens=output + thought if thought > output else output,
        reasoning_tokens=thought,
        session_id=about.session,
        project=folders.project(about.folder, folders.home_above(path, ".jcode")),
        agent=NAME,
        user_messages=asked,
    )
    leave_unsplit(call, stated)
    yield call
