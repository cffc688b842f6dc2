"""Shapes whose every mark stands for something: a slice, a cell, a point.

Beside what all shapes expect, they take

* data `points`: the marks; each shape says which fields they have
* data `texts`: `x`, `y` `text`, `c`, and where they differ `dx`, `dy`, `align`,
  `weight`, `size`; the labels that there is room for

All scales are linear: where an axis is logarithmic, what it shows is a logarithm already.
"""

from __future__ import annotations

from typing import Any, Final

import altair as alt

from tokometer.charts.frame import colour, finish, rows, texts, x_of, y_of

_OUTLINE: Final[dict[str, Any]] = {"fillOpacity": 0, "stroke": alt.ExprRef("ink_line_strong"), "strokeDash": [2, 2]}


def treemap() -> alt.LayerChart:
    """Cells `x`, `x2`, `y`, `y2` of a unit square, tinted; the card's colour parts them, and `groups` of them."""
    cell = rows("points").encode(x=x_of("x"), x2="x2:Q", y=y_of("y", grid=False), y2="y2:Q", color=colour())
    group = rows("groups").encode(x=x_of("x"), x2="x2:Q", y=y_of("y", grid=False), y2="y2:Q")
    line: dict[str, Any] = {"stroke": alt.ExprRef("ink_card"), "strokeWidth": alt.ExprRef("datum.edge")}
    return finish(
        cell.mark_rect(fillOpacity=alt.ExprRef("datum.o"), **line),
        group.mark_rect(fillOpacity=0, **line),
        *texts(_placed()),
    )


def heat() -> alt.LayerChart:
    """Cells `x`, `x2`, `y`, `y2` with an opacity `o`; `edge` 1 draws an outline instead, where nothing is known.

    The `key` stands above, with `from`, `to` (pixels from the right edge), `c`, `o` and `edge`; its `words`,
    with `from`, `text` and `c`.
    """
    cell = rows("points").encode(x=x_of("x", every=True), x2="x2:Q", y=y_of("y", grid=False, every=True), y2="y2:Q")
    known = cell.transform_filter("!datum.edge").encode(color=colour())
    unknown = cell.transform_filter("datum.edge")
    ends = alt.ExprRef("width - datum.from"), alt.ExprRef("width - datum.to")
    key = rows("key").encode(x=alt.value(ends[0]), x2=alt.value(ends[1]), y=alt.value(-18), y2=alt.value(-8))
    words = rows("words").encode(x=alt.value(ends[0]), y=alt.value(-13))
    return finish(
        known.mark_rect(
            fillOpacity=alt.ExprRef("datum.o"),
            cornerRadius=2,
            stroke=alt.ExprRef("ink_card"),
            strokeWidth=alt.ExprRef("gap"),
        ),
        unknown.mark_rect(**_OUTLINE),
        key.transform_filter("!datum.edge").encode(color=colour()).mark_rect(fillOpacity=alt.ExprRef("datum.o")),
        key.transform_filter("datum.edge").mark_rect(**_OUTLINE),
        *texts(words, fontSize=10),
    )


def columns() -> alt.LayerChart:
    """Columns `x`, `x2`, `y`, `y2` from zero, and `rules`: `x`, `c`, values that are marked."""
    column = rows("points").encode(x=x_of("x"), x2="x2:Q", y=y_of("y"), y2="y2:Q", color=colour())
    rules = rows("rules").encode(x=x_of("x"), color=colour())
    return finish(
        column.mark_rect(fillOpacity=0.8, stroke=alt.ExprRef("ink_card"), strokeWidth=1),
        rules.mark_rule(strokeWidth=1.25, strokeDash=[4, 3]),
        *texts(_placed(), halo=True),
    )


def bubbles() -> alt.LayerChart:
    """Circles at `x`, `y` with a radius `r` in pixels."""
    point = rows("points").encode(x=x_of("x", grid=True), y=y_of("y"), color=colour())
    return finish(
        point.mark_point(
            shape="circle",
            filled=True,
            opacity=1,
            fillOpacity=0.5,
            strokeWidth=1.5,
            size=alt.ExprRef("PI * datum.r * datum.r"),
        ),
        *texts(_placed(), halo=True),
    )


def violins() -> alt.LayerChart:
    """Densities: `x` and `y` to `y2` around the middle of a lane, `g` the lane; `rules` and `dots` mark quantiles."""
    body = rows("points").encode(
        x=x_of("x", grid=True), y=y_of("y", grid=False, every=True), y2="y2:Q", color=colour(), detail="g:N"
    )
    rules = rows("rules").encode(x=x_of("x"), y=y_of("y"), y2="y2:Q", color=colour())
    dots = rows("dots").encode(x=x_of("x"), y=y_of("y"), color=colour())
    return finish(
        body.mark_area(fillOpacity=0.35, strokeWidth=1.25, clip=True),
        rules.mark_rule(strokeWidth=1.5),
        dots.mark_point(shape="circle", filled=False, opacity=1, fill=alt.ExprRef("ink_card"), strokeWidth=2, size=40),
        *texts(_placed(), halo=True),
    )


def ring() -> alt.LayerChart:
    """Arcs from `a` to `a2` (radians, clockwise from the top) around `centre`, a `key` beside them, and texts.

    Signals: its `centre` in pixels from the left, below zero for the middle, and its `outer` radius at most. Places
    of the key and the texts are in pixels from the centre.
    """
    arc = rows("points").encode(
        theta=alt.Theta("a:Q", scale=None, stack=None),
        theta2="a2:Q",
        color=colour(),
        x=alt.value(alt.ExprRef("middle")),
        y=alt.value(alt.ExprRef("height / 2")),
    )
    place = {"x": alt.value(alt.ExprRef("middle + datum.x")), "y": alt.value(alt.ExprRef("height / 2 + datum.y"))}
    return finish(
        arc.mark_arc(
            innerRadius=alt.ExprRef("0.66 * rim"),
            outerRadius=alt.ExprRef("rim"),
            stroke=alt.ExprRef("ink_card"),
            strokeWidth=1.5,
        ),
        rows("key").encode(**place, color=colour()).mark_point(shape="square", filled=True, opacity=1, size=81),
        *texts(rows("texts").encode(**place)),
        middle="centre < 0 ? width / 2 : centre",
        rim="max(10, min(outer, height / 2 - 2, centre < 0 ? width / 2 - 2 : outer))",
    )


def _placed() -> alt.Chart:
    return rows("texts").encode(x=x_of("x"), y=y_of("y"))
