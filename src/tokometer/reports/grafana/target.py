"""What a panel asks of the Infinity data source: our flat rows, with the viewer's window, zone and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from tokometer.reports.grafana.columns import Column
from tokometer.reports.grafana.sight import INFINITY

#: The dimensions that dashboards can be filtered by, with what they are called.
FILTERS: Final = {"provider": "Provider", "model": "Model", "team": "Team", "environment": "Environment"}
#: The data source that is chosen above the dashboard.
SOURCE: Final = "${datasource}"
WINDOW: Final = "from=${__from}&to=${__to}&tz=${__timezone}"
#: Every filter as `var-provider=a&var-provider=b`, encoded, whatever is in the names.
CHOSEN: Final = "&".join(f"${{{name}:queryparam}}" for name in FILTERS)


def source() -> DataSourceRef:
    """The chosen data source."""
    return DataSourceRef(INFINITY, SOURCE)


def rows_path(panel_id: str) -> str:
    """Where a panel's flat rows are, as Grafana asks for them."""
    return f"/api/grafana/panels/{panel_id}?{WINDOW}&{CHOSEN}"


@dataclass(slots=True)
class Infinity(Dataquery, Builder[Dataquery]):
    """One question: an address of ours, and which columns of its `rows` are of what type."""

    path: str
    columns: Sequence[Column]
    form: str = "table"
    ref: str = "A"

    def build(self) -> Dataquery:
        """Itself: there is nothing more to build."""
        return self

    def to_json(self) -> dict[str, Any]:
        """As the data source keeps it."""
        return {
            "refId": self.ref,
            "datasource": {"type": INFINITY, "uid": SOURCE},
            **infinity_query(self.path, [column.to_infinity() for column in self.columns], self.form),
        }


def infinity_query(path: str, columns: Sequence[dict[str, str]], form: str = "table") -> dict[str, Any]:
    """The part of a question that variables share."""
    return {
        "type": "json",
        "source": "url",
        "parser": "backend",
        "format": form,
        "url": path,
        "url_options": {"method": "GET", "data": ""},
        "root_selector": "rows",
        "columns": list(columns),
        "filters": [],
    }
