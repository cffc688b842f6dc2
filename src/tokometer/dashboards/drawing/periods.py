"""The stretches of a time axis: from when to when each is, and how people say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.charts.axes import Grain
from tokometer.dashboards.calendar import Window, midnight

_HOUR: Final = timedelta(hours=1)
#: The grains that are a fixed time long.
STEPS: Final[dict[str, timedelta]] = {
    "minute": timedelta(minutes=1),
    "five_minutes": timedelta(minutes=5),
    "quarter": timedelta(minutes=15),
    "hour": _HOUR,
}
#: A window may not be cut into more periods than this.
MOST_PERIODS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of a chart's time axis; `open` while it is not over."""

    start: datetime
    end: datetime
    open: bool = False


def periods(window: Window, grain: Grain, now: datetime) -> list[Period]:
    """The periods of a window in the window's zone, the last of them open if the window is not over.

    A window that goes on after now ends with the period that now is in.
    """
    starts: list[datetime] = []
    moment = window.since
    while moment < window.until and moment <= now and len(starts) < MOST_PERIODS:
        starts.append(moment)
        moment = _next(moment, grain)
    ends = [*starts[1:], min(moment, window.until)] if starts else []
    return [Period(start, end, start <= now < end) for start, end in zip(starts, ends, strict=True)]


def _next(moment: datetime, grain: Grain) -> datetime:
    """The start of the period after the one that holds `moment`."""
    zone: Any = moment.tzinfo
    if grain in STEPS:
        step = STEPS[grain]
        # Whole hours of true time; a zone that is half an hour off has its hours on the half.
        later = (moment.astimezone(UTC) + step).astimezone(zone)
        whole = later - timedelta(minutes=later.minute)
        # Where clocks go back by half an hour, the hour that the clock shows then has begun already.
        return whole if grain == "hour" and whole.astimezone(UTC) > moment.astimezone(UTC) else later
    day = moment.date()
    if grain == "day":
        return midnight(day + timedelta(days=1), zone)
    if grain == "week":
        return midnight(day + timedelta(days=7 - day.weekday()), zone)
    if grain == "month":
        index = day.year * 12 + day.month
        return midnight(day.replace(year=index // 12, month=index % 12 + 1, day=1), zone)
    return midnight(day.replace(year=day.year + 1, month=1, day=1), zone)


def period_title(period: Period, grain: Grain) -> str:
    """A period as people say it."""
    start = period.start
    if grain in STEPS:
        return f"{start:%a} {date_text(start)}, {start:%H:%M} – {period.end:%H:%M}"
    if grain == "day":
        return f"{start:%A} {date_text(start)}"
    if grain == "week":
        return f"Week of {date_text(start)}"
    return f"{start:%B %Y}" if grain == "month" else f"{start:%Y}"


def window_text(window: Window) -> str:
    """A window's dates: `10 – 16 Nov 2025`; where it is no whole days, with its times."""
    if window.asked[0] == "all":
        return "All time"
    start, end = window.since, window.until - timedelta(seconds=1)
    if start.date() == end.date():
        whole = start == midnight(start.date(), start.tzinfo) and window.until.date() > start.date()  # type: ignore[arg-type]
        return date_text(start) if whole else f"{date_text(start)}, {start:%H:%M} – {window.until:%H:%M}"
    if start.time() != midnight(start.date(), start.tzinfo).time():  # type: ignore[arg-type]
        return f"{start.day} {start:%b %H:%M} – {end.day} {end:%b %H:%M}"
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} – {date_text(end)}"
    if start.year == end.year:
        return f"{start.day} {start:%b} – {date_text(end)}"
    return f"{date_text(start)} – {date_text(end)}"


def date_text(moment: datetime) -> str:
    """A date: `16 Nov 2025`."""
    return f"{moment.day} {moment:%b %Y}"


def ms(moment: datetime) -> int:
    """A time as browsers count it, in milliseconds since the epoch."""
    return int(moment.timestamp() * 1_000)
