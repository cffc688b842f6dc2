"""The values of a dimension, largest first, as a table of what was measured of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import JUDGED, adds_up, described, rows_of
from tokometer.dashboards.cells import Cell, cell, evened_changes, evened_out
from tokometer.dashboards.certainty import CERTAINTY_NAMES, chips_in, mark_in
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import periods, spark
from tokometer.dashboards.figure import delta
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Listed, Table, View
from tokometer.dashboards.rows import by_name, numbers
from tokometer.dashboards.scope import Show
from tokometer.measures import Filter, dimension_named
from tokometer.measures.run import PREVIOUS
from tokometer.records.evened import even
from tokometer.records.units import PERCENT, show
from tokometer.settings import Settings

#: Rows in a table; what is smaller is in the CSV.
MOST: Final = 60
_COST: Final = "calls.cost"
#: What columns are called, where a measure's title is too long for a head.
HEADS: Final = {
    "calls.total_tokens": "Tokens",
    "calls.prompt_tokens": "Input",
    "calls.output_tokens": "Output",
    "tools.error_rate": "Errors",
    "tools.p95_duration": "p95",
    "calls.cache_hit_share": "Hits",
    "calls.long_write_share": "1 h writes",
    "steps.compacted_tokens": "Tokens",
    "changes.merged": "Merged",
    "changes.median_cost": "Median cost",
    "changes.merged_cost": "Cost",
    "changes.abandoned_cost": "Abandoned",
    "judgement.cache_waste": "Cost",
    "judgement.cache_waste.expired": "Expired",
    "judgement.cache_waste.last": "Ended",
    "judgement.cache_breaks": "Cost",
    "judgement.cache_breaks.compaction": "Cut",
    "judgement.cache_breaks.unknown": "Else",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking(Listed):
    """The largest values of a dimension by one measure, further measures beside it; a click on a name filters by it.

    The viewer chooses whether values, changes or changes in per cent are shown.
    """

    kind: ClassVar[str] = "ranking"
    #: The dimension, without its cube.
    by: str
    #: What it is ranked by. Its share of the whole is drawn as a bar, or `parts` of it side by side.
    of: str
    columns: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    width: int = 6
    #: The course of `of`, drawn small.
    trend: bool = False
    #: A column with the change of `of` against the period before.
    change: bool = True
    #: Shares of the whole are drawn, where the measure adds up.
    shares: bool = True
    #: A box in which names are looked for.
    find: bool = False
    #: Rows before *Other*.
    top: int = 8
    #: Which rows are shown at all, of the measures that are asked.
    only: Callable[[Mapping[str, Any], Settings], bool] | None = None
    #: What is said where no row is left.
    nothing: str = ""
    #: The viewer chooses the dimension.
    chosen: bool = False

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`."""
        # Explicit: a dataclass with slots is another class than the one that `super()` without arguments means.
        return (*super(Ranking, self).uses, *(("by",) if self.chosen else ()))

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        names = (self.of, *self.columns, *self.parts)
        return tuple(dict.fromkeys((*names, *(CERTAINTY_NAMES if _COST in names else ()))))

    def view(self, context: Context) -> View:
        """The largest, and the others behind *Other*."""
        if self.chosen and self.by != context.scope.by:
            return replace(self, by=context.scope.by).view(context)
        window = context.window(self.window)
        rows = rows_of(context, self.measures, window=window, by=self.by, rank=self.of, compare=self._compares(context))
        # What is gone since the period before has a row, too; it is not part of this window.
        rows = [row for row in rows if any(row.get(name) for name in self.measures)]
        if self.only:
            rows = [row for row in rows if self.only(row, context.settings)]
        rows.sort(key=self._place)
        whole = sum(float(row.get(self._basis(rows)) or 0) for row in rows)
        many = len(rows) > self.top + 1
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows[:MOST]])
        sparks = self._sparks(context) if self.trend else {}
        shown = [
            self._row(context, row, names, whole, sparks) | {"folded": many and at >= self.top}
            for at, row in enumerate(rows[:MOST])
        ]
        if many:
            first, rest = ([row[self.by] or "" for row in part] for part in (rows[: self.top], rows[self.top :]))
            other = self._other(context, rows[self.top :], whole, first)
            # All that are none of the largest; where only some have a row, these.
            shown.insert(self.top, other | ({"among": rest} if self.only else {"others": first}))
        _even_out(shown, context.scope.told)
        keys = (self.by, *self.measures)
        return View(
            {
                "rows": shown,
                "columns": self._heads(context, rows),
                "by": self.by,
                "dimension": self.by if self.of.startswith(("calls.", JUDGED)) else "",
                "sub": " · ".join(filter(None, (f"{len(rows)} used", context.scope.against))) if rows else "",
                "nothing": self.nothing,
                "show": context.scope.show,
                "find": self.find and many,
            },
            Table(keys, [tuple(row.get(name) for name in keys) for row in rows]),
            window,
            empty=not rows,
        )

    def _compares(self, context: Context) -> bool:
        """Whether the period before is shown at all: it costs as much as this one."""
        return self.change or context.scope.told != "value"

    def _place(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Largest first; unknown values last; then by what else is known, so that the order is always the same."""
        value = row.get(self.of)
        rest = tuple(-float(row.get(name) or 0) for name in self.columns if not name.startswith(JUDGED))
        return (value is None, -float(value or 0), rest, row[self.by] or "")

    @property
    def _shared(self) -> bool:
        return self.shares and adds_up(self.of)

    def _basis(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """What the shares are of: what it is ranked by, or tokens where nothing has a price."""
        if self.of == _COST and "calls.total_tokens" in self.columns and not any(row.get(_COST) for row in rows):
            return "calls.total_tokens"
        return self.of

    def _sparks(self, context: Context) -> dict[str, list[float]]:
        window = context.window(self.window)
        grain = context.grain(window)
        result = context.query(window, self.of, by=(self.by,), grain=grain, top=self.top, rank=self.of)
        stretch = periods(window, grain, context.scope.now)
        short = self.of.partition(".")[2]
        return {key: numbers(rows, short, stretch) for key, rows in by_name(result.rows, self.by).items()}

    def _row(
        self,
        context: Context,
        row: Mapping[str, Any],
        names: Names,
        whole: float,
        sparks: Mapping[str, list[float]],
    ) -> dict[str, Any]:
        name = row[self.by] or ""
        what = described(self.of)
        before = row.get(self.of + PREVIOUS)
        return self._cells(context, row, whole, names.colour(name)) | {
            "more": 0,
            "name": name,
            "label": names.label(name),
            "unpriced": chips_in(row),
            "spark": spark(sparks.get(name, []), what.unit),
            "change": delta(row.get(self.of), before, what.unit, what.better, context.scope.before.capitalize()),
            "change_sort": float(row.get(self.of) or 0) / float(before) if before else 0,
        }

    def _other(
        self, context: Context, rows: Sequence[Mapping[str, Any]], whole: float, first: Sequence[str]
    ) -> dict[str, Any]:
        """All but the `first` names together."""
        sums = {
            name: _sum(row.get(name) for row in rows)
            for base in self.measures
            if adds_up(base)
            for name in (base, base + PREVIOUS)
        }
        if not sums.get(_COST) and sums.get("calls.unpriced"):
            # Together they cost nothing that is known; see Sum.
            sums[_COST] = None
        kept = [name for name in self.measures if not adds_up(name) and not name.startswith(JUDGED)]
        if kept and not self.only:
            # Shares and quantiles of all others together are asked, not made of theirs.
            window = context.window(self.window)
            cubes = dict.fromkeys(name.partition(".")[0] for name in kept)
            found = rows_of(
                context,
                kept,
                window=window,
                compare=self._compares(context),
                where=[Filter(f"{cube}.{self.by}", "not in", tuple(first)) for cube in cubes],
            )
            sums |= found[0] if found else {}
        return self._cells(context, sums, whole, "other") | {
            "more": len(rows),
            "folded": False,
            "unpriced": chips_in(sums),
            "spark": {"points": "", "top": ""},
            "change": None,
            "change_sort": 0,
        }

    def _cells(self, context: Context, row: Mapping[str, Any], whole: float, colour: str) -> dict[str, Any]:
        show_as = context.scope.told
        share = float(row.get(self.of) or 0) / whole if whole else 0.0
        cells: list[Cell] = [cell(name, row, show_as) for name in (self.of, *self.columns)]
        parts = [float(row.get(name) or 0) / whole if whole else 0.0 for name in self.parts]
        return {
            "colour": colour,
            "cells": cells,
            # Beside a name there is room for chips only where there is room for columns.
            "mark": mark_in(row, unpriced=not self.columns),
            "share": share,
            "share_text": show(share, PERCENT),
            "parts": [cell(name, row, "value") for name in self.parts],
            "part_shares": parts,
        }

    def _heads(self, context: Context, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        def head(name: str) -> str:
            return HEADS.get(name, described(name).title)

        cube = "calls" if self.of.startswith(JUDGED) else self.of.partition(".")[0]
        return {
            "name": dimension_named(f"{cube}.{self.by}").title,
            "trend": f"{head(self.of)} over time" if self.trend else "",
            "of": head(self.of),
            "shared": self._basis(rows),
            "share": ("Share" if self._basis(rows) == self.of else "Share of tokens") if self._shared else "",
            "parts": [head(name) for name in self.parts],
            "columns": [(head(name), described(name).type in ("text", "flag")) for name in self.columns],
            "change": self.change and context.scope.compare and context.scope.told == "value",
        }


def _even_out(rows: Sequence[dict[str, Any]], how: Show) -> None:
    """Give the numbers of each column as many decimals."""
    cells = evened_out((row["cells"] for row in rows), how)
    parts = evened_out(row["parts"] for row in rows)
    shares = even([row["share"] for row in rows], PERCENT)
    changes = evened_changes([row["change"] for row in rows])
    for row, made, of, share, change in zip(rows, cells, parts, shares, changes, strict=True):
        row |= {"cells": made, "parts": of, "share_text": share, "change": change}


def _sum(values: Any) -> Any:  # noqa: ANN401 - numbers of one kind
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None
