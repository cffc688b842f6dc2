"""What a function for a kind of panel gives: Grafana's panel, what it asks, and how it differs from ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
)

from tokometer.reports.grafana.columns import Column
from tokometer.reports.grafana.sight import Sight
from tokometer.reports.grafana.thresholds import Step, steps_json, thresholds

#: The builder of a panel. Those of the SDK share their methods, but no type that has them.
Builder = Any


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel of Grafana's, without its place; which of our columns it asks for, and in which form."""

    panel: Builder
    columns: tuple[Column, ...]
    form: str = "table"
    #: Rows of Grafana's grid, of about 30 px each.
    height: int = 8
    #: How it differs from ours, in a sentence; '' where it does not.
    note: str = ""
    #: A click is on a cell, and not on the value that stands for a row.
    is_table: bool = False


def pattern(name: str) -> str:
    """A name within one of Grafana's patterns, `/^…$/`."""
    return re.sub(r"([.*+?^${}()|\[\]\\/])", r"\\\1", name)


def value(name: str, given: object) -> DynamicConfigValue:
    """One property of an override."""
    return DynamicConfigValue(name, given)


def every_value(title: str, most: int = 0) -> ReduceDataOptions:
    """A figure for each row, of one column."""
    options = ReduceDataOptions().values(values=True).calcs([]).fields(f"/^{pattern(title)}$/")
    return options.limit(most) if most else options


def one_value() -> ReduceDataOptions:
    """A figure for each column."""
    return ReduceDataOptions().values(values=False).calcs(["lastNotNull"]).fields("")


def plain_colour() -> FieldColor:
    """Colours from thresholds."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def by_name() -> FieldColor:
    """A colour that follows from a name, for whoever has none of ours."""
    return FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def legend(*, shown: bool = True, right: bool = False, calcs: Sequence[str] = ()) -> VizLegendOptions:
    """A list below, or a table on the right."""
    placed = LegendPlacement.RIGHT if right else LegendPlacement.BOTTOM
    mode = LegendDisplayMode.TABLE if right else LegendDisplayMode.LIST
    return VizLegendOptions().show_legend(show_legend=shown).placement(placed).display_mode(mode).calcs(list(calcs))


def tooltip() -> VizTooltipOptions:
    """All series of a time, the largest first."""
    return VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)


def fixed(colour: str) -> DynamicConfigValue:
    """One colour, whatever the value."""
    return value("color", {"mode": "fixed", "fixedColor": colour})


def coloured(panel: Builder, by: str, sight: Sight) -> Builder:
    """Give series that are named by a dimension our colours and names; see charts.colours and records.providers."""
    if by == "provider":
        for slug, (name, colour) in sight.provider_colours().items():
            panel.override_by_regexp(_ends_with(slug), [fixed(colour), value("displayName", name)])
    elif by == "model":
        for model, colour in sight.colours.items():
            panel.override_by_regexp(_ends_with(model), [fixed(colour)])
    return panel


def _ends_with(name: str) -> str:
    """Grafana puts the measure in front of a series' label, or leaves it out."""
    return f"/^(.* )?{pattern(name)}$/"


def named(panel: Builder, title: str, by: str, sight: Sight) -> Builder:
    """Show what people call a provider in a column of slugs, in its colour."""
    if by == "provider":
        options = {
            slug: {"text": name, "color": colour, "index": at}
            for at, (slug, (name, colour)) in enumerate(sight.provider_colours().items())
        }
        panel.override_by_name(title, [value("mappings", [{"type": "value", "options": options}])])
    return panel


def stepped(panel: Builder, steps: Sequence[Step]) -> Builder:
    """Thresholds of the whole panel, and colours by them where there are any."""
    panel.thresholds(thresholds(steps))
    return panel


def column_steps(steps: Sequence[Step]) -> list[DynamicConfigValue]:
    """Thresholds and colours by them, of one column."""
    return [value("thresholds", steps_json(steps)), value("color", {"mode": "thresholds"})]


def transformed(name: str, **options: object) -> DataTransformerConfig:
    """One of Grafana's transformations."""
    return DataTransformerConfig(id_val=name, options=options)


#: Titles of dimensions in courses are their short names, which labels of series have.
TIME: Final = "time"
