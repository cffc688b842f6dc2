"""What a viewer looks at: window, time zone, filters, and whether it is compared with the period before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from tokometer.charts.axes import Grain
from tokometer.dashboards.calendar import RANGES, Calendar, Window, elapsed, floor_quarter, later, midnight

Trend = Literal["day", "week", "month"]
Shown = Literal["cost", "total_tokens", "requests"]
#: What rankings and tables show of a measure: itself, or how it has changed.
Show = Literal["value", "change", "percent"]
#: What a cost is divided by.
Per = Literal["", "request", "mtok", "session"]

DEFAULT_RANGE: Final = "7d"
DEFAULT_BY: Final = "model"
#: Periods that a viewer can choose, where a window is not cut into too many of them.
CHOICES: Final[dict[Grain, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
}
_MOST_PERIODS: Final = 400
#: What each is compared with.
_BEFORE: Final = {
    "today": "yesterday until now",
    "24h": "the 24 hours before",
    "week": "last week until now",
    "month": "last month until now",
    "all": "the time before",
    "custom": "the period before",
}
#: The same of whole periods, where it is another.
_WHOLE_BEFORE: Final = {"today": "the day before", "week": "the week before", "month": "the month before"}
_DAY: Final = timedelta(days=1)
_QUARTER: Final = timedelta(minutes=15)
_LONGEST: Final = timedelta(days=3660)
_MOST_VALUES: Final = 50
_MOST_FILTERS: Final = 50
#: Stands in front of a dimension's name where its values are left out: `-model=gpt-5`.
NOT: Final = "-"


class ScopeError(ValueError):
    """A parameter that cannot be understood; the message names it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that decides what a panel shows. `where` are (dimension's short name, values) pairs.

    `without` are such pairs, too: calls with one of these values are left out.
    """

    range: str
    window: Window
    grain: Grain
    calendar: Calendar
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    without: tuple[tuple[str, tuple[str, ...]], ...] = ()
    compare: bool = True
    trend: Trend = "day"
    measure: Shown = "cost"

    show: Show = "value"
    per: Per = ""
    #: Only whole periods: the running day, hour, week or month is left out.
    complete: bool = False
    #: The range that was left by stepping earlier, to which stepping later leads back; '' where it was none.
    of: str = ""
    #: Whose parts a breakdown shows: a dimension by its short name.
    by: str = DEFAULT_BY
    #: The period of charts that let the viewer choose; '' is theirs.
    every: Grain | Literal[""] = ""
    #: Names that are left out of a breakdown's chart.
    hidden: tuple[str, ...] = ()

    @property
    def now(self) -> datetime:
        """The moment of asking, in the viewer's zone."""
        return self.calendar.now

    @property
    def filtered(self) -> tuple[str, ...]:
        """The dimensions that are filtered by, by their short names."""
        return tuple(dict.fromkeys(name for name, _ in (*self.where, *self.without)))

    @property
    def told(self) -> Show:
        """What tables show: a change only where the viewer compares."""
        return self.show if self.compare else "value"

    @property
    def against(self) -> str:
        """What changes in a table are against, in words; '' where it shows values."""
        return "" if self.told == "value" else f"change against {self.before}"

    @property
    def zone(self) -> ZoneInfo:
        """The viewer's zone."""
        return self.calendar.zone

    @property
    def before(self) -> str:
        """What the window is compared with, in words."""
        if self.complete and self.range in _WHOLE_BEFORE:
            return _WHOLE_BEFORE[self.range]
        return _BEFORE.get(self.range, f"the {RANGES[self.range].removeprefix('Last ')} before")

    def key(self, uses: Iterable[str]) -> tuple[object, ...]:
        """What must be equal for two viewers to see the same, of a panel that uses these choices.

        A window that moves with the time is left out.
        """
        parts: dict[str, object] = {
            "range": (self.range, self.window.asked if self.range == "custom" else ()),
            "compare": self.compare,
            "trend": self.trend,
            "measure": self.measure,
            "show": self.show,
            "per": self.per,
            "complete": self.complete,
            "by": (self.by, self.hidden),
            "grain": self.every,
        }
        return (self.zone.key, self.where, self.without, *(parts[name] for name in uses))

    def moved(self, steps: int) -> str:
        """URL parameters of the window so many lengths later (negative: earlier).

        Whole months are moved by months. Where one comes back to the range that one came from, it is that range again.
        '' where it would begin after now, and of all time, which has nothing beside it.
        """
        if self.range == "all":
            return ""
        since, until = self._beside(steps)
        if steps > 0 and since > self.now:
            return ""
        of = self.of if self.range == "custom" else self.range
        if steps > 0 and of and until >= self._named(of).until:
            return urlencode({"range": of})
        if _at_midnight(since) and _at_midnight(until):
            asked = {"since": since.date().isoformat(), "until": (until.date() - _DAY).isoformat()}
        else:
            asked = {"since": since.isoformat(), "until": until.isoformat()}
        return urlencode({"range": "custom", **asked, **({"of": of} if of else {})})

    def _named(self, name: str) -> Window:
        return self.calendar.whole(name) if self.complete else self.calendar.named(name)

    def _beside(self, steps: int) -> tuple[datetime, datetime]:
        """The window so many lengths later: months of whole months, days of whole days, else time."""
        since, until = self.window.since, self.window.until
        if not (_at_midnight(since) and _at_midnight(until)):
            by = steps * elapsed(since, until)
            return later(since, by), later(until, by)
        if since.day == until.day == 1:
            months = steps * (12 * (until.year - since.year) + until.month - since.month)
            return _month_after(since, months, self.zone), _month_after(until, months, self.zone)
        by = steps * (until.date() - since.date())
        return midnight(since.date() + by, self.zone), midnight(until.date() + by, self.zone)


def parse_scope(
    parameters: Mapping[str, list[str]],
    dimensions: Iterable[str],
    now: datetime,
    default: str = DEFAULT_RANGE,
    first: Callable[[], datetime | None] = lambda: None,
) -> Scope:
    """The scope that a page's URL asks for.

    Args:
        parameters: `range`, `since`, `until`, `of`, `tz`, `compare`, `complete`, `trend`, `measure`, `show`, `per`,
            `by`, `grain`, `hide`, and any dimension by its short name; with `-` in front, its values are left out.
        dimensions: Short names that may be filtered by.
        now: The time, aware.
        default: The range where none is asked for.
        first: Gives the time of the first record, for all time; called where that is asked for.

    Raises:
        ScopeError: A value cannot be understood.
    """

    def one(name: str, default: str = "") -> str:
        return next(iter(parameters.get(name, ())), "") or default

    zone = find_zone(one("tz", "UTC"))
    name = one("range", "custom" if one("since") else default)
    calendar = Calendar(now.astimezone(zone), zone, first() if name == "all" else None)
    trend, measure = one("trend", "day"), one("measure", "cost")
    _check("range", name, RANGES)
    _check("trend", trend, ("day", "week", "month"))
    _check("measure", measure, ("cost", "total_tokens", "requests"))
    show, per = one("show", "value"), one("per")
    _check("show", show, ("value", "change", "percent"))
    _check("per", per, ("", "request", "mtok", "session"))
    complete = one("complete", "0") == "1"
    dimensions = tuple(dimensions)
    known = {DEFAULT_BY, *dimensions}
    by, every = one("by", DEFAULT_BY), one("grain")
    _check("by", by, sorted(known))
    _check("grain", every, ("", *CHOICES))
    where, without = (_filters(parameters, dimensions, sign) for sign in ("", NOT))
    if len(where) + len(without) > _MOST_FILTERS:
        last = (*where, *without)[-1][0]
        raise ScopeError(f"{last[:40]}: at most {_MOST_FILTERS} dimensions can be filtered by at once")
    window = _window(name, calendar, one("since"), one("until"), complete=complete)
    return Scope(
        range=name,
        window=window,
        grain=grain_of(window),
        calendar=calendar,
        where=where,
        without=without,
        compare=one("compare", "1") != "0",
        trend=trend,  # type: ignore[arg-type]
        measure=measure,  # type: ignore[arg-type]
        show=show,  # type: ignore[arg-type]
        per=per,  # type: ignore[arg-type]
        complete=complete,
        of=of if name == "custom" and (of := one("of")) in RANGES else "",
        by=by,
        every=every if every in choices(window) else "",
        hidden=tuple(sorted(set(parameters.get("hide", ()))))[:_MOST_VALUES],
    )


def _filters(
    parameters: Mapping[str, list[str]], dimensions: Iterable[str], sign: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (name, tuple(sorted(set(given))[:_MOST_VALUES]))
        for name in sorted(set(dimensions))
        if (given := parameters.get(sign + name))
    )


def _check(name: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise ScopeError(f"{name}: {value[:40]!r} is not one of {', '.join(allowed)}")


def _window(name: str, calendar: Calendar, since: str, until: str, *, complete: bool) -> Window:
    if name != "custom":
        return calendar.whole(name) if complete else calendar.named(name)
    window = _custom(calendar, since, until)
    today = calendar.day(0)
    if complete and window.until > calendar.now and window.since < today:
        # The running day is left out.
        return replace(window, until=today, asked=(window.asked[0], today.isoformat()))
    return window


def _custom(calendar: Calendar, since: str, until: str) -> Window:
    start = _moment("since", since, calendar.zone)
    end = _moment("until", until, calendar.zone, end=True) if until else calendar.day(1)
    if end <= start:
        raise ScopeError("until: is not after since")
    if elapsed(start, end) > _LONGEST:
        raise ScopeError("since: the window is longer than ten years")
    last = end - timedelta(seconds=1)
    title = _say(start) if last.date() == start.date() else f"{_say(start)} – {_say(last)}"
    if not (_at_midnight(start) and _at_midnight(end)):
        title = f"{_say(start)} {start:%H:%M} – {'' if end.date() == start.date() else _say(end) + ' '}{end:%H:%M}"
    # A window that is not over is asked up to the running quarter hour, so that what it is compared with is as long.
    stop = min(end, later(floor_quarter(calendar.now), _QUARTER))
    return Window(start, end, (start.isoformat(), (stop if stop > start else end).isoformat()), title)


def _moment(name: str, text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """A date (its midnight; as an end, the midnight after it) or an RFC 3339 time, rounded down to the quarter hour."""
    try:
        if len(text) == len("2025-01-31"):
            day = date.fromisoformat(text)
            return midnight(day + _DAY if end else day, zone)
        moment = datetime.fromisoformat(text)
        return floor_quarter(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone))
    except (ValueError, OverflowError):
        raise ScopeError(f"{name}: {text[:40]!r} is neither a date nor an RFC 3339 time") from None


def grain_of(window: Window) -> Grain:
    """The period of a window's charts: never more than about 200 of them."""
    length = elapsed(window.since, window.until)
    if length <= timedelta(hours=3):
        return "minute"
    if length <= timedelta(hours=36):
        return "hour" if _at_midnight(window.since) else "quarter"
    if length <= timedelta(days=8):
        return "hour"
    if length <= timedelta(days=190):
        return "day"
    return "week" if length <= timedelta(days=800) else "month"


def choices(window: Window) -> list[Grain]:
    """The periods that a chart of this window can be cut into, by the viewer's choice."""
    length = elapsed(window.since, window.until)
    return [grain for grain, step in CHOICES.items() if step < length <= _MOST_PERIODS * step]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Raises:
        ScopeError: There is none.
    """
    # The list is asked before the files: a name is user input, and a path.
    if name == "UTC" or name in _zones():
        return ZoneInfo(name)
    raise ScopeError(f"tz: {name[:40]!r} is not an IANA time zone such as Europe/Berlin")


def _month_after(first: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The start of the month so many after the one that begins then."""
    index = first.year * 12 + first.month - 1 + months
    return midnight(date(index // 12, index % 12 + 1, 1), zone)


def _at_midnight(moment: datetime) -> bool:
    return moment == midnight(moment.date(), moment.tzinfo)  # type: ignore[arg-type]


def _say(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"
