"""Violins: how a measure is distributed, a lane a name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.charts.axes import Axis, log_axis
from tokometer.charts.text import fit, text_width
from tokometer.dashboards.drawing.chart import WIDTHS, Item, axes, table
from tokometer.dashboards.drawing.columns import Bucket, Quantile, seconds_of
from tokometer.dashboards.drawing.course import tick
from tokometer.records.units import Unit, exact

_TOP, _RIGHT, _BOTTOM = 8, 16, 24
#: Half of a lane that a body may take, and how far the marks of quantiles reach.
_HALF: Final = 0.42
_REACH: Final = 0.3
#: Points of a body's outline, and the width of the kernel in decades.
_POINTS: Final = 96
_KERNEL: Final = 0.05
_MOST_LABEL: Final = {280: 84.0, 340: 100.0, 420: 130.0}


@dataclass(frozen=True, slots=True)
class Violin(Item):
    """The values of one name in log buckets, and quantiles of them, smallest first; the first is drawn as a dot."""

    buckets: Sequence[Bucket]
    quantiles: Sequence[Quantile] = field(default=())


def violins(groups: Sequence[Violin], unit: Unit, *, what: str = "Calls") -> dict[str, Any]:
    """A lane a name from the top down, all on one logarithmic axis; each body as high as its lane allows.

    Names without a value have an empty lane, and their tooltip says so.
    """
    filled = [bucket for group in groups for bucket in group.buckets if bucket.count > 0 and bucket.high > 0]
    low = min((_low(bucket) for bucket in filled), default=1.0) / 1.15
    high = max((bucket.high for bucket in filled), default=10.0) * 1.15
    bodies: list[list[Any]] = []
    rules: list[list[Any]] = []
    dots: list[list[Any]] = []
    grid = [math.log10(low) + (math.log10(high / low)) * index / (_POINTS - 1) for index in range(_POINTS)]
    for lane, group in enumerate(groups):
        middle = lane + 0.5
        heights = density(group.buckets, grid)
        top = max(heights, default=0.0)
        bodies += (
            [round(x, 4), round(middle - _HALF * h / top, 4), round(middle + _HALF * h / top, 4), group.colour, lane]
            for x, h in zip(grid, heights, strict=True)
            if top > 0 and h > top * 0.002
        )
        for number, q in enumerate(q for q in group.quantiles if low <= q.value <= high):
            place, reach = math.log10(q.value), _REACH / (1 + number)
            if number == 0:
                dots.append([place, middle, group.colour])
            rules.append([place, middle - reach, middle + reach, group.colour])
    return {
        "kind": "violins",
        "signals": {},
        "data": {
            "points": table("x y y2 c g", bodies),
            "rules": table("x y y2 c", rules),
            "dots": table("x y c", dots),
        },
        "layouts": [_laid_out(groups, low, high, unit, width) for width in WIDTHS],
        "tips": [
            group.tip(*((q.label, exact(q.value, unit)) for q in group.quantiles), (what, _count(group)))
            for group in groups
        ],
    }


def _count(group: Violin) -> str:
    return f"{sum(bucket.count for bucket in group.buckets):,}"


def _laid_out(groups: Sequence[Violin], low: float, high: float, unit: Unit, width: int) -> dict[str, Any]:
    names = [fit(group.label, _MOST_LABEL.get(width, 170.0)) for group in groups]
    left = math.ceil(max((text_width(name) for name in names), default=0.0)) + 12
    plot = width - left - _RIGHT
    x = log_axis(low, high, lambda value: tick(value, unit), most=max(3, plot // 52), second=seconds_of(unit))
    lanes = max(1, len(groups))
    y = Axis((float(lanes), 0.0), [lane + 0.5 for lane in range(len(groups))], names)
    return {"width": width, "frame": (left, _RIGHT, _TOP, _BOTTOM), "signals": axes(x, y), "data": {}}


def density(buckets: Sequence[Bucket], grid: Sequence[float]) -> list[float]:
    """The density per decade at each place of `grid` (decimal logarithms); its integral is one, or zero without values.

    A Gaussian kernel around each bucket's middle, as wide as the bucket at least.
    """
    counted = [bucket for bucket in buckets if bucket.count > 0 and bucket.high > 0]
    total = sum(bucket.count for bucket in counted)
    heights = [0.0] * len(grid)
    for bucket in counted:
        begin, end = math.log10(_low(bucket)), math.log10(bucket.high)
        middle, width = (begin + end) / 2, max(_KERNEL, (end - begin) / 2)
        weight = bucket.count / total / (width * math.sqrt(math.tau))
        for index, x in enumerate(grid):
            far = (x - middle) / width
            if -4 < far < 4:  # noqa: PLR2004 - beyond four deviations there is nothing to see
                heights[index] += weight * math.exp(-far * far / 2)
    return heights


def _low(bucket: Bucket) -> float:
    """Where a bucket begins; one that begins at zero, a decade below its end."""
    return max(bucket.low, bucket.high / 10)
