"""A conversation's database as records: a call for each request, those that were tried again included.

A request stands in `gen_metadata`, with its model, and in the step that it led to, with the moment; an attempt that
succeeded stands among the attempts once more. The server's name of the answer says which of them are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from tokometer.records import ModelCall, Record, RecordError, infer_provider
from tokometer.sources import folders
from tokometer.sources.antigravity.wire import (
    GENERATION,
    STEP,
    TRAJECTORY,
    Used,
    decoded,
    moment_of,
    text_of,
    used_of,
)
from tokometer.sources.database import DatabaseReader, Tables
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.protobuf import Message

NAME: Final = "antigravity"
#: Names of a choice that is left to the server: no model's.
_ROUTES: Final = frozenset({"gemini-default"})
_STEPS: Final = 1 << 40


class Kept(msgspec.Struct):
    """Nothing is remembered: a conversation is small, and its rows are written again."""


class _Request(NamedTuple):
    used: Used
    model: str
    #: How the model is called for people.
    label: str
    at: int | None
    position: int


class Conversation(DatabaseReader[Kept]):
    """One reading of one conversation."""

    Memory = Kept

    def __init__(self, path: Path, tables: Tables, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        #: By the server's name of the answer, or by the row where it has none.
        self._requests: dict[str, _Request] = {}
        self._labels: dict[str, str] = {}

    def items(self) -> Iterable[Item]:
        """Every row, then what they come to."""
        if not self.tables.has("gen_metadata", "idx", "data"):
            self.noticed.add("file", "a database without generations")
            return
        for row in self.tables.rows("SELECT idx, data FROM gen_metadata ORDER BY idx"):
            yield Item(row["idx"], partial(self._generation, row))
        if self.tables.has("steps", "idx", "metadata"):
            for row in self.tables.rows("SELECT idx, metadata FROM steps WHERE metadata IS NOT NULL ORDER BY idx"):
                yield Item(_STEPS + row["idx"], partial(self._step, row))
        yield Item(0, self._calls)

    def _generation(self, row: Mapping[str, Any]) -> Iterable[Record]:
        chat = decoded(GENERATION, row["data"]).chat
        model, label = text_of(chat.model), text_of(chat.label)
        model = "" if model.lower() in _ROUTES else model
        if model and label:
            self._labels.setdefault(label, model)
        self._take(chat, model, label, moment_of(chat.start.at), row["idx"], "gen")
        return ()

    def _step(self, row: Mapping[str, Any]) -> Iterable[Record]:
        step = decoded(STEP, row["metadata"])
        model, label = text_of(step.model.name), text_of(step.model.label)
        at = moment_of(step.created, step.started, step.ended)
        self._take(step, "" if model.lower() in _ROUTES else model, label, at, _STEPS + row["idx"], "step")
        return ()

    def _take(self, told: Message, model: str, label: str, at: int | None, position: int, kind: str) -> None:
        """Take a request and the attempts before it."""
        own = used_of(told.usage)
        for which, used in enumerate([own, *(used_of(retry.usage) for retry in told.retries)]):
            if not used.tokens or (which and not used.id and used == own):
                continue
            if kind == "step" and not used.id:
                # Its generation tells of it, under no name by which the two could be known as one.
                continue
            name = used.id or f"{kind}|{position}|{which}"
            new, known = _Request(used, model, label, at, position), self._requests.get(name)
            self._requests[name] = new if known is None else _merged(known, new)

    def _calls(self) -> Iterator[Record]:
        begun, project = self._trajectory()
        for name, request in self._requests.items():
            used, model = request.used, request.model or self._labels.get(request.label, "")
            if not model:
                model = request.label
                self.noticed.add("model", "a request without a model", request.position)
            at = request.at or begun
            if at is None:
                raise RecordError("created_at", "is missing")
            yield ModelCall(
                source=NAME,
                native_id=used.id or f"{self.path.stem}|{name}",
                started_at=at,
                # Of two copies the one that knows more.
                revision=used.tokens,
                origin=begun or at,
                machine=host(),
                provider=infer_provider(model) or "google",
                model=model,
                input_tokens=used.input,
                cache_read_tokens=used.read,
                cache_write_unknown_tokens=used.written,
                output_tokens=used.output,
                reasoning_tokens=min(used.thinking, used.output),
                response_id=used.id,
                session_id=self.path.stem,
                project=project,
                agent=NAME,
            )

    def _trajectory(self) -> tuple[int | None, str]:
        """When the conversation began, and in which folder."""
        if self.tables.has("trajectory_metadata_blob", "data"):
            for row in self.tables.rows("SELECT data FROM trajectory_metadata_blob ORDER BY rowid"):
                told = decoded(TRAJECTORY, row["data"])
                address = urlsplit(text_of(told.place.uri))
                home = folders.home_above(self.path, ".gemini", ".config", "Library", "AppData")
                folder = unquote(address.path) if address.scheme == "file" else ""
                return moment_of(told.at), folders.project(folder, home)
        return None, ""


def _merged(one: _Request, other: _Request) -> _Request:
    """What two rows know of one request."""
    return _Request(
        max(one.used, other.used, key=lambda used: used.tokens),
        one.model or other.model,
        one.label or other.label,
        one.at or other.at,
        one.position,
    )
