"""When a budget will be used up: the forecast of its period against what may be spent in it.

For alert rules and verdicts: :func:`breach` is a pure function of the days so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tokometer.judgement.forecast import Day, Forecast, forecast
from tokometer.measures.zones import midnight
from tokometer.records.time import MICROSECONDS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Breach:
    """What a period will have used at its end, and in how many hours it will have used up its budget.

    Hours are 0 where it is used up already, and None where it is not expected to be before the period's end.
    """

    forecast: Forecast
    limit: float
    #: As expected; at the high end of the 80 % interval, the soonest; at its low end, the latest.
    hours: float | None
    soonest: float | None
    latest: float | None

    @property
    def projected(self) -> float:
        """What the period will have used at its end."""
        return self.forecast.estimate

    @property
    def over(self) -> bool:
        """Whether it is expected to be more than the budget."""
        return self.projected > self.limit


def breach(history: Sequence[Day], so_far: float, limit: float, now: datetime, end: date) -> Breach | None:
    """Whether and when a budget's period will have used it up.

    Args:
        history: Complete days before today, oldest first, without gaps: those of earlier periods, too.
        so_far: What the period has used up to now.
        limit: What it may use, in the same unit, above 0.
        now: The time, in the zone whose calendar counts.
        end: The first day after the period.

    Returns:
        None while there is too little history for a forecast, unless the budget is used up already.
    """
    zone = now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    today = now.astimezone(zone).date()
    begun, over = (midnight(day, zone) / MICROSECONDS for day in (today, today + _DAY))
    moment = now.astimezone(UTC).timestamp()
    elapsed = min(1.0, max(0.0, (moment - begun) / (over - begun)))
    found = forecast(history, so_far, Day(today, 0.0), elapsed, end)
    if so_far >= limit:
        known = found or Forecast(so_far, so_far, so_far, so_far, None, None, len(history), seasonal=False)
        return Breach(known, limit, 0.0, 0.0, 0.0)
    if found is None:
        return None
    ends = [midnight(day.date + _DAY, zone) / MICROSECONDS for day in found.path]
    rest = found.estimate - found.so_far

    def reached(at_end: float | None) -> float | None:
        return None if at_end is None else _hours(found, ends, moment, limit - so_far, (at_end - so_far, rest))

    return Breach(found, limit, reached(found.estimate), reached(found.high), reached(found.low))


def _hours(
    found: Forecast, ends: Sequence[float], moment: float, left: float, scale: tuple[float, float]
) -> float | None:
    """After how many hours so much more is used, if the rest comes to the first of `scale` rather than the second."""
    come, rest = scale
    if come <= left or rest <= 0:
        return None
    used, start = 0.0, moment
    for day, end in zip(found.path, ends, strict=True):
        more = day.value * come / rest
        if more > 0 and used + more >= left:
            return (start + (end - start) * (left - used) / more - moment) / 3600
        used, start = used + more, end
    return (ends[-1] - moment) / 3600 if ends else None
