"""Two dimensions crossed: how much of each row's name went with each column's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import described
from tokometer.dashboards.cells import cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.measures import dimension_named

#: Steps of the tint behind a cell.
_TINTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross(Placed):
    """A table of a measure that adds up by two dimensions, tinted by size; rows without a name are left out."""

    kind: ClassVar[str] = "cross"
    of: str
    by: str
    across: str
    #: Rows and columns at most: the largest.
    most: tuple[int, int] = (12, 6)
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (self.of,)

    def view(self, context: Context) -> View:
        """The largest rows and columns; the other columns together."""
        window = context.window(self.window)
        short = self.of.partition(".")[2]
        result = context.query(window, self.of, by=(self.by, self.across), rank=self.of)
        found = [row for row in result.rows if row[self.by] and row[short]]
        down, right = _sums(found, self.by, short), _sums(found, self.across, short)
        columns = list(right)[: self.most[1]]
        rows = list(down)[: self.most[0]]
        values: dict[tuple[str, str], Any] = {}
        for row in found:
            place = (row[self.by], row[self.across] if row[self.across] in columns else "")
            values[place] = values.get(place, 0) + row[short]
        others = any(name not in columns for name in right)
        heads = Names(self.across, context.colours, columns)
        largest = max((float(value) for value in values.values()), default=0.0)
        shown = {
            "name": dimension_named(f"{self.of.partition('.')[0]}.{self.by}").title,
            "of": described(self.of).title,
            "columns": [{"label": heads.label(name), "colour": heads.colour(name)} for name in columns],
            "others": others,
            "dimension": self.by if self.of.startswith("calls.") else "",
            "rows": [
                {
                    "name": name,
                    "cells": [self._cell(values.get((name, column)), largest) for column in columns]
                    + ([self._cell(values.get((name, "")), largest)] if others else []),
                    "sum": cell(self.of, {self.of: down[name]}),
                }
                for name in rows
            ],
            "sub": f"the largest {len(rows)} of {len(down)}" if len(down) > len(rows) else "",
            "nothing": self.nothing,
        }
        keys = (self.by, self.across, self.of)
        table = Table(keys, [(row[self.by], row[self.across], row[short]) for row in found])
        return View(shown, table, window, empty=not rows)

    def _cell(self, value: Any, largest: float) -> dict[str, Any]:  # noqa: ANN401 - a number
        tint = 0 if not value else max(1, round(_TINTS * float(value) / largest))
        return {"cell": cell(self.of, {self.of: value}) if value else None, "tint": tint}


def _sums(rows: list[Any], by: str, short: str) -> dict[str, Any]:
    """The sum of each name, largest first."""
    sums: dict[str, Any] = {}
    for row in rows:
        sums[row[by]] = sums.get(row[by], 0) + row[short]
    return dict(sorted(sums.items(), key=lambda item: (-float(item[1]), item[0])))
