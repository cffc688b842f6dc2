"""Our dashboards for Prometheus: panels whose measures it can tell, one function for each kind that it can draw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from grafana_foundation_sdk.builders import bargauge, gauge, piechart, stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode, DataSourceRef, VizOrientation
from grafana_foundation_sdk.models.dashboard import GridPos, VariableOption, VariableRefresh
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from tokometer.dashboards.answers import described
from tokometer.dashboards.panel import Dashboard, Panel
from tokometer.reports.grafana.board import (
    described_in,
    head,
    lines_of,
    number_of,
    title_of,
)
from tokometer.reports.grafana.drawn import (
    Builder,
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
from tokometer.reports.grafana.promql import expression
from tokometer.reports.grafana.sight import TAG, Sight
from tokometer.reports.grafana.thresholds import Step, judged_steps, steps_of

_UID: Final = f"{TAG}-prometheus"
_SOURCE: Final = DataSourceRef("prometheus", "${datasource}")
#: Our windows as ranges of Prometheus'; of those that begin at midnight the length.
_RANGES: Final = {"": "$__range", "today": "24h", "week": "7d", "month": "30d", "all": "$__range"}
#: How Prometheus differs, for every description.
_NEAR: Final = "From /metrics: counters since the server's start, extrapolated between scrapes."
_MOST: Final = 20
_WHOLE: Final = "Value"


def board_of(board: Dashboard, sight: Sight) -> tuple[dict[str, Any], list[Panel]]:
    """A dashboard of what Prometheus can tell, and the panels that it cannot."""
    made = head(
        board, sight, uid=f"{TAG}-prometheus-{board.id}", title=f"{board.title} (Prometheus)", tag=f"{TAG}-prometheus"
    )
    made.variables(list(_variables()))
    found, left_out = [], []
    for panel in board.panels:
        shape = _drawn(panel, sight)
        (left_out.append(panel) if shape is None else found.append((panel, shape)))
    top = 0
    for line in lines_of(found):
        left, height = 0, max(shape.height for _, shape in line)
        for panel, shape in line:
            place = GridPos(h=height, w=2 * panel.width, x=left, y=top)
            left += 2 * panel.width
            made.with_panel(_placed(board, panel, shape, place))
        top += height
    told: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    # An empty list is left out when it is built.
    told.setdefault("panels", [])
    return told, left_out


def _placed(board: Dashboard, panel: Panel, shape: Drawn, place: GridPos) -> Builder:
    made = shape.panel.id(number_of(panel.id)).title(title_of(board, panel)).grid_pos(place).datasource(_SOURCE)
    return made.description(described_in(panel, replace(shape, note=_NEAR)))


def _variables() -> Iterator[Any]:
    yield (
        DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .current(VariableOption(text="Tokometer (Prometheus)", value=_UID))
    )
    for name, of in (("provider", ""), ("model", '{provider=~"$provider"}')):
        asked = f"label_values(tokometer_requests_total{of}, {name})"
        yield (
            QueryVariable(name)
            .label(name.capitalize())
            .datasource(_SOURCE)
            .query({"query": asked, "refId": "variable"})
            .definition(asked)
            .multi(multi=True)
            .include_all(include_all=True)
            .all_value(".*")
            .current(VariableOption(text="All", value="$__all"))
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        )


def _drawn(panel: Panel, sight: Sight) -> Drawn | None:
    draw = _DRAWERS.get(panel.kind)
    return draw(panel, sight) if draw else None


def _range(panel: Panel) -> str:
    return _RANGES.get(panel.window, panel.window)


def _asked(ref: str, expr: str, name: str, *, course: bool = False, rows: bool = False) -> Dataquery:
    made = Dataquery().ref_id(ref).expr(expr).legend_format(name).datasource(_SOURCE)
    made = made.range() if course else made.instant()
    return made.format(PromQueryFormat.TABLE if rows else PromQueryFormat.TIME_SERIES)


def _refs() -> Iterator[str]:
    return iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _told(names: Sequence[str], by: str, window: str) -> dict[str, str]:
    """The measures that Prometheus can tell, with their expressions."""
    found = {name: expression(name, by, window) for name in dict.fromkeys(names)}
    return {name: expr for name, expr in found.items() if expr}


def _last() -> ReduceDataOptions:
    return ReduceDataOptions().values(values=False).calcs(["lastNotNull"]).fields("")


def _figure(panel: Any, sight: Sight) -> Drawn | None:  # noqa: ANN401 - a kind's value
    """A stat, a gauge or figures of everything."""
    names = [name for name, *_ in panel.of] if panel.kind == "figures" else [panel.of]
    told = _told(names, "", _range(panel))
    if not told or (panel.kind == "gauge" and panel.by):
        return _by(panel, sight) if getattr(panel, "by", "") else None
    what = described(names[0])
    made: Any = gauge.Panel().min(panel.low).max(panel.high) if panel.kind == "gauge" else stat.Panel()
    made.reduce_options(_last()).unit(what.unit.grafana).color_scheme(plain_colour()).no_value("–")
    steps = _steps(panel, sight)
    if panel.kind != "gauge":
        made.color_mode(BigValueColorMode.VALUE if steps else BigValueColorMode.NONE)
    for ref, (name, expr) in zip(_refs(), told.items(), strict=False):
        title = described(name).title
        made.with_target(_asked(ref, expr, title))
        if len(told) > 1:
            made.override_by_name(title, [value("unit", described(name).unit.grafana)])
    return Drawn(stepped(made, steps), (), height=5)


def _steps(panel: Any, sight: Sight) -> list[Step]:  # noqa: ANN401 - a kind's value
    limits = getattr(panel, "limits", None)
    if not limits or panel.kind == "heatmap":
        return judged_steps(panel.of, sight) if isinstance(panel.of, str) else []
    found = limits(sight.settings, "") if panel.kind == "gauge" else limits(sight.settings)
    return steps_of(found, described(panel.of).better)


def _by(panel: Any, sight: Sight) -> Drawn | None:  # noqa: ANN401 - a kind's value
    """A tile, a gauge or a bar for each provider or model."""
    told = _told([panel.of], panel.by, _range(panel))
    if not told or not panel.by:
        return None
    (expr,) = told.values()
    most = getattr(panel, "top", _MOST)
    shapes: dict[str, Any] = {"grid": stat, "gauge": gauge, "share": piechart}
    made: Any = shapes.get(panel.kind, bargauge).Panel().reduce_options(_last()).no_value("–")
    steps = _steps(panel, sight)
    made.unit(described(panel.of).unit.grafana).color_scheme(plain_colour() if steps else by_name())
    if panel.kind in ("ranking", "treemap"):
        made.orientation(VizOrientation.HORIZONTAL)
        expr = f"topk({most}, {expr})"
    if panel.of == "judgement.breaker":
        steps = [(None, "green"), (1, "orange"), (2, "red")]
        words = {"0": {"text": "Closed"}, "1": {"text": "Half-open"}, "2": {"text": "Open"}}
        made.override_by_field_type("number", [value("mappings", [{"type": "value", "options": words}])])
    if panel.kind == "grid":
        made.color_mode(BigValueColorMode.BACKGROUND)
    made.with_target(_asked("A", expr, f"{{{{{panel.by}}}}}"))
    return Drawn(stepped(coloured(made, panel.by, sight), steps), (), height=9)


def _course(panel: Any, sight: Sight) -> Drawn | None:  # noqa: ANN401 - a kind's value
    """A time series."""
    names = panel.of[:1] if panel.switch else panel.of
    told = _told(names, panel.by, "$__rate_interval")
    if not told:
        return None
    made: Any = timeseries.Panel().unit(described(names[0]).unit.grafana).tooltip(tooltip()).color_scheme(by_name())
    made.legend(legend(shown=bool(panel.by) or len(told) > 1)).fill_opacity(20 if panel.shape == "area" else 0)
    for ref, (name, expr) in zip(_refs(), told.items(), strict=False):
        made.with_target(_asked(ref, expr, f"{{{{{panel.by}}}}}" if panel.by else described(name).title, course=True))
    return Drawn(coloured(made, panel.by, sight), (), height=9)


def _rows(panel: Any, sight: Sight) -> Drawn | None:  # noqa: ANN401 - a kind's value
    """A table of what Prometheus knows of each provider or model."""
    told = _told(_names(panel), panel.by, _range(panel))
    if len(told) <= 1:
        return _by(panel, sight) if panel.kind == "ranking" else None
    made: Any = table.Panel().no_value("–")
    renamed = {panel.by: panel.by.capitalize()}
    for ref, (name, expr) in zip(_refs(), told.items(), strict=False):
        what = described(name)
        made.with_target(_asked(ref, expr, "", rows=True))
        renamed[f"{_WHOLE} #{ref}"] = what.title
        made.override_by_name(what.title, [value("unit", what.unit.grafana)])
    made.with_transformation(transformed("merge"))
    made.with_transformation(transformed("organize", excludeByName={"Time": True}, renameByName=renamed))
    return Drawn(stepped(made, []), (), height=11)


def _names(panel: Any) -> Sequence[str]:  # noqa: ANN401 - a kind's value
    if panel.kind == "matrix":
        return [column.of for column in panel.columns if not column.window]
    if panel.kind == "bubble":
        return (panel.x, panel.y, panel.size)
    return panel.measures  # type: ignore[no-any-return]


_DRAWERS: Final[dict[str, Callable[[Any, Sight], Drawn | None]]] = {
    "stat": _figure,
    "figures": _figure,
    "gauge": _figure,
    "grid": _by,
    "share": _by,
    "treemap": _by,
    "ranking": _rows,
    "matrix": _rows,
    "bubble": _rows,
    "distribution": _rows,
    "series": _course,
}
