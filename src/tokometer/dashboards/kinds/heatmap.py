"""Heat maps: a measure by name and time, or by weekday and hour of the day in the viewer's zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, Literal

from tokometer.charts.axes import Grain
from tokometer.dashboards.answers import adds_up, begun, described, rows_of
from tokometer.dashboards.calendar import Window, later
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Item, Period, heat, period_title, periods
from tokometer.dashboards.drawing.periods import ms
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import show
from tokometer.settings import Settings

#: Names of the days, from Monday on, as the dimension `weekday` counts them from 1.
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS: Final = 24
#: Whoever was used in it, but not in the panel's window, has a row without data where states are shown.
_LATELY: Final = "30d"
#: Of an hour, three minutes are as long as the shortest incident that ends by itself.
_DOWN: Final = 0.95
_SHORT: Final = ("minute", "five_minutes", "quarter")
Tall = Literal["", "tall", "taller"]
_FAILED: Final = "calls.errors"
#: Measures that are bad where calls fail.
_ILL: Final = ("calls.availability", "calls.success_rate", "calls.error_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap(Placed):
    """A measure in cells. With `by`: a row a name, a column an hour (of long windows a day); without: weekday × hour.

    What is not known is an outline and not zero: a share of no calls, a time before the first call or after now.
    """

    kind: ClassVar[str] = "heatmap"
    of: str
    #: The dimension of the rows, without its cube; '' for weekdays, with the hours of the day as columns.
    by: str = ""
    width: int = 6
    #: How high it is drawn: for up to 6 rows, 12 or 20.
    tall: Tall = ""
    #: Rows at most: those with most of `rank`.
    top: int = 20
    rank: str = "calls.requests"
    grain: Grain | Literal[""] = ""
    #: From where on a value is good, and from where on it is not yet bad. With them cells are states instead of shades.
    limits: Callable[[Settings], tuple[float, float]] | None = None
    #: What the states are called: good, in between, bad.
    words: tuple[str, str, str] = ("Good", "Degraded", "Bad")
    #: The colour of the shades.
    colour: str = "tokens"

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    def view(self, context: Context) -> View:
        """A question for the cells, and one for the names that have none."""
        return self._by_name(context) if self.by else self._by_week(context)

    def _by_week(self, context: Context) -> View:
        window = context.window(self.window)
        short = self.of.partition(".")[2]
        rows = context.query(window, self.of, by=("weekday", "hour")).rows
        found = {(row["weekday"], row["hour"]): row[short] for row in rows}
        passed = self._passed(context, window)
        values = [
            [self._value(found.get((day, hour)), known=(day, hour) in passed) for hour in range(_HOURS)]
            for day in range(1, len(WEEKDAYS) + 1)
        ]
        items = [Item(name, name[:3], "tokens") for name in WEEKDAYS]
        hours = [f"{hour:02d}" for hour in range(_HOURS)]
        titles = [f"{hour:02d}:00 – {(hour + 1) % _HOURS:02d}:00" for hour in range(_HOURS)]
        chart = self._drawn(context, items, hours, values, titles)
        chart["rows"] = [["weekday", str(day)] for day in range(1, len(WEEKDAYS) + 1)]
        chart["columns"] = [["hour", str(hour)] for hour in range(_HOURS)]
        table = Table(("weekday", "hour", self.of), [(row["weekday"], row["hour"], row[short]) for row in rows])
        return self._viewed(context, window, chart, table, f"by weekday and hour, {context.scope.zone.key}")

    def _passed(self, context: Context, window: Window) -> set[tuple[int, int]]:
        """The (weekday, hour) cells of which the window has a part that lies between the first call and now."""
        stretch = periods(self._known(context, window), "hour", context.scope.now)
        return {(period.start.isoweekday(), period.start.hour) for period in stretch}

    def _known(self, context: Context, window: Window) -> Window:
        """The window from the first call on."""
        return replace(window, since=max(window.since, begun(context)))

    def _by_name(self, context: Context) -> View:
        window = context.window(self.window)
        grain = self.grain or context.grain(window)
        grain = "hour" if grain in _SHORT else grain
        if grain == "hour":
            window = _whole_hours(window, context.scope.now)
        stretch = periods(window, grain, context.scope.now)
        asked = dict.fromkeys((self.of, self.rank))
        rows = rows_of(
            context, tuple(asked), window=window, by=self.by, grain=grain, top=self.top, rank=self.rank, other=False
        )
        cells = _placed(rows, self.by, self.of, stretch)
        order = self._order(context, window, cells)
        names = Names(self.by, context.colours, order)
        begun = self._known(context, window).since
        known = [period.end.astimezone(UTC) > begun.astimezone(UTC) for period in stretch]
        values = [
            [self._value(cells.get(name, {}).get(at), known=known[at]) for at in range(len(stretch))] for name in order
        ]
        items = [Item(name, names.label(name), names.colour(name), filter=self.by) for name in order]
        chart = self._drawn(
            context,
            items,
            [_label(period.start, grain) for period in stretch],
            values,
            [period_title(period, grain) + (" · so far" if period.open else "") for period in stretch],
        )
        chart["rows"] = [[self.by, name] for name in order]
        chart["columns"] = [[ms(period.start), ms(period.end)] for period in stretch]
        keys = (self.by, "time", self.of)
        table = Table(keys, [tuple(row.get(key) for key in keys) for row in rows])
        return self._viewed(context, window, chart, table, f"by {self.by} and {grain}, {context.scope.zone.key}")

    def _order(self, context: Context, window: Window, cells: Mapping[str, Any]) -> list[str]:
        """The names in the order of the alphabet; states have a row for whoever was there lately, too."""
        found = set(cells)
        if self.limits:
            lately = context.window(_LATELY)
            if lately.since.astimezone(UTC) < window.since.astimezone(UTC):
                rows = rows_of(
                    context, (self.rank,), window=lately, by=self.by, top=self.top, rank=self.rank, other=False
                )
                found |= {str(row[self.by] or "") for row in rows}
        labels = Names(self.by, context.colours, list(found))
        return sorted(found, key=lambda name: (labels.label(name).casefold(), name))

    def _value(self, value: Any, *, known: bool) -> float | None:  # noqa: ANN401 - a number of any kind
        """Where nothing was measured, nothing was used; but a share of nothing is unknown, and so is the future."""
        if adds_up(self.of):
            return float(value or 0) if known else None
        return None if value is None else float(value)

    def _drawn(
        self,
        context: Context,
        items: Sequence[Item],
        columns: Sequence[str],
        values: Sequence[Sequence[float | None]],
        titles: Sequence[str],
    ) -> dict[str, Any]:
        what = described(self.of)
        words = dict(zip(("good", "warning", "critical"), self.words, strict=True))
        scale: dict[str, Any] = {"colour": self.colour}
        if self.limits:
            scale = {"scale": "state", "limits": self.limits(context.settings), "words": words}
        chart = heat(items, columns, values, what.unit, titles=titles, what=what.title, **scale) | {"of": self.of}
        # A click on a cell that is ill leads to the calls that failed in it.
        return chart | ({"leads": _FAILED} if self.limits and self.of in _ILL else {})

    def _key(self, limits: tuple[float, float]) -> str:
        """The states in words, where there is no room for the chart's own key."""
        good, warning, bad = self.words
        unit = described(self.of).unit
        return (
            f"{good} from {show(limits[0], unit)}, {warning.lower()} from {show(limits[1], unit)}, else {bad.lower()}"
        )

    def _viewed(self, context: Context, window: Window, chart: dict[str, Any], table: Table, by: str) -> View:
        empty = not any(row[-1] is not None and (row[-1] or not adds_up(self.of)) for row in table.rows)
        sub = window.title if self.window and "{range}" not in self.title else ""
        if not self.by:
            sub = ", ".join(part for part in (sub, context.scope.zone.key) if part)
        limits = self.limits(context.settings) if self.limits else None
        shown = {
            "key": self._key(limits) if limits else "",
            "sub": sub,
            "tall": self.tall,
            "alt": f"{described(self.of).title} {by}, {window.title}",
        }
        return View(shown, table, window, chart, empty=empty)


