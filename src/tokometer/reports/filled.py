"""A chart's compiled shape with its data, colours and axes filled in, as the page's own drawing does; see layout.js."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tokometer.charts.axes import FRAME
from tokometer.charts.theme import Theme, tokens

#: The narrowest and the widest that a chart is drawn (px).
NARROWEST: Final = 280
#: Rows of a table of marks; drawing makes fewer.
_MOST_ROWS: Final = 20_000


def filled(kit: Mapping[str, Any], chart: Mapping[str, Any], width: int, height: int, theme: Theme) -> dict[str, Any]:
    """The Vega spec of a chart so many pixels wide and high, that needs nothing else to be drawn.

    Args:
        kit: What :meth:`tokometer.charts.ChartShop.charts` has: `specs` and `themes`.
        chart: What a function of :mod:`tokometer.dashboards.drawing` gives.
        width: Of the whole chart, axes included.
        height: Likewise.
        theme: Whose colours it wears.
    """
    width = max(width, NARROWEST)
    laid = _laid_out(chart, width)
    left, right, top, bottom = laid["frame"]
    spec: dict[str, Any] = copy.deepcopy(kit["specs"][chart["kind"]])
    spec["config"] = {**spec.get("config", {}), **kit["themes"][theme]}
    spec["padding"] = {"left": left, "right": right, "top": top, "bottom": bottom}
    spec["width"], spec["height"] = max(1, width - left - right), max(1, height - top - bottom)
    for signal in spec.get("signals", ()):
        if signal["name"] in laid["signals"]:
            signal["value"] = laid["signals"][signal["name"]]
    for table in spec["data"]:
        if "source" not in table:
            table["values"] = rows_of(laid["data"].get(table["name"]), chart.get("series"), theme)
    return spec


def _laid_out(chart: Mapping[str, Any], width: int) -> dict[str, Any]:
    """The chart in the widest layout that fits."""
    layouts: Sequence[Mapping[str, Any]] = chart.get("layouts") or ()
    fitting = [layout for layout in layouts if layout["width"] <= width] or list(layouts[:1])
    own: Mapping[str, Any] = fitting[-1] if fitting else {}
    return {
        "frame": own.get("frame") or chart.get("frame") or FRAME,
        "signals": {**chart["signals"], **(own.get("signals") or {})},
        "data": {**chart["data"], **own.get("data", {})},
    }


def rows_of(
    table: Mapping[str, Any] | None, series: Sequence[Mapping[str, Any]] | None, theme: Theme
) -> list[dict[str, Any]]:
    """A table of marks as Vega takes it: an object a row, colours as the theme has them."""
    if not table:
        return []
    rows = []
    for values in table["rows"][:_MOST_ROWS]:
        row = dict(zip(table["fields"], values, strict=False))
        if series and "s" in row:
            row["c"] = ink(series[row["s"]]["colour"], theme)
        elif "c" in row:
            row["c"] = ink(row["c"], theme)
        rows.append(row)
    return rows


def ink(colour: str, theme: Theme) -> str:
    """A colour as it is written: `#rrggbb` as it stands, a design token as the theme has it."""
    return colour if colour.startswith("#") else tokens(theme).get(colour, tokens(theme)["text-2"])
