"""Days, weeks and months of a calendar: the one that a moment is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tokometer.measures.zones import midnight, zone_info
from tokometer.records.time import to_datetime
from tokometer.settings.money import Period

#: Each as a window of queries.
WINDOWS: Final[dict[Period, str]] = {"day": "today", "week": "week", "month": "month"}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Running:
    """A period that is under way: its first day, the first day after it, and when it begins and ends."""

    first: date
    end: date
    begins: datetime
    ends: datetime

    def passed(self, now: datetime) -> float:
        """The share of it that has passed."""
        return min(1.0, max(0.0, (now - self.begins) / (self.ends - self.begins)))


def running(period: Period, tz: str, now: datetime) -> Running:
    """The period that `now` is in, in a zone. Weeks begin on Mondays."""
    zone = zone_info(tz)
    today = now.astimezone(zone).date()
    if period == "day":
        first, end = today, today + _DAY
    elif period == "week":
        first = today - today.weekday() * _DAY
        end = first + 7 * _DAY
    else:
        first = today.replace(day=1)
        end = (first + 31 * _DAY).replace(day=1)
    begins, ends = (to_datetime(midnight(day, zone)).astimezone(UTC) for day in (first, end))
    return Running(first, end, begins, ends)
