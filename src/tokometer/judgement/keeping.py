"""Whether a job's runs began when they were due: expected against actual. Pure: runs and moments in, counts out.

Each due time has the slot until the next one. A run that begins in it is that slot's, on time or late; a slot without
a run was missed. The last slot stays open as long as its run may still be told of: runs are told when they have ended.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tokometer.judgement.schedules import MOST_DUES, Cron, Every, Once, Schedule, due_after, due_before, dues

#: What is later than this share of the time between two runs is late, within these bounds.
LATE_SHARE: Final = 0.1
LEAST_LATE: Final = timedelta(minutes=1)
MOST_LATE: Final = timedelta(minutes=15)
#: How long after its time, and after what a run takes, a run may be told of before it is missed.
PATIENCE: Final = timedelta(hours=1)
#: A run up to so long before its time is that time's: clocks differ.
EARLY: Final = timedelta(minutes=1)
#: So many ended runs are looked at for whether a job goes on and off; from so many turns, and this share of them, on.
LAST_RUNS: Final = 21
LEAST_TURNS: Final = 4
TURNING: Final = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job."""

    at: datetime
    status: str = "ok"
    #: How long it took; None where that is unknown.
    took: timedelta | None = None
    #: When the job says it runs next.
    following: datetime | None = None


@dataclass(slots=True)
class Kept:
    """How a job kept to its schedule."""

    expected: int = 0
    on_time: int = 0
    late: int = 0
    missed: int = 0
    #: Runs beside those that were due: by hand, or tried again.
    extra: int = 0
    #: How late the latest one began.
    worst: timedelta = timedelta()
    #: Since when runs are missing, without one since.
    overdue: datetime | None = None
    #: How many are missing since then.
    missing: int = 0
    #: When it is due next.
    following: datetime | None = None
    last_late: bool = False


def kept(
    schedule: Schedule | None, runs: Sequence[Run], since: datetime, now: datetime, *, zone: str = "UTC", known: bool
) -> Kept | None:
    """Hold runs against when they were due; None where nothing says when that is.

    Args:
        schedule: What the job says; None where it says nothing that is understood: then what its runs say of the next.
        runs: Its runs from `since` to `now`, the oldest first.
        since: From when on it is judged.
        now: Until when.
        zone: The clock of a schedule that names none.
        known: Whether the job was there before `since`. If not, it begins with its first run.
    """
    if isinstance(schedule, Cron):
        due = _of_cron(schedule, runs, since, now, zone, known=known)
    elif isinstance(schedule, Every):
        due = _of_interval(schedule.interval, runs, now)
    elif isinstance(schedule, Once):
        due = [schedule.at] if since <= schedule.at < now else []
    elif any(run.following for run in runs):
        due = _as_told(runs, now)
    else:
        return None
    made = _match([at for at in due if at >= since - EARLY], runs, since, now)
    if isinstance(schedule, Cron):
        made.following = due_after(schedule, now, zone)
    elif isinstance(schedule, Every):
        made.following = runs[-1].at + schedule.interval if runs else None
    elif runs:
        made.following = runs[-1].following
    return made


def turns(statuses: Sequence[str]) -> int:
    """How often the last runs that ended went from good to bad or back."""
    ended = [status for status in statuses if status in ("ok", "error")][-LAST_RUNS:]
    return sum(one != other for one, other in pairwise(ended))


def is_flapping(statuses: Sequence[str]) -> bool:
    """Whether a job goes on and off rather than failing or doing well."""
    ended = [status for status in statuses if status in ("ok", "error")][-LAST_RUNS:]
    count = turns(ended)
    return count >= LEAST_TURNS and count >= TURNING * (len(ended) - 1)


def _of_cron(
    cron: Cron, runs: Sequence[Run], since: datetime, now: datetime, zone: str, *, known: bool
) -> list[datetime]:
    if known:
        return dues(cron, since, now, zone)
    if not runs:
        return []
    first = due_before(cron, runs[0].at + EARLY, zone)
    return dues(cron, first or runs[0].at, now, zone)


def _of_interval(interval: timedelta, runs: Sequence[Run], now: datetime) -> list[datetime]:
    """Each run says when the next is due; where that did not come, the ones after it were due as well."""
    begun = [run.at for run in runs]
    early = min(EARLY, interval * LATE_SHARE)
    found = begun[:1]
    for at, following in zip(begun, [*begun[1:], now], strict=True):
        many = int((following - at + early) / interval)
        found += [at + interval * (step + 1) for step in range(min(many, MOST_DUES))]
    return [due for due in found if due < now]


def _as_told(runs: Sequence[Run], now: datetime) -> list[datetime]:
    """What runs say of the next; a run that says nothing new says it once."""
    found = sorted({run.following for run in runs if run.following is not None and run.following < now})
    return [runs[0].at, *(due for due in found if due > runs[0].at)]


def _match(due: Sequence[datetime], runs: Sequence[Run], since: datetime, now: datetime) -> Kept:
    made = Kept()
    begun = [run.at for run in runs]
    took = max((run.took for run in runs if run.took is not None), default=timedelta())
    taken = 0
    for at, (begin, end, gap) in zip(due, _slots(due, now), strict=True):
        first, last = bisect_left(begun, begin), bisect_left(begun, end)
        late = min(max(gap * LATE_SHARE, LEAST_LATE), MOST_LATE)
        if first < last:
            delay = max(begun[first] - at, timedelta())
            made.last_late = delay > late
            made.late += made.last_late
            made.on_time += not made.last_late
            made.worst = max(made.worst, delay)
            made.overdue, made.missing = None, 0
            taken += 1
        elif at + min(gap, PATIENCE) + took < now:
            made.missed += 1
            made.missing += 1
            made.overdue = made.overdue or at
    made.expected = made.on_time + made.late + made.missed
    made.extra = sum(at >= since for at in begun) - taken
    return made


def _slots(due: Sequence[datetime], now: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """Of each due time: from when until when a run is its, and how long it is to the next one."""
    if not due:
        return []
    gaps = [after - at for at, after in pairwise(due)]
    gaps.append(gaps[-1] if gaps else timedelta(days=1))
    begins = [at - min(EARLY, gap * LATE_SHARE) for at, gap in zip(due, gaps, strict=True)]
    ends = [*begins[1:], now + EARLY]
    return list(zip(begins, ends, gaps, strict=True))
