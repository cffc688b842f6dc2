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
#: The radius for which labels are laid out: the largest that a ring has.
_RADIUS: Final = 100.0
_LINE: Final = 15.0
_GAP: Final = 10.0
_LEAST_ROOM: Final = 72.0


@dataclass(frozen=True, slots=True)
class Slice(Item):
    """A part of the sum; zero or more."""

    value: float


def ring(slices: Sequence[Slice], unit: Unit, *, title: str = "", what: str = "", named: bool = True) -> dict[str, Any]:
    """A ring, clockwise from the top in the order given, with the sum in its middle.

    Where there is room beside it, the larger slices are named; a legend belongs above it all the same.

    Args:
        slices: The parts; those of zero are not drawn.
        unit: Of the values.
        title: A word below the sum: "cost".
        what: What the tooltip calls a value; the title, if not given.
        named: Slices are named beside the ring; not needed where a table stands there.
    """
    total = sum(part.value for part in slices)
    parts = [part for part in slices if part.value > 0]
    turns = _turns([part.value / total for part in parts]) if total > 0 else []
    middle: list[list[Any]] = [
        [0, 0, show(total, unit), "text", 0, -7 if title else 0, "center", 600, 18],
        *([[0, 0, title, "text-3", 0, 11, "center", 400, 11]] if title else []),
    ]
    shares = [show(part.value / total, PERCENT) for part in parts] if total > 0 else []
    return {
        "kind": "ring",
        "frame": _FRAME,
        "signals": axes(UNIT_X, UNIT_Y),
        "data": {"points": table("a a2 c", ((a, b, part.colour) for part, (a, b) in zip(parts, turns, strict=True)))},
        "layouts": [
            {
                "width": width,
                "data": {
                    "texts": table(
                        "mid r text c dx dy align weight size",
                        [*middle, *(_labels(parts, turns, shares, width) if named else [])],
                    )
                },
            }
            for width in WIDTHS
        ],
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


def _labels(
    parts: Sequence[Slice], turns: Sequence[tuple[float, float]], shares: Sequence[str], width: int
) -> Iterable[list[Any]]:
    """Names beside the ring, the largest first, none on top of another."""
    room = width / 2 - _RADIUS - _GAP - 4
    # The share of a single slice says nothing.
    if room < _LEAST_ROOM or len(parts) < 2:  # noqa: PLR2004 - two make a comparison
        return
    taken: list[tuple[bool, float]] = []
    for index in sorted(range(len(parts)), key=lambda index: -parts[index].value):
        start, end = turns[index]
        turn = (start + end) / 2
        right, y = math.sin(turn) >= 0, -math.cos(turn) * _RADIUS
        if any(side == right and abs(y - other) < _LINE for side, other in taken):
            continue
        name = fit(parts[index].label, room - text_width(f"  {shares[index]}"))
        if not name:
            continue
        taken.append((right, y))
        yield [
            turn,
            1,
            f"{name}  {shares[index]}",
            "text-2",
            _GAP if right else -_GAP,
            0,
            "left" if right else "right",
            400,
            11,
        ]
