"""From when to when: what people type, and what it means in their time zone."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tokometer.measures.errors import QueryError, suggest, told
from tokometer.measures.zones import midnight
from tokometer.records.time import EARLIEST_US, MICROSECONDS, QUARTER_US, to_us

_DAY_US: Final = 86_400 * MICROSECONDS
_NEVER: Final = 0
#: No record is further ahead than a day; a window that ends later is cut here, so that nothing counts its days.
_AHEAD_US: Final = 400 * _DAY_US

_FIRST_DAY: Final = date(1970, 1, 2)
_LAST_DAY: Final = date(9990, 1, 1)

Unit = Literal["us", "days", "months", ""]
_RELATIVE: Final = re.compile(r"(\d{1,5})(mo|[mhdwy])")
NAMED: Final = (
    "today",
    "yesterday",
    "week",
    "last_week",
    "month",
    "last_month",
    "year",
    "all",
)
_FORMS: Final = f"a date, an RFC 3339 time, 15m, 24h, 7d, 12w, 12mo, 1y or one of {', '.join(NAMED)}"


@dataclass(frozen=True, slots=True)
class Window:
    """Microseconds since the epoch, `since` included, `until` not; and how far back the period before it is."""

    since: int
    until: int
    step: int = 0
    unit: Unit = ""

    @property
    def aligned(self) -> bool:
        """True where both edges are on quarter hours, so that rollups can answer."""
        return self.since % QUARTER_US == 0 and self.until % QUARTER_US == 0

    def previous(self, tz: ZoneInfo) -> Window | None:
        """The period before this one, to the same point in it: yesterday until now o'clock. None before all time."""
        if not self.unit:
            return None
        since = _shift(self.since, self.step, self.unit, tz)
        until = min(_shift(self.until, self.step, self.unit, tz), self.since)
        if since < EARLIEST_US:
            return None
        return Window(since, max(until, since + 1), self.step, self.unit)


def resolve(since: str, until: str, tz: ZoneInfo, now: int, first: Callable[[], int | None]) -> Window:
    """The window that `since` and `until` mean at the moment `now` (µs) in a zone.

    * `15m`: to the microsecond; `24h`: back from the end of the running quarter hour; `7d`, `12w`, `12mo`, `1y`: so
      many local days (weeks from Monday, months, years), the running one included
    * `today`, `week`, `month`, `year`: from its start to the end of the running quarter hour; `yesterday`,
      `last_week`, `last_month`: all of it
    * `all`: from the day of the first record (`first` gives its time)
    * a date: from its first moment; as `until`, to its last. A time without a zone is read in `tz`.

    Raises:
        QueryError: it is none of these, or ends before it begins.
    """
    running = _ceil(now)
    start, default_end, step, unit = _since(since.strip(), tz, now, first)
    end = _until(until.strip(), tz, now) if until.strip() else (default_end or running)
    end = min(end, now + _AHEAD_US)
    start = max(start, EARLIEST_US)
    if end == start and not until.strip():
        # At the very moment at which a day begins, its first quarter hour runs.
        end += QUARTER_US
    if end <= start:
        raise QueryError("until", f"the window ends ({_show(end, tz)}) before it begins ({_show(start, tz)})")
    if unit == "us" and not step:
        step, unit = _explicit_step(start, end, tz)
    return Window(start, end, step, unit)


def _since(text: str, tz: ZoneInfo, now: int, first: Callable[[], int | None]) -> tuple[int, int, int, Unit]:
    """Start, the end that goes with it (0: now), and the step to the period before."""
    today = datetime.fromtimestamp(now / MICROSECONDS, tz).date()
    relative = _RELATIVE.fullmatch(text)
    if relative:
        return _back(int(relative[1]), relative[2], today, tz, now)
    if text == "all":
        found = first()
        day = today if found is None else datetime.fromtimestamp(found / MICROSECONDS, tz).date()
        return midnight(min(day, today), tz), _NEVER, 0, ""
    if text in NAMED:
        return _named(text, today, tz)
    return _moment(text, "since", tz, end=False), _NEVER, 0, "us"


