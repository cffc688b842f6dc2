"""Values over time: the timeline that many answers have."""

from __future__ import annotations

from typing import Any, Final

from tokometer.charts.axes import Grain
from tokometer.server.endpoints.asking import Asked, Parameter
from tokometer.server.endpoints.declared import Block, Field, Rows, block
from tokometer.server.endpoints.gathering import gather
from tokometer.server.endpoints.shapes import TIME, WHOLE

#: Intervals as they are asked for: the grain of queries, and seconds where these are always the same.
INTERVALS: Final[dict[str, tuple[str, int | None]]] = {
    "1m": ("minute", 60),
    "5m": ("five_minutes", 300),
    "15m": ("quarter", 900),
    "1h": ("hour", 3600),
    "1d": ("day", 86_400),
    "1w": ("week", 604_800),
    "1mo": ("month", None),
}
AUTO: Final = "auto"
INTERVAL: Final = Parameter(
    "interval",
    "The length of the timeline's steps; `auto` is one that gives up to about 200 of them.",
    (AUTO, *INTERVALS),
)
_NAMES: Final[dict[Grain, str]] = {grain: name for name, (grain, _) in INTERVALS.items()}  # type: ignore[misc]


_BEGINNING: Final = Field("timestamp", "", TIME, "2026-11-27T10:00:00Z", "The beginning of the step.")


def hourly(name: str = "1h") -> Parameter:
    """The same parameter with another default."""
    return Parameter(INTERVAL.name, INTERVAL.meaning, INTERVAL.choices, name)


def course_parts(*fields: Field) -> tuple[Field, Rows]:
    """The interval and the timeline of these fields."""
    return (
        Field("interval_seconds", "", WHOLE, 3600, "The length of a step; null for months, which differ."),
        Rows("timeline", block("", _BEGINNING, *fields), by="time", named="timestamp"),
    )


def interval_of(asked: Asked) -> tuple[str, int | None]:
    """The grain that is asked for, and its seconds."""
    given = asked.own.get("interval", AUTO)
    if given == AUTO:
        given = _NAMES.get(asked.context.scope.grain, "1mo")
    return INTERVALS[given]


def course(asked: Asked, answer: Block) -> dict[str, Any]:
    """What fills in :func:`course_parts` of an answer: every step of the window that has begun."""
    row = next(part.row for part in answer.parts if isinstance(part, Rows) and part.name == "timeline")
    grain, seconds = interval_of(asked)
    found = gather(asked.context, row, grain=grain)
    return {
        "interval_seconds": seconds,
        "timeline": [row.write(found.of(moment), {"timestamp": moment}) for moment in found],
    }
