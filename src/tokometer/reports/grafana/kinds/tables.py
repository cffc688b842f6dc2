"""Tables: whatever has many columns, and records themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from tokometer.dashboards.answers import STANDING, described
from tokometer.reports.grafana.columns import Column, columns_of
from tokometer.reports.grafana.drawn import Drawn, column_steps, named, stepped, transformed, value
from tokometer.reports.grafana.kinds.single import words
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.thresholds import judged_steps, steps_of

_TEXT: Final = {"type": "color-text"}
_GAUGE: Final = {"type": "gauge", "mode": "basic"}
#: Words that stand for a state have a colour.
_STATES: Final = ("severity", "level", "error_type")
_TALL: Final = 11


def _table(columns: Sequence[Column]) -> Any:  # noqa: ANN401 - see drawn.Builder
    made: Any = table.Panel().filterable(filterable=True).no_value("–")
    for column in columns:
        if column.unit:
            made.override_by_name(column.title, [value("unit", column.unit)])
        if column.source in _STATES or column.source.endswith((STANDING, ".severity", ".status", ".alert")):
            made.override_by_name(column.title, [value("mappings", words()), value("custom.cellOptions", _TEXT)])
    return stepped(made, [])


def _tabled(made: Any, columns: tuple[Column, ...], height: int = _TALL, note: str = "") -> Drawn:  # noqa: ANN401
    return Drawn(made, columns, height=height, note=note, is_table=True)


def ranking_table(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table with a bar in the column that ranks."""
    columns = columns_of((panel.by, panel.of, *panel.columns), panel.of.partition(".")[0])
    made = _table(columns)
    bar = [value("custom.cellOptions", _GAUGE), value("color", {"mode": "fixed", "fixedColor": "blue"})]
    made.override_by_name(columns[1].title, [*bar, value("min", 0)])
    named(made, columns[0].title, panel.by, sight)
    said = ("Without the changes against the period before." if panel.change else "", _without_course(panel))
    return _tabled(made, columns, note=" ".join(filter(None, said)))


def _without_course(panel: Any) -> str:  # noqa: ANN401 - a kind's value
    return "Without the small courses." if panel.trend else ""


