"""Panels with a chart over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.charts.axes import Grain
from tokometer.dashboards.certainty import CERTAINTY, mark_of
from tokometer.dashboards.drawing import Line, bars, curve, periods
from tokometer.dashboards.figure import Figure, figure, measure_of
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Context, Table, View
from tokometer.dashboards.rows import added_up, by_name, numbers
from tokometer.dashboards.scope import Window
from tokometer.measures.run import OTHER_LABEL

#: More series than this become *Other*.
TOP: Final = 8
MEASURES: Final = {"cost": "Cost", "total_tokens": "Tokens", "requests": "Requests"}
_INKS: Final = {"cost": "cost", "total_tokens": "tokens", "requests": "requests"}


@dataclass(frozen=True, slots=True)
class Spend:
    """The chosen window over time, stacked by a dimension; the viewer switches the measure."""

    id: str
    title: str
    by: str
    kind: str = "chart"
    width: int = 8
    every: int = 60
    tall: bool = True
    uses: tuple[str, ...] = ("range", "compare", "measure")

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name in MEASURES)

    def view(self, context: Context) -> View:
        """The total with its change, and the largest names in the order in which they are stacked."""
        scope = context.scope
        name = scope.measure
        unit = measure_of(f"calls.{name}").unit
        # The same question as the table's below, so that it is asked once.
        total = added_up(context.query(scope.window, *MEASURES, *CERTAINTY, by=(self.by,), rank="cost", compare=True))
        result = context.query(scope.window, *MEASURES, by=(self.by,), grain=scope.grain, top=TOP, rank=name)
        stretch = periods(scope.window, scope.grain, scope.now)
        groups = {key: numbers(rows, name, stretch) for key, rows in by_name(result.rows, self.by).items()}
        names = Names(self.by, context.colours, sorted(groups, key=lambda key: (key == OTHER_LABEL, -sum(groups[key]))))
        lines = [
            Line(key, names.label(key), names.colour(key), groups[key], "" if key == OTHER_LABEL else self.by)
            for key in names
        ]
        figure_ = figure(
            f"calls.{name}", total.get(name), before=total.get(f"{name}.previous"), when=scope.before.capitalize()
        )
        shown = {
            "title": f"{MEASURES[name]} {self.title.lower()}",
            "sub": "",
            "measures": list(MEASURES.items()),
            "measure": name,
            "total": figure_,
            "mark": mark_of(total) if name == "cost" else "",
            "tall": True,
            "legend": [
                {"name": line.name, "label": line.label, "colour": line.colour, "filter": line.filter} for line in lines
            ],
            "alt": f"{MEASURES[name]} {self.title.lower()}, {scope.window.title}: {figure_.exact} in all",
        }
        table = Table(
            ("time", self.by, *MEASURES), [(r["time"], r[self.by], *(r[n] for n in MEASURES)) for r in result.rows]
        )
        return View(
            shown, table, scope.window, bars(stretch, scope.grain, lines, unit), empty=not total.get("requests")
        )


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over the last 30 days, 12 weeks or 12 months, whatever the chosen range."""

    id: str
    title: str
    measure: str
    shape: str
    kind: str = "chart"
    width: int = 4
    every: int = 60
    tall: bool = False
    uses: tuple[str, ...] = ("trend",)

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (f"calls.{self.measure}",)

    def view(self, context: Context) -> View:
        """The course, with the sum of what it shows; the running period is drawn as unfinished."""
        window, grain = trend_window(context)
        unit = measure_of(f"calls.{self.measure}").unit
        result = context.query(window, *MEASURES, *CERTAINTY, grain=grain)
        stretch = periods(window, grain, context.scope.now)
        line = Line(self.measure, self.title, _INKS[self.measure], numbers(result.rows, self.measure, stretch))
        total = _total(self.measure, result.rows)
        chart = (
            bars(stretch, grain, [line], unit)
            if self.shape == "bars"
            else curve(self.shape, stretch, grain, [line], unit)
        )
        shown = {
            "title": self.title,
            "sub": window.title,
            "measures": [],
            "legend": [],
            "tall": False,
            "total": total,
            "mark": mark_of(added_up(result)) if self.measure == "cost" else "",
            "alt": f"{self.title}, {window.title.lower()}: {total.exact} in all",
        }
        table = Table(("time", self.measure), [(row["time"], row[self.measure]) for row in result.rows])
        return View(shown, table, window, chart)


def trend_window(context: Context) -> tuple[Window, Grain]:
    """The window of the trends that the viewer has chosen."""
    calendar = context.scope.calendar
    trend = context.scope.trend
    window = {
        "day": lambda: calendar.days(30),
        "week": lambda: calendar.weeks(12),
        "month": lambda: calendar.months(12),
    }
    return window[trend](), trend


def _total(measure: str, rows: Sequence[Any]) -> Figure:
    known = [row[measure] for row in rows if row[measure] is not None]
    return figure(f"calls.{measure}", sum(known[1:], known[0]) if known else None)
