"""A table of what was used and spent, by one dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tokometer.dashboards.certainty import CERTAINTY, mark_of
from tokometer.dashboards.drawing import periods, spark
from tokometer.dashboards.figure import delta, figure, measure_of
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Context, Table, View
from tokometer.dashboards.rows import by_name, numbers
from tokometer.dashboards.series import MEASURES, TOP
from tokometer.records.units import PERCENT, Number, show

#: Rows in a table; what is smaller is in the CSV.
_MOST: Final = 60
_COST: Final = "calls.cost"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Cost, share of the cost, tokens and requests by a dimension; a click on a name filters by it."""

    id: str
    title: str
    by: str
    kind: str = "breakdown"
    width: int = 8
    every: int = 60
    slim: bool = False
    uses: tuple[str, ...] = ("range", "compare")

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(f"calls.{name}" for name in ("cost", "total_tokens", "requests", *CERTAINTY))

    def view(self, context: Context) -> View:
        """The largest by cost, and the others behind *Other*."""
        scope = context.scope
        result = context.query(scope.window, *MEASURES, *CERTAINTY, by=(self.by,), rank="cost", compare=True)
        # What is gone since the period before has a row, too; it is not part of this window.
        rows = [row for row in result.rows if row["requests"]]
        rows.sort(key=lambda row: (-float(row["cost"] or 0), -row["total_tokens"], -row["requests"], row[self.by]))
        names = Names(self.by, context.colours, [row[self.by] for row in rows[:TOP]])
        # A model's colour is the same here and in the chart, whichever is drawn first; see Colours.
        later = Names(self.by, context.colours, [row[self.by] for row in rows[TOP:_MOST]])
        sparks = {} if self.slim else self._sparks(context)
        total = sum(float(row["cost"] or 0) for row in rows)
        basis = "cost" if total else "total_tokens"
        whole = sum(float(row[basis] or 0) for row in rows)
        many = len(rows) > TOP + 1
        shown = [
            self._row(row, names if index < TOP else later, whole, basis, sparks, context)
            | {"folded": many and index >= TOP}
            for index, row in enumerate(rows[:_MOST])
        ]
        if many:
            shown.insert(TOP, self._other(rows[TOP:], whole, basis))
        return View(
            {
                "rows": shown,
                "columns": self._columns(basis),
                "dimension": self.by,
                "slim": self.slim,
                "sub": f"{len(rows)} used" if rows else "",
            },
            Table(
                (self.by, *MEASURES, *CERTAINTY), [(r[self.by], *(r[n] for n in (*MEASURES, *CERTAINTY))) for r in rows]
            ),
            scope.window,
            empty=not rows,
        )

    def _sparks(self, context: Context) -> dict[str, list[float]]:
        scope = context.scope
        # The same question as the chart's above, so that it is asked once.
        result = context.query(scope.window, *MEASURES, by=(self.by,), grain=scope.grain, top=TOP, rank="cost")
        stretch = periods(scope.window, scope.grain, scope.now)
        return {key: numbers(rows, "cost", stretch) for key, rows in by_name(result.rows, self.by).items()}

    def _row(
        self,
        row: Mapping[str, Any],
        names: Names,
        whole: float,
        basis: str,
        sparks: Mapping[str, list[float]],
        context: Context,
    ) -> dict[str, Any]:
        name = row[self.by]
        unit = measure_of(_COST).unit
        share = float(row[basis] or 0) / whole if whole else 0.0
        change = delta(row["cost"], row.get("cost.previous"), unit, "lower", context.scope.before.capitalize())
        before = float(row.get("cost.previous") or 0)
        return {
            "more": 0,
            "name": name,
            "label": names.label(name),
            "colour": names.colour(name),
            "cost": _cell("cost", row["cost"]),
            "tokens": _cell("total_tokens", row["total_tokens"]),
            "requests": _cell("requests", row["requests"]),
            "unpriced": row["unpriced"],
            "mark": _assumed(row),
            "share": share,
            "share_text": show(share, PERCENT),
            "spark": spark(sparks.get(name, []), unit),
            "change": change,
            "change_sort": float(row["cost"] or 0) / before if before else 0,
        }

    def _other(self, rows: list[Any], whole: float, basis: str) -> dict[str, Any]:
        sums = {name: sum((row[name] or 0) for row in rows) for name in (*MEASURES, *CERTAINTY)}
        share = float(sums[basis]) / whole if whole else 0.0
        return {
            "more": len(rows),
            "folded": False,
            "colour": "other",
            "cost": _cell("cost", sums["cost"] or None),
            "tokens": _cell("total_tokens", sums["total_tokens"]),
            "requests": _cell("requests", sums["requests"]),
            "unpriced": sums["unpriced"],
            "mark": _assumed(sums),
            "share": share,
            "share_text": show(share, PERCENT),
            "spark": {"points": "", "top": ""},
            "change": None,
            "change_sort": 0,
        }

    def _columns(self, basis: str) -> list[dict[str, Any]]:
        columns: list[tuple[str, str, bool]] = [(self.title[:-1], "name", True)]
        columns += [] if self.slim else [("Cost over time", "trend", False)]
        columns += [("Cost", "number", True), ("Share" if basis == "cost" else "Share of tokens", "share", True)]
        columns += [] if self.slim else [(name, "number", True) for name in ("Tokens", "Requests", "Change")]
        return [
            {"title": title, "kind": kind, "sort": sort, "sorted": title == "Cost"} for title, kind, sort in columns
        ]


def _assumed(row: Mapping[str, Any]) -> str:
    """The mark beside the cost; calls without a price are told beside the name already."""
    return mark_of({**row, "unpriced": 0})


def _cell(name: str, value: Number | None) -> dict[str, Any]:
    figure_ = figure(f"calls.{name}", value)
    return {"text": figure_.text, "exact": figure_.exact, "sort": float(value or 0)}
