"""Where a click leads: to another dashboard with the same window and filters, or to our own page of them."""

from __future__ import annotations

from typing import Any, Final

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from tokometer.reports.grafana.sight import TAG
from tokometer.reports.grafana.target import CHOSEN, FILTERS, WINDOW

#: The variable that holds our server's address, as browsers reach it.
BASE: Final = "${tokometer}"
#: Which dashboard tells more about a value of a dimension.
_MORE: Final = {"provider": "providers", "model": "model-performance", "team": "business", "agent": "analytics"}


def uid_of(dashboard_id: str) -> str:
    """A dashboard's uid in Grafana."""
    return f"{TAG}-{dashboard_id}"


def ours(name: str, narrowed: str = "") -> str:
    """Our own page of a dashboard or a panel, with the window and the filters."""
    more = f"&{narrowed}" if narrowed else f"&{CHOSEN}"
    return f"{BASE}/api/grafana/open/{name}?{WINDOW}{more}"


def behind(panel_id: str, narrowed: str = "") -> str:
    """The records behind a panel, in our explorer."""
    more = f"&{narrowed}" if narrowed else f"&{CHOSEN}"
    return f"{BASE}/api/grafana/records/{panel_id}?{WINDOW}{more}"


def narrowed_to(by: str, value: str) -> str:
    """The filters with one of them set to a value, given as Grafana's variable for it."""
    kept = [f"${{{name}:queryparam}}" for name in FILTERS if name != by]
    return "&".join([*kept, f"var-{by}={value}"])


def board_links(dashboard_id: str) -> list[Any]:
    """Above a dashboard: the others, and our own page of it."""
    others = DashboardLink("Tokometer").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(as_dropdown=True)
    page = DashboardLink("Open in Tokometer").type(DashboardLinkType.LINK).icon("external link").url(ours(dashboard_id))
    return [
        others.include_vars(include_vars=True).keep_time(keep_time=True),
        page.target_blank(target_blank=True).tooltip("The same window and filters on our own page"),
    ]


def panel_links(panel_id: str) -> list[DashboardLink]:
    """In a panel's head: the records behind it."""
    link = DashboardLink("Records behind it").type(DashboardLinkType.LINK).url(behind(panel_id))
    return [link.target_blank(target_blank=True)]


def drills(panel_id: str, dashboard_id: str, by: str, value: str) -> list[dict[str, object]]:
    """On a mark or a cell: the dashboard about its value of `by`, and the records behind it.

    Of dimensions that are no variable of the dashboards, only the records.
    """
    narrowed = narrowed_to(by, value)
    found: list[dict[str, object]] = []
    more = _MORE.get(by, "")
    if by in FILTERS and more and more != dashboard_id:
        url = f"/d/{uid_of(more)}?${{__url_time_range}}&{narrowed}"
        found.append({"title": f"More about this {by}", "url": url})
    if by in FILTERS and more == dashboard_id:
        url = f"/d/{uid_of('incidents')}?${{__url_time_range}}&{narrowed}"
        found.append({"title": f"Incidents of this {by}", "url": url})
    found.append({"title": "Records behind it", "url": behind(panel_id, narrowed), "targetBlank": True})
    return found
