"""Panels of figures: the calendar's periods, and the chosen window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokometer.dashboards.certainty import CERTAINTY, mark_of
from tokometer.dashboards.drawing import periods, spark, window_text
from tokometer.dashboards.figure import Figure, figure, measure_of
from tokometer.dashboards.panel import Context, Table, View
from tokometer.dashboards.rows import course, only
from tokometer.dashboards.scope import RANGES, Window

_BASICS: Final = ("requests", "total_tokens", "cost", *CERTAINTY)


@dataclass(frozen=True, slots=True)
class Periods:
    """Today, this week, this month and all time, each with cost, requests and tokens. Independent of the range."""

    id: str
    title: str
    kind: str = "periods"
    width: int = 12
    every: int = 60
    uses: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name in ("cost", "requests", "total_tokens", *CERTAINTY))

    def view(self, context: Context) -> View:
        """Four windows, each compared with as much of the one before as has passed of it."""
        calendar = context.scope.calendar
        week, month = calendar.weeks(1), calendar.months(1)
        windows: list[tuple[str, Window | None, str]] = [
            ("Today", calendar.days(1), "Yesterday until now"),
            ("This week", Window(week.since, week.until, ("week", "")), "Last week until now"),
            ("This month", Window(month.since, month.until, ("month", "")), "Last month until now"),
            ("All time", None, ""),
        ]
        cards, rows = [], []
        for title, window, before in windows:
            result = context.query(window, *_BASICS, compare=True)
            row = only(result)
            first = result.meta.since
            dates = window_text(window) if window else f"since {first.day} {first:%b %Y}"
            cards.append(_card(title, row, before) | {"dates": dates})
            rows.append((title, *(row.get(name) for name in _BASICS)))
        nothing = not rows[-1][1]
        return View({"cards": cards}, Table(("period", *_BASICS), rows), None, empty=nothing)


def _card(title: str, row: Mapping[str, Any], before: str) -> dict[str, Any]:
    def one(name: str) -> Figure:
        return figure(f"calls.{name}", row.get(name), before=row.get(f"{name}.previous"), when=before)

    return {
        "title": title,
        "cost": one("cost"),
        "requests": one("requests"),
        "tokens": one("total_tokens"),
        "unpriced": row.get("unpriced") or 0,
        "mark": mark_of({**row, "unpriced": 0}),
    }


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of figures about the chosen window, each with its course as a sparkline."""

    id: str
    title: str
    kind: str = "figures"
    width: int = 12
    every: int = 60
    uses: tuple[str, ...] = ("range", "compare")

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name, *_ in _FIGURES)

    def view(self, context: Context) -> View:
        """One question for the figures, one for the sparklines."""
        scope = context.scope
        names = [name for name, *_ in _FIGURES]
        row = only(context.query(scope.window, *names, *CERTAINTY, compare=True))
        over_time = context.query(scope.window, *names, grain=scope.grain)
        stretch = periods(scope.window, scope.grain, scope.now)
        shown = []
        for name, title, colour in _FIGURES:
            measure = measure_of(f"calls.{name}")
            value = figure(
                measure.name,
                row.get(name),
                title=title,
                before=row.get(f"{name}.previous"),
                when=scope.before.capitalize(),
                note=_unpriced(row.get("unpriced")) if name == "cost" else "",
            )
            mark = mark_of({**row, "unpriced": 0}) if name == "cost" else ""
            line = course(over_time.rows, name, stretch)
            shown.append({"figure": value, "colour": colour, "spark": spark(line, measure.unit), "mark": mark})
        title = scope.window.title if scope.range == "custom" else RANGES[scope.range]
        return View(
            {
                "figures": shown,
                "title": title,
                "dates": window_text(scope.window) if scope.range != "custom" else "",
                "zone": scope.zone.key,
                "versus": scope.before if scope.compare else "",
            },
            Table(("measure", "value", "previous"), [(n, row.get(n), row.get(f"{n}.previous")) for n in names]),
            scope.window,
            empty=not row.get("requests"),
        )


#: Measure, what it is called here, and the colour of its line.
_FIGURES: Final = (
    ("cost", "Cost", "cost"),
    ("requests", "Requests", "requests"),
    ("total_tokens", "Tokens", "tokens"),
    ("sessions", "Sessions", "other"),
    ("success_rate", "Success", "other"),
    ("cache_hit_share", "Cache hits", "other"),
)


def _unpriced(count: int | None) -> str:
    return f"{count:,} calls unpriced" if count else ""
