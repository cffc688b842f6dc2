"""A panel's rows as Grafana's data sources like them: flat, numbers as numbers, times in milliseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tokometer.reports.grafana.columns import column_of, field_of, json_value

#: The columns of a table that has a row a figure.
_FIGURES: Final = frozenset({"measure", "value", "previous"})


def flat(columns: Sequence[str], rows: Iterable[Sequence[Any]], cube: str = "calls") -> list[dict[str, Any]]:
    """The rows of a panel's table under the names of :func:`tokometer.reports.grafana.columns.field_of`.

    A table of one row a figure (`measure`, `value`, `previous`) becomes one row with a field a figure, so that each can
    have a unit of its own: `calls_cost`, `calls_cost_previous`.
    """
    if tuple(columns[:1]) == ("measure",) and set(columns) <= _FIGURES:
        return [_figures(list(rows))]
    told = [column_of(name, cube) for name in columns]
    return [{one.field: json_value(value, one) for one, value in zip(told, row, strict=True)} for row in rows]


def figure_fields(names: Iterable[str]) -> list[str]:
    """Field names of figures in their order; a name that comes again has its number behind it."""
    counts: Counter[str] = Counter()
    fields = []
    for name in names:
        counts[name] += 1
        fields.append(field_of(name) + (f"_{counts[name]}" if counts[name] > 1 else ""))
    return fields


def _figures(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    fields = figure_fields(str(one[0]) for one in rows)
    for field, (name, value, *before) in zip(fields, rows, strict=True):
        column = column_of(str(name))
        found[field] = json_value(value, column)
        if before:
            found[f"{field}_previous"] = json_value(before[0], column)
    return found
