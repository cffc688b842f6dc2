"""Langfuse's traces: who asked, in which session, under which tags.

A trace is kept as the topmost step of its own, and says of the calls below it what they do not say themselves: as a
statement that states no use (`records.tellings`), so that it does not matter which of them comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tokometer.records import ModelCall, Record, Step
from tokometer.records.labels import tags_from
from tokometer.sources.langfuse.part import Part
from tokometer.sources.sessions import told_apart

KNOWN: Final = frozenset(
    {
        *("id", "timestamp", "name", "userId", "sessionId", "release", "version", "metadata", "tags", "environment"),
        # content, and what is nobody's but Langfuse's
        *("input", "output", "public", "externalId", "projectId", "createdAt", "updatedAt", "bookmarked"),
    }
)
#: Stands for the trace itself among its spans.
_TRACE: Final = "trace"


def top_of(trace_id: str) -> str:
    """The span that a trace is among its spans."""
    return f"{_TRACE}:{trace_id}"


def trace(part: Part) -> Iterable[Record]:
    """The records of a trace."""
    part.unknown(KNOWN)
    body, trace_id = part.body, part.name()
    name = body.text("name")
    user, session = told_apart(body.text("userId"), body.text("sessionId"))
    labels = part.labels(trace_name=name, release=body.text("release"), version=body.text("version"))
    tags = tags_from(body.raw("tags"))
    shared: dict[str, Any] = {
        **part.fields(top_of(trace_id), body.moment_utc("timestamp") or part.at),
        "trace_id": trace_id,
        "span_id": top_of(trace_id),
        "session_id": session,
        "user": user,
        "labels": {**(labels or {}), **tags} or None,
    }
    return [
        Step(name=name, type=_TRACE, **shared),
        ModelCall(group=trace_id, shadow=True, operation="chat", **shared),
    ]
