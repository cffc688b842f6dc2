"""What a dashboard can be narrowed by, above its panels."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders.dashboard import ConstantVariable, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

from tokometer.reports.grafana.sight import INFINITY, TAG, Sight
from tokometer.reports.grafana.target import FILTERS, WINDOW, infinity_query, source

#: What Grafana's addresses have for all values; our endpoints take it for no filter.
ALL = "$__all"


def values_path(dimension: str) -> str:
    """Where the values of a dimension are, of the window that is looked at."""
    return f"/api/grafana/values/{dimension}?{WINDOW}"


def variables(sight: Sight) -> list[Any]:
    """The data source, our address, and a filter for each dimension."""
    uid = f"{TAG}-infinity"
    return [
        DatasourceVariable("datasource")
        .label("Data source")
        .type(INFINITY)
        .current(VariableOption(text="Tokometer", value=uid)),
        ConstantVariable("tokometer").label("Tokometer's address, as browsers reach it").value(sight.url),
        *(_filter(name, label) for name, label in FILTERS.items()),
    ]


def _filter(name: str, label: str) -> QueryVariable:
    columns = [
        {"selector": "text", "text": "__text", "type": "string"},
        {"selector": "value", "text": "__value", "type": "string"},
    ]
    asked = {"refId": "variable", **infinity_query(values_path(name), columns)}
    query: dict[str, object] = {"queryType": "infinity", "refId": "variable", "query": "", "infinityQuery": asked}
    return (
        QueryVariable(name)
        .label(label)
        .datasource(source())
        .query(query)
        .definition(f"Tokometer: {name}")
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(ALL)
        .current(VariableOption(text="All", value=ALL))
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.DISABLED)
    )
