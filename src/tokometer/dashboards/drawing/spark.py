"""Sparklines: a line so small that it needs no axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tokometer.records.units import Unit, exact, show

#: Points of a sparkline.
_POINTS: Final = 48


def spark(values: Sequence[float | None], unit: Unit) -> dict[str, Any]:
    """A sparkline as the points of a polyline in a box of 100 × 24, and its largest value in words.

    Neighbouring periods are averaged where there are more than a line so small can show; unknown ones are left out.
    """
    size = -(-len(values) // _POINTS) or 1
    known = [[value for value in values[at : at + size] if value is not None] for at in range(0, len(values), size)]
    means = [sum(group) / len(group) if group else None for group in known]
    top = max((mean for mean in means if mean is not None), default=0.0)
    if top <= 0 or len(means) < 2:  # noqa: PLR2004 - a line needs two points
        return {"points": "", "top": show(top, unit)}
    step = 100 / (len(means) - 1)
    places = ((index * step, 23 - 22 * mean / top) for index, mean in enumerate(means) if mean is not None)
    return {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places), "top": exact(top, unit)}
