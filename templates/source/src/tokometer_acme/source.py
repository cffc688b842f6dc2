"""Acme Coder: the sessions that it keeps, and the lines that it posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec

from tokometer.records import ModelCall, Record, RecordError
from tokometer.records.values import moment, seconds, text, whole
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent, Source
from tokometer.sources.pushing import JsonPush

NAME: Final = "acme"
#: Types of lines that hold no usage; any other that no rule reads is counted where people see it.
_WITHOUT_USAGE: Final = frozenset({"prompt", "note"})


class Memory(msgspec.Struct, array_like=True):
    """What an earlier line says and a later one needs: the folder in which the session runs."""

    folder: str = ""


class Reader(LinesReader[Memory]):
    """One reading of one session."""

    Memory: ClassVar[type[msgspec.Struct]] = Memory

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """The call that a line tells of, if it does."""
        kind = text(line.get("type"))
        if kind == "start":
            self.memory.folder = text(line.get("folder"))
        elif kind == "answer":
            yield call_of(line, self.memory.folder)
        elif kind not in _WITHOUT_USAGE:
            self.noticed.add("line", kind, offset)


class Sessions(LinesSource):
    """The sessions below a home folder."""

    name = NAME
    title = "Acme Coder"
    reader = Reader

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """`$ACME_HOME/sessions`, which is `~/.acme/sessions` unless somebody says otherwise."""
        return [Path(env.get("ACME_HOME") or home / ".acme") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder, or a file if it is one."""
        found = [root] if root.is_file() else root.rglob("*.jsonl")
        return [path for path in found if path.suffix == ".jsonl" and path.parent.name == "sessions"]


class Posted(JsonPush):
    """The same lines, posted by a hook."""

    path = "/api/webhooks/acme"
    summary = "Lines of Acme Coder"
    source = NAME

    def records(self, item: dict[str, Any], sent: Sent, noticed: Noticed, index: int) -> Iterable[Record]:  # noqa: ARG002
        """The call that a line tells of, if it does."""
        if item.get("type") != "answer":
            noticed.add("line", text(item.get("type")), index)
            return
        yield call_of(item, "")


def call_of(line: Mapping[str, Any], folder: str) -> ModelCall:
    """A call, from the line that tells of it.

    Raises:
        RecordError: Something in it cannot be believed.
    """
    usage = line.get("usage")
    if not isinstance(usage, dict):
        raise RecordError("usage", "is missing")
    cached = _taken(whole, usage, "cached") or 0
    prompt = _taken(whole, usage, "prompt")
    return ModelCall(
        source=NAME,
        native_id=_taken(text, line, "id") or "",
        started_at=_taken(moment, line, "at") or 0,
        model=_taken(text, line, "model") or "",
        session_id=_taken(text, line, "session") or "",
        project=folder,
        # Buckets are disjoint: what Acme calls the prompt holds what was read from the cache.
        input_tokens=None if prompt is None else max(0, prompt - cached),
        cache_read_tokens=cached,
        output_tokens=_taken(whole, usage, "answer"),
        latency_us=_taken(seconds, line, "seconds"),
    )


def _taken(reads: Any, line: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - whatever it reads
    """A field's value; None where it is not there, which is not 0."""
    if line.get(name) is None:
        return None
    try:
        return reads(line[name])
    except ValueError as error:
        raise RecordError(name, str(error)) from None


SOURCE: Final = Source(
    name=NAME,
    title="Acme Coder",
    family="agents",
    about="Calls of its sessions.",
    found=Sessions(),
    pushed=(Posted(),),
)
