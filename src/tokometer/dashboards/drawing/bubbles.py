"""Bubbles: two measures against each other, with a third as the size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tokometer.charts.axes import Axis, Frame, log_axis
from tokometer.charts.text import fit, text_width
from tokometer.dashboards.drawing.chart import HEIGHT, WIDTHS, Item, axes, frame_for, table
from tokometer.dashboards.drawing.course import tick, unit_axis
from tokometer.records.units import Unit, exact

_FRAME: Final[Frame] = (52, 16, 26, 40)
_RADIUS: Final = {280: 16.0, 340: 18.0, 420: 20.0}
_LARGEST, _SMALLEST = 24.0, 4.0
_LINE: Final = 13.0
_MOST_ROOM: Final = 150.0
#: Room around the outermost points of a logarithmic axis, as a factor.
_MARGIN: Final = 1.6


@dataclass(frozen=True, slots=True)
class Scale:
    """What an axis measures. A logarithmic one has no place for zero or less; a plain one may begin after zero."""

    title: str
    unit: Unit
    log: bool = False
    from_zero: bool = True


@dataclass(frozen=True, slots=True)
class Point(Item):
    """A bubble: its place in the units of both scales, and its size (zero or more, drawn as the area)."""

    x: float
    y: float
    size: float


def bubbles(points: Sequence[Point], x: Scale, y: Scale, size: Scale, *, height: int = HEIGHT) -> dict[str, Any]:
    """Bubbles, the larger ones behind the smaller, labels at the largest as long as none covers anything.

    `omitted` lists the labels of points that a logarithmic scale has no place for. `height` is the least that the
    chart's element has: 280 where it is `tall`.
    """
    shown = [p for p in points if (p.x > 0 or not x.log) and (p.y > 0 or not y.log)]
    shown.sort(key=lambda point: -point.size)
    across, up = _axis([p.x for p in shown], x), _axis([p.y for p in shown], y)
    places = [(_at(point.x, x), _at(point.y, y)) for point in shown]
    left, right, top, bottom = frame_for(up, _FRAME)
    plots = {width: (width - left - right, height - top - bottom) for width in WIDTHS}
    radii = {width: _radii(shown, _RADIUS.get(width, _LARGEST)) for width in WIDTHS}
    across = _wider(across, [place for place, _ in places], [(radii[w], plots[w][0]) for w in WIDTHS])
    up = _wider(up, [place for _, place in places], [(radii[w], plots[w][1]) for w in WIDTHS])
    return {
        "kind": "bubbles",
        "frame": frame_for(up, _FRAME),
        "signals": axes(across, up),
        "data": {},
        "layouts": [
            {"width": width, "data": _laid_out(shown, places, across, up, (x, y), radii[width], plots[width])}
            for width in WIDTHS
        ],
        "tips": [
            point.tip(
                (x.title, exact(point.x, x.unit)),
                (y.title, exact(point.y, y.unit)),
                (size.title, exact(point.size, size.unit)),
            )
            for point in shown
        ],
        "omitted": [point.label for point in points if point not in shown],
    }


def _axis(values: Sequence[float], scale: Scale) -> Axis:
    if not scale.log:
        return unit_axis(values, scale.unit, from_zero=scale.from_zero)
    if not values:
        return Axis((0.0, 1.0))
    second = float(1 / scale.unit.size) if scale.unit.style == "duration" else 0.0
    return log_axis(min(values) / _MARGIN, max(values) * _MARGIN, lambda value: tick(value, scale.unit), second=second)


def _at(value: float, scale: Scale) -> float:
    return math.log10(value) if scale.log else value


def _laid_out(
    points: Sequence[Point],
    places: Sequence[tuple[float, float]],
    across: Axis,
    up: Axis,
    scales: tuple[Scale, Scale],
    radii: Sequence[float],
    plot: tuple[int, int],
) -> dict[str, Any]:
    left, right, top, bottom = frame_for(up, _FRAME)
    wide, high = plot
    circles = [
        (wide * _share(px, across.domain), high * (1 - _share(py, up.domain)), r)
        for (px, py), r in zip(places, radii, strict=True)
    ]
    labels = [
        [*places[index], text, "text", dx, dy, align]
        for index, text, dx, dy, align in _labels([point.label for point in points], circles, wide, high)
    ]
    titles = [
        [across.domain[0], up.domain[1], f"↑ {scales[1].title}", "text-2", 6 - left, 12 - top, "left"],
        [across.domain[1], up.domain[0], f"{scales[0].title} →", "text-2", right - 4, bottom - 8, "right"],
    ]
    return {
        "points": table(
            "x y r c",
            ([*place, round(r, 1), point.colour] for place, r, point in zip(places, radii, points, strict=True)),
        ),
        "texts": table("x y text c dx dy align", [*labels, *titles]),
    }


def _radii(points: Sequence[Point], largest: float) -> list[float]:
    """Radii in pixels, so that areas are in proportion; the smallest can still be seen."""
    most = max((point.size for point in points), default=0.0)
    return [max(_SMALLEST, largest * math.sqrt(point.size / most)) if most > 0 else _SMALLEST for point in points]


def _wider(axis: Axis, places: Sequence[float], layouts: Sequence[tuple[Sequence[float], int]]) -> Axis:
    """The axis with as much room beyond its ends as bubbles there need, in whichever layout they need most."""
    before = after = 0.0
    for radii, plot in layouts:
        for place, radius in zip(places, radii, strict=True):
            share = _share(place, axis.domain)
            before, after = max(before, radius / plot - share), max(after, radius / plot - (1 - share))
    low, high = axis.domain
    return replace(axis, domain=(low - before * (high - low), high + after * (high - low)))


def _share(value: float, domain: tuple[float, float]) -> float:
    return (value - domain[0]) / (domain[1] - domain[0])


def _labels(
    names: Sequence[str], circles: Sequence[tuple[float, float, float]], wide: float, high: float
) -> Iterable[tuple[int, str, float, float, str]]:
    """Labels at a side, above, below or at a corner of their circles, wherever they cover no circle and no label."""
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in circles]
    for index, (x, y, r) in enumerate(circles):
        text = fit(names[index], _MOST_ROOM)
        size = text_width(text)
        for dx, dy, align, shift in (
            (r + 4, 0.0, "left", 0.0),
            (-r - 4, 0.0, "right", -1.0),
            (0.0, -r - 8, "center", -0.5),
            (0.0, r + 9, "center", -0.5),
            (0.75 * r + 3, -0.75 * r - 6, "left", 0.0),
            (0.75 * r + 3, 0.75 * r + 6, "left", 0.0),
            (-0.75 * r - 3, -0.75 * r - 6, "right", -1.0),
            (-0.75 * r - 3, 0.75 * r + 6, "right", -1.0),
        ):
            begin, line = x + dx + shift * size, y + dy
            box = (begin, line - _LINE / 2, begin + size, line + _LINE / 2)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= wide and box[3] <= high
            if inside and not any(_overlap(box, other) for at, other in enumerate(taken) if at != index):
                taken.append(box)
                yield index, text, round(dx, 1), round(dy, 1), align
                break


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
