"""Mistral Vibe as a source of files, and what it writes down of a session as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tokometer.records import AgentRun, ModelCall, Record, infer_provider
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "mistral_vibe"
_META: Final = "meta.json"
_MARK: Final = b'"session_prompt_tokens"'


class MistralVibe(DocumentSource):
    """Sessions of Mistral Vibe; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Mistral Vibe"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of sessions."""
        return [(folders.setting(env, "VIBE_HOME", home) or home / ".vibe") / "logs" / "session"]

    def files(self, root: Path) -> Iterable[Path]:
        """What is written down of the sessions below a folder: of today's, and of those before."""
        for path in folders.below(root, lambda name: name.endswith(".json")):
            named = path.name == _META or path.name.startswith("session_")
            if named and _MARK in folders.head(path, 1 << 20):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """A session."""
        document = Told(json_object(content))
        meta = document.within("metadata") if isinstance(document.raw("metadata"), dict) else document
        yield Item(0, partial(_records, meta, path, noticed))


FOUND: Final = MistralVibe()


def _records(meta: Told, path: Path, noticed: Noticed) -> Iterator[Record]:
    stats = meta.within("stats")
    session = meta.text("session_id") or (path.parent.name if path.name == _META else path.stem)
    started_at = meta.needed(_when(meta, "start_time"), "start_time")
    ended_at = _when(meta, "end_time")
    model = meta.within("config").text("active_model") or meta.text("active_model", "model")
    folder = meta.text("origin_directory") or meta.within("environment").text("working_directory")
    project = folders.project(folder, folders.home_above(path, ".vibe"))
    prompt, cached = stats.whole("session_prompt_tokens") or 0, stats.whole("session_cached_tokens") or 0
    call = ModelCall(
        source=NAME,
        native_id=session,
        started_at=started_at,
        machine=host(),
        provider=infer_provider(model) or "mistral",
        model=model,
        # The prompt has what came from the cache inside.
        input_tokens=prompt - cached if prompt >= cached else prompt,
        cache_read_tokens=cached,
        output_tokens=stats.whole("session_completion_tokens") or 0,
        cost_reported=charged(model, stats.money("session_cost")),
        session_id=session,
        parent_session_id=meta.text("parent_session_id"),
        project=project,
        git_branch=meta.text("git_branch"),
        agent=NAME,
        user=meta.text("username"),
    )
    if total(call):
        if not model:
            noticed.add("model", "a session that does not say which")
        yield covering(call, updated_at=total(call), requests=stats.whole("steps"))
    yield AgentRun(
        source=NAME,
        native_id=session,
        started_at=started_at,
        revision=ended_at or 0,
        machine=host(),
        agent=NAME,
        role="main",
        ended_at=ended_at,
        session_id=session,
        parent_session_id=meta.text("parent_session_id"),
        project=project,
        user=meta.text("username"),
        model=model,
    )


def _when(meta: Told, name: str) -> int | None:
    """A time, which older versions write without a zone: that of the machine, which nobody knows, so UTC."""
    text = meta.raw(name)
    if isinstance(text, str) and "T" in text and not text.endswith("Z") and "+" not in text and "-" not in text[11:]:
        return Told({name: f"{text}Z"}).moment(name)
    return meta.moment(name)
