"""The pages themselves: frames that fill themselves from the API."""

from __future__ import annotations

import shlex
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tokometer.collect.certainty import Uncertain, by_reason, totals, uncertain
from tokometer.dashboards import DASHBOARDS, RANGES, Dashboard, ScopeError, titled
from tokometer.dashboards.scope import find_zone, parse_scope
from tokometer.ledger.noticed import list_noticed, noticed_by_source
from tokometer.ledger.places import places_by_source
from tokometer.ledger.refused import list_refused, refused_by_source
from tokometer.ledger.unsettled import quarter_start, unsettled_json
from tokometer.measures import Query
from tokometer.records import MENDS, TOPICS
from tokometer.records.time import to_datetime
from tokometer.records.units import REQUESTS, USD, exact, show
from tokometer.server.offered import offered
from tokometer.server.panels import every
from tokometer.server.runtime import Runtime
from tokometer.server.settled import shown
from tokometer.server.templates import render
from tokometer.settings.sections import example

router: Final = APIRouter(include_in_schema=False)
_THEMES: Final = ("light", "dark")
#: Every page, in the order of the sidebar.
PAGES: Final = (
    *(
        {"id": one.id, "title": one.short or one.title, "url": f"/{one.id}", "key": one.key}
        for one in DASHBOARDS.values()
    ),
    {"id": "sources", "title": "Sources", "url": "/sources", "key": "s"},
    {"id": "settings", "title": "Settings", "url": "/settings", "key": ","},
)
_REFUSED: Final = 100
#: Kinds of panel that show a tile or a gauge for each name.
_TILED: Final = ("grid", "gauge")
_NOTICED: Final = 100
#: Models that stand beside a reason for doubt: at once, and opened.
_MODELS: Final = 4
_MOST_MODELS: Final = 100


@router.get("/")
async def home(request: Request) -> Response:
    """The first page, looked at in the way that the address asks for."""
    return RedirectResponse(f"/usage?{request.url.query}".rstrip("?"), 302)


