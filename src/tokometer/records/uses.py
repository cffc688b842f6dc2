"""One use of a tool that is told by several ways in is counted once.

The model names each use (`toolu_…`, `call_…`), so the name is enough: of the tellings of one name that came by
different ways one counts, the most trusted, with what it does not know taken from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from tokometer.records.kinds import ToolCall
from tokometer.records.ways import Also, can_meet, ranked, way_of, written

_by_trust: Final = ranked("record")
_by_trust_in_time: Final = ranked("latency")
#: What others may know of a use.
_LEARNT: Final = (
    "error_message",
    "server",
    "duration_us",
    "lines_added",
    "lines_removed",
    "prompt_bytes",
    "prompt_image_tokens",
    "session_id",
    "project",
    "agent",
    "subagent",
    "thread",
    "user",
    "team",
    "environment",
    "machine",
    "account",
)


def settle_uses(uses: Sequence[ToolCall]) -> list[ToolCall | None]:
    """What each telling of a use counts as: itself (the same object), one with other facts, or nothing."""
    named: dict[tuple[str, str], list[int]] = {}
    for at, use in enumerate(uses):
        if use.use_id:
            named.setdefault((use.workspace, use.use_id), []).append(at)
    found: list[ToolCall | None] = list(uses)
    for places in named.values():
        groups: list[list[int]] = []
        for at in sorted(places, key=lambda at: _order(uses[at])):
            group = next((group for group in groups if _can_join(uses, at, group)), None)
            if group is None:
                groups.append([at])
            else:
                group.append(at)
                found[at] = None
        for first, *others in groups:
            if others:
                found[first] = _learnt(uses[first], [uses[at] for at in others])
    return found


def _can_join(uses: Sequence[ToolCall], at: int, group: Sequence[int]) -> bool:
    way = way_of(uses[at])
    return all(way != way_of(uses[other]) and can_meet(way, way_of(uses[other])) for other in group)


def _learnt(use: ToolCall, others: Sequence[ToolCall]) -> ToolCall:
    facts: dict[str, object] = {}
    for other in others:
        for name in _LEARNT:
            if name not in facts and getattr(use, name) in ("", None) and getattr(other, name) not in ("", None):
                facts[name] = getattr(other, name)
    # Who runs a tool measures how long it took; a transcript's times include the wait for a permission.
    timed = [other for other in sorted(others, key=_by_trust_in_time) if other.duration_us is not None]
    won: dict[object, tuple[str, ...]] = {}
    if timed:
        facts["duration_us"] = timed[0].duration_us
        won[way_of(timed[0])] = ("latency",)
    if use.status == "unknown":
        facts["status"] = next((other.status for other in others if other.status != "unknown"), "unknown")
    labels: dict[str, str] = {}
    for other in (*reversed(others), use):
        labels |= other.labels or {}
    also = [Also(way.source, way.way, won.get(way, ())) for way in map(way_of, others)]
    return replace(use, **facts, labels=labels or None, also_told=written(also))


def _order(use: ToolCall) -> tuple[int, int, str, str]:
    return _by_trust(use), use.started_at, use.source, use.native_id
