"""What a change to calls makes stale: quarter hours, and sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tokometer.records import ModelCall, Record
from tokometer.records.time import QUARTER_US


class SessionSpan(NamedTuple):
    """A session whose row is to be rebuilt, and the quarter hours in which the change touched it."""

    workspace: str
    source: str
    session_id: str
    first_quarter: int
    last_quarter: int


def sessions_of(calls: Iterable[Record]) -> list[SessionSpan]:
    """The sessions that these calls are of, each once."""
    met = {
        (call.workspace, call.source, call.session_id, call.started_at // QUARTER_US)
        for call in calls
        if isinstance(call, ModelCall) and call.session_id
    }
    return joined(SessionSpan(*at, at[-1]) for at in met)


def joined(spans: Iterable[SessionSpan]) -> list[SessionSpan]:
    """The same spans with each session once."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for workspace, source, session_id, first, last in spans:
        key = (workspace, source, session_id)
        earliest, latest = found.get(key, (first, last))
        found[key] = (min(first, earliest), max(last, latest))
    return [SessionSpan(*key, *span) for key, span in found.items()]
