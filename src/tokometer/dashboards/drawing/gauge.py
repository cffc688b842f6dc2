"""A gauge: one value between two ends, as the paths of an SVG that needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from tokometer.dashboards.drawing.course import STATE_INK, Band, Level, tick
from tokometer.records.units import Unit, exact, show

#: The box of the drawing, the middle of its circle, and the radii of the dial and of the thin scale outside of it.
BOX: Final = "0 0 120 72"
_X, _Y = 60.0, 64.0
_DIAL, _SCALE = 46.0, 55.0
#: The dial is a half circle, from the left over the top to the right.
_TURN: Final = math.pi
#: What is left of an arc at the low end, so that its colour is seen.
_LEAST: Final = 0.015


def gauge(
    value: float | None,
    low: float,
    high: float,
    unit: Unit,
    *,
    target: Level | None = None,
    thresholds: Sequence[Band] = (),
) -> dict[str, Any]:
    """What the macro `gauge` draws: a track, the value's arc, thresholds as a thin scale, and the target as a tick.

    Args:
        value: None is "no data", and has no arc. Beyond the ends the arc is full or as good as empty, the text exact.
        low: The value at the left end.
        high: At the right end; larger than `low`.
        unit: Of the value.
        target: What it should be.
        thresholds: What values mean. The value's own band gives its state.

    Returns:
        `{"box", "track", "arc" ('' for none), "scale": [{path, state, colour}], "target": null or {x1, y1, x2, y2,
        title}, "text", "title", "low", "high", "state", "colour"}`; `colour` is a design token.
    """
    state = _state(value, thresholds)
    text = show(value, unit) if value is not None else "No data"
    return {
        "kind": "gauge",
        "box": BOX,
        "track": _arc(0.0, 1.0, _DIAL),
        "arc": _arc(0.0, max(_LEAST, _share(value, low, high)), _DIAL) if value is not None else "",
        "scale": [
            {"path": path, "state": band.state, "colour": STATE_INK[band.state]}
            for band in thresholds
            if (
                path := _arc(
                    _share(band.low, low, high), _share(high if band.high is None else band.high, low, high), _SCALE
                )
            )
        ],
        "target": _tick(target, low, high, unit),
        "text": text,
        "title": exact(value, unit) if value is not None else "No data",
        "low": tick(low, unit),
        "high": tick(high, unit),
        "state": state,
        "colour": STATE_INK[state] if state else "accent",
    }


def _state(value: float | None, thresholds: Sequence[Band]) -> str:
    if value is None:
        return ""
    for band in thresholds:
        if (band.low is None or value >= band.low) and (band.high is None or value < band.high):
            return band.state
    # The upper end of the last band belongs to it.
    return next((band.state for band in thresholds if band.high == value), "")


def _share(value: float | None, low: float, high: float) -> float:
    if value is None:
        return 0.0
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _place(share: float, radius: float) -> tuple[float, float]:
    turn = _TURN * (1 - share)
    return round(_X + radius * math.cos(turn), 2), round(_Y - radius * math.sin(turn), 2)


def _arc(start: float, end: float, radius: float) -> str:
    """The path of an arc between two shares of the dial; '' where it would be empty."""
    if end - start <= 0:
        return ""
    x1, y1 = _place(start, radius)
    x2, y2 = _place(end, radius)
    return f"M{x1:g} {y1:g}A{radius:g} {radius:g} 0 0 1 {x2:g} {y2:g}"


def _tick(target: Level | None, low: float, high: float, unit: Unit) -> dict[str, Any] | None:
    if target is None:
        return None
    share = _share(target.value, low, high)
    (x1, y1), (x2, y2) = _place(share, _DIAL - 7), _place(share, _DIAL + 7)
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "title": f"{target.label}: {exact(target.value, unit)}"}
