"""A ranking: names in order, each with a bar, as HTML with a small SVG a row; no script draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokometer.charts.text import middle
from tokometer.dashboards.drawing.chart import Item
from tokometer.records.units import Unit, exact, show


@dataclass(frozen=True, slots=True)
class Part:
    """What a bar is made of: a word and a colour, the same in every row (input, output)."""

    label: str
    colour: str


@dataclass(frozen=True, slots=True)
class Rank(Item):
    """A row: a value for each part; None where it is not known."""

    values: Sequence[float | None]


def ranking(rows: Sequence[Rank], unit: Unit, parts: Sequence[Part] = (), *, most: int = 28) -> dict[str, Any]:
    """Rows for the macro `ranking`, in the order given, bars of all rows to one scale.

    Args:
        rows: The rows.
        unit: Of the values.
        parts: With several, a row's bars stand side by side along one track, and a key names them. Without, a row has
            one value and its own colour.
        most: Letters of a name; longer ones are cut in the middle.

    Returns:
        `{"parts": [{label, colour}], "rows": [{name, label, short, colour, filter, text, title, bars: [{x, width,
        colour, title}]}]}`: `x` and `width` are percent of the track, `text` is the row's sum, `title` says everything.
    """
    sums = [sum(value for value in row.values if value is not None) for row in rows]
    largest = max(sums, default=0.0)
    named = parts or (Part("", ""),)
    return {
        "kind": "ranking",
        "parts": [{"label": part.label, "colour": part.colour} for part in parts],
        "rows": [
            {
                "name": row.name,
                "label": row.label,
                "short": middle(row.label, most),
                "colour": row.colour,
                "filter": row.filter,
                "text": show(total if _any_known(row) else None, unit),
                "title": _title(row, named, total, unit),
                "bars": _bars(row, named, largest, unit),
            }
            for row, total in zip(rows, sums, strict=True)
        ],
    }


def _any_known(row: Rank) -> bool:
    return any(value is not None for value in row.values)


def _bars(row: Rank, parts: Sequence[Part], largest: float, unit: Unit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at = 0.0
    for part, value in zip(parts, row.values, strict=True):
        if value is None or value <= 0 or largest <= 0:
            continue
        width = 100 * value / largest
        said = f"{part.label}: {exact(value, unit)}" if part.label else exact(value, unit)
        found.append({"x": round(at, 2), "width": round(width, 2), "colour": part.colour or row.colour, "title": said})
        at += width
    return found


def _title(row: Rank, parts: Sequence[Part], total: float, unit: Unit) -> str:
    lines = [row.label, *(f"{p.label}: {exact(v, unit)}" for p, v in zip(parts, row.values, strict=True) if p.label)]
    lines.append(f"{'Total: ' if len(parts) > 1 else ''}{exact(total if _any_known(row) else None, unit)}")
    return "\n".join([*lines, *(f"{what}: {much}" for what, much in row.detail)])
