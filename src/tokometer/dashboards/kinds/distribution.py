"""How long calls take, by name: quantiles side by side, or the whole distribution as violins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from tokometer.dashboards.answers import described, rows_of
from tokometer.dashboards.cells import cell, evened_out
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Bucket, Quantile, Violin, violins
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.dashboards.rows import by_name
from tokometer.dashboards.scope import Show
from tokometer.measures import Spread, dimension_named, quantile
from tokometer.records.units import MS, show

#: The quantiles that are told, smallest first.
QUANTILES: Final = ("p50", "p95", "p99")
_TITLES: Final = {"latency": "Latency", "ttft": "Time to first token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Placed):
    """The names with most calls, the most used first, on one logarithmic axis.

    `quantiles` draws a bar from p50 over p95 to p99, and says all three; `violins` draws how often each value was.
    """

    kind: ClassVar[str] = "distribution"
    by: str
    of: Literal["latency", "ttft"] = "latency"
    shape: Literal["quantiles", "violins"] = "quantiles"
    top: int = 10
    width: int = 6

    @property
    def uses(self) -> tuple[str, ...]:
        """See :class:`tokometer.dashboards.panel.Panel`; violins have no table."""
        chosen = () if self.window else ("range", "complete")
        return (*chosen, "compare", "show") if self.shape == "quantiles" else chosen

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (*(f"calls.{quantile}_{self.of}" for quantile in QUANTILES), "calls.requests")

    def view(self, context: Context) -> View:
        """The quantiles of each, and for violins the buckets as well."""
        window = context.window(self.window)
        drawn = self.shape == "violins"
        told = "value" if drawn else context.scope.told
        rows = rows_of(
            context,
            self.measures[-1:] if drawn else self.measures,
            window=window,
            by=self.by,
            top=self.top,
            rank="calls.requests",
            compare=told != "value",
            other=False,
        )
        buckets = self._buckets(context) if drawn else {}
        if drawn:
            rows = [row | self._quantiles(buckets.get(row[self.by] or "", ())) for row in rows]
        rows = [row for row in rows if row.get(self.measures[0]) is not None]
        rows.sort(key=lambda row: (-(row.get("calls.requests") or 0), row[self.by] or ""))
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows])
        keys = (self.by, *self.measures)
        shown = {
            "violins": drawn and bool(rows),
            "rows": [] if drawn else _lanes(rows, self.by, self.measures, names, told),
            "heads": [described(name).title.partition(" ")[0] for name in self.measures[:3]],
            "name": dimension_named(f"calls.{self.by}").title,
            "dimension": self.by,
            "sub": f"{_TITLES[self.of]}, logarithmic" if drawn else context.scope.against,
            "alt": f"{_TITLES[self.of]} by {self.by}: "
            + ", ".join(f"{names.label(row[self.by] or '')} p95 {show(row[self.measures[1]], MS)}" for row in rows),
        }
        return View(
            shown,
            Table(keys, [tuple(row.get(key) for key in keys) for row in rows]),
            window,
            violins([self._violin(row, buckets, names) for row in rows], MS) | {"of": self.measures[1]}
            if drawn and rows
            else None,
            empty=not rows,
        )

    def _buckets(self, context: Context) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        since, until = context.window(self.window).asked
        spread = context.ask(
            Spread(
                of=self.of,
                by=(f"calls.{self.by}",),
                where=context.where(),
                since=since,
                until=until,
                tz=context.scope.zone.key,
                top=self.top,
                other=False,
            )
        )
        return by_name(spread.rows, self.by)

    def _quantiles(self, buckets: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
        """What the measures say of the same calls, without asking for them as well."""
        shares = (int(name[1:]) / 100 for name in QUANTILES)
        return {name: quantile(buckets, share) for name, share in zip(self.measures, shares, strict=False)}

    def _violin(self, row: Mapping[str, Any], buckets: Mapping[str, Any], names: Names) -> Violin:
        name = row[self.by] or ""
        found = [Bucket(one["low_ms"], one["high_ms"], one["count"]) for one in buckets.get(name, ())]
        quantiles = [
            Quantile(quantile, float(row[key])) for quantile, key in zip(QUANTILES, self.measures, strict=False)
        ]
        # What it is about is drawn as the dot: the p95.
        ordered = [quantiles[1], quantiles[0], quantiles[2]]
        return Violin(name, names.label(name), names.colour(name), found, ordered, filter=self.by)


def _lanes(
    rows: Sequence[Mapping[str, Any]], by: str, measures: Sequence[str], names: Names, told: Show
) -> list[dict[str, Any]]:
    """A row each, with its places on the axis from 0 to 100."""
    low, high = _span(rows, measures)
    lanes = []
    columns = evened_out(([cell(measure, row, told) for measure in measures[:3]] for row in rows), told)
    for row, cells in zip(rows, columns, strict=True):
        name = row[by] or ""
        places = [_place(float(row[measure]), low, high) for measure in measures[:3]]
        lanes.append(
            {
                "name": name,
                "label": names.label(name),
                "colour": names.colour(name),
                "cells": cells,
                "places": places,
                "requests": cell(measures[3], row, told),
            }
        )
    return lanes


def _span(rows: Sequence[Mapping[str, Any]], measures: Sequence[str]) -> tuple[float, float]:
    """The ends of the axis, as logarithms."""
    known = [float(row[measure]) for row in rows for measure in measures[:3] if row[measure] > 0]
    if not known:
        return 0.0, 1.0
    low, high = math.log10(min(known) / 1.2), math.log10(max(known) * 1.1)
    return low, high


def _place(value: float, low: float, high: float) -> float:
    if value <= 0:
        return 0.0
    return min(100.0, max(0.0, 100 * (math.log10(value) - low) / (high - low)))
