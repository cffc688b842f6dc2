"""Compactions of a thread: that its conversation was summed up, and how long the summary is."""

from __future__ import annotations

from msgspec.structs import replace

from tokometer.records import Record, Step
from tokometer.records.context import COMPACTION, SUMMARY
from tokometer.sources.codex import descent
from tokometer.sources.codex.rows import Compacted
from tokometer.sources.codex.state import State
from tokometer.sources.sizes import size_of


def compacted(state: State, payload: Compacted, at: int, source: str) -> list[Record]:
    """The records of a line that says so, which stands at `at` (µs since the epoch); none where it is a copy."""
    owner = descent.owner(state)
    if not owner:
        return []
    state.compactions += 1
    mine = owner == state.thread
    native = f"compaction:{owner}:{state.compactions}"
    step = Step(
        source=source,
        native_id=native,
        started_at=at,
        revision=int(mine),
        origin=state.began,
        name="compaction",
        type=COMPACTION,
        status="ok",
        session_id=owner if descent.is_certain(state) else state.thread,
        project=state.project,
        agent=source,
        subagent=state.subagent if mine else "",
    )
    size = size_of(payload.message)
    if not size.bytes:
        return [step]
    summary = replace(step, native_id=f"{native}:summary", name=SUMMARY, type=SUMMARY, prompt_bytes=size.bytes)
    return [step, summary]
