"""fx as a source of files, and what a session used by model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, RecordError, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "fx"
_FILE: Final = "usage-v2.json"
_ABOUT: Final = "session.json"
_MARK: Final = b'"snapshot"'
_MOST_BYTES: Final = 16 << 20
_TOKENS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"}
)
#: What else a model's entry says, and what the session's says beside its models.
_KNOWN: Final = _TOKENS | {"model", "total_cost", "request_count"}


class Fx(DocumentSource):
    """Sessions of fx; see `sources.protocol.FileSource`."""

    name = NAME
    title = "fx"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - nothing names another folder
        """The folder of its sessions."""
        return [home / ".fx" / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """What the sessions below a folder used."""
        for path in folders.below(root, lambda name: name == _FILE):
            if _MARK in folders.head(path):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """A call for each model of a session."""
        document, about = Told(json_object(content)), _about(path)
        snapshot = document.within("snapshot")
        session = document.text("session_id") or about.text("id") or path.parent.name
        models = list(snapshot.each("models")) or [snapshot]
        for at, used in enumerate(models):
            yield Item(at, partial(_call, used, session, about, path, noticed))


FOUND: Final = Fx()


def _call(used: Told, session: str, about: Told, path: Path, noticed: Noticed) -> Iterator[Record]:
    by, slash, model = used.text("model").partition("/")
    if not slash:
        by, model = "", by
    if "model" in used:
        for key in used.beside(_KNOWN):
            noticed.add("usage", f"models.{key}")
    prompt, output = used.whole("input_tokens") or 0, used.whole("output_tokens") or 0
    read, written = used.whole("cache_read_tokens") or 0, used.whole("cache_write_tokens") or 0
    if not (prompt or output or read or written):
        return
    if not model:
        noticed.add("model", "a session that does not say which")
    # A session's id begins with when it was begun.
    began = about.moment("created_at_ms") or Told({"id": session.partition("-")[0]}).moment("id")
    updated = about.moment("updated_at_ms")
    call = ModelCall(
        source=NAME,
        native_id=f"{session}|{by}/{model}",
        started_at=used.needed(began, "created_at_ms"),
        machine=host(),
        provider=infer_provider(model) or (provider_of(by) if by else ""),
        model=model,
        # What fx takes for the length of the context is the input and the output: the cache is inside.
        input_tokens=prompt - read - written if read + written <= prompt else prompt,
        cache_read_tokens=read,
        cache_write_unknown_tokens=written,
        output_tokens=output,
        reasoning_tokens=min(used.whole("reasoning_tokens") or 0, output),
        cost_reported=charged(model, used.money("total_cost")),
        session_id=session,
        project=folders.project(about.text("workspace_root"), folders.home_above(path, ".fx")),
        agent=NAME,
    )
    covering(call, updated_at=updated if updated is not None else total(call), requests=used.whole("request_count"))
    yield call


def _about(path: Path) -> Told:
    """What lies beside it about the session; nothing where that cannot be read."""
    try:
        return Told(json_object(read_bytes(path.with_name(_ABOUT), _MOST_BYTES)))
    except (OSError, RecordError):
        return Told({})
