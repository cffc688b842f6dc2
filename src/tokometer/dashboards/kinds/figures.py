"""Panels of several figures: the calendar's periods, and the chosen window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tokometer.dashboards.answers import described, rows_of
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.certainty import CERTAINTY_NAMES, chips_of, mark_in, mark_of, note_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import periods, spark, window_text
from tokometer.dashboards.drill import BETWEEN
from tokometer.dashboards.figure import Figure, figure
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.dashboards.rows import course, only
from tokometer.judgement.certainty import CERTAINTY
from tokometer.measures.run import PREVIOUS

_BASICS = ("requests", "total_tokens", "cost", *CERTAINTY)
COST = "calls.cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods(Placed):
    """Today, this week, this month and all time, each with cost, requests and tokens. Independent of the range."""

    kind: ClassVar[str] = "periods"
    width: int = 12
    window: str = "all"

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        return ("compare",)

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name in ("cost", "requests", "total_tokens", *CERTAINTY))

    def view(self, context: Context) -> View:
        """Four windows, each compared with as much of the one before as has passed of it."""
        calendar = context.scope.calendar
        windows: list[tuple[str, Window | None, str]] = [
            ("Today", calendar.days(1), "Yesterday until now"),
            ("This week", calendar.named("week"), "Last week until now"),
            ("This month", calendar.named("month"), "Last month until now"),
            ("All time", None, ""),
        ]
        cards, rows = [], []
        for title, window, before in windows:
            result = context.query(window, *_BASICS, compare=True)
            row = only(result)
            first = result.meta.since
            dates = window_text(window) if window else f"since {first.day} {first:%b %Y}"
            within = BETWEEN.join(filter(None, window.asked)) if window else "all"
            cards.append(_card(title, row, before) | {"dates": dates, "within": within})
            rows.append((title, *(row.get(name) for name in _BASICS)))
        columns = ("period", *(f"calls.{name}" for name in _BASICS))
        return View({"cards": cards}, Table(columns, rows), None, empty=not rows[-1][1])


def _card(title: str, row: Mapping[str, Any], before: str) -> dict[str, Any]:
    def one(name: str) -> Figure:
        return figure(f"calls.{name}", row.get(name), before=row.get(name + PREVIOUS), when=before)

    return {
        "title": title,
        "cost": one("cost"),
        "requests": one("requests"),
        "tokens": one("total_tokens"),
        "unpriced": chips_of(row),
        "mark": mark_of(row, unpriced=False),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Placed):
    """One row of figures about one window, each with its course as a sparkline.

    `of` has (measure or judgement, what it is called here, the colour of its line).
    """

    kind: ClassVar[str] = "figures"
    of: tuple[tuple[str, str, str], ...]
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(name for name, *_ in self.of)

    def view(self, context: Context) -> View:
        """One question for the figures, one for the sparklines; judgements have none."""
        scope = context.scope
        window = context.window(self.window)
        names = list(self.measures)
        asked = names + [name for name in CERTAINTY_NAMES if COST in names]
        rows = rows_of(context, asked, window=window, compare=True)
        row = rows[0] if rows else {}
        lines = _courses(context, window, names)
        shown = []
        for name, title, colour in self.of:
            value = figure(
                name,
                row.get(name),
                title=title,
                before=row.get(name + PREVIOUS),
                when=scope.before.capitalize(),
                note=note_in(row) if name == COST else "",
            )
            mark = mark_in(row, unpriced=False)
            line = spark(lines.get(name, []), described(name).unit)
            shown.append({"figure": value, "colour": colour, "spark": line, "mark": mark if name == COST else ""})
        return View(
            {
                "figures": shown,
                "title": window.title,
                "dates": window_text(window) if scope.range != "custom" else "",
                "zone": scope.zone.key,
                "versus": scope.before if scope.compare else "",
            },
            Table(
                ("measure", "value", "previous"), [(name, row.get(name), row.get(name + PREVIOUS)) for name in asked]
            ),
            window,
            empty=not any(row.get(name) for name in names),
        )


def _courses(context: Context, window: Window, names: list[str]) -> dict[str, list[float | None]]:
    grain = context.grain(window)
    stretch = periods(window, grain, context.scope.now)
    rows = rows_of(context, names, window=window, grain=grain)
    return {name: course(rows, name, stretch) for name in names if any(name in row for row in rows)}
