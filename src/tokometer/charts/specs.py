"""The shapes of chart, one Vega-Lite spec each, with neither data nor colours nor scales in them.

What a spec expects, so that one compiled shape serves every panel, theme and refresh:

* data `points`: `t` and `u` (start and end of the period, milliseconds), `a` and `b` (from and to, after stacking),
  `s` (series), `c` (its colour), `p` (`done`, or `open` for the current, unfinished period)
* data `band`: `t`, `a`, `b`: a forecast's interval
* signals `xdomain ydomain xticks yticks xlabels ylabels` from :mod:`tokometer.charts.axes`, and `periods`, their number
* signals `ink_…` from :mod:`tokometer.charts.theme`
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import altair as alt

#: Pixels around the plot; fixed, so that nothing moves when labels change length.
PADDING: Final = {"left": 52, "right": 12, "top": 8, "bottom": 24}
_SIGNALS: Final[dict[str, Any]] = {
    "xdomain": [0, 1],
    "ydomain": [0, 1],
    "xticks": [],
    "yticks": [],
    "xlabels": [],
    "ylabels": [],
    "periods": 1,
}
_DONE: Final = "datum.p === 'done'"
_OPEN: Final = "datum.p === 'open'"


def _x(field: str = "t", *, axis: bool = True) -> alt.X:
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=alt.ExprRef("xdomain"), nice=False, zero=False),
        axis=alt.Axis(
            values=alt.ExprRef("xticks"),
            labelExpr="xlabels[indexof(xticks, datum.value)] || ''",
            labelOverlap="greedy",
            labelFlush=12,
            labelSeparation=12,
            grid=False,
        )
        if axis
        else None,
        title=None,
    )


def _y(field: str = "b") -> alt.Y:
    return alt.Y(
        f"{field}:Q",
        scale=alt.Scale(domain=alt.ExprRef("ydomain"), nice=False),
        axis=alt.Axis(values=alt.ExprRef("yticks"), labelExpr="ylabels[indexof(yticks, datum.value)] || ''", grid=True),
        title=None,
        stack=None,
    )


def _colour() -> alt.Color:
    return alt.Color("c:N", scale=None, legend=None)


def _base() -> alt.Chart:
    return alt.Chart(alt.NamedData(name="points"))


def _finish(*layers: alt.Chart) -> alt.LayerChart:
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=600, height=200, padding=PADDING, autosize="none")
        .add_params(*(alt.param(name=name, value=value) for name, value in _SIGNALS.items()))
        .configure(background="transparent", view=alt.ViewConfig(stroke=None))
    )
    return chart


def _bars() -> alt.LayerChart:
    """A bar a period, stacked; the unfinished period is pale, and has a dashed outline where there is room for one."""
    bar = _base().encode(x=_x(), x2="u:Q", y=_y(), y2="a:Q", color=_colour())
    gap: dict[str, Any] = {"x2Offset": alt.ExprRef("-max(1, min(8, 0.24 * width / periods))")}
    done = bar.transform_filter(_DONE).mark_bar(**gap)
    outline: dict[str, Any] = {"strokeDash": [3, 3], "strokeWidth": alt.ExprRef("width / periods > 24 ? 1 : 0")}
    unfinished = bar.transform_filter(_OPEN).mark_bar(**gap, fillOpacity=0.45, **outline)
    return _finish(done, unfinished.encode(stroke=alt.Stroke("c:N", scale=None, legend=None)))


def _area() -> alt.LayerChart:
    """An area with its line; the way to the unfinished period is dashed and paler."""
    chart = _base().encode(x=_x(), color=_colour(), detail="s:N")
    fill = chart.encode(y=_y(), y2="a:Q")
    line = chart.encode(y=_y())
    joint: dict[str, Any] = {"clip": True, "strokeJoin": "round"}
    return _finish(
        fill.transform_filter(_DONE).mark_area(**joint, fillOpacity=0.18, line=False),
        fill.transform_filter(_OPEN).mark_area(**joint, fillOpacity=0.08, line=False),
        line.transform_filter(_DONE).mark_line(**joint, strokeWidth=2, strokeCap="round"),
        line.transform_filter(_OPEN).mark_line(**joint, strokeWidth=2, strokeDash=[4, 4]),
    )


def _line() -> alt.LayerChart:
    """A line with a point a period where there are few; the way to the unfinished period is dashed."""
    line = _base().encode(x=_x(), y=_y(), color=_colour(), detail="s:N")
    joint: dict[str, Any] = {"clip": True, "strokeWidth": 2, "strokeJoin": "round"}
    return _finish(
        line.transform_filter(_DONE).mark_line(**joint, strokeCap="round"),
        line.transform_filter(_OPEN).mark_line(**joint, strokeDash=[4, 4]),
        line.transform_filter(f"{_OPEN} && datum.last").mark_point(
            size=36, filled=False, opacity=1, fill=alt.ExprRef("ink_card"), strokeWidth=2
        ),
    )


def _forecast() -> alt.LayerChart:
    """What has been added up so far, and the band in which the rest of the period is expected."""
    band = alt.Chart(alt.NamedData(name="band")).encode(x=_x(), y=_y("b"), y2="a:Q")
    line = _base().encode(x=_x(), y=_y(), color=_colour(), detail="s:N")
    joint: dict[str, Any] = {"clip": True}
    return _finish(
        band.mark_area(**joint, fillOpacity=0.16, fill=alt.ExprRef("ink_cost")),
        line.transform_filter(_DONE).mark_line(**joint, strokeWidth=2, strokeCap="round"),
        line.transform_filter(_OPEN).mark_line(**joint, strokeWidth=2, strokeDash=[4, 4]),
        line.transform_filter(f"{_OPEN} && datum.last").mark_point(
            size=36, filled=False, opacity=1, fill=alt.ExprRef("ink_card"), strokeWidth=2
        ),
    )


#: Every kind of chart, by the name that panels use.
SPECS: Final[dict[str, Callable[[], alt.LayerChart]]] = {
    "area": _area,
    "bars": _bars,
    "line": _line,
    "forecast": _forecast,
}
