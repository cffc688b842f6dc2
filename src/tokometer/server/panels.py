"""Panels over HTTP: data, chart and HTML fragment, as CSV, and how they are computed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tokometer.dashboards import DASHBOARDS, Panel, Scope, ScopeError, View
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Context
from tokometer.dashboards.scope import parse_scope
from tokometer.measures import Query, Result, dimension_named, measure_named
from tokometer.records.units import plain
from tokometer.records.zone import local_zone
from tokometer.server.offered import findable, offered
from tokometer.server.runtime import Rendered, Runtime
from tokometer.server.templates import render

router: Final = APIRouter(tags=["panels"])

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@cache
def panels() -> dict[str, Panel]:
    """Every panel by id."""
    return {panel.id: panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels}


@router.get("/api/dashboards", summary="Every dashboard with its panels")
def dashboards() -> dict[str, Any]:
    """Declarations: what there is to see, and where its data is."""
    return {
        "dashboards": [
            {
                "id": dashboard.id,
                "title": dashboard.title,
                "url": f"/{dashboard.id}",
                "panels": [_declared(panel) for panel in dashboard.panels],
            }
            for dashboard in DASHBOARDS.values()
        ]
    }


def _declared(panel: Panel) -> dict[str, Any]:
    return {
        "id": panel.id,
        "title": panel.title,
        "kind": panel.kind,
        "width": panel.width,
        "refresh_seconds": panel.every,
        "measures": list(panel.measures),
        "uses": list(panel.uses),
        "url": f"/api/panels/{panel.id}",
        "csv": f"/api/panels/{panel.id}.csv",
    }


@router.get("/api/panels/{panel_id}.csv", summary="The rows behind a panel, as CSV")
def panel_csv(request: Request, panel_id: str) -> Response:
    """Exact values under the names of the measures."""
    panel, scope = _asked(request, panel_id)
    table = _view(request.app.state.runtime, panel, scope).table
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    name = f"{panel.id}-{scope.window.since:%Y%m%d}.csv"
    return Response(
        out.getvalue(), headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type="text/csv"
    )


@router.get("/api/panels/{panel_id}/explain", summary="How a panel is computed, as HTML")
def panel_explained(request: Request, panel_id: str) -> Response:
    """Definition, window, filters, and the query with which anyone gets the same numbers."""
    panel, scope = _asked(request, panel_id)
    runtime: Runtime = request.app.state.runtime
    asked: list[Query] = []

    def ask(query: Query) -> Result:
        asked.append(query)
        return runtime.ask(query, panel.every)

    view = panel.view(Context(scope, ask, runtime.colours))
    return Response(
        render(
            "explain.html",
            panel=panel,
            measures=[measure_named(name) for name in panel.measures],
            window=window_text(view.window) if view.window else "",
            scope=scope,
            filters=[(dimension_named(f"calls.{name}").title, values) for name, values in scope.where],
            queries=[(query, json.dumps(query.to_json(), indent=1)) for query in dict.fromkeys(asked)],
        ),
        media_type="text/html",
    )


@router.get("/api/panels/{panel_id}", summary="A panel: rows, chart data and HTML fragment")
def panel(request: Request, panel_id: str, rows: bool = True) -> Response:
    """What the panel shows for `range`, `tz`, `compare` and any dimension as a filter; with an ETag.

    `rows=0` leaves out the rows, for pages, which show the fragment.
    """
    found, scope = _asked(request, panel_id)
    reply = rendered(request.app.state.runtime, found, scope, with_rows=rows)
    headers = {"ETag": reply.etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == reply.etag:
        return Response(status_code=304, headers=headers)
    return Response(reply.body, headers=headers, media_type="application/json")


@router.get("/api/filters", summary="Values to filter by, with their requests in the window")
def filters(request: Request, q: str = "") -> dict[str, Any] | list[Any]:
    """The largest values of each dimension whose name contains `q`, as `[{name, title, values}]`."""
    runtime: Runtime = request.app.state.runtime
    scope = _scope(request, {key: values for key, values in _parameters(request).items() if key != "q"})
    context = Context(scope, runtime.ask, runtime.colours)
    groups = []
    for name, title in findable(runtime).items():
        rows = context.query(scope.window, "requests", by=(name,), rank="requests").rows
        names = Names(name, runtime.colours, ())
        wanted = q.casefold().strip()
        values = [
            row
            for row in rows
            if row[name] and row["requests"] and wanted in f"{row[name]} {names.label(row[name])}".casefold()
        ]
        if values:
            shown = [
                {"value": row[name], "label": names.label(row[name]), "text": f"{row['requests']:,}"}
                for row in values[:_OFFERED]
            ]
            groups.append({"name": name, "title": title, "values": shown})
    return groups


#: Values of each dimension that the filter offers.
_OFFERED: Final = 6


def rendered(runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool = True) -> Rendered:
    """A panel's reply, shared by all who look at the same thing at the same time."""
    key = (
        panel.id,
        scope.key(panel.uses),
        scope.moved(0),
        runtime.broadcaster.version,
        int(time.time() // panel.every),
        with_rows,
    )
    return runtime.rendered.get(key, lambda: _render(runtime, panel, scope, with_rows=with_rows))


def warm(runtime: Runtime) -> None:
    """Answer what the first page will ask, for a viewer in this machine's time zone.

    Whoever is elsewhere finds the ledger's pages in memory and everything else loaded. Where somebody asks before it is
    done, what they ask for comes first, and loads the same.
    """
    scope = parse_scope({"tz": [local_zone()]}, (), runtime.now())
    for answered, panel in enumerate(panels().values()):
        if runtime.closing.is_set() or len(runtime.rendered) > answered:
            return
        rendered(runtime, panel, scope, with_rows=False)


def _render(runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool) -> Rendered:
    view = _view(runtime, panel, scope)
    filtered = bool(scope.where)
    reply = {
        "id": panel.id,
        "title": panel.title,
        "columns": view.table.columns,
        "rows": [[_json(value) for value in row] for row in view.table.rows] if with_rows else [],
        "chart": view.chart,
        "html": render(f"panels/{panel.kind}.html", panel=panel, shown=view.shown, filtered=filtered),
        "nothing": view.empty and not filtered,
        "range": scope.window.title,
        "earlier": scope.moved(-1),
        "later": scope.moved(1),
    }
    body = json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Rendered(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')


def _view(runtime: Runtime, panel: Panel, scope: Scope) -> View:
    return panel.view(Context(scope, lambda query: runtime.ask(query, panel.every), runtime.colours))


def _asked(request: Request, panel_id: str) -> tuple[Panel, Scope]:
    found = panels().get(panel_id)
    if found is None:
        raise HTTPException(404, f"there is no panel {panel_id[:60]!r}; see /api/dashboards")
    return found, _scope(request, _parameters(request))


def _scope(request: Request, parameters: dict[str, list[str]]) -> Scope:
    try:
        runtime: Runtime = request.app.state.runtime
        return parse_scope(parameters, offered(runtime, parameters), runtime.now())
    except ScopeError as error:
        raise HTTPException(400, str(error)) from None


def _parameters(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.9f}"
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return plain(value)
    text = str(value)
    # As in measures.result: what a spreadsheet would take for a formula is disarmed.
    return f"'{text}" if text.startswith(_FORMULA) else text
