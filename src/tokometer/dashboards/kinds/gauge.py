"""Gauges: one, or one for each of the largest values of a dimension, against a target and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tokometer.dashboards.answers import STANDING, described, rows_of
from tokometer.dashboards.cells import Cell, cell
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import Band, Level, gauge
from tokometer.dashboards.kinds.stat import WORDS, Also, Limits
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import Number, exact
from tokometer.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge(Placed):
    """A measure or judgement between two ends; with `by`, of each of the `top` values with most of `rank`."""

    kind: ClassVar[str] = "gauge"
    of: str
    by: str = ""
    #: How many at most, of those with most calls in the window; they stand in the order of their names.
    top: int = 17
    rank: str = "calls.requests"
    #: Whoever is unwell is among them however little it is used.
    worst: bool = False
    #: How many stand beside each other on a wide screen.
    columns: int = 6
    low: float = 0.0
    high: float = 100.0
    #: What it should be; drawn as a tick.
    target: Callable[[Settings], float | None] | None = None
    #: Beyond which it is worrying, and bad, of (settings, the name); drawn as a thin scale around the dial.
    limits: Callable[[Settings, str], Limits] | None = None
    #: The fact that says in a word how it stands; without one, the words of standings.
    word: str = ""
    #: A small line below: measures or facts, with words behind each.
    also: tuple[Also, ...] = ()
    #: What is said where there is no value: what is not configured, or what would have to come in.
    nothing: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        also = (one.of for one in self.also)
        return tuple(dict.fromkeys((self.of, *also, *((self.rank,) if self.by else ()))))

    def view(self, context: Context) -> View:
        """A dial each."""
        window = context.window(self.window)
        rows = rows_of(context, self.measures, window=window, by=self.by)
        if self.by:
            rows = self._largest(rows)
        names = Names(self.by, context.colours, [row[self.by] or "" for row in rows] if self.by else [])
        rows.sort(key=lambda row: names.label(row[self.by] or "").casefold() if self.by else "")
        rows = rows or ([] if self.by else [{}])
        dials = [self._dial(context, row, names) for row in rows]
        keys = (
            *((self.by,) if self.by else ()),
            *self.measures,
            *((self.of + STANDING,) if self._judges(rows) else ()),
        )
        return View(
            {
                "dials": dials,
                "dimension": self.by,
                "columns": self.columns if self.by else 1,
                "sub": self._sub(dials),
                "nothing": self.nothing,
                "title_of": described(self.of).title,
            },
            Table(keys, [tuple(row.get(key) for key in keys) for row in rows]),
            window,
            empty=not any(row.get(self.of) is not None for row in rows),
        )

    def _judges(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        return any(self.of + STANDING in row for row in rows)

    def _largest(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Those that the figure can be told of: the most used, and with `worst` whoever is unwell before them."""
        known = [row for row in rows if self.of in row]
        known.sort(key=lambda row: (-float(row.get(self.rank) or 0), row[self.by] or ""))
        if self.worst:
            known.sort(key=lambda row: row.get(self.of + STANDING) not in ("critical", "warning"))
        return known[: self.top]

    def _sub(self, dials: Sequence[Mapping[str, Any]]) -> str:
        silent = sum(dial["value"] is None for dial in dials)
        return f"{len(dials)} {self.by}s" + (f", {silent} without data" if silent else "") if self.by else ""

    def _dial(self, context: Context, row: Mapping[str, Any], names: Names) -> dict[str, Any]:
        name = str(row.get(self.by) or "") if self.by else ""
        value: Number | None = row.get(self.of)
        what = described(self.of)
        limits = self.limits(context.settings, name) if self.limits else None
        aim = self.target(context.settings) if self.target else None
        drawn = gauge(
            None if value is None else float(value),
            self.low,
            self.high,
            what.unit,
            target=None if aim is None else Level(aim, "Target"),
            thresholds=_bands(limits, what.better) if limits else (),
        )
        standing = str(row.get(self.of + STANDING) or "")
        if not standing and limits:
            standing = limits.standing(value, what.better)
        word = str((row.get(self.word) if self.word else "") or WORDS.get(standing, "")).replace("_", " ")
        return {
            "name": name,
            "label": names.label(name) if self.by else "",
            "colour": names.colour(name) if self.by else "",
            "value": value,
            "drawn": drawn | {"colour": _INKS.get(standing, "accent")},
            "exact": exact(value, what.unit),
            "standing": "none" if value is None else standing,
            "word": "No data" if value is None else word[:1].upper() + word[1:].lower(),
            "small": self._small(row),
        }

    def _small(self, row: Mapping[str, Any]) -> list[tuple[Cell, str]]:
        return [(cell(one.of, row), one.words) for one in self.also if row.get(one.of) is not None]


_INKS: Final = {"good": "state-good", "warning": "state-warning", "critical": "state-critical", "none": "text-3"}


def _bands(limits: Limits, better: str) -> list[Band]:
    """What values mean, from the left to the right."""
    if better == "higher":
        return [
            Band(None, limits.critical, "critical"),
            Band(limits.critical, limits.warning, "warning"),
            Band(limits.warning, None, "good"),
        ]
    return [
        Band(None, limits.warning, "good"),
        Band(limits.warning, limits.critical, "warning"),
        Band(limits.critical, None, "critical"),
    ]
