"""Two dimensions crossed: how much of each row's name went with each column's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import described
from tokometer.dashboards.cells import Cell, cell, evened
from tokometer.dashboards.context import Context
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Listed, Table, View
from tokometer.dashboards.scope import Show
from tokometer.measures import dimension_named
from tokometer.measures.run import PREVIOUS

#: Steps of the tint behind a cell.
_TINTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross(Listed):
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
        short, told = self.of.partition(".")[2], context.scope.told
        result = context.query(window, self.of, by=(self.by, self.across), rank=self.of, compare=told != "value")
        found = [row for row in result.rows if row[self.by] and row[short]]
        down, right = _sums(found, self.by, short), _sums(found, self.across, short)
        columns = list(right)[: self.most[1]]
        rows = list(down)[: self.most[0]]
        values = self._places(found, columns, short)
        before: dict[tuple[str, str], Any] = {}
        earlier: dict[str, Any] = {}
        if told != "value":
            gone = [row for row in result.rows if row[self.by] and row.get(short + PREVIOUS)]
            before = self._places(gone, columns, short + PREVIOUS)
            earlier = _sums(gone, self.by, short + PREVIOUS)

        def made(value: Any, former: Any) -> Cell:  # noqa: ANN401 - numbers
            known = {self.of: value} if told == "value" else {self.of: value, self.of + PREVIOUS: former}
            return cell(self.of, known, told)

        def place(name: str, column: str) -> dict[str, Any]:
            value, former = values.get((name, column), 0), before.get((name, column), 0)
            tint = max(1, round(_TINTS * float(value) / largest)) if value else 0
            at = {"name": column, "others": [] if column in columns else columns}
            return at | {"cell": made(value, former) if value or former else None, "tint": tint}

        others = any(name not in columns for name in right)
        heads = Names(self.across, context.colours, columns)
        largest = max((float(value) for value in values.values()), default=0.0)
        shown = {
            "name": dimension_named(f"{self.of.partition('.')[0]}.{self.by}").title,
            "of": described(self.of).title,
            "columns": [{"label": heads.label(name), "colour": heads.colour(name)} for name in columns],
            "others": others,
            "dimension": self.by if self.of.startswith("calls.") else "",
            "rows": _evened(
                [
                    {
                        "name": name,
                        "cells": [place(name, column) for column in (*columns, *([""] if others else []))],
                        "sum": made(down[name], earlier.get(name, 0)),
                    }
                    for name in rows
                ],
                told,
            ),
            "sub": " · ".join(
                filter(
                    None,
                    (f"the largest {len(rows)} of {len(down)}" if len(down) > len(rows) else "", context.scope.against),
                )
            ),
            "nothing": self.nothing,
        }
        keys = (self.by, self.across, self.of)
        table = Table(keys, [(row[self.by], row[self.across], row[short]) for row in found])
        return View(shown, table, window, empty=not rows)

    def _places(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], of: str) -> dict[tuple[str, str], Any]:
        """The sum of each place; what has no column of its own is under ''."""
        values: dict[tuple[str, str], Any] = {}
        for row in rows:
            at = (row[self.by], row[self.across] if row[self.across] in columns else "")
            values[at] = values.get(at, 0) + row[of]
        return values


def _evened(rows: list[dict[str, Any]], how: Show) -> list[dict[str, Any]]:
    """The rows with as many decimals in each number: all of them are of one measure."""
    sums = evened([row["sum"] for row in rows], how)
    places = [place for row in rows for place in row["cells"] if place["cell"]]
    for place, even in zip(places, evened([place["cell"] for place in places], how), strict=True):
        place["cell"] = even
    return [row | {"sum": even} for row, even in zip(rows, sums, strict=True)]


def _sums(rows: Sequence[Mapping[str, Any]], by: str, short: str) -> dict[str, Any]:
    """The sum of each name, largest first."""
    sums: dict[str, Any] = {}
    for row in rows:
        sums[row[by]] = sums.get(row[by], 0) + row[short]
    return dict(sorted(sums.items(), key=lambda item: (-float(item[1]), item[0])))
