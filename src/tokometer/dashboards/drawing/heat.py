"""A heat map: one measure by two dimensions, as shades of a colour or as states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final, Literal

from tokometer.charts.axes import Axis
from tokometer.charts.text import fit, text_width
from tokometer.dashboards.drawing.chart import WIDTHS, Item, axes, table
from tokometer.dashboards.drawing.course import STATE_INK, State
from tokometer.records.units import PERCENT, Unit, exact, show

#: Shades of use, palest first. Steps, not a continuum: a reader can match a cell with the key.
_SHADES: Final = (0.12, 0.28, 0.46, 0.68, 0.95)
#: States differ in strength as well as in hue, for whoever cannot tell red from green.
_STRENGTH: Final[dict[str, float]] = {"good": 0.35, "warning": 0.7, "critical": 1.0}
_TOP, _BOTTOM, _RIGHT = 22, 24, 4
_STEPS: Final = (1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 30, 60, 90)
_WORDS: Final = {"good": "Good", "warning": "Degraded", "critical": "Bad"}
_MOST_LABEL: Final = {280: 84.0, 340: 100.0, 420: 130.0}
_UNKNOWN: Final = "No data"
_SPARE: Final = 60


def heat(
    rows: Sequence[Item],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    unit: Unit,
    *,
    scale: Literal["use", "state"] = "use",
    limits: tuple[float, float] = (0.999, 0.99),
    titles: Sequence[str] = (),
    what: str = "Value",
    colour: str = "tokens",
    words: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Cells, a row an item and a column a label; where nothing is known (None) only an outline, which is not zero.

    Args:
        rows: From the top down; a click on a cell filters by its row.
        columns: What stands below each column. Labels that there is no room for are left out, in even steps.
        values: A row of values a row.
        unit: Of the values.
        scale: Shades of `colour` by value, or the three states.
        limits: For states: from the first on good, from the second on degraded, below it bad.
        titles: What the tooltip calls each column; the labels, if not given.
        what: What the tooltip calls a value.
        colour: A design token or `#rrggbb`, for shades.
        words: What the states are called, if not good, degraded, bad: by `good`, `warning`, `critical`.
    """
    known = [value for row in values for value in row if value is not None]
    most = max((abs(value) for value in known), default=0.0)
    said = words or _WORDS
    points: list[list[Any]] = []
    tips: list[list[Any]] = []
    for y, (item, row) in enumerate(zip(rows, values, strict=True)):
        for x, value in enumerate(row):
            state = _state(value, limits) if scale == "state" else ""
            ink, strength = (STATE_INK[state], _STRENGTH.get(state, 0.0)) if state else (colour, _shade(value, most))
            points.append([x, x + 1, y, y + 1, ink, strength, int(value is None)])
            told = [(what, _UNKNOWN if value is None else exact(value, unit))]
            if state:
                told.append(("State", said[state]))
            title = (titles or columns)[x]
            tip = item.tip(*told)
            tips.append([f"{item.label} · {title}" if item.label else title, *tip[1:]])
    keys = [_state_key(said, limits, unit), _state_key(said)] if scale == "state" else [_use_key(most, unit, colour)]
    if len(known) < len(points):
        keys = [[*key, ("", 0.0, _UNKNOWN)] for key in keys]
    return {
        "kind": "heat",
        "signals": {},
        "data": {"points": table("x x2 y y2 c o edge", points)},
        "layouts": [_laid_out(rows, columns, keys, width) for width in WIDTHS],
        "stride": len(columns),
        "tips": tips,
    }


def _state(value: float | None, limits: tuple[float, float]) -> State:
    if value is None:
        return ""
    return "good" if value >= limits[0] else "warning" if value >= limits[1] else "critical"


def _shade(value: float | None, most: float) -> float:
    """The shade of a value: steps of its square root, because use is uneven and small use is use."""
    if not value or most <= 0:
        return 0.04
    return _SHADES[min(len(_SHADES) - 1, math.floor(math.sqrt(abs(value) / most) * len(_SHADES)))]


#: An entry of the key: colour ('' for an outline), strength, text.
_Key = tuple[str, float, str]


def _use_key(most: float, unit: Unit, colour: str) -> list[_Key]:
    shades: list[_Key] = [(colour, shade, "") for shade in _SHADES]
    return [("", -1.0, "0"), *shades, ("", -1.0, show(most, unit))] if most > 0 else []


def _state_key(words: dict[str, str], limits: Sequence[float] = (), unit: Unit = PERCENT) -> list[_Key]:
    """The states, with the limits of those that have one."""
    above = [f" ≥ {show(limit, unit)}" for limit in limits]
    said = [f"{words[state]}{limit}" for state, limit in zip_longest(_STRENGTH, above, fillvalue="")]
    return [(STATE_INK[s], strength, text) for (s, strength), text in zip(_STRENGTH.items(), said, strict=True)]


def _laid_out(
    rows: Sequence[Item], columns: Sequence[str], keys: Sequence[Sequence[_Key]], width: int
) -> dict[str, Any]:
    most = _MOST_LABEL.get(width, 170.0)
    names = [fit(item.label, most) for item in rows]
    left = math.ceil(max((text_width(name) for name in names), default=0.0)) + 12
    plot = width - left - _RIGHT
    count = max(1, len(columns))
    need = max((text_width(label) for label in columns), default=0.0) + 10
    every = next((step for step in _STEPS if plot / count * step >= need), count)
    ticks = range(0, len(columns), every)
    x = Axis((0.0, float(count)), [index + 0.5 for index in ticks], [columns[index] for index in ticks])
    lanes = [index + 0.5 for index in range(len(rows))]
    y = Axis((float(max(1, len(rows))), 0.0), lanes, names)
    gap = 2 if plot / count > 10 else 1 if plot / count > 4 else 0  # noqa: PLR2004 - pixels of a cell
    return {
        "width": width,
        "frame": (left, _RIGHT, _TOP, _BOTTOM),
        "signals": {**axes(x, y), "gap": gap},
        "data": next((drawn for key in keys if (drawn := _key(key, plot))), {}),
    }


def _key(key: Sequence[_Key], plot: float) -> dict[str, Any]:
    """The key's boxes and words as distances from the right edge of the plot; without room for all, there are none."""
    at = 0.0
    boxes: list[list[Any]] = []
    words: list[list[Any]] = []
    for ink, strength, text in reversed(key):
        if text:
            at += text_width(text, 10)
            words.append([at, text, "text-3"])
            at += 5
        if strength >= 0:
            boxes.append([at + 12, at, ink or "line-strong", strength, int(not ink)])
            at += 12 + (9 if text else 1)
    # The names of the rows leave room to the left of the plot.
    if at > plot + _SPARE:
        return {}
    return {"key": table("from to c o edge", boxes), "words": table("from text c", words)}
