"""What Grafana asks: panels' rows without nesting, values for variables, and where a click leads on our pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from tokometer.dashboards import DASHBOARDS, Panel, Scope, addresses
from tokometer.dashboards.drill import Counted, counted
from tokometer.dashboards.names import Names
from tokometer.measures import CUBES, Filter, Query
from tokometer.records.redaction import redacted
from tokometer.reports.grafana import column_of, flat
from tokometer.reports.grafana.parameters import ParameterError, page_parameters
from tokometer.server.offered import offered
from tokometer.server.panels import rendered
from tokometer.server.rendering import context_of, home_of, panel_named, panels
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import scope_of

router: Final = APIRouter(prefix="/api/grafana", tags=["grafana"])

#: Money as JSON numbers with all of their digits; NaN and infinity, which JSON has not, as null.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
#: Values that a variable offers: the most used.
_MOST_VALUES: Final = 500
_REQUESTS: Final = "calls.requests"


@router.get("/panels/{panel_id}", summary="The rows behind a panel, flat, for Grafana's data sources")
def panel_rows(request: Request, panel_id: str) -> Response:
    """`rows` of the panel's table: money as numbers, times in milliseconds since 1970, names without dots.

    `from`, `to` (milliseconds or RFC 3339, rounded outwards to quarter hours), `tz`, and filters as Grafana writes
    variables: `var-provider=a&var-provider=b`, `provider=a,b` or `provider={a,b}`; `$__all`, `All` and nothing are no
    filter. `columns` says what is in the rows. It is the answer that our own page is given, as long as that holds.
    """
    runtime: Runtime = request.app.state.runtime
    panel, scope = _asked(request, panel_id)
    told = msgspec.json.decode(rendered(runtime, panel, scope).body)
    cube = str(getattr(panel, "cube", "calls"))
    columns = [column_of(name, cube) for name in told["columns"]]
    return _json(
        {
            "id": panel.id,
            "title": told["title"],
            "range": told["range"],
            "columns": [{"name": c.field, "title": c.title, "type": c.type, "unit": c.unit} for c in columns],
            "rows": flat(told["columns"], told["rows"], cube),
        }
    )


@router.get("/values/{dimension}", summary="The values of a dimension in a window, for a variable of Grafana's")
def values(request: Request, dimension: str) -> Response:
    """`rows` of `text` and `value`, the most used first, at most 500; calls without a value have no row."""
    runtime: Runtime = request.app.state.runtime
    scope = _scope(request, "7d")
    if dimension not in offered(runtime):
        raise HTTPException(404, f"there is no dimension {redacted(dimension, 60)!r} to choose values of")
    name = f"calls.{dimension}"
    since, until = scope.window.asked
    asked = Query(
        measures=(_REQUESTS,),
        by=(name,),
        since=since,
        until=until,
        tz=scope.zone.key,
        order=(f"-{_REQUESTS}",),
        where=_filters(scope, dimension),
    )
    found = [str(row[dimension]) for row in runtime.ask(asked, 60).rows if row[dimension]]
    names = Names(dimension, runtime.colours, found[:_MOST_VALUES])
    return _json({"rows": [{"text": names.label(value), "value": value} for value in found[:_MOST_VALUES]]})


@router.get("/open/{name}", summary="Our page of a dashboard or a panel, for a link from Grafana")
def opened(request: Request, name: str) -> Response:
    """Leads on to the page, with Grafana's window, zone and filters as ours."""
    dashboard = DASHBOARDS.get(name) or (home_of(name) if name in panels() else None)
    if dashboard is None:
        raise HTTPException(404, f"there is no dashboard or panel {redacted(name, 60)!r}; see /api/dashboards")
    _scope(request, dashboard.range)
    pairs = [(key, value) for key, values in _parameters(request).items() for value in values]
    return RedirectResponse(addresses.dashboard(dashboard.id, pairs))


@router.get("/records/{panel_id}", summary="The records behind a panel, for a link from Grafana")
def records(request: Request, panel_id: str) -> Response:
    """Leads on to the explorer, at what the panel's first measure counts in Grafana's window and filters."""
    panel, scope = _asked(request, panel_id)
    found = next((one for one in map(counted, panel.measures) if one and _is_counted(one.measure)), Counted(_REQUESTS))
    runtime: Runtime = request.app.state.runtime
    context = context_of(runtime, scope, runtime.ask)
    since, until = (found.since, "") if found.since else context.window(panel.window).asked
    # What the records have no dimension for does not narrow them, as it does not narrow the panel.
    where = context.where(found.measure.partition(".")[0])
    query = Query(measures=(found.measure,), where=where, since=since, until=until, tz=scope.zone.key)
    return RedirectResponse(addresses.records(query))


def _is_counted(measure: str) -> bool:
    cube, _, short = measure.partition(".")
    return cube in CUBES and short in CUBES[cube].measures


def _filters(scope: Scope, but: str) -> tuple[Filter, ...]:
    chosen = [Filter(f"calls.{name}", "in", values) for name, values in scope.where if name != but]
    return (*chosen, *(Filter(f"calls.{name}", "not in", values) for name, values in scope.without))


def _asked(request: Request, panel_id: str) -> tuple[Panel, Scope]:
    found = panel_named(request.app.state.runtime, panel_id)
    if found is None:
        raise HTTPException(404, f"there is no panel {redacted(panel_id, 60)!r}; see /api/dashboards")
    panel, dashboard = found
    return panel, _scope(request, dashboard.range)


def _scope(request: Request, default: str) -> Scope:
    return scope_of(request, _parameters(request), default)


def _parameters(request: Request) -> dict[str, list[str]]:
    given: Sequence[tuple[str, str]] = request.query_params.multi_items()
    names = [name.removeprefix("var-") for name, _ in given]
    try:
        return page_parameters(given, offered(request.app.state.runtime, names))
    except ParameterError as error:
        raise HTTPException(422, str(error)) from None


def _json(found: Any) -> Response:  # noqa: ANN401 - whatever JSON has
    return Response(_ENCODER.encode(found), media_type="application/json", headers={"Cache-Control": "no-cache"})
