"""What all specs share: scales whose domains are signals, labels that are written elsewhere, texts, the frame."""

from __future__ import annotations

from typing import Any, Final

import altair as alt

#: Pixels around the plot while nothing else is said; a chart's data brings its own.
PADDING: Final = {"left": 52, "right": 12, "top": 8, "bottom": 24}
_SIGNALS: Final[dict[str, Any]] = {
    "xdomain": [0, 1],
    "ydomain": [0, 1],
    "xticks": [],
    "yticks": [],
    "xlabels": [],
    "ylabels": [],
    "periods": 1,
    "gap": 1,
    "centre": 100,
    "outer": 90,
}


def rows(name: str) -> alt.Chart:
    """A layer's data, by name; it comes with the panel."""
    return alt.Chart(alt.NamedData(name=name))


def x_of(field: str = "t", *, grid: bool = False, every: bool = False) -> alt.X:
    """The x channel: a number on a scale from signals. With `every`, no label gives way to another."""
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=alt.ExprRef("xdomain"), nice=False, zero=False),
        axis=alt.Axis(
            values=alt.ExprRef("xticks"),
            labelExpr="xlabels[indexof(xticks, datum.value)] || ''",
            labelOverlap=False if every else "greedy",
            labelFlush=not every and 12,
            labelSeparation=12,
            grid=grid,
        ),
        title=None,
    )


def y_of(field: str = "b", *, grid: bool = True, every: bool = False) -> alt.Y:
    """The y channel: a number on a scale from signals. With `every`, no label gives way to another."""
    return alt.Y(
        f"{field}:Q",
        scale=alt.Scale(domain=alt.ExprRef("ydomain"), nice=False, zero=False),
        axis=alt.Axis(
            values=alt.ExprRef("yticks"),
            labelExpr="ylabels[indexof(yticks, datum.value)] || ''",
            labelOverlap=not every,
            labelLimit=400,
            grid=grid,
        ),
        title=None,
        stack=None,
    )


def colour() -> alt.Color:
    """The colour channel: the colour itself."""
    return alt.Color("c:N", scale=None, legend=None)


def finish(*layers: alt.Chart, **derived: str) -> alt.LayerChart:
    """The layers as one chart, with the signals that all have and those `derived` from them."""
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(width=600, height=200, padding=PADDING, autosize="none")
        .add_params(
            *(alt.param(name=name, value=value) for name, value in _SIGNALS.items()),
            *(alt.param(name=name, expr=expression) for name, expression in derived.items()),
        )
        .configure(background="transparent", view=alt.ViewConfig(stroke=None))
    )
    return chart


def texts(chart: alt.Chart, *, halo: bool = False, **more: str | int | alt.ExprRef) -> list[alt.Chart]:
    """Texts with `text`, `c`, `dx`, `dy`, `align` and `weight`; a halo keeps them readable over marks."""
    look: dict[str, Any] = {
        "baseline": "middle",
        "align": alt.ExprRef("datum.align || 'left'"),
        "dx": alt.ExprRef("datum.dx || 0"),
        "dy": alt.ExprRef("datum.dy || 0"),
        "fontWeight": alt.ExprRef("datum.weight || 400"),
        "fontSize": alt.ExprRef("datum.size || 11"),
        **more,
    }
    written = chart.encode(text="text:N")
    below = [written.mark_text(**look, fill=None, stroke=alt.ExprRef("ink_card"), strokeWidth=4, strokeJoin="round")]
    return [*(below if halo else []), written.encode(color=colour()).mark_text(**look)]
