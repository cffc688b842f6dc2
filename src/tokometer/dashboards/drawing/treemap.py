"""A treemap: what a sum consists of, as areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.charts.axes import Frame
from tokometer.charts.text import fit
from tokometer.dashboards.drawing.chart import HEIGHT, UNIT_X, UNIT_Y, WIDTHS, Item, axes, table
from tokometer.records.units import PERCENT, Unit, exact, show

_FRAME: Final[Frame] = (0, 0, 4, 4)
_INSET: Final = 7.0
_LINE: Final = 15.0
_TINT: Final = 0.3
_BOLD: Final = 600
#: Lines of the card's colour, in pixels: between cells, and around groups.
_EDGE, _GROUP_EDGE = 2, 5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its left upper corner, width and height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Cell(Item):
    """A part of the sum. Cells of the same `group` lie together."""

    value: float
    group: str = field(default="", kw_only=True)


def treemap(cells: Sequence[Cell], unit: Unit, *, what: str = "Value", height: int = HEIGHT) -> dict[str, Any]:
    """Cells as large as their values, in squares as good as can be; groups apart from each other, the largest first.

    Labels stand where there is room for them: the group's name on its largest cell, a cell's name, and its value.
    `height` is the least that the chart's element has: 280 where it is `tall`.
    """
    total = sum(cell.value for cell in cells if cell.value > 0)
    groups = _grouped(cells)
    ordered = [cell for _, members in groups for cell in members]
    return {
        "kind": "treemap",
        "frame": _FRAME,
        "signals": axes(UNIT_X, UNIT_Y),
        "data": {},
        "layouts": [{"width": width, "data": _laid_out(groups, width, height - 8, unit)} for width in WIDTHS],
        "tips": [
            cell.tip(
                (what, exact(cell.value, unit)),
                ("Share", show(cell.value / total, PERCENT)),
                *([("Of", cell.group)] if cell.group else []),
            )
            for cell in ordered
        ],
    }


def _grouped(cells: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    """Groups with their cells, both the largest first."""
    found: dict[str, list[Cell]] = {}
    for cell in sorted(cells, key=lambda cell: -cell.value):
        if cell.value > 0:
            found.setdefault(cell.group, []).append(cell)
    return sorted(found.items(), key=lambda item: -sum(cell.value for cell in item[1]))


def _laid_out(groups: Sequence[tuple[str, list[Cell]]], width: float, height: float, unit: Unit) -> dict[str, Any]:
    outer = squarify([sum(cell.value for cell in members) for _, members in groups], Box(0, 0, width, height))
    points: list[list[Any]] = []
    frames: list[list[Any]] = []
    written: list[list[Any]] = []
    for (group, members), around in zip(groups, outer, strict=True):
        boxes = squarify([cell.value for cell in members], around)
        for number, (cell, box) in enumerate(zip(members, boxes, strict=True)):
            points.append([*_share(box, width, height), cell.colour, _TINT, _edge(box, _EDGE)])
            name = group if number == 0 and len(groups) > 1 and len(members) > 1 else ""
            x, y = box.x / width, box.y / height
            written += ([x, y, *line] for line in _labels(cell, box, name, unit))
        if len(groups) > 1:
            frames.append([*_share(around, width, height), _edge(around, _GROUP_EDGE)])
    return {
        "points": table("x x2 y y2 c o edge", points),
        "groups": table("x x2 y y2 edge", frames),
        "texts": table("x y text c dx dy weight", written),
    }


def _edge(box: Box, most: float) -> float:
    """The width of a line around a box: less for small ones, which it would cover."""
    return round(min(most, min(box.w, box.h) / 6), 1)


def _share(box: Box, width: float, height: float) -> list[float]:
    edges = box.x / width, (box.x + box.w) / width, box.y / height, (box.y + box.h) / height
    return [round(edge, 5) for edge in edges]


def _labels(cell: Cell, box: Box, group: str, unit: Unit) -> Iterable[list[Any]]:
    """The lines that fit into a box: text, colour, place in pixels, weight."""
    room, y = box.w - 2 * _INSET, _INSET + 6
    lines = [(group, "text-2", _BOLD)] if group else []
    lines += [(cell.label, "text", _BOLD), (show(cell.value, unit), "text-2", 400)]
    if box.h < _LINE * len(lines) + 8:
        lines = lines[1:] if group else lines
    for text, colour, weight in lines:
        short = fit(text, room, bold=weight == _BOLD)
        # A value below a name that is missing would be the value of nothing, and half of an amount is another one.
        if not short or y + 8 > box.h or (weight != _BOLD and short != text):
            return
        yield [short, colour, _INSET, y, weight]
        y += _LINE


def squarify(values: Sequence[float], box: Box) -> list[Box]:
    """A rectangle for each value (above zero, falling) that together fill `box` exactly, in proportion.

    After Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000): rows along the shorter side, each as long as its
    worst aspect ratio gets better.
    """
    total = sum(values)
    if not values or total <= 0:
        return []
    scale = box.w * box.h / total
    areas = [value * scale for value in values]
    found: list[Box] = []
    rest, at = box, 0
    while at < len(areas):
        side = min(rest.w, rest.h)
        count = _row_length(areas, at, side)
        # The last row takes what is left, so that rounding leaves no gap.
        last = at + count == len(areas)
        row, rest = _row(areas[at : at + count], rest, last)
        found += row
        at += count
    return found


def _row_length(areas: Sequence[float], at: int, side: float) -> int:
    """How many areas from `at` on the next row holds."""
    added, best = 0.0, float("inf")
    for index in range(at, len(areas)):
        added += areas[index]
        thickness = added / side if side > 0 else 0.0
        if thickness <= 0:
            return len(areas) - at
        largest, smallest = areas[at], areas[index]
        worst = max(largest / thickness**2, thickness**2 / smallest if smallest > 0 else float("inf"))
        if worst > best:
            return index - at
        best = worst
    return len(areas) - at


def _row(areas: Sequence[float], box: Box, last: bool) -> tuple[list[Box], Box]:
    """The boxes of a row along the shorter side of `box`, and what is left of it."""
    upright = box.w >= box.h
    side, depth = (box.h, box.w) if upright else (box.w, box.h)
    added = sum(areas)
    thickness = depth if last else added / side
    at, row = 0.0, []
    for area in areas:
        length = side * area / added if added > 0 else 0.0
        row.append(Box(box.x, box.y + at, thickness, length) if upright else Box(box.x + at, box.y, length, thickness))
        at += length
    rest = (
        Box(box.x + thickness, box.y, box.w - thickness, box.h)
        if upright
        else Box(box.x, box.y + thickness, box.w, box.h - thickness)
    )
    return row, rest
