"""Sessions of Cline's command line: `<id>/<id>.messages.json`, with what is known of the session in `<id>.json`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "cline"
ENDING: Final = ".messages.json"
_MARKS: Final = (b'"sessionId"', b'"messages"')
_MOST_BYTES: Final = 1 << 20
#: Who charges for the models of others.
_RESELLERS: Final = frozenset({"cline", "cline-pass", "openrouter", "requesty", "vercel"})
_METRICS: Final = frozenset({"inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "cost", "totalCost"})


def is_session(path: Path) -> bool:
    """Whether a file is one, by what it begins with."""
    start = folders.head(path, 1 << 16)
    return all(mark in start for mark in _MARKS)


def items_of(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """The answers of a session.

    Raises:
        RecordError: It is none.
    """
    document = Told(json_object(content))
    about = _about(path.with_name(f"{path.name.removesuffix(ENDING)}.json"))
    session = document.text("sessionId") or about.text("session_id") or path.name.removesuffix(ENDING)
    folder = about.text("workspace_root", "cwd")
    base = ModelCall(
        source=NAME,
        native_id=session,
        started_at=0,
        machine=host(),
        provider=about.text("provider"),
        model=about.text("model"),
        session_id=session,
        project=folders.project(folder, folders.home_above(path, ".cline")),
        agent=NAME,
        subagent="" if document.text("agent") in ("", "lead", "main") else document.text("agent"),
    )
    asked = 0
    for at, said in enumerate(document.each("messages")):
        role = said.raw("role")
        if role == "user":
            asked += not _only_results(said)
        elif role == "assistant":
            own = said.within("modelInfo")
            base.provider, base.model = own.text("provider") or base.provider, own.text("id") or base.model
            name = said.text("id") or f"#{at}"
            call = msgspec.structs.replace(base, native_id=f"{session}|{name}", user_messages=asked)
            yield Item(at, partial(_answer, said, call, noticed, at))
            asked = 0


def _answer(said: Told, call: ModelCall, noticed: Noticed, position: int) -> Iterator[Record]:
    metrics = said.within("metrics")
    at = said.moment("ts")
    if "inputTokens" in metrics or "outputTokens" in metrics or "cost" in metrics:
        for key in metrics.beside(_METRICS):
            noticed.add("usage", f"metrics.{key}", position)
        if not call.model:
            noticed.add("model", "an answer without a model", position)
        call.started_at = said.needed(at, "ts")
        read, written = metrics.whole("cacheReadTokens") or 0, metrics.whole("cacheWriteTokens") or 0
        whole = metrics.whole("inputTokens") or 0
        # The input has the cache inside, unless it is less than that.
        call.input_tokens = whole - read - written if whole >= read + written else whole
        call.cache_read_tokens, call.cache_write_unknown_tokens = read, written
        call.output_tokens = metrics.whole("outputTokens") or 0
        slug = provider_of(call.provider)
        cost = metrics.money("cost", "totalCost")
        if cost is not None and (slug in _RESELLERS or not infer_provider(call.model)):
            call.cost_reported = cost
        call.provider = slug or infer_provider(call.model)
        if call.input_tokens or call.output_tokens or read or written or cost:
            yield call
    if at is not None and isinstance(said.raw("content"), list):
        for part in said.each("content"):
            if part.raw("type") == "tool_use" and part.text("id") and part.text("name"):
                yield ToolCall(
                    source=NAME,
                    native_id=f"{call.session_id}|{part.text('id')}",
                    started_at=at,
                    machine=host(),
                    name=part.text("name"),
                    call_id=call.native_id,
                    session_id=call.session_id,
                    project=call.project,
                    agent=NAME,
                    subagent=call.subagent,
                )


def _only_results(said: Told) -> bool:
    """Whether a message brings what tools did, and nothing that a person wrote."""
    content = said.raw("content")
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "tool_result" for part in content
    )


def _about(path: Path) -> Told:
    try:
        value = msgspec.json.decode(read_bytes(path, _MOST_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    return Told(value if isinstance(value, dict) else {})
