"""The running month of a daily figure: what it has used, and where it will end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tokometer.judgement.forecast import Day, Forecast, forecast
from tokometer.measures.zones import midnight
from tokometer.records.time import MICROSECONDS

#: Days that a forecast learns from, as a window of queries.
HISTORY: Final = "180d"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """The calendar month of a zone that a moment is in."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()

    @property
    def first(self) -> date:
        """Its first day."""
        return self.today.replace(day=1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return (self.first + 31 * _DAY).replace(day=1)

    @property
    def days_left(self) -> int:
        """Whole days after today."""
        return (self.end - self.today).days - 1

    @property
    def elapsed(self) -> float:
        """The share of today that has passed."""
        return _share(self.today, self.today + _DAY, self)

    @property
    def days_so_far(self) -> float:
        """Days of the month that have passed, today's part included; at least one, so that the first hour is no day."""
        return max(1.0, (self.today - self.first).days + self.elapsed)

    def project(self, days: Sequence[Mapping[str, Any]], name: str) -> Forecast | None:
        """The forecast of the month's total of a column, from rows of days up to today (`time`), oldest first.

        The first day of use is rarely a whole one and is left out. None where there are too few days.
        """
        values = [(row["time"].astimezone(self.zone).date(), float(row[name] or 0)) for row in days]
        begin = next((place for place, (_, value) in enumerate(values) if value > 0), len(values))
        history = [Day(day, value) for day, value in values[begin + 1 :] if day < self.today]
        today = next((value for day, value in values if day == self.today), 0.0)
        so_far = sum(value for day, value in values if day >= self.first)
        return forecast(history, so_far, Day(self.today, today), self.elapsed, self.end)


def _share(start: date, end: date, month: Month) -> float:
    """How much of the time between two midnights has passed; days are not all of one length."""
    begin, last = midnight(start, month.zone), midnight(end, month.zone)
    now = month.now.astimezone(UTC).timestamp() * MICROSECONDS
    return min(1.0, max(0.0, (now - begin) / (last - begin)))