def draw_matrix(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table whose columns have bars, or the colours of their limits."""
    columns = columns_of((panel.by, *(column.key for column in panel.columns)))
    columns = (columns[0], *(one.called(own.title) for one, own in zip(columns[1:], panel.columns, strict=True)))
    made = _table(columns)
    for column, own in zip(columns[1:], panel.columns, strict=True):
        steps = judged_steps(own.of, sight)
        if own.limits:
            steps = steps_of(own.limits(sight.settings, ""), described(own.of).better)
        if steps:
            made.override_by_name(column.title, [*column_steps(steps), value("custom.cellOptions", _TEXT)])
        elif column.type == "string":
            made.override_by_name(column.title, [value("mappings", words()), value("custom.cellOptions", _TEXT)])
        elif own.scale:
            bar = [value("custom.cellOptions", _GAUGE), value("min", 0)]
            made.override_by_name(column.title, [*bar, value("color", {"mode": "fixed", "fixedColor": "blue"})])
    named(made, columns[0].title, panel.by, sight)
    return _tabled(made, columns, note="Limits are those of everything, not a provider's own.")


def draw_verdicts(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of a judgement's rows."""
    facts = [f"{panel.of}.{fact}" if fact else panel.of for fact in panel.columns]
    names = [*(["by", "name"] if panel.by != ("",) else []), *facts]
    names += [f"{panel.of}.{panel.word}"] if panel.standing and panel.word else []
    names += [f"{panel.of}.standing"] if panel.standing else []
    columns = list(columns_of(names))
    first = names.index(facts[0])
    for at, title in enumerate(panel.titles):
        columns[first + at] = columns[first + at].called(title)
    made = _table(columns)
    named(made, "Name", "provider" if "provider" in panel.by else "", sight)
    note = "Numbers instead of the bar." if panel.progress else ""
    return _tabled(made, tuple(columns), note=note)


def draw_itemised(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of what a judgement lists, with a bar of each one's share."""
    facts = [f"{panel.of}.{fact}" if fact else panel.of for fact in panel.columns]
    own = panel.of.rpartition(".")[2]
    shares = [panel.of if panel.share == own else f"{panel.of}.{panel.share}"] if panel.share else []
    columns = list(columns_of((f"{panel.of}.{panel.name}", *shares, *facts)))
    for at, title in enumerate(panel.titles, 1 + len(shares)):
        columns[at] = columns[at].called(title)
    made = _table(columns)
    for column in columns[1 : 1 + len(shares)]:
        made.override_by_name(column.title, [value("custom.cellOptions", _GAUGE), value("min", 0), value("max", 1)])
    return _tabled(made, tuple(columns), note="Without the links to the records behind each row.")


def draw_alerts(_panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of what is wrong, the worst first."""
    columns = columns_of(("severity", "headline", "detail", "by", "name", "since", "judgement"))
    made = _table(columns)
    named(made, "Name", "provider", sight)
    return _tabled(made, columns)


def draw_incidents(_panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of incidents, the newest first."""
    of = "judgement.incidents"
    facts = ("severity", "start", "end", "ongoing", "duration", "bad_minutes", "requests", "errors")
    columns = columns_of(("provider", *(f"{of}.{fact}" for fact in facts)))
    made = _table(columns)
    named(made, columns[0].title, "provider", sight)
    return _tabled(made, columns, note="A table, without the lanes.")


def draw_feed(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of records, the newest first."""
    columns = columns_of(panel.names, panel.cube)
    made = _table(columns)
    for column in columns:
        if column.source == "provider":
            named(made, column.title, "provider", sight)
        if column.source in panel.more:
            made.override_by_name(column.title, [value("custom.width", 140)])
        if column.source == panel.long:
            made.override_by_name(column.title, [value("custom.width", 420), value("custom.inspect", given=True)])
    return _tabled(made, columns, note="What ours shows when a row is opened stands in columns.")


def draw_advice(_panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of pieces of advice, the largest saving first."""
    columns = columns_of(("title", "detail", "evidence", "agent", "model", "calls", "per_week"))
    made = _table(columns)
    for title in ("Detail", "Evidence"):
        made.override_by_name(title, [value("custom.cellOptions", {"type": "auto", "wrapText": True})])
    return _tabled(made, columns)


def draw_waste(_panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of kinds of waste, what costs most first."""
    columns = columns_of(
        ("judgement.waste.title", "judgement.waste.a_month", "judgement.waste.times", "judgement.waste.sessions")
    )
    made = _table(columns)
    return _tabled(made, columns, note="Without the sessions in which most of it was.")


def draw_cards(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table with a row a card."""
    figures = [f"{name} ({own})" for name, _, own in panel.figures]
    columns = columns_of((panel.by, panel.state, panel.of, *figures))
    made = _table(columns)
    named(made, columns[0].title, panel.by, sight)
    note = f"A table, without the largest of each by {panel.inner}."
    return _tabled(made, columns, note=note)


def draw_cross(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table of a measure by two dimensions, its cells shaded."""
    columns = columns_of((panel.by, panel.across, panel.of), panel.of.partition(".")[0])
    down, right, shown = columns
    shades = FieldColor().mode(FieldColorModeId.CONTINUOUS_BLUES)
    made: Any = table.Panel().unit(shown.unit or "none").color_scheme(shades)
    options = {"columnField": right.title, "rowField": down.title, "valueField": shown.title, "emptyValue": "null"}
    made.with_transformation(transformed("groupingToMatrix", **options))
    made.override_by_field_type("number", [value("custom.cellOptions", {"type": "color-background"})])
    named(made, down.title, panel.by, sight)
    return _tabled(stepped(made, []), columns, note="All rows and columns, without their sums.")


def draw_periods(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table with a row a period."""
    columns = columns_of(("period", *panel.measures[:3]))
    return _tabled(_table(columns), columns, height=6, note="A table, without the changes.")


def draw_outlook(_panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A table with a row a measure."""
    columns = columns_of(("measure", "so_far", "estimate", "low", "high", "error"))
    return _tabled(_table(columns), columns, height=6, note="A table, without the course and its band.")
