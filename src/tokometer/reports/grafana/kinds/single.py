"""Figures: one, several, one for each value of a dimension."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from grafana_foundation_sdk.builders import bargauge, gauge, stat, text
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.text import TextMode

from tokometer.dashboards.answers import described
from tokometer.reports.grafana.columns import Column, columns_of
from tokometer.reports.grafana.drawn import Drawn, every_value, named, one_value, plain_colour, stepped, value
from tokometer.reports.grafana.flat import figure_fields
from tokometer.reports.grafana.links import ours
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.thresholds import WORDS, Step, judged_steps, steps_of


def _figures(names: list[tuple[str, str]]) -> tuple[Column, ...]:
    """Columns of a row of figures: (name, what it is called here)."""
    found: list[Column] = []
    for (name, words), field in zip(names, figure_fields(name for name, _ in names), strict=True):
        (column,) = columns_of([name])
        title = words[:1].upper() + words[1:] if words else column.title
        same = sum(one.title == title for one in found)
        found.append(replace(column, field=field, title=f"{title} ({same + 1})" if same else title))
    return tuple(found)


def _stat(columns: tuple[Column, ...], *, coloured: bool) -> Any:  # noqa: ANN401 - see drawn.Builder
    panel = stat.Panel().reduce_options(one_value()).graph_mode(BigValueGraphMode.NONE).color_scheme(plain_colour())
    panel.color_mode(BigValueColorMode.VALUE if coloured else BigValueColorMode.NONE)
    panel.text_mode(BigValueTextMode.AUTO).unit(columns[0].unit or "none").no_value("–")
    for column in columns[1:]:
        panel.override_by_name(column.title, [value("unit", column.unit or "none"), *_neutral()])
    return panel


def _neutral() -> list[Any]:
    return [value("thresholds", {"mode": "absolute", "steps": [{"value": None, "color": "text"}]})]


def draw_stat(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A stat with the large figure and the small ones beside it."""
    columns = _figures([(panel.of, ""), *((one.of, one.words) for one in panel.also)])
    steps: list[Step] = judged_steps(panel.of, sight)
    if panel.limits:
        steps = steps_of(panel.limits(sight.settings), described(panel.of).better)
    return Drawn(
        stepped(_stat(columns, coloured=bool(steps)), steps),
        columns,
        height=5,
        note="Without the course that ours draws behind the figure.",
    )


def draw_figures(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A stat with all figures."""
    columns = _figures([(name, title) for name, title, _ in panel.of])
    made = _stat(columns, coloured=False).orientation(VizOrientation.VERTICAL)
    return Drawn(stepped(made, []), columns, height=5, note="Without the courses that ours draws behind the figures.")


def draw_gauge(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A gauge, or one for each value of a dimension."""
    what = described(panel.of)
    limits = panel.limits(sight.settings, "") if panel.limits else None
    steps = steps_of(limits, what.better) if limits else judged_steps(panel.of, sight)
    columns = columns_of([panel.by, panel.of] if panel.by else [panel.of])
    made: Any = gauge.Panel().min(panel.low).max(panel.high).unit(what.unit.grafana).no_value("–")
    made.color_scheme(plain_colour()).show_threshold_markers(show_threshold_markers=bool(steps))
    made.reduce_options(every_value(columns[-1].title, panel.top) if panel.by else one_value())
    note = "The target is where green begins, without a tick of its own." if panel.target else ""
    if panel.by:
        named(made, columns[0].title, panel.by, sight)
    return Drawn(stepped(made, steps), columns, height=9 if panel.by else 7, note=note)


def draw_grid(panel: Any, sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A stat with a coloured tile for each value of a dimension."""
    columns = columns_of([panel.by, panel.figure or panel.of])
    shown = columns[-1]
    made: Any = stat.Panel().reduce_options(every_value(shown.title)).color_mode(BigValueColorMode.BACKGROUND)
    made.graph_mode(BigValueGraphMode.NONE).color_scheme(plain_colour()).no_value("No data")
    made.text_mode(BigValueTextMode.VALUE_AND_NAME).unit(shown.unit or "none")
    if shown.type == "string":
        made.override_by_name(shown.title, [value("mappings", words())])
    named(made, columns[0].title, panel.by, sight)
    note = "Without the small figures on each tile, which the page has."
    return Drawn(stepped(made, judged_steps(panel.of, sight)), columns, height=9, note=note)


def words() -> list[dict[str, Any]]:
    """Colours of the words that judgements and alerts have."""
    options = {
        word: {"text": word.replace("_", " ").capitalize(), "color": colour, "index": at}
        for at, (word, colour) in enumerate(WORDS.items())
    }
    return [{"type": "value", "options": options}]


def draw_elsewhere(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A link to our own page, for a kind that nobody has said how to draw."""
    made = text.Panel().mode(TextMode.MARKDOWN).content(f"[{panel.how}]({ours(panel.id)})")
    return Drawn(made, (), height=3, note="On our own page only.")


def draw_tally(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A stat with the share that went well and the counts behind it."""
    names = [panel.of, *(f"{panel.of}.{name}" for name in panel.parts)]
    columns = columns_of(names)
    made = _stat(columns, coloured=False)
    return Drawn(stepped(made, []), columns, height=7, note="Counts instead of a bar, and without the words below it.")


def draw_bridge(panel: Any, _sight: Sight) -> Drawn:  # noqa: ANN401 - a kind's value
    """A bar for one end, each part of the change, and the other end."""
    titled = {panel.before: panel.ends[0], **dict(panel.parts), panel.after: panel.ends[1]}
    names = [(f"{panel.of}.{fact}", title) for fact, title in titled.items()]
    columns = _figures(names)
    made: Any = bargauge.Panel().reduce_options(one_value()).orientation(VizOrientation.HORIZONTAL)
    made.display_mode(BarGaugeDisplayMode.BASIC).unit(columns[0].unit or "none").no_value("–")
    return Drawn(stepped(made, []), columns, height=8, note="Bars side by side instead of steps from one to the other.")
