"""Exports that people take out of a tool: rows of JSON (a list, a page of an API, or one a line) or of CSV.

They are read where somebody names them, and claimed only by what nobody else's rows have. Every row is believed or
refused by itself.
"""

from __future__ import annotations

import csv
import io
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import Record, RecordError
from tokometer.sources.documents import DocumentSource, Item, plain
from tokometer.sources.folders import below, head
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.pieces import elements, members
from tokometer.sources.portions import is_json

_ENDINGS: Final = (".json", ".jsonl", ".ndjson", ".csv")
#: So much of a file tells whose it is: a row, with the prompts that may stand in it.
_HEAD: Final = 256 * 1024
#: … and so little that it is none of ours. Somebody may name a folder with ten thousand transcripts.
_GLANCE: Final = 4_096
_SPACE: Final = b" \t\r\n"
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: A string with the colon behind it that makes it a key, a bracket, or a string that is cut off.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*+:)?|[\[\]{}]|"(?:[^"\\]++|\\.)*+\Z', re.DOTALL)
_LONGEST_CELL: Final = 8 << 20


class ExportSource(DocumentSource):
    """A source of such files: see `sources.protocol.FileSource`."""

    #: Text of which some stands within the first bytes of every file of ours: most others are told by its lack.
    marks: tuple[bytes, ...] = ()
    #: The keys below which the rows stand where a file is one object that holds them, tried in this order.
    below: tuple[str, ...] = ()

    @abstractmethod
    def is_ours(self, row: Mapping[str, Any]) -> bool:
        """Whether a row (of a CSV: the header, with empty values) is certainly of this tool."""

    @abstractmethod
    def records(self, row: dict[str, Any], noticed: Noticed, position: int) -> Iterable[Record]:
        """The records that a row means. Floats of JSON come as `Decimal`; all of a CSV is text, without empty cells.

        Raises:
            RecordError: Something in it cannot be believed.
        """

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - read only where it is named
        """See `FileSource.roots`."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """See `FileSource.files`."""
        return (path for path in below(root, lambda name: name.lower().endswith(_ENDINGS)) if self._claims(path))

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """See `DocumentSource.items`."""
        text = content.strip(_SPACE)
        if path.suffix.lower() == ".csv":
            rows = _csv_rows(text)
            return [Item(at, partial(self._of_row, row, noticed, at)) for at, row in enumerate(rows)]
        return [Item(at, partial(self._of_json, raw, noticed, at)) for at, raw in enumerate(self._raws(text))]

    def _of_row(self, row: dict[str, str] | RecordError, noticed: Noticed, at: int) -> Iterable[Record]:
        if isinstance(row, RecordError):
            raise row
        return self.records(row, noticed, at)

    def _of_json(self, raw: bytes, noticed: Noticed, at: int) -> Iterable[Record]:
        return self.records(json_object(raw), noticed, at)

    def _raws(self, text: bytes) -> list[bytes]:
        if text.startswith(b"["):
            return _listed(text)
        end = text.find(b"\n")
        if end > 0 and is_json(text[:end]):
            return [line.strip(_SPACE) for line in text.split(b"\n") if line.strip(_SPACE)]
        for key in self.below:
            held = _member(text, key)
            if held.startswith(b"["):
                return _listed(held)
        if not is_json(text) and b"\n" in text:
            return [line.strip(_SPACE) for line in text.split(b"\n") if line.strip(_SPACE)]
        return [text] if text else []

    def _claims(self, path: Path) -> bool:
        glance = plain(head(path, _GLANCE))
        if not any(mark in glance for mark in self.marks):
            return False
        start = plain(head(path, _HEAD)).strip(_SPACE)
        if path.suffix.lower() == ".csv":
            names = next(csv.reader(io.StringIO(start.partition(b"\n")[0].decode("utf-8", "replace"))), [])
            return self.is_ours(dict.fromkeys((name.strip() for name in names), ""))
        return any(self.is_ours(row) for row in _first_rows(start, self.below))


def _csv_rows(content: bytes) -> Iterator[dict[str, str] | RecordError]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                # Half written, perhaps: what is missing must not be taken for what is not known.
                yield RecordError("", f"has {len(cells)} cells in {len(names)} columns")
                continue
            yield {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""}
    except csv.Error as error:
        yield RecordError("", f"is no CSV from here on: {error}")


def _listed(text: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _RAWS.decode(text)]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return elements(text)
        except ValueError as error:
            raise RecordError("", f"is no JSON list: {error}") from None


def _member(text: bytes, key: str) -> bytes:
    try:
        return bytes(_RAW_OBJECT.decode(text).get(key, msgspec.Raw(b"")))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return members(text).get(f'"{key}"'.encode(), b"")
        except ValueError:
            return b""


def _first_rows(start: bytes, keys: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """What may be the first row of a file, by its first bytes."""
    places = [0]
    for key in keys:
        at = start.find(f'"{key}"'.encode())
        if at >= 0:
            places.append(at + len(key) + 2)
    for place in places:
        at = start.find(b"{", place)
        if at >= 0:
            row = _object_at(start, at)
            if row is not None:
                yield row


def _object_at(text: bytes, at: int) -> Mapping[str, Any] | None:
    """The object that begins there, also where only its beginning is known: then those of its keys that are."""
    end = _end_of(text, at)
    try:
        return json_object(text[at:end]) if end else dict.fromkeys(_keys_of(text[at:]), "")
    except RecordError:
        return None


def _end_of(text: bytes, at: int) -> int:
    depth, inside, escaped = 0, False, False
    for place in range(at, len(text)):
        byte = text[place]
        if inside:
            inside = escaped or byte != 0x22  # noqa: PLR2004 - a quote
            escaped = not escaped and byte == 0x5C  # noqa: PLR2004 - a backslash
        elif byte == 0x22:  # noqa: PLR2004 - as above
            inside = True
        elif byte in b"{[":
            depth += 1
        elif byte in b"}]":
            depth -= 1
            if not depth:
                return place + 1
    return 0


def _keys_of(text: bytes) -> Iterator[str]:
    """The keys of an object of which only the beginning is there."""
    depth = 0
    for token in _TOKEN.finditer(text):
        what = token[0]
        if what in b"[{":
            depth += 1
        elif what in b"]}":
            depth -= 1
            if not depth:
                return
        elif token[1] and depth == 1:
            yield what[: token.start(1) - token.start()].strip(b'"').decode("utf-8", "replace")
