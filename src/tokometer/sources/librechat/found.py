"""LibreChat as a source: exports of its collection `transactions`, a list or a document a line.

A request is two rows: one of the prompt and one of the answer. They are paired by the message that they are of, or
(in older releases, which name none) by their conversation and model, in the order of their time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.records import ModelCall, Record, RecordError, infer_provider
from tokometer.records.values import decimal
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item, plain
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "librechat"
#: Rows of one request, where no message names it, are written within this time (µs).
_TOGETHER_US: Final = 60_000_000
_HEAD: Final = 64 << 10
_MARK: Final = re.compile(rb'"tokenType"\s*:\s*"(?:prompt|completion|credits)"')
_KINDS: Final = ("prompt", "completion")
_LIST: Final = msgspec.json.Decoder(list[dict[str, Any]], float_hook=decimal)


class Row(NamedTuple):
    """One transaction of tokens."""

    position: int
    told: Told
    at: int
    kind: str


class LibreChat(DocumentSource):
    """Exports of LibreChat; see `sources.protocol.FileSource`."""

    name = NAME
    title = "LibreChat"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - nobody knows where it is
        """Nowhere: exports are read where somebody names them."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """The exports below a folder, or the one file that it is."""
        found = folders.below(root, lambda name: name.endswith((".json", ".jsonl")))
        return (path for path in found if _MARK.search(plain(folders.head(path, _HEAD))))

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:  # noqa: ARG002 - by its content
        """The requests of an export, and each row that cannot be read."""
        rows: list[Row] = []
        for position, given in enumerate(_documents(content)):
            try:
                row = _row(position, given if isinstance(given, dict) else json_object(given))
            except RecordError as error:
                yield Item(position, partial(_refused, error))
                continue
            if row is not None:
                rows.append(row)
            elif isinstance(given, dict) and given.get("tokenType") != "credits":
                noticed.add("line", str(given.get("tokenType")), position)
        seen: set[tuple[str, ...]] = set()
        for request in _requests(rows):
            message = _message(request)
            yield Item(request[0].position, partial(_call, request, first_of_message=message not in seen))
            seen.add(message)


FOUND: Final = LibreChat()


def _documents(content: bytes) -> Iterable[dict[str, Any] | bytes]:
    stripped = content.strip()
    if stripped.startswith(b"["):
        try:
            return _LIST.decode(stripped)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise RecordError("", f"is not a list of documents: {error}") from None
    return [line for line in stripped.split(b"\n") if line.strip()]


def _row(position: int, given: Mapping[str, Any]) -> Row | None:
    told = Told({name: _plain(value) for name, value in given.items()})
    kind = told.text("tokenType")
    if kind not in _KINDS:
        return None
    return Row(position, told, told.needed(told.moment("createdAt", "updatedAt"), "createdAt"), kind)


def _plain(value: object) -> object:
    """A value of MongoDB's extended JSON as a plain one: `{"$oid": …}`, `{"$date": …}`, `{"$numberLong": …}`."""
    if isinstance(value, dict) and len(value) == 1:
        [(name, inner)] = value.items()
        if name.startswith("$"):
            return _plain(inner)
    return value


def _requests(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows by request."""
    named: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    unnamed: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.at, row.told.text("_id"))):
        told = row.told
        place = told.text("user"), told.text("conversationId"), told.text("model"), told.text("context")
        if message := told.text("messageId"):
            named[*place, message].append(row)
        else:
            unnamed[place].append(row)
    for of_message in named.values():
        yield from _pairs(of_message)
    for of_place in unnamed.values():
        waiting: list[Row] = []
        for row in of_place:
            mate = next((one for one in waiting if one.kind != row.kind and row.at - one.at <= _TOGETHER_US), None)
            if mate is None:
                waiting.append(row)
            else:
                waiting.remove(mate)
                yield [mate, row]
        yield from ([row] for row in waiting)


def _pairs(of_message: list[Row]) -> Iterator[list[Row]]:
    """The requests of a message: an agent that uses tools asks several times for one answer.

    Each is a prompt and the answer that comes next, as they were booked.
    """
    prompts = [row for row in of_message if row.kind == "prompt"]
    answers = [row for row in of_message if row.kind != "prompt"]
    if len(prompts) < 2 and len(answers) < 2:  # noqa: PLR2004 - two of a kind are of two requests
        yield of_message
        return
    waiting: list[Row] = []
    for row in of_message:
        if waiting and (row.kind == "prompt" or len(waiting) > 1):
            yield waiting
            waiting = []
        waiting.append(row)
    yield waiting


def _call(request: list[Row], *, first_of_message: bool = True) -> list[Record]:
    first = request[0].told
    prompts = [row for row in request if row.kind == "prompt"]
    answers = [row for row in request if row.kind == "completion"]
    model, context = first.text("model"), first.text("context")
    call = ModelCall(
        source=NAME,
        native_id=min(first.needed(row.told.text("_id"), "_id") for row in request),
        started_at=min(row.at for row in request),
        provider=infer_provider(model),
        model=model,
        session_id=first.text("conversationId"),
        user=first.text("user"),
        labels={"context": context} if context else None,
    )
    if first_of_message and (message := first.text("messageId")):
        # Its rows can come in several exports: what is named by the message is one.
        call.native_id = f"{message}:{model}:{context}"
    for row in prompts:
        _prompt(call, row.told)
    if answers:
        call.output_tokens = sum(_tokens(row.told, "rawAmount") or 0 for row in answers)
    if context == "incomplete":
        call.status = "cancelled"
    call.revision = len(request)
    return [call]


def _message(request: list[Row]) -> tuple[str, ...]:
    """What the first request of a message is named by, the others by a row of theirs; a row where none is named."""
    told = request[0].told
    message = told.text("messageId")
    return (message, told.text("model"), told.text("context")) if message else (told.text("_id"),)


def _prompt(call: ModelCall, told: Told) -> None:
    inputs, written, read = (_tokens(told, name) for name in ("inputTokens", "writeTokens", "readTokens"))
    if inputs is None and written is None and read is None:
        inputs = _tokens(told, "rawAmount")
    call.input_tokens = _sum(call.input_tokens, inputs)
    call.cache_write_unknown_tokens = _sum(call.cache_write_unknown_tokens, written)
    call.cache_read_tokens = _sum(call.cache_read_tokens, read)


def _sum(known: int | None, more: int | None) -> int | None:
    return more if known is None else known + (more or 0)


def _tokens(told: Told, name: str) -> int | None:
    """A count, which is booked as a negative number."""
    found = told.number(name)
    return None if found is None else abs(int(found))


def _refused(error: RecordError) -> list[Record]:
    raise error
