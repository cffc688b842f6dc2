"""A histogram: how often a measure had which values, in ranges that people would choose."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.charts.axes import Axis, Frame, log_axis, value_axis
from tokometer.charts.text import text_width
from tokometer.dashboards.drawing.chart import WIDTHS, axes, table
from tokometer.dashboards.drawing.course import tick
from tokometer.records.units import COUNT, PERCENT, Unit, exact, show

_FRAME: Final[Frame] = (52, 12, 34, 24)
#: Limits of ranges within a decade, finest first, and how many ranges a chart may have. They are preferred numbers
#: (ISO 3: R10, R5), readable and so even on a logarithmic axis that no range catches more for being wider than others.
_FINENESS: Final = ((1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8), (1, 1.6, 2.5, 4, 6.3), (1, 3.2), (1,))
_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many values above `low` and up to `high`."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Quantile:
    """A value that is marked: `Quantile("p95", 4200.0)`."""

    label: str
    value: float


def columns(
    buckets: Sequence[Bucket],
    unit: Unit,
    *,
    quantiles: Sequence[Quantile] = (),
    colour: str = "tokens",
    what: str = "Calls",
    fact: str = "",
) -> dict[str, Any]:
    """A histogram on a logarithmic axis. A bucket's values are counted in the range that holds its middle.

    Args:
        buckets: Log buckets, in any order, empty ones or not; `records.histogram` says how wide they are.
        unit: Of what they measure.
        quantiles: Values to mark, with their labels.
        colour: A design token or `#rrggbb`.
        what: What is counted.
        fact: The number of each record that it is of, by which the records of a column are found; '' for none.
    """
    ranges = merged(buckets)
    total = sum(one.count for one in ranges)
    highest = max((one.count for one in ranges), default=0)
    y = value_axis(highest, lambda value: show(value, COUNT), whole=True)
    low, high = (ranges[0].begin, ranges[-1].end) if ranges else (1.0, 10.0)
    inside = [q for q in quantiles if low <= q.value <= high]
    below = 0
    tips = []
    for one in ranges:
        below += one.count
        told = [
            [what, f"{one.count:,}"],
            ["Share", show(one.count / total, PERCENT)],
            ["Up to here", show(below / total, PERCENT)],
        ]
        about = [[fact, [repr(one.low)], ">"]] if fact and one.count and one.low else []
        about += [[fact, [repr(one.high)], "<="]] if fact and one.count else []
        tips.append([f"{show(one.begin, unit)} – {show(one.end, unit)}", told, None, *([about] if about else [])])
    return {
        "kind": "columns",
        "frame": _FRAME,
        "data": {
            "points": table(
                "x x2 y y2 c", ([math.log10(one.begin), math.log10(one.end), 0, one.count, colour] for one in ranges)
            ),
            "rules": table("x c", ([math.log10(q.value), "text-2"] for q in inside)),
        },
        "signals": {},
        "layouts": [_laid_out(inside, y, low, high, unit, width) for width in WIDTHS],
        "tips": tips,
        "quantiles": [[q.label, exact(q.value, unit)] for q in quantiles],
    }


def _laid_out(
    quantiles: Sequence[Quantile], y: Axis, low: float, high: float, unit: Unit, width: int
) -> dict[str, Any]:
    plot = width - _FRAME[0] - _FRAME[1]
    x = log_axis(low, high, lambda value: tick(value, unit), most=max(3, plot // 48), second=seconds_of(unit))
    texts: list[list[Any]] = []
    # A label has its place above its line; one that would stand on another's goes a row higher.
    free = [-1e9, -1e9]
    for q in sorted(quantiles, key=lambda q: q.value):
        text = f"{q.label} {show(q.value, unit)}"
        at = plot * (math.log10(q.value) - x.domain[0]) / (x.domain[1] - x.domain[0])
        size = text_width(text)
        begin = min(max(at - size / 2, 0), plot - size)
        row = 0 if begin >= free[0] else 1
        if begin < free[row]:
            continue
        free[row] = begin + size + 8
        texts.append([math.log10(q.value), y.domain[1], text, "text-2", round(begin - at, 1), -10 - 14 * row])
    return {"width": width, "signals": axes(x, y), "data": {"texts": table("x y text c dx dy", texts)}}


@dataclass(frozen=True, slots=True)
class Range:
    """A readable range, how many are in it, and above what and up to what exactly these are."""

    begin: float
    end: float
    count: int
    low: float
    high: float


def merged(buckets: Sequence[Bucket]) -> list[Range]:
    """Readable ranges without gaps that hold all buckets, at most so many as a chart can show."""
    counted = [bucket for bucket in buckets if bucket.count > 0 and bucket.high > 0]
    if not counted:
        return []
    middles = [(math.sqrt(max(b.low, b.high / 10) * b.high), b) for b in counted]
    low, high = min(middle for middle, _ in middles), max(middle for middle, _ in middles)
    edges: list[float] = []
    for fineness in _FINENESS:
        edges = _edges(low, high, fineness)
        if len(edges) - 1 <= _MOST:
            break
    held: list[list[Bucket]] = [[] for _ in edges[1:]]
    for middle, bucket in middles:
        held[min(len(held) - 1, max(0, bisect_right(edges, middle) - 1))].append(bucket)
    return [
        Range(
            begin,
            end,
            sum(one.count for one in ours),
            min((one.low for one in ours), default=begin),
            max((one.high for one in ours), default=end),
        )
        for begin, end, ours in zip(edges, edges[1:], held, strict=False)
    ]


def _edges(low: float, high: float, fineness: Sequence[float]) -> list[float]:
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    steps = [float(f"{digit}e{power}") for power in decades for digit in fineness]
    first = max(index for index, step in enumerate(steps) if step <= low)
    last = min(index for index, step in enumerate(steps) if step > high)
    return steps[first : last + 1]


def seconds_of(unit: Unit) -> float:
    """How much a second is in `unit`; 0 where it measures no time."""
    return float(1 / unit.size) if unit.style == "duration" else 0.0
