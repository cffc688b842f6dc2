"""When something was used last, whatever the window is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from tokometer.measures.query import Filter, Query
from tokometer.measures.questions import Feed, Question
from tokometer.measures.result import Result

Ask = Callable[[Question], Result]
_CALLS: Final = "calls"


def latest(ask: Ask, where: Sequence[Filter] = (), tz: str = "UTC") -> datetime | None:
    """When the newest call under these filters began, in the zone `tz`; None where there never was one.

    Two questions: rollups tell the day, and that day's calls the moment.
    """
    query = Query(
        measures=("calls.requests",),
        by=("calls.day",),
        where=tuple(where),
        since="all",
        tz=tz,
        order=("-calls.day",),
        limit=1,
    )
    rows = ask(query).rows
    return _on(ask, rows[0]["day"], where, tz) if rows else None


def latest_by(ask: Ask, dimension: str, tz: str = "UTC") -> dict[str, datetime]:
    """The same of each value of a dimension (`calls.source`), of those with few values: a question for each."""
    days: dict[str, date] = {}
    short = dimension.partition(".")[2]
    query = Query(measures=("calls.requests",), by=(dimension, "calls.day"), since="all", tz=tz, order=("calls.day",))
    for row in ask(query).rows:
        days[row[short]] = row["day"]
    found = {name: _on(ask, day, (Filter(dimension, "=", (name,)),), tz) for name, day in days.items()}
    return {name: at for name, at in found.items() if at is not None}


def _on(ask: Ask, day: date, where: Sequence[Filter], tz: str) -> datetime | None:
    text = day.isoformat()
    feed = Feed(cube=_CALLS, columns=("at",), where=tuple(where), since=text, until=text, tz=tz, limit=1)
    rows = ask(feed).rows
    return rows[0]["at"] if rows else None