def availability_states(settings: Settings) -> tuple[float, float]:
    """Availability is good from the objective on, and bad where it is down for more than one minute in twenty."""
    return settings.slo.availability, min(_DOWN, settings.slo.availability)


def _whole_hours(window: Window, now: datetime) -> Window:
    """A window that begins within an hour, as whole hours that end with the running one: as many as it had."""
    if not window.since.minute:
        return window
    end = min(window.until, later(now, timedelta(hours=1)))
    last = end.replace(minute=0, second=0, microsecond=0)
    missing = 1 if end > last else 0
    hours = round((window.until.astimezone(UTC) - window.since.astimezone(UTC)) / timedelta(hours=1))
    since = later(last, -timedelta(hours=hours - missing))
    return replace(window, since=since, asked=(since.isoformat(), window.asked[1]))


def _placed(
    rows: Sequence[Mapping[str, Any]], by: str, of: str, stretch: Sequence[Period]
) -> dict[str, dict[int, Any]]:
    """The values by name and by the place of their period."""
    starts = [period.start.timestamp() for period in stretch]
    found: dict[str, dict[int, Any]] = {}
    for row in rows:
        at = bisect_right(starts, row["time"].timestamp()) - 1
        cells = found.setdefault(str(row[by] or ""), {})
        if at >= 0:
            cells[at] = row.get(of)
    return found


def _label(start: datetime, grain: Grain) -> str:
    if grain == "hour" and (start.hour or start.minute):
        return f"{start:%H:%M}"
    if grain in ("month", "year"):
        return f"{start:%b %Y}"
    return f"{start.day} {start:%b}"
