"""Shapes whose x is time.

Beside what all shapes expect, they take

* data `points`: `t` and `u` (start and end of the period, milliseconds), `a` and `b` (from and to, after stacking),
  `s` (series), `c` (its colour), `p` (0 done, 1 the way to the unfinished period, 2 dashed by itself), `dot` (is
  drawn as a point), `g` (number of the unbroken piece of the series)
* data `over`: the same, a dashed line over bars
* data `band`: `t`, `a`, `b`: a forecast's interval
* data `bands`: `a`, `b`, `c`: what values in a range mean; `levels`: `b`, `text`, `c`, `dy`, `left` (at which
  end the text stands): lines to compare with;
  `events`: `t`, `c`: what happened
* signal `periods`, their number
"""

from __future__ import annotations

from typing import Any, Final

import altair as alt

from tokometer.charts.frame import colour, finish, rows, texts, x_of, y_of

_DONE: Final = "datum.p === 0"
_OPEN: Final = "datum.p === 1"
_DASHED: Final = "datum.p === 2"


def bars() -> alt.LayerChart:
    """A bar a period, stacked; the unfinished period is pale, and has a dashed outline where there is room for one."""
    bar = rows("points").encode(x=x_of(), x2="u:Q", y=y_of(), y2="a:Q", color=colour())
    gap: dict[str, Any] = {"x2Offset": alt.ExprRef("-max(1, min(8, 0.24 * width / periods))")}
    outline: dict[str, Any] = {"strokeDash": [3, 3], "strokeWidth": alt.ExprRef("width / periods > 24 ? 1 : 0")}
    unfinished = bar.transform_filter(_OPEN).mark_bar(**gap, fillOpacity=0.45, **outline)
    return finish(
        *_behind(),
        bar.transform_filter(_DONE).mark_bar(**gap),
        unfinished.encode(stroke=alt.Stroke("c:N", scale=None, legend=None)),
        *_lines("over"),
        *_before(),
    )


def area() -> alt.LayerChart:
    """An area with its line; the way to the unfinished period is dashed and paler."""
    return finish(*_behind(), *_fills(0.18, 0.08), *_lines(), *_before())


def stack() -> alt.LayerChart:
    """Areas on top of each other, each as strong as its colour, so that the eye can follow one of many."""
    return finish(*_behind(), *_fills(0.72, 0.3), *_lines(width=1), *_before())


def line() -> alt.LayerChart:
    """A line a series; the way to the unfinished period is dashed."""
    return finish(*_behind(), *_lines(), *_before())


def forecast() -> alt.LayerChart:
    """What has been added up so far, and the band in which the rest of the period is expected."""
    band = rows("band").encode(x=x_of(), y=y_of("b"), y2="a:Q")
    return finish(band.mark_area(clip=True, fillOpacity=0.16, fill=alt.ExprRef("ink_cost")), *_lines())


def _fills(done: float, unfinished: float) -> list[alt.Chart]:
    fill = rows("points").encode(x=x_of(), y=y_of(), y2="a:Q", color=colour(), detail=["s:N", "g:N"])
    return [
        fill.transform_filter(_DONE).mark_area(clip=True, fillOpacity=done, line=False),
        fill.transform_filter(_OPEN).mark_area(clip=True, fillOpacity=unfinished, line=False),
    ]


def _lines(name: str = "points", width: float = 2) -> list[alt.Chart]:
    line = rows(name).encode(x=x_of(), y=y_of(), color=colour(), detail=["s:N", "g:N"])
    joint: dict[str, Any] = {"clip": True, "strokeJoin": "round"}
    return [
        line.transform_filter(_DONE).mark_line(**joint, strokeWidth=width, strokeCap="round"),
        line.transform_filter(_OPEN).mark_line(**joint, strokeWidth=width, strokeDash=[4, 4]),
        line.transform_filter(_DASHED).mark_line(**joint, strokeWidth=1.5, strokeDash=[6, 3]),
        line.transform_filter("datum.dot").mark_point(
            size=36, filled=False, opacity=1, fill=alt.ExprRef("ink_card"), strokeWidth=2
        ),
    ]


def _behind() -> list[alt.Chart]:
    """What values mean, and what happened: behind the marks."""
    bands = rows("bands").encode(y=y_of(), y2="a:Q", color=colour())
    events = rows("events").encode(x=x_of(), color=colour())
    return [
        bands.mark_rect(fillOpacity=0.09, strokeOpacity=0),
        events.mark_rule(strokeWidth=1, strokeDash=[2, 2]),
        events.encode(y=alt.value(2)).mark_point(shape="triangle-down", size=42, filled=True, opacity=1),
    ]


def _before() -> list[alt.Chart]:
    """What values are compared with: before the marks."""
    levels = rows("levels").encode(y=y_of())
    label = levels.encode(x=alt.value(alt.ExprRef("datum.left ? 0 : width")))
    return [
        levels.encode(color=colour()).mark_rule(strokeWidth=1.25, strokeDash=[6, 4]),
        *texts(label, halo=True, align=alt.ExprRef("datum.left ? 'left' : 'right'")),
    ]
