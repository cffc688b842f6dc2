"""What came late: what there was of each stretch of time when rules were looked at, against what there is now.

It is compared by what records say, not by when they came: so what was kept while the server was down is noticed,
records that come again change nothing, and a commit does not have to know of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from tokometer.alerting.evaluating import AskAsOf
from tokometer.measures import CUBES, Query, QueryError
from tokometer.measures.kinds import Count, Mean, Reading, Sum

#: What tells of something that happened, when it did. What other cubes tell moves whenever it is told again.
_EVENTS: Final = (
    *("calls", "tools", "runs", "steps", "jobs", "samples", "logs"),
    *("scores", "error_details", "commits", "bills", "reported"),
)
#: What is told of a stretch, where it is not what a cube counts and adds up first.
_CALLS: Final = ("calls.requests", "calls.errors", "calls.cost", "calls.total_tokens")
_MOST: Final = 10
#: By grain: how long a stretch is, and for how long back it is looked at. Quarters of an hour tell of hours that were
#: not over yet.
_HOUR: Final = timedelta(hours=1)
_STRETCHES: Final = {
    "hour": (_HOUR, timedelta(days=31), "31d"),
    "quarter": (timedelta(minutes=15), timedelta(hours=4), "4h"),
}
_DIGEST: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A time of which there is something else than there was: its `begin` included, its `end` not."""

    begin: datetime
    end: datetime


def cube_of(question: object) -> str:
    """The cube that a question is about; calls where it does not say."""
    cube = getattr(question, "cube", "calls")
    return cube if isinstance(cube, str) else str(cube.name)


def seen(cubes: Iterable[str], now: datetime, ask: AskAsOf) -> dict[str, Any]:
    """What there is, by cube and grain: a digest of what is told of each stretch that has records.

    A cube that cannot be asked just now is left out, and compared the next time.
    """
    found: dict[str, dict[str, Any]] = {}
    for cube in sorted({*cubes} & {*_EVENTS}):
        try:
            found[cube] = {grain: _stretches(cube, grain, now, ask) for grain in _STRETCHES}
        except QueryError:
            continue
    return {"at": now.isoformat(), "cubes": found}


def _stretches(cube: str, grain: str, now: datetime, ask: AskAsOf) -> dict[str, str]:
    rows = ask(Query(measures=_measures(cube), since=_STRETCHES[grain][2], grain=grain), now).rows
    empty = _digest({})
    found = {str(int(row["time"].timestamp())): _digest(row) for row in rows}
    return {stamp: digest for stamp, digest in found.items() if digest != empty}


def _measures(cube: str) -> tuple[str, ...]:
    if cube == "calls":
        return _CALLS
    kept = (Count, Sum, Mean, Reading)
    return tuple(one.name for one in CUBES[cube].measures.values() if isinstance(one, kept))[:_MOST]


def _digest(row: Mapping[str, Any]) -> str:
    """What a row says; the same of one that says nothing and of none."""
    said = sorted((name, str(value)) for name, value in row.items() if name != "time" and value)
    return sha256(repr(said).encode()).hexdigest()[:_DIGEST]


def due(before: Mapping[str, Any], now: datetime, every: timedelta) -> bool:
    """Whether it is time to look what came late."""
    return "at" not in before or now - datetime.fromisoformat(before["at"]) >= every


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Stretch]:
    """The stretches that were over when `before` was seen and of which there is something else in `after`.

    Where nobody looked for more than an hour between the two, those that were over at the second.
    """
    if "at" not in before or "cubes" not in before:
        return []
    at, now = datetime.fromisoformat(before["at"]), datetime.fromisoformat(after["at"])
    until = now if now - at > _HOUR else at
    found: set[Stretch] = set()
    for cube in {*before["cubes"]} & {*after["cubes"]}:
        for grain, (length, back, _) in _STRETCHES.items():
            old, new = (one["cubes"][cube].get(grain, {}) for one in (before, after))
            # The first stretches are cut by the window, and after a long while the earlier look had none of the later.
            first = max(now - back + length, at - back + length)
            for stamp in {*old, *new}:
                begin = datetime.fromtimestamp(int(stamp), UTC)
                if first <= begin <= until - length and old.get(stamp) != new.get(stamp):
                    found.add(Stretch(begin, begin + length))
    return sorted(found)
