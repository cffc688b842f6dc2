"""Measures over time: bars, stacked or plain areas, lines; against targets, bands and their own rolling mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any, ClassVar, Final, Literal

from tokometer.charts.axes import Grain
from tokometer.dashboards.answers import Described, begun, described, merges, rows_of, stacks
from tokometer.dashboards.calendar import Window, elapsed, later, midnight
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Line, bars, curve, periods
from tokometer.dashboards.drawing.periods import STEPS
from tokometer.dashboards.figure import Figure, figure
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import SHORT, Placed, Table, View, titled
from tokometer.dashboards.rows import course
from tokometer.dashboards.scope import choices
from tokometer.measures import Filter
from tokometer.measures.run import OTHER_LABEL, PREVIOUS

#: More series than this become *Other*.
TOP: Final = 8
#: What a cost is over, by the viewer's choice.
PER: Final = {
    "request": "calls.cost_per_request",
    "mtok": "calls.cost_per_mtok",
    "session": "calls.cost_per_session",
}
#: The same in words.
_OVER: Final = {"request": "per request", "mtok": "per million tokens", "session": "per session"}
#: The periods of the trends that the viewer switches, and how many of them.
_TRENDS: Final[Mapping[str, tuple[str, int]]] = {"day": ("days", 30), "week": ("weeks", 12), "month": ("months", 12)}
_COST: Final = "calls.cost"
_UNPRICED: Final = "calls.unpriced"
#: The colour of what is drawn alone; what has none here is grey.
_INKS: Final = {
    "calls.cost": "cost",
    "calls.total_tokens": "tokens",
    "calls.tokens_per_second": "tokens",
    "calls.requests": "requests",
    "calls.messages": "requests",
    "calls.cost_per_mtok": "cost",
    "calls.cost_per_request": "cost",
    "calls.cost_per_session": "cost",
}
#: What the viewer can cut a window into.
GRAIN_WORDS: Final[dict[str, str]] = {"hour": "hours", "day": "days", "week": "weeks", "month": "months"}
#: Where the viewer can choose, windows longer than this are cut into days at first.
_CALM: Final = timedelta(hours=49)
_PLAIN: Final = ("requests", "tokens", "cost", "other")
_GRAINS: Final[tuple[Grain, ...]] = ("minute", "five_minutes", "quarter", "hour", "day", "week", "month", "year")
_PERIODS: Final = {"hour": "hours", "day": "days", "week": "weeks", "month": "months"}
Shape = Literal["bars", "area", "line", "stack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series(Placed):
    """One or more measures over time, or one by the values of a dimension.

    With `switch` the viewer chooses the measure; with `chosen` whose parts are shown (a dimension), how long periods
    are and which names are left out; with `trend` the window is the last 30 days, 12 weeks or 12 months, whatever the
    range; with `per` a cost follows the viewer's choice of what it is divided by.
    """

    kind: ClassVar[str] = "series"
    of: tuple[str, ...]
    by: str = ""
    shape: Shape = "line"
    switch: bool = False
    chosen: bool = False
    #: Periods are as long as the viewer has chosen, for those with a choice.
    paced: bool = False
    trend: bool = False
    per: bool = False
    tall: bool = False
    width: int = 6
    grain: Grain | Literal[""] = ""
    #: The shortest period, where it is not settled: no finer than hours, say, however short the window.
    least: Grain | Literal[""] = ""
    top: int = TOP
    #: Which measure says whose lines are drawn; by default the one that is drawn.
    rank: str = ""
    #: Whether the axis begins at zero; without it, a line's small changes near 100 % can be seen.
    from_zero: bool = True
    #: Lines go on over periods of which nothing is known: for shares of traffic that comes now and then.
    joined: bool = False
    #: Targets, budgets and benchmarks, as lines across; threshold bands; see drawing.Level and drawing.Band.
    levels: Callable[[Context, Window, Grain], Sequence[Any]] | None = None
    bands: Callable[[Context], Sequence[Any]] | None = None
    #: Periods of the rolling mean that is drawn dashed, 0 for none.
    rolling: int = 0
    #: Further conditions, which are no choice of the viewer.
    where: tuple[Filter, ...] = ()
    #: Price changes and incidents are marked on the time axis.
    marks: bool = False

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        return (
            *(("trend",) if self.trend else () if self.window else ("range", "compare", "complete")),
            *(("measure",) if self.switch else ()),
            *(("by",) if self.chosen else ()),
            *(("grain",) if self.chosen or self.paced else ()),
            *(("per",) if self.per and _COST in self.of else ()),
        )

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return self.of

    def view(self, context: Context) -> View:
        """The course with the figure of the whole window; the running period is drawn as unfinished."""
        if self.chosen and self.by != context.scope.by:
            return replace(self, by=context.scope.by).view(context)
        window, grain = self._window(context)
        asked = self._asked(context)
        stretch = periods(window, grain, context.scope.now)
        over = self._over(context)
        names = tuple(dict.fromkeys((*self.of, *asked))) if self.switch else asked
        # Who cost most, whatever the cost is divided by.
        ranked = (self.rank or (_COST if over else asked[0])) if self.by else ""
        # In the table, how many calls are not in an amount stands beside it.
        beside = (_UNPRICED,) if _COST in names else ()
        rows = rows_of(
            context,
            list(dict.fromkeys((*names, *([ranked] if ranked else []), *beside))),
            window=window,
            by=self.by,
            grain=grain,
            top=self.top if self.by else 0,
            rank=ranked,
            where=self.where,
            other=all(map(merges, names)),
        )
        lines = self._by_name(context, rows, asked[0], stretch) if self.by else _plain(rows, asked, stretch)
        legend = _legend(lines, context.scope.hidden if self.chosen else None)
        if self.chosen:
            lines = [line for line in lines if line.name not in context.scope.hidden]
        what = described(asked[0])
        # An axis for nothing would be made up.
        drawable = any(any(line.values) for line in lines)
        drawn = bars if self._shape(asked) == "bars" else None
        as_declared = not over
        extras = self._extras(context, window, grain, as_declared=as_declared)
        if self.rolling and lines and as_declared:
            lines = [*lines, self._rolling(context, window, grain, asked[0])]
        chart = (
            drawn(stretch, grain, lines, what.unit, **extras)
            if drawn
            else curve(self._shape(asked), stretch, grain, lines, what.unit, from_zero=self.from_zero, **extras)
        )
        if not self.trend and not self.window and chart:
            # A click on a period leads into it.
            chart["zoom"] = grain not in ("minute", "five_minutes", "quarter")
        if chart and self.by:
            chart |= {"of": asked[0], "by": self.by, "named": [one["name"] for one in legend if one["filter"]]}
        total, mark = self._total(context, window, asked)
        chosen = _COST if over and self.switch else asked[0]
        title = titled(self, context.scope) if self.switch else ""
        own = window.title if self.trend or (self.window and "{range}" not in self.title) else ""
        shown = {
            "title": title,
            "sub": ", ".join(filter(None, (over, own))),
            "measures": [(name.partition(".")[2], SHORT.get(name, described(name).title)) for name in self.of]
            if self.switch
            else [],
            "measure": chosen.partition(".")[2],
            "total": total,
            "mark": mark,
            "tall": self.tall,
            "drawn": drawable,
            "legend": legend if self.by or len(lines) > 1 else [],
            "by": self.by if self.chosen else "",
            "grains": [(name, GRAIN_WORDS[name]) for name in choices(window)] if self.chosen else [],
            "grain": context.scope.every if self.chosen else "",
            "grain_title": GRAIN_WORDS.get(grain, grain),
            "alt": f"{title or self.title.replace(' ({range})', '')}, {window.title}"
            + (f": {total.text}" if total else ""),
        }
        keys = ("time", self.by) if self.by else ("time",)
        rows = sorted(rows, key=lambda row: (row["time"], str(row.get(self.by) or "")))
        columns = (*keys, *names, *beside)
        table = Table(columns, [tuple(row.get(name) for name in columns) for row in rows])
        return View(shown, table, window, chart if drawable else None, empty=not drawable, where=self.where)

    def _window(self, context: Context) -> tuple[Window, Grain]:
        if self.trend:
            trend = context.scope.trend
            method, count = _TRENDS[trend]
            return getattr(context.scope.calendar, method)(count), trend
        window = context.window(self.window)
        grain = self.grain or context.grain(window)
        if self.chosen or self.paced:
            calm = grain == "hour" and elapsed(window.since, window.until) > _CALM
            grain = context.scope.every or ("day" if calm else grain)
        finer = self.least and _GRAINS.index(grain) < _GRAINS.index(self.least)
        return window, self.least if finer else grain  # type: ignore[return-value]

    def _asked(self, context: Context) -> tuple[str, ...]:
        names = (f"calls.{context.scope.measure}",) if self.switch else self.of
        return tuple(PER[context.scope.per] if self._over(context, name) else name for name in names)

    def _over(self, context: Context, name: str = "") -> str:
        """What the cost that is drawn is divided by, in words; '' where it is not, or something else is drawn."""
        drawn = name or (f"calls.{context.scope.measure}" if self.switch else next(iter({_COST} & {*self.of}), ""))
        return _OVER.get(context.scope.per, "") if self.per and drawn == _COST else ""

    def _shape(self, asked: Sequence[str]) -> Shape:
        """Shares and means do not stack."""
        return self.shape if all(map(stacks, asked)) or self.shape == "area" else "line"

    def _by_name(self, context: Context, rows: Sequence[Any], name: str, stretch: Sequence[Any]) -> list[Line]:
        groups: dict[str, list[Any]] = {}
        for row in rows:
            groups.setdefault(str(row[self.by] or ""), []).append(row)
        courses = {key: self._filled(course(of, name, stretch), name) for key, of in groups.items()}
        order = sorted(courses, key=lambda key: (key == OTHER_LABEL, -sum(value or 0 for value in courses[key]), key))
        names = Names(self.by, context.colours, order)
        return [
            Line(
                key,
                names.label(key),
                names.colour(key),
                courses[key],
                "" if key == OTHER_LABEL else self.by,
                joined=self.joined,
            )
            for key in names
        ]

    @staticmethod
    def _filled(values: Sequence[float | None], name: str) -> list[Any]:
        """Where nothing was measured, nothing was used; but a share of nothing is unknown."""
        return [value or 0.0 for value in values] if stacks(name) else list(values)

    def _rolling(self, context: Context, window: Window, grain: Grain, name: str) -> Line:
        """The mean of as many periods up to each, also of those before the window; unknown where there were fewer."""
        earlier = _earlier(window, grain, self.rolling)
        rows = rows_of(context, [name], window=earlier, grain=grain, where=self.where)
        stretch = periods(earlier, grain, context.scope.now)
        values = self._filled(course(rows, name, stretch), name)
        first = sum(period.end.astimezone(UTC) <= begun(context).astimezone(UTC) for period in stretch)
        means = [
            _mean(values[at + 1 - self.rolling : at + 1]) if at + 1 - self.rolling >= first else None
            for at in range(len(values))
        ]
        shown = len(periods(window, grain, context.scope.now))
        unit = _PERIODS.get(grain, "periods")
        return Line("rolling", f"Mean of {self.rolling} {unit}", "text", means[len(means) - shown :], dashed=True)

    def _extras(self, context: Context, window: Window, grain: Grain, *, as_declared: bool) -> dict[str, Any]:
        """What it is compared with; a budget is none for a cost per request, which the viewer may have chosen."""
        extras: dict[str, Any] = {}
        if self.levels and as_declared:
            extras["levels"] = self.levels(context, window, grain)
        if self.bands:
            extras["bands"] = self.bands(context)
        extras["marks"] = context.marks(window) if self.marks else context.notes(window)
        return {name: value for name, value in extras.items() if value}

    def _total(self, context: Context, window: Window, asked: Sequence[str]) -> tuple[Figure | None, str]:
        """What the whole window comes to, of one measure."""
        if len(asked) > 1:
            return None, ""
        name = asked[0]
        certainty = CERTAINTY_NAMES if name == _COST else ()
        rows = rows_of(
            context, [name, *certainty], window=window, compare=not self.trend and not self.window, where=self.where
        )
        row = rows[0] if rows else {}
        before = row.get(name + PREVIOUS)
        found = figure(name, row.get(name), before=before, when=context.scope.before.capitalize())
        return found, mark_in(row) if certainty else ""


def _plain(rows: Sequence[Any], asked: Sequence[str], stretch: Sequence[Any]) -> list[Line]:
    inks = [_INKS.get(name, "other" if len(asked) == 1 else _PLAIN[at % len(_PLAIN)]) for at, name in enumerate(asked)]
    what: list[Described] = [described(name) for name in asked]
    return [
        Line(name, one.title, ink, Series._filled(course(rows, name, stretch), name))  # noqa: SLF001 - same module
        for name, one, ink in zip(asked, what, inks, strict=True)
    ]


def _earlier(window: Window, grain: Grain, count: int) -> Window:
    """The window with so many periods in front of it."""
    since = window.since
    if grain in STEPS:
        since = later(since, -count * STEPS[grain])
    else:
        days = {"day": 1, "week": 7}.get(grain, 31) * count
        since = midnight(since.date() - timedelta(days=days), since.tzinfo)  # type: ignore[arg-type]
        if grain not in ("day", "week"):
            since = midnight(since.date().replace(day=1), since.tzinfo)  # type: ignore[arg-type]
    return replace(window, since=since, asked=(since.isoformat(), window.asked[1]))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _legend(lines: Sequence[Line], hidden: Sequence[str] | None) -> list[dict[str, Any]]:
    """What stands for each line; with `hidden`, what a click leaves out or takes in again."""
    return [
        {
            "name": line.name,
            "label": line.label,
            "colour": line.colour,
            "filter": line.filter,
            "hides": hidden is not None,
            "hidden": hidden is not None and line.name in hidden,
        }
        for line in lines
    ]