def _dashboard(request: Request, dashboard: Dashboard) -> Response:
    """A dashboard's frame, which fills itself."""
    runtime: Runtime = request.app.state.runtime
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    dimensions = offered(runtime, parameters)
    try:
        scope = parse_scope(parameters, dimensions, runtime.now(), dashboard.range, runtime.first)
    except ScopeError:
        # The panels say what is wrong; the frame shows what it would without parameters.
        scope = parse_scope({}, (), runtime.now(), dashboard.range)
    return _page(
        request,
        "dashboard.html",
        dashboard.id,
        dashboard=dashboard,
        scope=scope,
        titled=titled,
        every={panel.id: every(runtime, panel) for panel in dashboard.panels},
        known=_known(runtime, dashboard),
        ranges=RANGES,
        # What no panel follows is not offered.
        offers={choice for panel in dashboard.panels for choice in panel.uses},
        dimensions=dimensions,
        vega_url=f"/static/vega-{runtime.charts.bundle_key}.js",
        charts_url=f"/static/charts-{runtime.charts.charts_key}.json",
        discover=runtime.discover,
        found=_found(runtime),
        data=shlex.quote(str(runtime.data)),
        command=_command(),
        url=str(request.base_url).rstrip("/"),
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
        return _dashboard(request, dashboard)

    router.add_api_route(f"/{dashboard.id}", page, name=dashboard.id)


for _one in DASHBOARDS.values():
    _serve(_one)


@router.get("/sources")
def sources(request: Request) -> Response:
    """Where data comes from, how far each source has been read, and what was refused."""
    runtime: Runtime = request.app.state.runtime
    try:
        zone = find_zone(request.cookies.get("tz", "UTC"))
    except ScopeError:
        zone = find_zone("UTC")
    now = runtime.now()
    prices = totals(runtime.ask)

    def when(at: datetime | None) -> dict[str, str]:
        if at is None:
            return {"text": "–", "exact": ""}
        local = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(zone)
        return {
            "text": _ago((now - local).total_seconds()),
            "exact": f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {zone.key}",
        }

    return _page(
        request,
        "sources.html",
        "sources",
        zone=zone.key,
        sources=_sources(runtime, when),
        following=runtime.follower.following if runtime.follower else None,
        refused=[
            {"refusal": refusal, "place": _short(refusal.place, runtime.home), "when": when(to_datetime(refusal.at))}
            for refusal in list_refused(runtime.ledger, limit=_REFUSED)
        ],
        refused_count=_refused(runtime),
        unsettled=[
            {"row": unsettled_json(row), "when": when(to_datetime(row.since)), "at": when(quarter_start(row))}
            for row in runtime.ledger.unsettled[:_REFUSED]
        ],
        prices=prices,
        doubts=[
            {
                "of": doubt,
                "cost": _figure(doubt.cost, USD),
                "models": [_named(one) for one in doubt.models[:_MODELS]],
                "more": [_named(one) for one in doubt.models[_MODELS:_MOST_MODELS]],
                "beyond": len(doubt.models[_MOST_MODELS:]),
            }
            for doubt in by_reason(uncertain(runtime.ask, prices))
        ],
        noticed=[
            {
                "noticed": noticed,
                "place": _short(noticed.place, runtime.home),
                "when": when(to_datetime(noticed.latest_at)),
            }
            for noticed in list_noticed(runtime.ledger, limit=_NOTICED)
        ],
        noticed_count=sum(names for _, names in noticed_by_source(runtime.ledger).values()),
        topics=TOPICS,
        mends=MENDS,
    )


@router.get("/settings")
def settings(request: Request) -> Response:
    """What is settled, where it comes from, and how to change it."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.settings_file
    return _page(
        request,
        "settings.html",
        "settings",
        sections=shown(runtime.settings, kept.started_with),
        path=str(kept.path),
        exists=kept.exists,
        error=kept.error,
        example=example(),
    )


def _named(one: Uncertain) -> dict[str, str]:
    """A model with doubt about its price, and the calls concerned."""
    return {
        "model": one.model or "(unknown)",
        "provider": one.provider or "an unknown provider",
        "calls": f"{one.calls:,}",
    }


@cache
def _command() -> str:
    """How this program is called in a shell: by its name where that is found, else by where it is."""
    installed = Path(sys.executable).with_name("tokometer")
    found = shutil.which("tokometer")
    if not installed.exists() or (found and Path(found).resolve() == installed.resolve()):
        return "tokometer"
    return shlex.quote(str(installed))


def _page(request: Request, template: str, page: str, **values: Any) -> Response:  # noqa: ANN401
    runtime: Runtime = request.app.state.runtime
    refused = _refused(runtime)
    pages = [item | {"count": refused if item["id"] == "sources" else 0} for item in PAGES]
    html = render(
        template,
        page=page,
        pages=pages,
        demo=runtime.demo,
        theme=theme_of(request),
        warnings=runtime.warnings(),
        **values,
    )
    return Response(html, headers={"Cache-Control": "private, no-store", "Vary": "Cookie"}, media_type="text/html")


def theme_of(request: Request) -> str:
    """The theme that the viewer has chosen; empty where that is the system's business."""
    theme = request.cookies.get("theme", "")
    return theme if theme in _THEMES else ""


def _refused(runtime: Runtime) -> int:
    """Refused records."""
    return sum(refused_by_source(runtime.ledger).values())


def _sources(runtime: Runtime, when: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a local function
    """Sources that have given calls, with the places that are read by cursor."""
    rows = runtime.ask(Query(measures=("calls.requests", "calls.cost"), by=("calls.source",), since="all")).rows
    places: dict[str, tuple[int, datetime | None]] = {**places_by_source(runtime.ledger)}
    calls = {row["source"]: row for row in rows}
    refused = refused_by_source(runtime.ledger)
    noticed = noticed_by_source(runtime.ledger)
    found = []
    for name in sorted({*calls, *places, *refused, *noticed}):
        row = calls.get(name, {})
        count, latest = places.get(name, (0, None))
        found.append(
            {
                "name": name,
                "title": _TITLES.get(name, name or "unknown"),
                "requests": _figure(row.get("requests"), REQUESTS),
                "cost": _figure(row.get("cost"), USD),
                "files": count,
                "read": when(latest),
                "refused": refused.get(name, 0),
                "noticed": noticed.get(name, (0, 0))[1],
            }
        )
    return found


_TITLES: Final = {"claude_code": "Claude Code", "codex": "Codex", "otlp": "OpenTelemetry", "api": "API", "demo": "Demo"}


def _figure(value: Any, unit: Any) -> dict[str, str]:  # noqa: ANN401 - a number and records.units.Unit
    return {"text": show(value, unit), "exact": exact(value, unit)}


def _short(place: str, home: Path) -> str:
    """A path as its owner writes it."""
    prefix = f"{home}/"
    return f"~/{place[len(prefix) :]}" if place.startswith(prefix) else place


def _found(runtime: Runtime) -> str:
    """Which folders are watched, in a sentence."""
    if runtime.follower is None:
        return ""
    roots = [_short(root, runtime.home) for root in runtime.follower.following.roots]
    if not roots:
        return "None of their folders is there yet; when one appears, it is read at once."
    return f"Watching {', '.join(roots)}."


def _ago(seconds: float) -> str:
    """How long ago, in the largest whole unit."""
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    return f"{max(0, int(seconds))} s ago"
