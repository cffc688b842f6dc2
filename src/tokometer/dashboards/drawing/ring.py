"""A ring: how a sum is shared out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tokometer.charts.axes import Frame
from tokometer.charts.text import fit, text_width
from tokometer.dashboards.drawing.chart import UNIT_X, UNIT_Y, WIDTHS, Item, axes, table
from tokometer.records.units import PERCENT, Unit, exact, show

_FRAME: Final[Frame] = (0, 0, 6, 6)
#: The radius by the width of the layout, and how far beside the ring its key begins.
_RADII: Final = {280: 58, 340: 68, 420: 80}
_RADIUS: Final = 92
_GAP: Final = 20
#: The key: how wide it may become, the room for all of its lines, and how far apart these are at most.
_WIDEST: Final = 330
_ROOM: Final = 184.0
_LINE: Final = 24.0
_SWATCH: Final = 16
_MOST: Final = 9


@dataclass(frozen=True, slots=True)
class Slice(Item):
    """A part of the sum; zero or more."""

    value: float


def ring(slices: Sequence[Slice], unit: Unit, *, title: str = "", what: str = "", named: bool = True) -> dict[str, Any]:
    """A ring, clockwise from the top in the order given, with the sum in its middle and its key beside it.

    Args:
        slices: The parts; those of zero are not drawn. The key has room for nine.
        unit: Of the values.
        title: A word below the sum: "cost".
        what: What the tooltip calls a value; the title, if not given.
        named: Without, there is no key, and the ring stands in the middle: for where a table tells the names.
    """
    total = sum(part.value for part in slices if part.value > 0)
    parts = [part for part in slices if part.value > 0]
    turns = _turns([part.value / total for part in parts])
    shares = [show(part.value / total, PERCENT) for part in parts]
    return {
        "kind": "ring",
        "frame": _FRAME,
        "signals": axes(UNIT_X, UNIT_Y),
        "data": {"points": table("a a2 c", ((a, b, part.colour) for part, (a, b) in zip(parts, turns, strict=True)))},
        "layouts": [_laid_out(parts, shares, (show(total, unit), title), width) for width in WIDTHS]
        if named
        else [_alone((show(total, unit), title))],
        "tips": [
            part.tip((what or title.capitalize() or "Value", exact(part.value, unit)), ("Share", share))
            for part, share in zip(parts, shares, strict=True)
        ],
    }


def _turns(shares: Sequence[float]) -> list[tuple[float, float]]:
    """Where each slice begins and ends, in radians."""
    ends = [0.0]
    for share in shares:
        ends.append(ends[-1] + share * math.tau)
    return list(pairwise(ends))


def _alone(sum_: tuple[str, str]) -> dict[str, Any]:
    """A ring as large as its element allows, in the middle."""
    texts = table(_TEXT, _middle(*sum_, 18))
    return {"width": 0, "signals": {"centre": -1, "outer": _RADIUS}, "data": {"texts": texts}}


def _laid_out(parts: Sequence[Slice], shares: Sequence[str], sum_: tuple[str, str], width: int) -> dict[str, Any]:
    """A ring at the left and its key at the right; places are counted from the middle of the ring."""
    radius = _RADII.get(width, _RADIUS)
    centre = radius + 2
    left = radius + _GAP
    right = min(width - 4 - centre, left + _WIDEST)
    count = min(len(parts), _MOST)
    listed = parts if len(parts) <= _MOST else parts[: _MOST - 1]
    pitch = min(_LINE, _ROOM / max(1, count))
    lines = [(at - (count - 1) / 2) * pitch for at in range(count)]
    written = list(_middle(*sum_, 18 if radius > 60 else 14))  # noqa: PLR2004 - a small ring, small letters
    widest = max((text_width(share, 12) for share in shares), default=0.0)
    for part, share, y in zip(listed, shares, lines, strict=False):
        name = fit(part.label, right - left - _SWATCH - widest - 10, 12, least=2)
        written.append([left + _SWATCH, y, name, "text", "left", 400, 12])
        written.append([right, y, share, "text-2", "right", 400, 12])
    if len(listed) < len(parts):
        more = f"{len(parts) - len(listed)} more"
        written.append([left + _SWATCH, lines[-1], more, "text-3", "left", 400, 12])
    return {
        "width": width,
        "signals": {"centre": centre, "outer": radius},
        "data": {
            "key": table("x y c", ([left + 5, y, part.colour] for part, y in zip(listed, lines, strict=False))),
            "texts": table(_TEXT, written),
        },
        "key": {"left": left, "right": right, "pitch": pitch, "count": len(listed), "lines": count},
    }


_TEXT: Final = "x y text c align weight size"


def _middle(total: str, title: str, size: int) -> Iterable[list[Any]]:
    """The sum in the middle of the ring, and what it is of."""
    yield [0, -7 if title else 0, total, "text", "center", 600, size]
    if title:
        yield [0, size * 0.6, title, "text-3", "center", 400, 11]
