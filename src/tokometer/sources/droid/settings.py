"""What a session used in all: `<session>.settings.json`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider
from tokometer.records.providers import known_provider
from tokometer.sources import folders
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import covering, leave_unsplit, total

NAME: Final = "droid"
ENDING: Final = ".settings.json"
_TOKENS: Final = frozenset(
    {
        "inputTokens",
        "outputTokens",
        "cacheCreationTokens",
        "cacheReadTokens",
        "thinkingTokens",
        "totalTokens",
        "factoryCredits",
    }
)
#: A model of one's own is named by its title, its provider in brackets, and which of them it is.
_OWN: Final = re.compile(r"custom:(?P<name>.+?)(?:-\[(?P<by>[^\]]*)\])?(?:-\d+)?", re.IGNORECASE)
_MOST_BYTES: Final = 1 << 20


def items_of(content: bytes, path: Path, noticed: Noticed) -> Iterator[Item]:
    """The totals of a session.

    Raises:
        RecordError: It is none.
    """
    yield Item(0, partial(_records, Told(json_object(content)), path, noticed))


def _records(told: Told, path: Path, noticed: Noticed) -> Iterator[Record]:
    session = path.name.removesuffix(ENDING)
    usage = told.within("tokenUsage")
    for key in usage.beside(_TOKENS):
        noticed.add("usage", f"tokenUsage.{key}")
    output, thinking = usage.whole("outputTokens") or 0, usage.whole("thinkingTokens") or 0
    if thinking > output:
        # It cannot be a part of it, so it stands beside.
        output += thinking
    begun, folder = _beginning(path.with_name(f"{session}.jsonl"))
    started_at = begun or told.moment("providerLockTimestamp")
    model, by = _model(told.text("model"))
    if not model:
        noticed.add("model", "a session that does not say which")
    call = ModelCall(
        source=NAME,
        native_id=session,
        started_at=told.needed(started_at, "providerLockTimestamp"),
        machine=host(),
        provider=known_provider(told.text("apiProviderLock"))
        or by
        or infer_provider(model)
        or known_provider(told.text("providerLock")),
        model=model,
        input_tokens=usage.whole("inputTokens") or 0,
        cache_read_tokens=usage.whole("cacheReadTokens") or 0,
        cache_write_unknown_tokens=usage.whole("cacheCreationTokens") or 0,
        output_tokens=output,
        reasoning_tokens=thinking,
        session_id=session,
        project=folders.project(folder, folders.home_above(path, ".factory")),
        agent=NAME,
    )
    leave_unsplit(call, usage.whole("totalTokens"))
    labels = {"credits": usage.text("factoryCredits"), "mode": told.text("autonomyMode", "autonomyLevel")}
    call.labels = {key: value for key, value in labels.items() if value}
    if total(call):
        yield covering(call)


def _model(named: str) -> tuple[str, str]:
    """A model and the provider that its name says: `custom:Claude-Opus-4.5-[Anthropic]-0` is Anthropic's."""
    own = _OWN.fullmatch(named)
    if own is None:
        return named, ""
    name = own["name"].strip("-")
    # A title is written with capitals, an id is not.
    lower = name.lower().replace(" ", "-")
    return (lower if infer_provider(lower) else name), known_provider(own["by"] or "")


def _beginning(path: Path) -> tuple[int | None, str]:
    """When a session began, and in which folder, as its transcript says."""
    folder = ""
    for line in folders.head(path, _MOST_BYTES).split(b"\n"):
        value = _json(line)
        folder = folder or str(value.get("cwd") or "")
        told = Told(value)
        try:
            at = told.moment("timestamp")
        except ValueError:
            at = None
        if at is not None:
            return at, folder
    return None, folder


def _json(line: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
