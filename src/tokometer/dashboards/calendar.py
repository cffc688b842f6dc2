"""The viewer's calendar: windows of whole periods in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tokometer.records.plural import counted

#: The ranges that can be chosen, with their titles, in the order of the menu.
RANGES: Final = {
    "today": "Today",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "week": "This week",
    "month": "This month",
    "all": "All time",
    "custom": "Custom",
}
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of calendar time in the viewer's zone, whole periods of it, the running one included.

    `asked` is the same in the measures' words (`since`, `until`).
    """

    since: datetime
    until: datetime
    asked: tuple[str, str]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The viewer's calendar at one moment."""

    now: datetime
    zone: ZoneInfo
    #: When the first record was; None where that is not known, or there is none.
    first: datetime | None = None

    def days(self, count: int) -> Window:
        """The last `count` days, today included."""
        asked = "today" if count == 1 else f"{count}d"
        return Window(self.day(1 - count), self.day(1), (asked, ""), f"Last {counted(count, 'day')}")

    def weeks(self, count: int) -> Window:
        """The last `count` weeks from Monday on, this one included."""
        monday = -self.now.weekday()
        return Window(
            self.day(monday - 7 * (count - 1)),
            self.day(monday + 7),
            (f"{count}w", ""),
            f"Last {counted(count, 'week')}",
        )

    def months(self, count: int) -> Window:
        """The last `count` months, this one included."""
        return Window(self.month(1 - count), self.month(1), (f"{count}mo", ""), f"Last {counted(count, 'month')}")

    def hours(self, count: int) -> Window:
        """The `count` hours that end with the running quarter hour."""
        end = later(floor_quarter(self.now), _QUARTER)
        return Window(later(end, timedelta(hours=-count)), end, (f"{count}h", ""), f"Last {counted(count, 'hour')}")

    def named(self, name: str) -> Window:
        """The window of a range that is not custom: its periods, the running one included."""
        if name == "all":
            return Window(self._begin(), self.day(1), ("all", ""), RANGES[name])
        if name in ("week", "month"):
            whole = self.weeks(1) if name == "week" else self.months(1)
            return Window(whole.since, whole.until, (name, ""), RANGES[name])
        if name.endswith("h"):
            return self.hours(int(name.removesuffix("h")))
        days = self.days(1 if name == "today" else int(name.removesuffix("d")))
        return Window(days.since, days.until, days.asked, RANGES.get(name, days.title))

    def whole(self, name: str) -> Window:
        """The window of a range that is not custom, of periods that are over: yesterday for `today`."""
        if name == "all":
            since = min(self._begin(), self.day(-1))
            asked = (since.date().isoformat(), self.day(-1).date().isoformat())
            return Window(since, self.day(0), asked, "All whole days")
        if name == "week":
            monday = -self.now.weekday()
            return Window(self.day(monday - 7), self.day(monday), ("last_week", ""), "Last week")
        if name == "month":
            return Window(self.month(-1), self.month(0), ("last_month", ""), "Last month")
        if name.endswith("h"):
            end = self.now.replace(minute=0, second=0, microsecond=0)
            since = later(end, -int(name.removesuffix("h")) * _HOUR)
            return Window(since, end, (since.isoformat(), end.isoformat()), f"{RANGES.get(name, name)}, whole hours")
        if name == "today":
            return Window(self.day(-1), self.day(0), ("yesterday", ""), "Yesterday")
        days = int(name.removesuffix("d"))
        since, last = self.day(-days), self.day(-1)
        asked = (since.date().isoformat(), last.date().isoformat())
        return Window(since, self.day(0), asked, f"Last {days} whole days")

    def _begin(self) -> datetime:
        """The midnight before the first record; today's where there is none."""
        first = self.now if self.first is None else min(self.first.astimezone(self.zone), self.now)
        return midnight(first.date(), self.zone)

    def day(self, ahead: int) -> datetime:
        """The midnight so many days after today's."""
        return midnight(self.now.date() + ahead * _DAY, self.zone)

    def month(self, ahead: int) -> datetime:
        """The start of the month so many after this one."""
        index = self.now.year * 12 + self.now.month - 1 + ahead
        return midnight(date(index // 12, index % 12 + 1, 1), self.zone)


#: Units of windows that end now, in words.
_UNITS: Final = {"m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}
_NAMES: Final = {"yesterday": "Yesterday", "last_week": "Last week", "last_month": "Last month"}


def asked_text(since: str, until: str = "") -> str:
    """A window in a query's words, as people say it: `Last 90 days`, `This month`."""
    if until:
        return f"{since} to {until}"
    found = re.fullmatch("([0-9]+)(m|h|d|w|mo)", since)
    if found:
        return f"Last {counted(int(found[1]), _UNITS[found[2]])}"
    return RANGES.get(since) or _NAMES.get(since) or f"Since {since}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, which in some zones on some days is not 00:00."""
    return datetime.combine(day, time(0), zone).astimezone(UTC).astimezone(zone)


def floor_quarter(moment: datetime) -> datetime:
    """The start of the quarter hour that holds this moment."""
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def elapsed(start: datetime, end: datetime) -> timedelta:
    """True time between two moments of one zone, which plain subtraction gets wrong across a change of the clocks."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def later(moment: datetime, by: timedelta) -> datetime:
    """A moment so much true time later, in the same zone."""
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)
