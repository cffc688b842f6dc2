"""Log events that tell of usage: one declaration for each who sends them, found by name.

A new dialect is one module here and one word in :data:`EVENT_DIALECTS`. May import `records` and the tables of
attributes; `sources.otlp.logs` imports it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from tokometer.sources.otlp.events.claude_code import CLAUDE_CODE
from tokometer.sources.otlp.events.codex import CODEX
from tokometer.sources.otlp.events.copilot import COPILOT
from tokometer.sources.otlp.events.declared import Event, EventDialect
from tokometer.sources.otlp.events.gemini_cli import GEMINI_CLI
from tokometer.sources.otlp.events.genai import GENAI
from tokometer.sources.otlp.events.openclaw import OPENCLAW
from tokometer.sources.otlp.events.qwen_code import QWEN_CODE

EVENT_DIALECTS: Final = (CLAUDE_CODE, CODEX, GEMINI_CLI, QWEN_CODE, COPILOT, OPENCLAW, GENAI)
#: Lines of anybody's log, and events that no dialect has.
ANYBODY: Final = EventDialect("anybody")

_PREFIXES: Final = {dialect.prefix: dialect for dialect in EVENT_DIALECTS}


class Named(NamedTuple):
    """Who tells, and what event it is."""

    dialect: EventDialect
    #: The event's whole name; empty where it is just a line.
    name: str = ""
    #: How it is read; None where the dialect does not know it.
    event: Event | None = None


@lru_cache(maxsize=4096)
def named(scope: str, *names: str) -> Named:
    """The event that has these names, the most telling first (an attribute, the body, a field); some may be empty."""
    own = _of_scope(scope)
    unknown = Named(own or ANYBODY)
    for name in names:
        if not name:
            continue
        if own is not None and name in own.others:
            return Named(own, name, own.others[name])
        dialect = _of_name(name) or (own if own is not None and name in own.events else None)
        if dialect is None:
            continue
        bare = name.removeprefix(dialect.prefix)
        found = Named(dialect, dialect.prefix + bare, dialect.events.get(bare))
        if found.event is not None:
            return found
        unknown = unknown if unknown.name else found
    return unknown


def _of_scope(scope: str) -> EventDialect | None:
    return next((dialect for dialect in EVENT_DIALECTS if scope in dialect.scopes), None) if scope else None


def _of_name(name: str) -> EventDialect | None:
    return next((dialect for prefix, dialect in _PREFIXES.items() if name.startswith(prefix)), None)


__all__ = ["ANYBODY", "EVENT_DIALECTS", "Event", "EventDialect", "Named", "named"]
