"""Two measures against each other, a bubble for each value of a dimension, with a third measure as its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import described, rows_of
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Point, Scale, bubbles
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.measures import dimension_named

#: Bubbles that are drawn: the largest. All are in the CSV.
MOST: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble(Placed):
    """`x` against `y`, as large as `size`; names of which one of the three is unknown are listed below."""

    kind: ClassVar[str] = "bubble"
    by: str
    x: str
    y: str
    size: str
    #: A logarithmic axis has no place for zero or less.
    log_x: bool = False
    log_y: bool = False
    #: Whether plain axes begin at zero; places are read against each other, so that they need not.
    from_zero: bool = False
    width: int = 6
    tall: bool = True

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        names = tuple(dict.fromkeys((self.x, self.y, self.size)))
        costs = any(name.startswith("calls.cost") for name in names)
        return (*names, *((name for name in CERTAINTY_NAMES if name not in names) if costs else ()))

    def view(self, context: Context) -> View:
        """A bubble for each name of which both places are known."""
        window = context.window(self.window)
        rows = [row for row in rows_of(context, self.measures, window=window, by=self.by) if self._is_used(row)]
        rows.sort(key=lambda row: (-float(row.get(self.size) or 0), row[self.by] or ""))
        places = (self.x, self.y, self.size)
        known = [row for row in rows if all(row.get(name) is not None for name in places)]
        placed = known[:MOST]
        names = Names(self.by, context.colours, [row[self.by] or "" for row in placed])
        across, up, size = (described(name) for name in (self.x, self.y, self.size))
        chart = bubbles(
            [self._point(row, names) for row in placed],
            Scale(across.title, across.unit, self.log_x, self.from_zero),
            Scale(up.title, up.unit, self.log_y, self.from_zero),
            Scale(size.title, size.unit),
            height=280 if self.tall else 200,
        )
        unknown = [names.label(row[self.by] or "") for row in rows if row not in known]
        keys = (self.by, *self.measures)
        return View(
            {
                "sub": f"size: {size.title.lower()}",
                "tall": self.tall,
                "unknown": [*chart["omitted"], *unknown],
                "name": dimension_named(f"calls.{self.by}").title.lower(),
                "alt": f"{up.title} against {across.title.lower()} by {self.by}, {window.title}",
                "drawn": bool(placed),
            },
            Table(keys, [tuple(row.get(key) for key in keys) for row in rows]),
            window,
            chart | {"of": self.size} if placed else None,
            empty=not rows,
        )

    def _is_used(self, row: Mapping[str, Any]) -> bool:
        return any(row.get(name) for name in self.measures)

    def _point(self, row: Mapping[str, Any], names: Names) -> Point:
        name = row[self.by] or ""
        mark = mark_in(row) if CERTAINTY_NAMES[0] in row else ""
        return Point(
            name,
            names.label(name),
            names.colour(name),
            x=float(row[self.x]),
            y=float(row[self.y]),
            size=max(0.0, float(row[self.size])),
            filter=self.by,
            detail=[("Note", mark)] if mark else (),
        )
