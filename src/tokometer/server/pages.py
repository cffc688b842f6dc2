"""The pages themselves: frames that fill themselves from the API."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tokometer.dashboards import DASHBOARDS, RANGES, Dashboard, ScopeError, titled
from tokometer.dashboards.names import source_titles
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger.refused import refused_by_source
from tokometer.measures import Query
from tokometer.records import PROVIDERS
from tokometer.reports import PAGE_FORMATS, PANEL_FORMATS
from tokometer.server.connecting import ways
from tokometer.server.offered import offered
from tokometer.server.own_boards import OwnBoard
from tokometer.server.places import sidebar
from tokometer.server.rendering import every
from tokometer.server.runtime import Runtime
from tokometer.server.settled import shown
from tokometer.server.templates import render
from tokometer.server.views import default_query
from tokometer.settings.sections import example

router: Final = APIRouter(include_in_schema=False)
_THEMES: Final = ("light", "dark")
#: Kinds of panel that show a tile or a gauge for each name.
_TILED: Final = ("grid", "gauge")


@router.get("/")
async def home(request: Request) -> Response:
    """The first page, looked at in the way that the address asks for."""
    return RedirectResponse(f"/usage?{request.url.query}".rstrip("?"), 302)


def dashboard_page(request: Request, dashboard: Dashboard, page: str = "", board: OwnBoard | None = None) -> Response:
    """A dashboard's frame, which fills itself. It opens as the view that somebody has chosen for that."""
    runtime: Runtime = request.app.state.runtime
    if not request.url.query and (query := default_query(runtime, dashboard.id)):
        return RedirectResponse(f"{request.url.path}?{query}", 302, {"Cache-Control": "no-store"})
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    dimensions = offered(runtime, parameters)
    try:
        scope = parse_scope(parameters, dimensions, runtime.now(), dashboard.range, runtime.first)
    except ScopeError:
        # The panels say what is wrong; the frame shows what it would without parameters.
        scope = parse_scope({}, (), runtime.now(), dashboard.range)
    return framed(
        request,
        "dashboard.html",
        page or dashboard.id,
        board=board,
        dashboard=dashboard,
        scope=scope,
        titled=titled,
        page_forms=PAGE_FORMATS,
        panel_forms={form.ending: form.title for form in PANEL_FORMATS},
        every={panel.id: every(runtime, panel) for panel in dashboard.panels},
        known=_known(runtime, dashboard),
        ranges=RANGES,
        # What no panel follows is not offered.
        offers={choice for panel in dashboard.panels for choice in panel.uses},
        dimensions=dimensions,
        names={"provider": {name: one.name for name, one in PROVIDERS.items()}, "source": source_titles()},
        vega_url=f"/static/vega-{runtime.charts.bundle_key}.js",
        charts_url=f"/static/charts-{runtime.charts.charts_key}.json",
        **ways(runtime, str(request.base_url).rstrip("/")),
    )


def _known(runtime: Runtime, dashboard: Dashboard) -> dict[str, int]:
    """How many names of each dimension tiles and gauges are about to show, so that nothing moves when they come."""
    shown = {by for panel in dashboard.panels if panel.kind in _TILED and (by := getattr(panel, "by", ""))}
    return {
        by: len(runtime.ask(Query(measures=("calls.requests",), by=(f"calls.{by}",), since="30d")).rows) for by in shown
    }


def _serve(dashboard: Dashboard) -> None:
    """Gives a dashboard its address."""

    def page(request: Request) -> Response:
        return dashboard_page(request, dashboard)

    router.add_api_route(f"/{dashboard.id}", page, name=dashboard.id)


for _one in DASHBOARDS.values():
    _serve(_one)


@router.get("/settings")
def settings(request: Request) -> Response:
    """What is settled, where it comes from, and how to change it."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.settings_file
    return framed(
        request,
        "settings.html",
        "settings",
        sections=shown(kept.current(), kept.started_with),
        path=str(kept.path),
        exists=kept.exists,
        error=kept.error,
        example=example(),
    )


def framed(
    request: Request,
    template: str,
    page: str,
    *,
    alone: bool = False,
    status: int = 200,
    **values: Any,  # noqa: ANN401
) -> Response:
    """A page in the frame of all pages. Links to the others keep what the address asks for: range, filters and zone.

    A page that stands `alone` is asked for with what means nothing to others (an id), which their links do not keep.
    """
    runtime: Runtime = request.app.state.runtime
    refused = sum(refused_by_source(runtime.ledger).values())
    asked = f"?{request.url.query}" if request.url.query and not alone else ""
    counts = {"sources": (refused, "refused record"), "alerts": (runtime.alerting.firing, "firing alert")}
    html = render(
        template,
        page=page,
        pages=sidebar(asked, counts),
        alone=alone,
        demo=runtime.demo,
        theme=theme_of(request),
        warnings=runtime.warnings(),
        **values,
    )
    return Response(
        html, status, headers={"Cache-Control": "private, no-store", "Vary": "Cookie"}, media_type="text/html"
    )


def theme_of(request: Request) -> str:
    """The theme that the viewer has chosen; empty where that is the system's business."""
    theme = request.cookies.get("theme", "")
    return theme if theme in _THEMES else ""
