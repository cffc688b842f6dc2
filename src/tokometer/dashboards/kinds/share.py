"""How a sum is shared out: a ring, and beside it a table of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tokometer.dashboards.answers import described, rows_of
from tokometer.dashboards.cells import cell, evened_out
from tokometer.dashboards.certainty import CERTAINTY_NAMES, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Slice, ring
from tokometer.dashboards.kinds.ranking import HEADS
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Listed, Table, View
from tokometer.measures import dimension_named
from tokometer.measures.run import OTHER_LABEL
from tokometer.records.evened import even
from tokometer.records.units import PERCENT, exact, show

_COST = "calls.cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Listed):
    """The largest values of a dimension by one measure that adds up; the others as *Other*. A click filters by one."""

    kind: ClassVar[str] = "share"
    by: str
    of: str
    #: Further measures in the table.
    columns: tuple[str, ...] = ()
    top: int = 8
    #: What the sum in the middle is called.
    what: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        certainty = CERTAINTY_NAMES if _COST in (self.of, *self.columns) else ()
        return tuple(dict.fromkeys((self.of, *self.columns, *certainty)))

    def view(self, context: Context) -> View:
        """The parts, largest first."""
        window = context.window(self.window)
        rows = rows_of(context, self.measures, window=window, by=self.by, top=self.top, rank=self.of, compare=True)
        first = [row[self.by] or "" for row in rows if row[self.by] != OTHER_LABEL]
        rows = [row for row in rows if row.get(self.of)]
        rows.sort(key=lambda row: (row[self.by] == OTHER_LABEL, -float(row[self.of] or 0), row[self.by] or ""))
        what = described(self.of)
        whole = sum(float(row[self.of]) for row in rows)
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows])
        slices = [self._slice(row, names, first) for row in rows]
        told = context.scope.told
        cells = evened_out(([cell(key, row, told) for key in (self.of, *self.columns)] for row in rows), told)
        shares = even([float(row[self.of]) / whole for row in rows], PERCENT)
        shown = {
            "sub": context.scope.against,
            "rows": [
                self._row(row, names, share) | {"cells": made, "others": first if row[self.by] == OTHER_LABEL else []}
                for row, share, made in zip(rows, shares, cells, strict=True)
            ],
            "heads": {
                "name": dimension_named(f"{self.of.partition('.')[0]}.{self.by}").title,
                "of": HEADS.get(self.of, what.title),
                "columns": [HEADS.get(name, described(name).title) for name in self.columns],
            },
            "by": self.by,
            "dimension": self.by if self.of.startswith("calls.") else "",
            "alt": f"{self.title.replace(' ({range})', '')}: "
            + "; ".join(f"{one.label} {show(one.value / whole, PERCENT)}" for one in slices[:5]),
        }
        keys = (self.by, *self.measures)
        table = Table(keys, [tuple(row.get(name) for name in keys) for row in rows])
        chart = ring(slices, what.unit, title=self.what or what.title.lower(), named=False) if whole else None
        if chart:
            chart["of"] = self.of
        return View(shown, table, window, chart, empty=not rows)

    def _slice(self, row: Mapping[str, Any], names: Names, first: Sequence[str]) -> Slice:
        name = row[self.by] or ""
        other = name == OTHER_LABEL
        details: Sequence[tuple[str, str]] = [
            (HEADS.get(key, described(key).title), exact(row.get(key), described(key).unit)) for key in self.columns
        ]
        by = self.by if self.of.startswith("calls.") and not other else ""
        at = () if by else ((self.by, first, "not in") if other else (self.by, (name,), "in"),)
        colour, value = names.colour(name), float(row[self.of])
        return Slice(name, names.label(name), colour, value, filter=by, detail=details, at=at)

    def _row(self, row: Mapping[str, Any], names: Names, share: str) -> dict[str, Any]:
        name = row[self.by] or ""
        return {
            "name": name,
            "other": name == OTHER_LABEL,
            "label": names.label(name),
            "colour": names.colour(name),
            "share": share,
            "mark": mark_in(row),
        }
