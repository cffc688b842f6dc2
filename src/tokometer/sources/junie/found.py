"""Junie as a source of files, and its events as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tokometer.records import ModelCall, Record, infer_provider, provider_of
from tokometer.sources import folders
from tokometer.sources.jsonl import LinesReader, LinesSource
from tokometer.sources.machine import host
from tokometer.sources.told import Told
from tokometer.sources.totals import charged

NAME: Final = "junie"
_EVENTS: Final = "events.jsonl"
_MARKS: Final = (b'"timestampMs"', b'"agentEvent"', b'"UserPromptEvent"')
_USAGE: Final = "LlmResponseMetadataEvent"
_PROMPT: Final = "UserPromptEvent"
_KEYS: Final = frozenset(
    {"model", "provider", "cost", "time", "inputTokens", "outputTokens", "cacheInputTokens", "cacheReadInputTokens"}
    | {"cacheCreateTokens", "cacheCreationInputTokens", "reasoningTokens", "reasoningOutputTokens", "thinkingTokens"}
    | {"input", "output", "cacheRead", "cacheWrite", "contextSize", "imageTokens"}
)


class Kept(msgspec.Struct):
    """What is remembered of a session."""

    asked: int = 0


class Events(LinesReader[Kept]):
    """One reading of one session."""

    Memory = Kept

    def take(self, line: dict[str, Any], offset: int) -> Iterable[Record]:
        """See `LinesReader.take`."""
        said = Told(line)
        if said.raw("kind") == _PROMPT:
            self.memory.asked += 1
            return ()
        event = line.get("event")
        inner = event.get("agentEvent") if isinstance(event, dict) else None
        if not isinstance(inner, dict) or inner.get("kind") != _USAGE:
            return ()
        return self._calls(said, Told(inner, "event.agentEvent."), offset)

    def _calls(self, said: Told, event: Told, offset: int) -> Iterator[Record]:
        # When the answer was there: the times that it took are told with it.
        ended = said.needed(said.moment("timestampMs"), "timestampMs")
        agent = event.within("agent").text("name", "id")
        for at, usage in enumerate(event.each("modelUsage")):
            for key in usage.beside(_KEYS):
                self.noticed.add("usage", f"modelUsage.{key}", offset)
            counts = (
                usage.whole("inputTokens", "input") or 0,
                usage.whole("cacheInputTokens", "cacheReadInputTokens", "cacheRead") or 0,
                usage.whole("cacheCreateTokens", "cacheCreationInputTokens", "cacheWrite") or 0,
                usage.whole("outputTokens", "output") or 0,
            )
            reasoning = usage.whole("reasoningTokens", "reasoningOutputTokens", "thinkingTokens") or 0
            model, took = usage.text("model"), usage.milliseconds("time")
            cost = usage.money("cost")
            if not any(counts) and not reasoning and not cost:
                continue
            if not model:
                self.noticed.add("model", "a request without a model", offset)
            by, session = usage.text("provider"), self.path.parent.name
            asked, self.memory.asked = self.memory.asked, 0
            call = ModelCall(
                source=NAME,
                native_id=f"{session}|{ended}|{model}|{','.join(map(str, counts))}|{at}",
                started_at=ended - took if took is not None and took < ended else ended,
                machine=host(),
                provider=(provider_of(by) if by else "") or infer_provider(model),
                model=model,
                latency_us=took,
                cost_reported=charged(model, cost),
                session_id=session,
                agent=NAME,
                subagent=agent,
                user_messages=asked,
            )
            call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens, output = counts
            # More of it than there is output cannot be a part of it.
            call.output_tokens = output + reasoning if reasoning > output else output
            call.reasoning_tokens = reasoning
            yield call


class Junie(LinesSource):
    """Sessions of Junie; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Junie"
    reader = Events

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:  # noqa: ARG002 - no variable names another
        """The folder of sessions."""
        return [home / ".junie" / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The events of the sessions below a folder."""
        for path in folders.below(root, lambda name: name == _EVENTS):
            start = folders.head(path, 1 << 16)
            if path.parent.name.startswith("session-") and any(mark in start for mark in _MARKS):
                yield path


FOUND: Final = Junie()
