"""Reading the answers of measures: rows by period and by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from tokometer.dashboards.drawing import Period
from tokometer.measures import Result

Row = Mapping[str, Any]


def only(result: Result) -> Row:
    """The one row of an answer without dimensions."""
    return result.rows[0] if result.rows else {}


def added_up(result: Result) -> Row:
    """The rows of an answer as one, of measures that add up: what no row knows is unknown, and no rows are nothing."""
    names = [column.name for column in result.columns if column.unit]
    known = {name: [row[name] for row in result.rows if row[name] is not None] for name in names}
    nothing = None if result.rows else 0
    return {name: sum(values[1:], values[0]) if values else nothing for name, values in known.items()}


def numbers(rows: Iterable[Row], measure: str, stretch: Sequence[Period]) -> list[float]:
    """A measure's value in each period; where nothing was measured, nothing was used."""
    places = {_seconds(period.start): index for index, period in enumerate(stretch)}
    values = [0.0] * len(stretch)
    for row in rows:
        index = places.get(_seconds(row["time"]))
        if index is not None:
            values[index] += float(row[measure] or 0)
    return values


def course(rows: Iterable[Row], measure: str, stretch: Sequence[Period]) -> list[float | None]:
    """A measure's value in each period, None where there is none: a share of nothing is not 0."""
    found = {_seconds(row["time"]): row[measure] for row in rows}
    values = (found.get(_seconds(period.start)) for period in stretch)
    return [None if value is None else float(value) for value in values]


def by_name(rows: Iterable[Row], dimension: str) -> dict[str, list[Row]]:
    """Rows by the value of a dimension."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[dimension] or ""), []).append(row)
    return found


@lru_cache(4_096)  # a zone's offset takes microseconds, and each moment stands in many rows
def _seconds(moment: datetime | str) -> int:
    return int((datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp())