def _back(number: int, letter: str, today: date, tz: ZoneInfo, now: int) -> tuple[int, int, int, Unit]:
    if not number:
        raise QueryError("since", "a window needs some length")
    try:
        if letter == "m":
            return now - number * 60 * MICROSECONDS, now, number * 60 * MICROSECONDS, "us"
        if letter == "h":
            length = number * 3600 * MICROSECONDS
            return _ceil(now) - length, _NEVER, length, "us"
        if letter == "d":
            return midnight(today - timedelta(days=number - 1), tz), _NEVER, number, "days"
        if letter == "w":
            monday = today - timedelta(days=today.weekday() + 7 * (number - 1))
            return midnight(monday, tz), _NEVER, 7 * number, "days"
        months = number if letter == "mo" else 12 * number
        first = today.replace(day=1) if letter == "mo" else today.replace(month=1, day=1)
        return midnight(_months(first, months // number - months), tz), _NEVER, months, "months"
    except (OverflowError, ValueError):
        # Before the calendar begins: everything.
        return EARLIEST_US, _NEVER, 0, ""


def _named(name: str, today: date, tz: ZoneInfo) -> tuple[int, int, int, Unit]:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    day, week = timedelta(days=1), timedelta(days=7)
    if name == "yesterday":
        return midnight(today - day, tz), midnight(today, tz), 1, "days"
    if name == "last_week":
        return midnight(monday - week, tz), midnight(monday, tz), 7, "days"
    if name == "last_month":
        return midnight(_months(first, -1), tz), midnight(first, tz), 1, "months"
    starts: dict[str, tuple[date, int, Unit]] = {
        "today": (today, 1, "days"),
        "week": (monday, 7, "days"),
        "month": (first, 1, "months"),
        "year": (today.replace(month=1, day=1), 12, "months"),
    }
    start, step, unit = starts[name]
    return midnight(start, tz), _NEVER, step, unit


def _until(text: str, tz: ZoneInfo, now: int) -> int:
    if text == "now":
        return _ceil(now)
    if text in ("today", "yesterday"):
        today = datetime.fromtimestamp(now / MICROSECONDS, tz).date()
        return midnight(today + timedelta(days=1 if text == "today" else 0), tz)
    relative = _RELATIVE.fullmatch(text)
    if relative and relative[2] in ("m", "h"):
        back = int(relative[1]) * (60 if relative[2] == "m" else 3600) * MICROSECONDS
        return (now if relative[2] == "m" else _ceil(now)) - back
    return _moment(text, "until", tz, end=True)


def _moment(text: str, field: str, tz: ZoneInfo, *, end: bool) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        # Beyond these the window is cut anyway, and a zone's rules need not be known.
        day = min(max(day, _FIRST_DAY), _LAST_DAY)
        return _checked(field, lambda: midnight(day + timedelta(days=1) if end else day, tz))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(field, f"{told(text, 60)!r} is no time{suggest(text, NAMED)}; it takes {_FORMS}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=tz)
    return _checked(field, lambda: to_us(moment))


def _checked(field: str, compute: Callable[[], int]) -> int:
    """A computed time, kept within what the calendar and the ledger know."""
    try:
        return max(compute(), EARLIEST_US)
    except (OverflowError, ValueError):
        raise QueryError(field, "the time is outside the calendar") from None


def _explicit_step(since: int, until: int, tz: ZoneInfo) -> tuple[int, Unit]:
    """Windows that begin at a midnight are compared by whole days, so that a change of the clock shifts nothing."""
    start = datetime.fromtimestamp(since / MICROSECONDS, tz)
    if midnight(start.date(), tz) == since:
        last = datetime.fromtimestamp((until - 1) / MICROSECONDS, tz).date()
        return (last - start.date()).days + 1, "days"
    return until - since, "us"


def _shift(us: int, step: int, unit: Unit, tz: ZoneInfo) -> int:
    if unit == "us":
        return us - step
    local = datetime.fromtimestamp(us // MICROSECONDS, tz).replace(tzinfo=None)
    day = local.date() - timedelta(days=step) if unit == "days" else _months(local.date(), -step)
    if day.day < local.day and unit == "months":
        # A shorter month has no such day: all of it.
        return midnight(day + timedelta(days=1), tz)
    if local.time() == time(0):
        return midnight(day, tz)
    shifted = datetime.combine(day, local.time(), tz).astimezone(UTC)
    return to_us(shifted) + us % MICROSECONDS


def _months(day: date, number: int) -> date:
    """So many months later, on the same day or the month's last."""
    index = day.year * 12 + day.month - 1 + number
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _ceil(us: int) -> int:
    return -(-us // QUARTER_US) * QUARTER_US


def _show(us: int, tz: ZoneInfo) -> str:
    return datetime.fromtimestamp(us // MICROSECONDS, tz).isoformat()
