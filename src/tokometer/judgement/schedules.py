"""When a scheduled job is due: what the text of its schedule means, and the moments that come of it.

Expressions are read and their clock changes kept as Debian's cron does (by cronsim): a job of a fixed time that a
change of clocks skips runs right after it, one whose hour comes twice runs once; one that runs every so often goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

#: Moments that are worked out for one job; where there are more, the last ones are.
MOST_DUES: Final = 20_000
#: A longer text is no schedule.
_LONGEST: Final = 200
_SECOND: Final = timedelta(seconds=1)
_WORDS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ZONE_BEHIND: Final = re.compile(r"(.+?)\s*\(([\w/+-]+)\)")
_ZONE_BEFORE: Final = re.compile(r"(?:CRON_TZ|TZ)=([\w/+-]+)\s+(.+)")
_EVERY: Final = re.compile(r"@?every\s+((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)")
_PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_UNITS: Final = {
    **dict.fromkeys(("ms",), timedelta(milliseconds=1)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(days=7)),
}


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields, or six with seconds in front."""

    expression: str
    #: The IANA zone of its clock; empty where it says none.
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """Again after so long, from one run to the next."""

    interval: timedelta


@dataclass(frozen=True, slots=True)
class Once:
    """At one moment."""

    at: datetime


Schedule = Cron | Every | Once


@lru_cache(maxsize=2_000)
def schedule_of(text: str) -> Schedule | None:
    """What a schedule says; None where that is not understood.

    `0 7 * * 1-5`, `0 7 * * * (Europe/Vienna)`, `CRON_TZ=Asia/Tokyo 0 7 * * *`, `@daily`, `every 30m`, `every 1h 30m`,
    `at 2026-03-02T07:00:00Z`.
    """
    told = text.strip()
    if not told or len(told) > _LONGEST:
        return None
    if told.startswith("at "):
        return _once(told.removeprefix("at ").strip())
    if every := _EVERY.fullmatch(told.lower()):
        return _every(every[1])
    zone = ""
    if behind := _ZONE_BEHIND.fullmatch(told):
        told, zone = behind[1], behind[2]
    elif before := _ZONE_BEFORE.fullmatch(told):
        zone, told = before[1], before[2]
    told = _WORDS.get(told.lower(), told)
    try:
        CronSim(told, datetime(2026, 1, 1, tzinfo=UTC))
        if zone:
            ZoneInfo(zone)
    except (CronSimError, ValueError, OSError, KeyError):
        return None
    return Cron(told, zone)


def _once(told: str) -> Once | None:
    try:
        if told.isdecimal():
            return Once(datetime.fromtimestamp(int(told) / 1000, UTC))
        at = datetime.fromisoformat(told)
    except (ValueError, OverflowError, OSError):
        return None
    return Once(at if at.tzinfo else at.replace(tzinfo=UTC))


def _every(told: str) -> Every | None:
    pieces = _PIECE.findall(told)
    if not all(unit in _UNITS for _, unit in pieces):
        return None
    try:
        interval = sum((float(number) * _UNITS[unit] for number, unit in pieces), timedelta())
    except OverflowError:
        return None
    return Every(interval) if interval >= _SECOND else None


def dues(cron: Cron, since: datetime, until: datetime, zone: str = "UTC") -> list[datetime]:
    """When it is due from `since` until before `until`, in UTC; of more than :data:`MOST_DUES` the last ones.

    Args:
        cron: The schedule.
        since: The beginning, inclusive.
        until: The end, exclusive.
        zone: The zone of its clock, where the schedule names none.
    """
    while True:
        found = list(islice(_coming(cron, since, until, zone), MOST_DUES))
        if len(found) < MOST_DUES:
            return found
        # As many again would not be looked at either: what is late enough in the window to fit is.
        covered = found[-1] - since
        if since + covered >= until - covered:
            rest = list(_coming(cron, found[-1] + _SECOND, until, zone))
            return [*found, *rest][-MOST_DUES:]
        since = until - covered


def due_before(cron: Cron, at: datetime, zone: str = "UTC") -> datetime | None:
    """When it was due last, at `at` at the latest."""
    clock = ZoneInfo(cron.zone or zone)
    back = CronSim(cron.expression, (at.replace(microsecond=0) + _SECOND).astimezone(clock), reverse=True)
    found = next(back, None)
    return None if found is None else found.astimezone(UTC)


def due_after(cron: Cron, at: datetime, zone: str = "UTC") -> datetime | None:
    """When it is due next, at `at` or later."""
    return next(_coming(cron, at, at + timedelta(days=366 * 8), zone), None)


def _coming(cron: Cron, since: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    clock = ZoneInfo(cron.zone or zone)
    for at in CronSim(cron.expression, (since - _SECOND).astimezone(clock)):
        due = at.astimezone(UTC)
        if due >= until:
            return
        if due >= since:
            yield due


def zone_of(cron: Cron, told: Sequence[datetime], begun: Sequence[datetime], zones: Sequence[str]) -> str:
    """On which of some zones' clocks a schedule without one runs: that of most of the times that are known.

    Args:
        cron: The schedule.
        told: When runs say that the next is due.
        begun: When runs began, for where they say nothing.
        zones: The zones to choose among; of equally good ones the first.
    """
    if cron.zone or len(set(zones)) < 2:  # noqa: PLR2004
        return cron.zone or zones[0]

    def fits(zone: str) -> int:
        if told:
            return sum(due_before(cron, at, zone) == at.astimezone(UTC).replace(microsecond=0) for at in told)
        near = ((at, due_before(cron, at, zone)) for at in begun)
        return sum(due is not None and at - due <= timedelta(minutes=2) for at, due in near)

    return max(zones, key=lambda zone: (fits(zone), -zones.index(zone)))
