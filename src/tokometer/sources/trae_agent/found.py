"""Trae Agent as a source of files, and its trajectories as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tokometer.records import AgentRun, ModelCall, Record, ToolCall, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.documents import DocumentSource, Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "trae_agent"
_MARKS: Final = (b'"llm_interactions"', b'"max_steps"')
#: Whose input, as Trae writes it down, holds what came from the cache.
_INSIDE: Final = frozenset({"openai", "azure", "google", "gemini"})
_TOKENS: Final = frozenset(
    {"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "reasoning_tokens"}
)
_STEPS: Final = 1 << 20


class TraeAgent(DocumentSource):
    """Trajectories of Trae Agent; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Trae Agent"

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - as the protocol names them
        """None: trajectories lie in whatever folder Trae was started in."""
        return []

    def files(self, root: Path) -> Iterable[Path]:
        """The trajectories below a folder, by how they begin."""
        for path in folders.below(root, lambda name: name.endswith(".json")):
            start = folders.head(path, 1 << 20)
            if all(mark in start for mark in _MARKS):
                yield path

    def items(self, content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
        """What happened in a trajectory."""
        document = Told(json_object(content))
        # To the microsecond, so that it is known by it wherever it lies.
        base = _Base(document.text("start_time"), path.stem)
        yield Item(0, partial(_run, document, base))
        for at, interaction in enumerate(document.each("llm_interactions")):
            yield Item(at + 1, partial(_call, interaction, document, base, noticed, at))
        for at, step in enumerate(document.each("agent_steps")):
            yield Item(_STEPS + at, partial(_tools, step, base))


FOUND: Final = TraeAgent()


class _Base:
    """What all records of a trajectory have in common."""

    def __init__(self, began: str, session: str) -> None:
        self.began = began
        self.session = session


def _run(document: Told, base: _Base) -> Iterator[Record]:
    ended_at = document.moment_utc("end_time")
    yield AgentRun(
        source=NAME,
        native_id=document.needed(base.began, "start_time"),
        started_at=document.needed(document.moment_utc("start_time"), "start_time"),
        revision=ended_at or 0,
        machine=host(),
        agent=NAME,
        role="main",
        status=("ok" if document.yes("success") else "error") if ended_at is not None else "running",
        ended_at=ended_at,
        session_id=base.session,
        model=document.text("model"),
    )


def _call(said: Told, document: Told, base: _Base, noticed: Noticed, at: int) -> Iterator[Record]:
    response = said.within("response")
    usage = response.within("usage")
    for key in usage.beside(_TOKENS):
        noticed.add("usage", f"usage.{key}", at)
    by, model = said.text("provider"), response.text("model") or said.text("model")
    if not model:
        noticed.add("model", "an answer without a model", at)
    prompt, output = usage.whole("input_tokens") or 0, usage.whole("output_tokens") or 0
    read, written = usage.whole("cache_read_input_tokens"), usage.whole("cache_creation_input_tokens")
    inside = by.lower() in _INSIDE and (read or 0) <= prompt
    call = ModelCall(
        source=NAME,
        native_id=f"{document.needed(base.began, 'start_time')}|{at}",
        # When the answer was there.
        started_at=said.needed(said.moment_utc("timestamp"), "timestamp"),
        machine=host(),
        provider=(provider_of(by) if by else "") or infer_provider(model),
        model=model,
        session_id=base.session,
        agent=NAME,
        user_messages=0 if at else 1,
    )
    # Nothing at all is what it writes down where nobody told it.
    if prompt or output or read or written:
        call.input_tokens = prompt - (read or 0) if inside else prompt
        call.cache_read_tokens, call.cache_write_unknown_tokens = read, written
        call.output_tokens, call.reasoning_tokens = output, usage.whole("reasoning_tokens")
    yield call


def _tools(step: Told, base: _Base) -> Iterator[Record]:
    results = {result.text("call_id"): result for result in step.each("tool_results")}
    for use in step.each("tool_calls"):
        use_id, name = use.text("call_id"), use.text("name")
        result = results.get(use_id)
        if use_id and name:
            yield ToolCall(
                source=NAME,
                native_id=f"{base.began}|{use_id}",
                started_at=step.needed(step.moment_utc("timestamp"), "timestamp"),
                revision=0 if result is None else 1,
                machine=host(),
                name=name,
                use_id=use_id,
                status="unknown" if result is None else "ok" if result.yes("success") else "error",
                session_id=base.session,
                agent=NAME,
            )
