"""A ring: how a sum is shared out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tokometer.charts.text import fit, text_width
from tokometer.dashboards.drawing.chart import UNIT_X, UNIT_Y, WIDTHS, Frame, Item, axes, table
from tokometer.records.units import PERCENT, Unit, exact, show

_FRAME: Final[Frame] = (0, 0, 6, 6)
#: The radius by the width of the layout, and how far beside the ring its key begins.
_RADII: Final = {280: 58, 400: 76}
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


def ring(slices: Sequence[Slice], unit: Unit, *, title: str = "", what: str = "") -> dict[str, Any]:
    """A ring, clockwise from the top in the order given, with the sum in its middle and its key beside it.

    Args:
        slices: The parts; those of zero are not drawn. The key has room for nine.
        unit: Of the values.
        title: A word below the sum: "cost".
        what: What the tooltip calls a value; the title, if not given.
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
        "layouts": [_laid_out(parts, shares, (show(total, unit), title), width) for width in WIDTHS],
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


def _laid_out(parts: Sequence[Slice], shares: Sequence[str], sum_: tuple[str, str], width: int) -> dict[str, Any]:
    radius = _RADII.get(width, _RADIUS)
    centre = radius + 2
    left = 2 * radius + _GAP
    right = min(width - 4, left + _WIDEST)
    listed = parts if len(parts) <= _MOST else parts[: _MOST - 1]
    pitch = min(_LINE, _ROOM / max(1, min(len(parts), _MOST)))
    lines = [(at - (min(len(parts), _MOST) - 1) / 2) * pitch for at in range(_MOST)]
    written = list(_middle(*sum_, centre, 18 if radius > 60 else 14))  # noqa: PLR2004 - a small ring, small letters
    widest = max((text_width(share) for share in shares), default=0.0)
    for part, share, y in zip(listed, shares, lines, strict=False):
        name = fit(part.label, right - left - _SWATCH - widest - 10, 12, least=2)
        written.append([left + _SWATCH, y, name, "text", "left", 400, 12])
        written.append([right, y, share, "text-2", "right", 400, 12])
    if len(listed) < len(parts):
        more = f"{len(parts) - len(listed)} more"
        written.append([left + _SWATCH, lines[_MOST - 1], more, "text-3", "left", 400, 12])
    return {
        "width": width,
        "signals": {"centre": centre, "outer": radius},
        "data": {
            "key": table("x y c", ([left + 5, y, p.colour] for p, y in zip(listed, lines, strict=False))),
            "texts": table("x y text c align weight size", written),
        },
        "key": {"left": left, "right": right, "pitch": pitch, "count": len(listed), "lines": min(len(parts), _MOST)},
    }


def _middle(total: str, title: str, centre: float, size: int) -> Iterable[list[Any]]:
    """The sum in the middle of the ring, and what it is of."""
    yield [centre, -7 if title else 0, total, "text", "center", 600, size]
    if title:
        yield [centre, size * 0.6, title, "text-3", "center", 400, 11]
