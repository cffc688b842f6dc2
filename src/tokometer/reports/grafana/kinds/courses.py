"""Measures over time: series and heat maps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from grafana_foundation_sdk.builders import statushistory, table, timeseries
from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, StackingConfig
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    StackingMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from tokometer.dashboards.answers import described, stacks
from tokometer.reports.grafana.columns import Column, columns_of
from tokometer.reports.grafana.drawn import (
    TIME,
    Drawn,
    by_name,
    coloured,
    legend,
    plain_colour,
    stepped,
    tooltip,
    transformed,
    value,
)
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.thresholds import CRITICAL, GOOD, WARNING, Step, level_steps, stripes

_TALL: Final = 10
_AREA: Final = 20
_STACK: Final = 70
_BARS: Final = 90


def _course(by: str, names: tuple[str, ...]) -> tuple[Column, ...]:
    """Time, the name of the series under its short name, which the label has, and the values."""
    columns = columns_of((TIME, *([by] if by else []), *names))
    return tuple(replace(one, title=one.source) if one.source == by else one for one in columns)


def draw_series(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A time series; what the viewer switches on our page is the first of the measures here."""
    names = panel.of[:1] if panel.switch else panel.of
    columns = _course(panel.by, names)
    what = described(names[0])
    made: Any = timeseries.Panel().unit(what.unit.grafana).tooltip(tooltip()).color_scheme(by_name())
    made.legend(legend(shown=bool(panel.by) or len(names) > 1)).show_points(VisibilityMode.NEVER)
    _shape(made, panel, names)
    if panel.from_zero:
        made.axis_soft_min(0)
    if panel.by:
        made.display_name(f"${{__field.labels.{panel.by}}}")
        coloured(made, panel.by, sight)
    _compared(made, panel, sight)
    return Drawn(made, columns, "timeseries", _TALL if panel.tall else 8, _said(panel))


def _shape(made: Any, panel: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401 - see drawn.Builder
    stacked = all(map(stacks, names)) and panel.shape in ("stack", "bars")
    many = bool(panel.by) or len(names) > 1
    made.draw_style(GraphDrawStyle.BARS if panel.shape == "bars" else GraphDrawStyle.LINE)
    filled = _BARS if panel.shape == "bars" else _STACK if stacked else _AREA if panel.shape == "area" else 0
    made.fill_opacity(filled).line_width(1 if filled else 2)
    if stacked and many:
        made.stacking(StackingConfig().mode(StackingMode.NORMAL))


def _compared(made: Any, panel: Any, sight: Sight) -> None:  # noqa: ANN401 - see drawn.Builder
    """Bands as areas, targets as lines."""
    if panel.bands:
        steps: list[Step] = stripes(panel.bands(sight.context()))
        style = GraphThresholdsStyleMode.AREA
    else:
        steps = level_steps(panel, sight) if panel.levels else []
        style = GraphThresholdsStyleMode.DASHED
    if steps:
        stepped(made, steps).thresholds_style(GraphThresholdsStyleConfig().mode(style))


def _said(panel: Any) -> str:  # noqa: ANN401 - a kind's value
    said = []
    if panel.switch:
        said.append("The measure that ours opens with, without its switch.")
    if panel.chosen:
        said.append(f"By {panel.by}, without a choice of others.")
    if panel.trend:
        said.append("The last 30 days, whatever the range.")
    if panel.rolling:
        said.append("Without the rolling mean.")
    if panel.levels and not said:
        said.append("Targets of the settings are lines; what has to be worked out from the past is left out.")
    return " ".join(said)


def draw_heatmap(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """By name a status history; by weekday a table with coloured cells."""
    return _history(panel, sight) if panel.by else _week(panel)


def _history(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    what = described(panel.of)
    made: Any = statushistory.Panel().unit(what.unit.grafana).show_value(VisibilityMode.NEVER)
    made.legend(legend(shown=False)).row_height(0.9).display_name(f"${{__field.labels.{panel.by}}}")
    if panel.limits:
        good, bad = panel.limits(sight.settings)
        stepped(made, [(None, CRITICAL), (bad, WARNING), (good, GOOD)]).color_scheme(plain_colour())
    else:
        shades = FieldColorModeId.CONTINUOUS_GR_YL_RD if what.better == "lower" else FieldColorModeId.CONTINUOUS_BLUES
        stepped(made, []).color_scheme(FieldColor().mode(shades))
    if panel.by == "provider":
        for slug, (name, _) in sight.provider_colours().items():
            made.override_by_regexp(f"/^(.* )?{slug}$/", [value("displayName", name)])
    # Rows stand in the order in which they come.
    return Drawn(
        made, _course(panel.by, (panel.of,)), "timeseries", 11, "A status history: a row a name, a cell a time."
    )


def _week(panel: Any) -> Drawn:  # noqa: ANN401 - a kind's value
    columns = columns_of(("weekday", "hour", panel.of))
    shades = FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES)
    made: Any = table.Panel().unit(described(panel.of).unit.grafana).color_scheme(shades)
    options = {"columnField": "Hour", "rowField": "Weekday", "valueField": columns[-1].title, "emptyValue": "null"}
    made.with_transformation(transformed("groupingToMatrix", **options))
    made.override_by_field_type("number", [value("custom.cellOptions", {"type": "color-background"})])
    note = "A table with a row a weekday (1 is Monday) and a column an hour, its cells shaded."
    return Drawn(stepped(made, []), columns, height=10, note=note)
