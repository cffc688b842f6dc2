"""How many records there are over the window: bars over the list, each of which leads into its period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.scope import grain_of
from tokometer.measures import QueryError
from tokometer.server.listed.asked import Asked
from tokometer.server.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Bar:
    """One period: where it stands and how high it is, in hundredths of the whole; its number, and where it leads."""

    x: float
    width: float
    height: float
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of a window, and the times at its ends; milliseconds since the epoch, for whoever brushes it."""

    bars: tuple[Bar, ...]
    since: int
    until: int
    first: str
    last: str


def timeline(runtime: Runtime, asked: Asked, since: datetime, until: datetime) -> Timeline | None:
    """The bars; None where the window is too long to be cut up, nothing is in it, or a text is searched for."""
    if asked.narrowed:
        # That is not counted by periods.
        return None
    try:
        result = runtime.ask(asked.counting(grain=grain_of(Window(since, until, ("", "")))), 5.0)
    except QueryError:
        return None
    rows = [(row["time"], next(number for name, number in row.items() if name != "time") or 0) for row in result.rows]
    most = max((number for _, number in rows), default=0)
    if not most or len(rows) < 2:  # noqa: PLR2004 - one period has no course
        return None
    meta = result.meta
    ends = [at for at, _ in rows[1:]] + [meta.until]
    length = (meta.until - meta.since).total_seconds()
    bars = [
        _bar(asked, meta.since, length, at, end, number, most) for (at, number), end in zip(rows, ends, strict=True)
    ]
    return Timeline(
        tuple(bars),
        since=int(meta.since.timestamp() * 1000),
        until=int(meta.until.timestamp() * 1000),
        first=f"{meta.since.day} {meta.since:%b %H:%M}",
        last=f"{meta.until.day} {meta.until:%b %H:%M}",
    )


def _bar(asked: Asked, since: datetime, length: float, at: datetime, end: datetime, number: Any, most: Any) -> Bar:  # noqa: ANN401 - what a bar is made of
    start = max(at, since)
    return Bar(
        x=100 * (start - since).total_seconds() / length,
        width=max(100 * (end - start).total_seconds() / length - 0.15, 0.1),
        height=max(100 * number / most, 3) if number else 0,
        title=f"{start.day} {start:%b %H:%M}: {number:,}",
        href=asked.address(since=start.isoformat(), until=end.isoformat()),
    )
