"""Treemaps: what a sum consists of, by two dimensions, as areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import described
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_of
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Cell, treemap
from tokometer.dashboards.figure import figure
from tokometer.dashboards.kinds.heatmap import Tall
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.measures.run import PREVIOUS
from tokometer.records.plural import counted

#: Cells that are drawn: the largest; what is smaller is one cell a group. All are in the CSV.
MOST: Final = 36
_COST: Final = "calls.cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treemap(Placed):
    """A measure that adds up, by the values of a dimension, those of one `group` together; a click filters by one."""

    kind: ClassVar[str] = "treemap"
    of: str
    by: str
    group: str
    width: int = 8
    tall: Tall = "tall"

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of, *(CERTAINTY_NAMES if self.of == _COST else ()))

    def view(self, context: Context) -> View:
        """One question for the cells, one for all of them together."""
        window = context.window(self.window)
        rows = context.query(window, *self.measures, by=(self.group, self.by)).rows
        short = self.of.partition(".")[2]
        rows = sorted(rows, key=lambda row: (-float(row[short] or 0), row[self.group] or "", row[self.by] or ""))
        found = [row for row in rows if row[short] and row[short] > 0]
        groups = Names(self.group, context.colours, list(dict.fromkeys(row[self.group] or "" for row in found)))
        names = Names(self.by, context.colours, list(dict.fromkeys(row[self.by] or "" for row in found[:MOST])))
        cells = [
            Cell(
                row[self.by] or "",
                names.label(row[self.by] or ""),
                names.colour(row[self.by] or ""),
                filter=self.by,
                value=float(row[short]),
                group=groups.label(row[self.group] or ""),
                at=((self.group, (row[self.group] or "",), "in"), (self.by, (row[self.by] or "",), "in")),
            )
            for row in found[:MOST]
        ]
        cells += self._others(found, short, groups)
        what = described(self.of)
        whole = context.query(window, *self.measures, compare=True).rows
        total = whole[0] if whole else {}
        when = context.scope.before.capitalize()
        unpriced = sum(row["no_price"] > 0 and not row[short] for row in rows) if self.of == _COST else 0
        shown = {
            "sub": window.title if self.window and "{range}" not in self.title else "",
            "total": figure(self.of, total.get(short), before=total.get(short + PREVIOUS), when=when),
            "mark": mark_of(total) if self.of == _COST else "",
            "unpriced": unpriced,
            "name": self.by,
            "tall": self.tall,
            "drawn": bool(cells),
            "alt": f"{what.title} by {self.group} and {self.by}, {window.title}",
        }
        keys = (self.group, self.by, *self.measures)
        places = (self.group, self.by, *(name.partition(".")[2] for name in self.measures))
        table = Table(keys, [tuple(row[place] for place in places) for row in rows])
        chart = treemap(cells, what.unit, what=what.title) | {"of": self.of} if cells else None
        return View(shown, table, window, chart, empty=not found)

    def _others(self, rows: Sequence[Mapping[str, Any]], short: str, groups: Names) -> list[Cell]:
        """What is too small to be seen: one cell for each group."""
        drawn: dict[str, list[str]] = {}
        for row in rows[:MOST]:
            drawn.setdefault(row[self.group] or "", []).append(row[self.by] or "")
        small: dict[str, list[float]] = {}
        for row in rows[MOST:]:
            small.setdefault(row[self.group] or "", []).append(float(row[short]))
        return [
            Cell(
                "",
                counted(len(values), "other"),
                "other",
                value=sum(values),
                group=groups.label(name),
                at=((self.group, (name,), "in"), *(((self.by, drawn[name], "not in"),) if name in drawn else ())),
            )
            for name, values in small.items()
        ]
