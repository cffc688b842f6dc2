"""Rovo Dev as a source of files, and its history as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import leave_unsplit

NAME: Final = "rovo_dev"
_FILE: Final = "session_context.json"
_MARKS: Final = (b'"message_history"', b'"workspace_path"')
_MOST_BYTES: Final = 1 << 20
#: The key below `sessions:` in `config.yml` that names another folder of sessions.
_ELSEWHERE: Final = "persistenceDir:"
#: Today's names of counts, and those of versions 0.6. All prompts have the cache inside.
_INPUT, _OUTPUT = ("input_tokens", "request_tokens"), ("output_tokens", "response_tokens")
_USAGE: Final = frozenset(
    {*_INPUT, *_OUTPUT, "cache_write_tokens", "cache_read_tokens", "total_tokens", "details", "requests", "tool_calls"}
    | {"input_audio_tokens", "output_audio_tokens", "cache_audio_read_tokens"}
)


class Session:
    """One session, of which the file holds all."""

    def __init__(self, document: Told, path: Path, noticed: Noticed) -> None:
        self._noticed = noticed
        # The folder is the session's: one that was forked has its parent's id inside.
        self._id = path.parent.name or document.text("id")
        self._begun = document.moment("timestamp")
        home = folders.home_above(path, ".rovodev")
        self._project = folders.project(document.text("workspace_path"), home)
        self._asked = 0

    def take(self, said: Told, at: int) -> Iterator[Record]:
        """The records of a message of its history."""
        if said.raw("kind") == "request":
            for part in said.each("parts"):
                self._asked += part.raw("part_kind") == "user-prompt"
                yield from self._outcome(part)
        elif said.raw("kind") == "response":
            yield from self._answer(said, at)

    def _answer(self, said: Told, at: int) -> Iterator[Record]:
        usage, started_at = said.within("usage"), said.moment("timestamp") or self._begun
        for key in usage.beside(_USAGE):
            self._noticed.add("usage", f"usage.{key}", at)
        details = usage.within("details")
        read = usage.whole("cache_read_tokens") or details.whole("cache_read_input_tokens") or 0
        written = usage.whole("cache_write_tokens") or details.whole("cache_creation_input_tokens") or 0
        prompt, output = usage.whole(*_INPUT) or 0, usage.whole(*_OUTPUT) or details.whole("output_tokens") or 0
        exact = details.whole("input_tokens")
        fresh = exact if exact is not None else max(0, prompt - read - written)
        answer = said.text("provider_response_id", "vendor_id")
        stated = usage.whole("total_tokens")
        if fresh or read or written or output or stated:
            model, by = said.text("model_name"), said.text("provider_name")
            if not model:
                self._noticed.add("model", "an answer without a model", at)
            began = said.needed(started_at, "timestamp")
            # A session that was forked begins with its parent's history.
            native_id = answer or f"{began}|{model}|{fresh}.{read}.{written}.{output}"
            call = ModelCall(
                source=NAME,
                native_id=native_id,
                started_at=began,
                machine=host(),
                provider=infer_provider(model) or (provider_of(by) if by else ""),
                model=model,
                response_id=answer,
                input_tokens=fresh,
                cache_read_tokens=read,
                cache_write_unknown_tokens=written,
                output_tokens=output,
                session_id=self._id,
                project=self._project,
                agent=NAME,
                user_messages=self._asked,
            )
            leave_unsplit(call, stated)
            yield call
            self._asked = 0
        if started_at is not None:
            for part in said.each("parts"):
                use, name = part.text("tool_call_id"), part.text("tool_name")
                if part.raw("part_kind") == "tool-call" and use and name:
                    yield self._tool(use, name, started_at)

    def _outcome(self, part: Told) -> Iterator[Record]:
        kind, use, name = part.raw("part_kind"), part.text("tool_call_id"), part.text("tool_name")
        at = part.moment("timestamp") or self._begun
        if kind in ("tool-return", "retry-prompt") and use and name and at is not None:
            tool = self._tool(use, name, at)
            tool.status, tool.revision = "ok" if kind == "tool-return" else "error", 1
            yield tool

    def _tool(self, use: str, name: str, at: int) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=use,
            started_at=at,
            # Of its use and its outcome the earlier one is when it began, and of copies the parent's.
            origin=at,
            machine=host(),
            name=name,
            use_id=use,
            session_id=self._id,
            project=self._project,
            agent=NAME,
        )


class RovoDev(DocumentSource):
    """Sessions of Rovo Dev; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Rovo Dev"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of its sessions, and the one that its settings name."""
        bases = folders.settings(env, "ROVO_DATA_DIR", home) or [home / ".rovodev"]
        return [folder for base in bases for folder in (base / "sessions", *_elsewhere(base, home))]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder."""
        for path in folders.below(root, lambda name: name == _FILE):
            if any(mark in folders.head(path, 1 << 16) for mark in _MARKS):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """The messages of a session."""
        document = Told(json_object(content))
        session = Session(document, path, noticed)
        for at, said in enumerate(document.each("message_history")):
            yield Item(at, partial(session.take, said, at))


FOUND: Final = RovoDev()


def _elsewhere(base: Path, home: Path) -> list[Path]:
    try:
        text = read_bytes(base / "config.yml", _MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    named, inside = "", False
    for line in text.splitlines():
        if line[:1] not in ("", " ", "\t", "#"):
            inside = line.startswith("sessions:")
        elif inside and line.strip().startswith(_ELSEWHERE):
            named = line.partition(":")[2].partition(" #")[0].strip().strip("\"'")
            break
    folder = folders.setting({"named": named}, "named", home)
    return [] if folder is None else [folder]
