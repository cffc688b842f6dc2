"""Everything about every value of a dimension: a table of many columns, each with a scale of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from tokometer.dashboards.answers import JUDGED, STANDING, Row, described, rows_of
from tokometer.dashboards.cells import Cell, cell, evened, number
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.kinds.stat import Limits
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Listed, Table, View
from tokometer.dashboards.scope import Show
from tokometer.measures import dimension_named
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import PERCENT
from tokometer.settings import Settings

#: Rows in a table; what is smaller is in the CSV.
MOST: Final = 60
_COST: Final = "calls.cost"
#: What stands beside a value under its name.
_ENDS: Final = ("", PREVIOUS, STANDING)


@dataclass(frozen=True, slots=True)
class Column:
    """One measure, judgement or fact of one; of the panel's window, or of its own."""

    of: str
    #: What stands above it; by default the measure's title.
    title: str = ""
    window: str = ""
    #: `bar`: its size against the largest of the column; `share`: of the column's sum, as a column of shares.
    scale: Literal["bar", "share", ""] = "bar"
    #: From where on a value is worrying, of (settings, the row's name). A judgement has its own standing.
    limits: Callable[[Settings, str], Limits] | None = None

    @property
    def key(self) -> str:
        """Its name in the table: `calls.availability`, and with a window of its own `calls.availability.24h`."""
        return ".".join(part for part in (self.of, self.window, "share" if self.scale == "share" else "") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix(Listed):
    """Many columns about the values of a dimension; any of them sorts, and a click on a name filters by it.

    The viewer chooses whether values, changes or changes in per cent are shown.
    """

    kind: ClassVar[str] = "matrix"
    by: str
    columns: tuple[Column, ...]
    #: What it is sorted by, before somebody chooses.
    rank: str
    #: Rows before those that are opened by a click.
    top: int = MOST
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        names = tuple(column.of for column in self.columns)
        return tuple(dict.fromkeys((*names, self.rank, *(CERTAINTY_NAMES if _COST in names else ()))))

    def view(self, context: Context) -> View:
        """A row each, the largest first."""
        window = context.window(self.window)
        rows = self._rows(context)
        rows.sort(key=lambda row: (-float(row.get(self.rank) or 0), row[self.by] or ""))
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows[:MOST]])
        tops = {column.key: _top(row.get(column.key) for row in rows) for column in self.columns}
        # One row alone is not worth a click.
        folds = len(rows) > self.top + 1
        shown = [
            self._row(context, row, names, tops) | {"folded": folds and at >= self.top}
            for at, row in enumerate(rows[:MOST])
        ]
        self._even_out(shown, context.scope.told)
        costs = any(column.of == _COST for column in self.columns)
        keys = (self.by, *(column.key for column in self.columns), *(CERTAINTY_NAMES if costs else ()))
        ranked = next((at for at, column in enumerate(self.columns) if column.key == self.rank), -1)
        title = dimension_named(f"calls.{self.by}").title
        return View(
            {
                "rows": shown,
                "name": title,
                "columns": [
                    (column.title or described(column.of).title, self._said(column)) for column in self.columns
                ],
                "windows": [column.window for column in self.columns],
                "ranked": ranked,
                "dimension": self.by,
                "sub": _said_of(len(rows), title.lower(), context.scope.against),
                "more": min(len(rows), MOST) - self.top if folds else 0,
                "beyond": max(0, len(rows) - MOST),
            },
            Table(keys, [tuple(row.get(key) for key in keys) for row in rows]),
            window,
            empty=not rows,
        )

    def _even_out(self, rows: Sequence[dict[str, Any]], how: Show) -> None:
        """Give the numbers of each column as many decimals."""
        columns = [
            evened([row["cells"][at][0] for row in rows], how, PERCENT if column.scale == "share" else None)
            for at, column in enumerate(self.columns)
        ]
        for at, row in enumerate(rows):
            row["cells"] = [(made[at], bar) for made, (_, bar) in zip(columns, row["cells"], strict=True)]

    def _said(self, column: Column) -> str:
        what = described(column.of)
        if column.scale == "share":
            return f"Share of all: {what.title}"
        return f"{what.title}, {column.window}" if column.window else what.title

    def _rows(self, context: Context) -> list[Row]:
        """The columns' values under their keys, of all windows side by side."""
        found: dict[Any, Row] = {}
        for name in dict.fromkeys(column.window for column in self.columns):
            columns = [column for column in self.columns if column.window == name]
            asked = list(dict.fromkeys(column.of for column in columns))
            if not name:
                asked = list(dict.fromkeys([*asked, self.rank, *(CERTAINTY_NAMES if _COST in asked else ())]))
            window = context.window(name or self.window)
            for row in rows_of(context, asked, window=window, by=self.by, compare=context.scope.told != "value"):
                into = found.setdefault(row[self.by], {self.by: row[self.by]})
                if not name:
                    into |= row
                for column in columns:
                    into |= {column.key + end: row[column.of + end] for end in _ENDS if column.of + end in row}
        rows = list(found.values())
        for column in self.columns:
            if column.scale == "share":
                for end in ("", PREVIOUS):
                    _share_out(rows, column.of + end, column.key + end)
        # What is gone since the period before has a row, too; it is not part of this window.
        return [row for row in rows if any(self._is_told(row, column) for column in self.columns)]

    def _is_told(self, row: Mapping[str, Any], column: Column) -> bool:
        """Something was measured, or the judgement knows of it without traffic."""
        return column.key in row if column.of.startswith(JUDGED) else bool(row.get(column.key))

    def _row(self, context: Context, row: Mapping[str, Any], names: Names, tops: Mapping[str, float]) -> dict[str, Any]:
        name = row[self.by] or ""
        return {
            "name": name,
            "label": names.label(name),
            "colour": names.colour(name),
            "mark": mark_in(row),
            "cells": [self._cell(context, row, name, column, tops[column.key]) for column in self.columns],
        }

    def _cell(
        self, context: Context, row: Mapping[str, Any], name: str, column: Column, top: float
    ) -> tuple[Cell, float]:
        """What stands there, and how far its bar goes, from 0 to 1."""
        value, before = row.get(column.key), row.get(column.key + PREVIOUS)
        how = context.scope.told
        if column.scale == "share":
            made = number(column.key, value, before, PERCENT, how=how)
            return made, value or 0.0 if how == "value" else 0.0
        made = cell(
            column.of, {column.of + end: row[column.key + end] for end in _ENDS if column.key + end in row}, how
        )
        if made.words and made.standing:
            # A state, as HALF_OPEN.
            return replace(made, text=made.text.replace("_", " ").capitalize()), 0.0
        if how != "value":
            return made, 0.0
        if column.limits and value is not None:
            limits = column.limits(context.settings, name)
            made = replace(made, standing=limits.standing(value, described(column.of).better))
        if column.scale != "bar" or top <= 0 or value is None or isinstance(value, str):
            return made, 0.0
        return made, max(0.0, float(value) / top)


def _said_of(count: int, what: str, against: str) -> str:
    """`12 models · change against the 7 days before`."""
    return " · ".join(filter(None, (f"{count} {what}{'' if count == 1 else 's'}", against))) if count else ""


def _share_out(rows: Iterable[Row], of: str, key: str) -> None:
    """Add to each row which share of the sum of all rows it has."""
    known = [row for row in rows if row.get(of) is not None]
    whole = sum(float(row[of]) for row in known)
    for row in known:
        row[key] = float(row[of]) / whole if whole else None


def _top(values: Iterable[Any]) -> float:
    """The largest number of a column."""
    return max((float(value) for value in values if value is not None and not isinstance(value, str)), default=0.0)
