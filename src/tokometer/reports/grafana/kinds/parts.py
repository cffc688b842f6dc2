"""A measure shared out or set against another by the values of a dimension: rankings, shares, bubbles, durations."""

from __future__ import annotations

from typing import Any, Final

from grafana_foundation_sdk.builders import barchart, bargauge, histogram, piechart, xychart
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.piechart import PieChartLabels, PieChartLegendValues, PieChartType
from grafana_foundation_sdk.models.xychart import SeriesMapping, XYShowMode

from tokometer.reports.grafana.columns import columns_of
from tokometer.reports.grafana.drawn import (
    Drawn,
    by_name,
    every_value,
    legend,
    named,
    stepped,
    tooltip,
    transformed,
    value,
)
from tokometer.reports.grafana.kinds.tables import ranking_table
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.thresholds import judged_steps

_LOG: Final = {"type": "log", "log": 10}


def draw_ranking(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A bar gauge; of parts stacked bars; with further columns a table."""
    if panel.parts:
        return _parts(panel, sight)
    if panel.columns:
        return ranking_table(panel, sight)
    cube = panel.of.partition(".")[0]
    note = "Without the changes against the period before." if panel.change else ""
    return _bars(panel, sight, columns_of((panel.by, panel.of), cube), panel.top, note)


def _bars(panel: Any, sight: Sight, columns: Any, most: int, note: str) -> Drawn:  # noqa: ANN401 - a kind's value
    shown = columns[-1]
    made: Any = bargauge.Panel().reduce_options(every_value(shown.title, most)).unit(shown.unit or "none")
    made.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC).no_value("–").min(0)
    steps = judged_steps(panel.of, sight)
    if not steps:
        made.color_scheme(by_name())
    named(made, columns[0].title, panel.by, sight)
    return Drawn(stepped(made, steps), columns, note=note)


def _parts(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    columns = columns_of((panel.by, *panel.parts))
    made: Any = barchart.Panel().orientation(VizOrientation.HORIZONTAL).x_field(columns[0].title)
    made.stacking(StackingMode.NORMAL).unit(columns[1].unit or "none").color_scheme(by_name())
    made.show_value(VisibilityMode.NEVER).legend(legend()).tooltip(tooltip())
    made.with_transformation(transformed("limit", limitField=panel.top))
    named(made, columns[0].title, panel.by, sight)
    return Drawn(stepped(made, []), columns, height=9)


def draw_share(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A ring with a table of its parts."""
    columns = columns_of((panel.by, panel.of))
    made: Any = piechart.Panel().pie_type(PieChartType.DONUT).reduce_options(every_value(columns[-1].title))
    made.display_labels([PieChartLabels.PERCENT]).unit(columns[-1].unit or "none").color_scheme(by_name())
    made.legend(_pie_legend()).tooltip(tooltip())
    named(made, columns[0].title, panel.by, sight)
    note = f"Without the table's further columns ({', '.join(panel.columns)})." if panel.columns else ""
    return Drawn(stepped(made, []), columns, height=9, note=note)


def _pie_legend() -> Any:  # noqa: ANN401 - see drawn.Builder
    from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement

    made = piechart.PieChartLegendOptions().show_legend(show_legend=True).placement(LegendPlacement.RIGHT)
    made.display_mode(LegendDisplayMode.TABLE)
    return made.values([PieChartLegendValues.VALUE, PieChartLegendValues.PERCENT]).calcs([])


def draw_treemap(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A bar gauge: Grafana draws treemaps only with a plugin (`marcusolsson-treemap-panel`)."""
    note = "Bars, the largest first: Grafana has treemaps only by a plugin (marcusolsson-treemap-panel)."
    columns = columns_of((panel.group, panel.by, panel.of))
    drawn = _bars(panel, sight, columns, 20, note)
    named(drawn.panel, columns[0].title, panel.group, sight)
    return Drawn(drawn.panel, columns, height=10, note=note)


def draw_bubble(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """An XY chart of points, their size a third measure."""
    columns = columns_of((panel.by, panel.x, panel.y, panel.size))
    by, across, up = columns[:3]
    size = next((one for one in columns if one.source == panel.size), columns[-1])
    made: Any = xychart.Panel().show(XYShowMode.POINTS).mapping(SeriesMapping.MANUAL)
    made.series([_bubbles(across.title, up.title, size.title)]).tooltip(tooltip()).legend(legend(shown=False))
    for column, log in ((across, panel.log_x), (up, panel.log_y), (size, False)):
        properties = [value("unit", column.unit or "none")]
        if log:
            properties.append(value("custom.scaleDistribution", _LOG))
        made.override_by_name(column.title, properties)
    named(made, by.title, panel.by, sight)
    note = "Points without names beside them: the tooltip tells which is which."
    return Drawn(stepped(made, []), columns, height=10, note=note)


def _bubbles(across: str, up: str, size: str) -> Any:  # noqa: ANN401 - see drawn.Builder
    def called(title: str) -> Any:  # noqa: ANN401 - a builder
        return xychart.MatcherConfig().id("byName").options(title)

    made = xychart.XYSeriesConfig()
    made.frame(xychart.XychartXYSeriesConfigFrame().matcher(xychart.MatcherConfig().id("byIndex").options(0)))
    made.x(xychart.XychartXYSeriesConfigX().matcher(called(across)))
    made.y(xychart.XychartXYSeriesConfigY().matcher(called(up)))
    return made.size(xychart.XychartXYSeriesConfigSize().matcher(called(size)))


def draw_distribution(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """Bars of p50, p95 and p99 beside each other."""
    columns = columns_of((panel.by, *panel.measures[:3]))
    made: Any = barchart.Panel().orientation(VizOrientation.HORIZONTAL).x_field(columns[0].title)
    made.unit(columns[1].unit).color_scheme(by_name()).legend(legend()).tooltip(tooltip())
    made.show_value(VisibilityMode.NEVER).with_transformation(transformed("limit", limitField=panel.top))
    named(made, columns[0].title, panel.by, sight)
    drawn = "violins" if panel.shape == "violins" else "marks on one logarithmic axis"
    return Drawn(stepped(made, []), columns, height=10, note=f"Bars of p50, p95 and p99 instead of {drawn}.")


def draw_histogram(_panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A histogram of buckets that are counted already."""
    columns = columns_of(("low_ms", "high_ms", "count"))
    made: Any = histogram.Panel().legend(legend(shown=False)).color_scheme(by_name()).unit("short")
    for column in columns[:2]:
        made.override_by_name(column.title, [value("unit", column.unit)])
    return Drawn(stepped(made, []), columns, height=9, note="Without the marks of the quantiles.")
