"""A dashboard of ours as one of Grafana's: panels in their places, variables, links, its pace."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import Row, TimePicker
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, GridPos

from tokometer.dashboards.panel import BY, Dashboard, Panel, Section, by_title, own_window, titled
from tokometer.reports.grafana.drawn import Drawn, transformed, value
from tokometer.reports.grafana.kinds import drawn
from tokometer.reports.grafana.links import board_links, drills, panel_links, uid_of
from tokometer.reports.grafana.sight import TAG, Sight
from tokometer.reports.grafana.target import Infinity, rows_path, source
from tokometer.reports.grafana.variables import variables

#: Seconds after which a dashboard can be asked to renew itself.
PACES: Final = {5: "5s", 10: "10s", 15: "15s", 30: "30s", 60: "1m", 300: "5m"}
_COLUMNS: Final = 24
#: Our windows as Grafana's: whole days from midnight on are `now/d`.
_FROM: Final = {
    "today": ("now/d", "now/d"),
    "week": ("now/w", "now/w"),
    "month": ("now/M", "now/M"),
    "all": ("now-5y", "now"),
}
#: Filters by which a name in a panel can narrow.
_LINKED: Final = ("provider", "model", "team", "agent")


def time_of(name: str) -> tuple[str, str]:
    """A range's name in Grafana's words."""
    return _FROM.get(name, (f"now-{name}", "now"))


def number_of(name: str) -> int:
    """A panel's number, which follows from its name, so that links to it last."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def pace_of(seconds: Sequence[float]) -> str:
    """How often a dashboard renews itself: as often as its fastest panel, between 5 s and 5 min."""
    fastest = min(seconds)
    return PACES[max((one for one in PACES if one <= fastest), default=5)]


def head(board: Dashboard, sight: Sight, uid: str, title: str, tag: str) -> DashboardBuilder:
    """A dashboard without panels: its names, range and pace."""
    made = DashboardBuilder(title).uid(uid).tags([tag]).timezone("browser").description(board.about)
    made.time(*time_of(board.range)).refresh(pace_of([sight.every(board.id, one) for one in board.panels]))
    made.timepicker(TimePicker().refresh_intervals(list(PACES.values())))
    return made.tooltip(DashboardCursorSync.CROSSHAIR)


def board_of(board: Dashboard, sight: Sight) -> dict[str, Any]:
    """The dashboard as Grafana reads it from a file."""
    made = head(board, sight, uid_of(board.id), board.title, TAG).links(board_links(board.id))
    made.variables(variables(sight))
    for one, place in laid_out(board.sections, sight):
        if isinstance(one, Section):
            made.with_row(Row(one.title).id(number_of(f"{board.id}/{one.title}")).grid_pos(place))
        else:
            panel, shape = one
            made.with_panel(_panel(board, panel, shape, place, sight))
    found: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    return found


def laid_out(sections: Sequence[Section], sight: Sight) -> Iterator[tuple[Any, GridPos]]:
    """Panels with their places, line by line, and the heads of sections; our twelve columns are Grafana's 24."""
    top = 0
    for section in sections:
        if section.title:
            yield section, GridPos(h=1, w=_COLUMNS, x=0, y=top)
            top += 1
        for line in lines_of([(panel, drawn(panel, sight)) for panel in section.panels]):
            height, left = max(shape.height for _, shape in line), 0
            for panel, shape in line:
                yield (panel, shape), GridPos(h=height, w=2 * panel.width, x=left, y=top)
                left += 2 * panel.width
            top += height


def lines_of(panels: Sequence[tuple[Panel, Drawn]]) -> Iterator[list[tuple[Panel, Drawn]]]:
    """Panels that stand beside each other."""
    line: list[tuple[Panel, Drawn]] = []
    for one in panels:
        if line and sum(2 * panel.width for panel, _ in line) + 2 * one[0].width > _COLUMNS:
            yield line
            line = []
        line.append(one)
    if line:
        yield line


def _panel(board: Dashboard, panel: Panel, shape: Drawn, place: GridPos, sight: Sight) -> Any:  # noqa: ANN401 - see drawn.Builder
    made = shape.panel.id(number_of(panel.id)).title(title_of(board, panel)).grid_pos(place).datasource(source())
    made.description(described_in(panel, shape)).links(panel_links(panel.id))
    made.query_caching_ttl(int(1000 * sight.every(board.id, panel)))
    if shape.columns:
        made.with_target(Infinity(rows_path(panel.id), shape.columns, shape.form))
        _in_order(made, shape)
    if shape.form == "timeseries" and panel.window.endswith(("m", "h", "d")):
        made.time_from(panel.window)
    elif getattr(panel, "trend", False) and panel.kind == "series":
        made.time_from("30d")
    _drill(made, board, panel, shape)
    return made


def _in_order(made: Any, shape: Drawn) -> None:  # noqa: ANN401 - see drawn.Builder
    """Infinity gives columns in the order of the alphabet: put them in ours, before anything else is done with them."""
    if shape.form == "table" and len(shape.columns) > 1:
        places = {column.title: at for at, column in enumerate(shape.columns)}
        others = made.build().transformations or []
        made.transformations([transformed("organize", indexByName=places), *others])


def title_of(board: Dashboard, panel: Panel) -> str:
    """The window in a title is Grafana's."""
    if panel.window:
        return titled(panel, default=board.range)
    kept = panel.title.replace(" ({range})", "").replace("{range}", "Figures")
    return by_title(kept, panel.by) if BY in kept else kept  # type: ignore[attr-defined]


def described_in(panel: Panel, shape: Drawn) -> str:
    """What a panel is good for, which window is its own, and how it differs from ours."""
    own = own_window(panel)
    said = f"Always about: {own[:1].lower()}{own[1:]}." if own else ""
    return " ".join(filter(None, (panel.how, said, shape.note)))


def _drill(made: Any, board: Dashboard, panel: Panel, shape: Drawn) -> None:  # noqa: ANN401 - see drawn.Builder
    """Lead on from each name that dashboards can be narrowed by."""
    for column in shape.columns:
        if column.source not in _LINKED:
            continue
        if shape.form == "timeseries":
            told = f"${{__field.labels.{column.source}:percentencode}}"
            links = drills(panel.id, board.id, column.source, told)
            made.override_by_field_type("number", [value("links", links)])
        else:
            told = f'${{__data.fields["{column.title}"]:percentencode}}'
            links = drills(panel.id, board.id, column.source, told)
            matched = column.title if shape.is_table else shape.columns[-1].title
            made.override_by_name(matched, [value("links", links)])
