"""Panels over HTTP: data, chart and HTML fragment, as CSV, and how they are computed."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tokometer.dashboards import DASHBOARDS, Ask, Context, Dashboard, Panel, Scope, ScopeError, View, titled
from tokometer.dashboards.answers import JUDGED, described, judgement_of
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.marks import marks_of
from tokometer.dashboards.panel import own_window
from tokometer.dashboards.scope import DEFAULT_RANGE, parse_scope
from tokometer.measures import CUBES, Query, Question, Result, dimension_named
from tokometer.measures.latest import latest
from tokometer.measures.result import csv_cell
from tokometer.records.redaction import redacted
from tokometer.records.zone import local_zone
from tokometer.server.memory import Kept
from tokometer.server.offered import findable, offered
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import Rendered, Runtime
from tokometer.server.templates import render

router: Final = APIRouter(tags=["panels"])

#: Bytes from which on a reply is worth packing.
_PACKED: Final = 1_000


@cache
def panels() -> dict[str, Panel]:
    """Every panel by id."""
    return {panel.id: panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels}


@cache
def home_of(panel_id: str) -> Dashboard:
    """The dashboard that a panel stands on."""
    return next(one for one in DASHBOARDS.values() if any(panel.id == panel_id for panel in one.panels))


@router.get("/api/dashboards", summary="Every dashboard with its panels")
def dashboards(request: Request) -> dict[str, Any]:
    """Declarations: what there is to see, and where its data is."""
    return {
        "dashboards": [
            {
                "id": dashboard.id,
                "title": dashboard.title,
                "url": f"/{dashboard.id}",
                "range": dashboard.range,
                "about": dashboard.about,
                "panels": [_declared(request.app.state.runtime, panel, dashboard) for panel in dashboard.panels],
            }
            for dashboard in DASHBOARDS.values()
        ]
    }


def _declared(runtime: Runtime, panel: Panel, dashboard: Dashboard) -> dict[str, Any]:
    return {
        "id": panel.id,
        "title": titled(panel, default=dashboard.range),
        "kind": panel.kind,
        "width": panel.width,
        "window": panel.window,
        "refresh_seconds": every(runtime, panel),
        "how": panel.how,
        "measures": list(panel.measures),
        "uses": list(panel.uses),
        "url": f"/api/panels/{panel.id}",
        "csv": f"/api/panels/{panel.id}.csv",
    }


@router.get("/api/panels/{panel_id}.csv", summary="The rows behind a panel, as CSV")
def panel_csv(request: Request, panel_id: str) -> Response:
    """Exact values under the names of the measures."""
    panel, scope = _asked(request, panel_id)
    view = _view(request.app.state.runtime, panel, scope)
    table = view.table
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([csv_cell(value) for value in row] for row in table.rows)
    window = view.window or scope.window
    first, last = window.since, min(window.until, scope.now) - timedelta(seconds=1)
    name = f"{panel.id.replace('.', '-')}_{first:%Y-%m-%d}_{last:%Y-%m-%d}.csv"
    return Response(
        out.getvalue(), headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type="text/csv"
    )


@router.get("/api/panels/{panel_id}/explain", summary="How a panel is computed, as HTML")
def panel_explained(request: Request, panel_id: str) -> Response:
    """Definition, window, filters, and the query with which anyone gets the same numbers."""
    panel, scope = _asked(request, panel_id)
    runtime: Runtime = request.app.state.runtime
    asked: list[Question] = []

    def ask(question: Question) -> Result:
        asked.append(question)
        return runtime.ask(question, every(runtime, panel))

    view = panel.view(context_of(runtime, scope, ask))
    return Response(
        render(
            "explain.html",
            panel=panel,
            title=titled(panel, scope),
            measures=[described(name) for name in panel.measures],
            window=_windows(view.window, asked),
            scope=scope,
            filters=[(dimension_named(f"calls.{name}").title, values) for name, values in scope.where],
            queries=[
                (query.to_params(), json.dumps(query.to_json(), indent=1))
                for query in dict.fromkeys(asked)
                if isinstance(query, Query)  # what is asked in other ways has no address yet
            ],
        ),
        media_type="text/html",
    )


def _windows(window: Window | None, asked: Sequence[Question]) -> str:
    """What times a panel is about, in words: its window, or those of its questions."""
    if window is not None:
        return window_text(window)
    found = dict.fromkeys(f"{one.since} to {one.until}" if one.until else one.since for one in asked)
    return "Several: " + ", ".join(found) if len(found) > 1 else next(iter(found), "Of its own")


@router.get("/api/panels/{panel_id}", summary="A panel: rows, chart data and HTML fragment")
async def panel(request: Request, panel_id: str, rows: bool = True, live: bool = False) -> Response:
    """What the panel shows for `range`, `tz`, `compare` and any dimension as a filter; with an ETag.

    It has everything that was acknowledged before. `rows=0` leaves out the rows, for pages, which show the fragment.
    `live=1` is for pages that renew what they show, again and again: while much is committed, what came in the last
    seconds may be missing. `Version` says as of which change it is, as `/api/live` counts them.
    """
    found, scope = _asked(request, panel_id)
    reply = await _reply(request.app.state.runtime, found, scope, with_rows=rows, live=live)
    headers = {"ETag": reply.etag, "Cache-Control": "private, no-cache", "Version": str(reply.version)}
    if request.headers.get("if-none-match") == reply.etag:
        return Response(status_code=304, headers=headers)
    if reply.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(reply.packed, headers=headers, media_type="application/json")
    return Response(reply.body, headers=headers, media_type="application/json")


async def _reply(runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool, live: bool) -> Rendered:
    """A panel's reply. Whoever waits for one that is being made holds no thread."""
    key, claim = _claim(runtime, panel, scope, with_rows=with_rows, live=live)
    kept, mine = claim()
    if kept.future.done():
        return kept.result()

    def begin() -> None:
        make = partial(_render, runtime, panel, scope, with_rows=with_rows, live=live)
        try:
            runtime.makers.submit(runtime.rendered.fulfil, key, kept, make)
        except RuntimeError:
            runtime.rendered.fulfil(key, kept, _ending)

    if mine:
        kept.in_its_turn(begin)
    # Whoever leaves must not take the answer from the others.
    return await asyncio.shield(asyncio.wrap_future(kept.future))


def _ending() -> Rendered:
    raise HTTPException(503, "the server is ending")


def rendered(runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool = True) -> Rendered:
    """A panel's reply, shared by all who look at the same thing at the same time."""
    key, claim = _claim(runtime, panel, scope, with_rows=with_rows, live=False)
    kept, mine = claim()
    if mine:
        runtime.rendered.fulfil(key, kept, partial(_render, runtime, panel, scope, with_rows=with_rows, live=False))
    return kept.result()


def _claim(
    runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool, live: bool
) -> tuple[Hashable, Callable[[], tuple[Kept[Rendered], bool]]]:
    """What a panel's reply is kept under, and how to get at it."""
    seconds = every(runtime, panel)
    key = (
        panel.id,
        scope.key(panel.uses),
        scope.moved(0),
        # Thresholds, budgets and targets are part of what is shown.
        runtime.settings,
        with_rows,
        # What it was made of may lack the latest commits: not for those who ask for all of them.
        live,
    )
    return key, partial(runtime.rendered.claim, key, seconds, held(seconds) if live else 0.0)


def held(seconds: float) -> float:
    """How long what a live page shows may lack the latest commits, of a panel that is renewed every so many seconds.

    A little less than after how long a page asks again; see `tick` in dashboard.js.
    """
    return 0.7 * min(10.0, max(1.0, seconds / 30))


def warm(runtime: Runtime) -> None:
    """Answer what the first page will ask, for a viewer in this machine's time zone.

    Whoever is elsewhere finds the ledger's pages in memory and everything else loaded. Where somebody asks before it is
    done, what they ask for comes first, and loads the same.
    """
    scope = parse_scope({"tz": [local_zone()]}, (), runtime.now())
    for answered, panel in enumerate(DASHBOARDS["usage"].panels):
        if runtime.closing.is_set() or len(runtime.rendered) > answered:
            return
        rendered(runtime, panel, scope, with_rows=False)


def _render(runtime: Runtime, panel: Panel, scope: Scope, *, with_rows: bool, live: bool) -> Rendered:
    seconds = every(runtime, panel)
    hold = held(seconds) if live else 0.0
    versions = [runtime.broadcaster.version]
    #: What the answers lack, each once.
    missing: dict[str, None] = {}

    def ask(question: Question) -> Result:
        kept = runtime.asked(question, seconds, hold)
        versions.append(kept.version)
        result = kept.result()
        missing.update(dict.fromkeys(result.meta.missing))
        return result

    view = panel.view(context_of(runtime, scope, ask))
    filtered = bool(scope.where)
    title = titled(panel, scope)
    frame: dict[str, Any] = {"title": title, "unheard": _unheard(panel, scope), "unknown": _unknown(panel, scope)}
    frame["window"] = own_window(panel, title)
    frame["missing"] = list(missing)
    if "by" in panel.uses:
        titles = findable(runtime)
        if scope.by not in titles:
            titles[scope.by] = dimension_named(f"calls.{scope.by}").title
        frame["dimensions"] = list(titles.items())
    reply = {
        "id": panel.id,
        "title": title,
        "columns": view.table.columns,
        "rows": [[_json(value) for value in row] for row in view.table.rows] if with_rows else [],
        "chart": view.chart,
        "missing": list(missing),
        "html": render(f"panels/{panel.kind}.html", panel=panel, frame=frame, shown=view.shown, filtered=filtered),
        "empty": view.empty,
        "nothing": (view.empty or _says_nothing(view)) and not filtered and _has_nothing(runtime),
        "range": scope.window.title,
        "earlier": scope.moved(-1),
        "later": scope.moved(1),
    }
    if "range" in panel.uses:
        quiet = view.empty or _says_nothing(view)
        reply["last"] = _last(context_of(runtime, scope, ask)) if quiet and not reply["nothing"] else None
    body = json_bytes(reply)
    packed = gzip.compress(body, 5, mtime=0) if len(body) >= _PACKED else b""
    return Rendered(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', packed, min(versions))


def _last(context: Context) -> dict[str, Any] | None:
    """When something was used last, and a window of it; None where something was in this one, or never was."""
    window = context.scope.window
    found = context.query(window, "requests").rows
    if found and found[0]["requests"]:
        return None
    last = latest(context.ask, context.where(), context.scope.zone.key)
    if last is None:
        return None
    day = last.date()
    length = max(window.until.date() - window.since.date(), timedelta(days=1))
    asked = {"range": "custom", "since": day - length + timedelta(days=1), "until": day}
    return {"day": f"{day.day} {day:%b %Y}", "to": urlencode(asked), "filtered": bool(context.scope.where)}


def _says_nothing(view: View) -> bool:
    """True where no row has a number but zero: sums of nothing are known, and none of them is of interest."""
    return not any(isinstance(value, int | float | Decimal) and value for row in view.table.rows for value in row)


def _has_nothing(runtime: Runtime) -> bool:
    """True where no call has ever come in: then a page says how to send some."""
    found = runtime.ask(Query(measures=("calls.requests",), since="all")).rows
    return not (found and found[0]["requests"])


def every(runtime: Runtime, panel: Panel) -> float:
    """Seconds that a panel's answer holds: its own, or what the settings say."""
    return runtime.settings.every(home_of(panel.id).id, panel.id, panel.every)


def _view(runtime: Runtime, panel: Panel, scope: Scope) -> View:
    return panel.view(context_of(runtime, scope, lambda question: runtime.ask(question, every(runtime, panel))))


def context_of(runtime: Runtime, scope: Scope, ask: Ask) -> Context:
    """What panels may use to answer."""
    context = Context(scope, ask, runtime.colours, runtime.settings, runtime.book)
    return replace(context, marks=lambda window: marks_of(context, window, runtime.book))


def _unheard(panel: Panel, scope: Scope) -> list[str]:
    """Titles of the viewer's filters that what the panel counts has no dimension for."""
    cubes = [CUBES[cube] for cube in dict.fromkeys(name.partition(".")[0] for name in panel.measures) if cube in CUBES]
    return [
        dimension_named(f"calls.{name}").title
        for name, _ in scope.where
        if cubes and not any(cube.name == "calls" or name in cube.dimensions for cube in cubes)
    ]


def _unknown(panel: Panel, scope: Scope) -> list[str]:
    """Titles of the viewer's filters under which nothing can be told of what the panel judges."""
    cubes = {judgement_of(name)[0].cube if name.startswith(JUDGED) else "calls" for name in panel.measures}
    if len(cubes) != 1 or "calls" in cubes:
        return []
    known = CUBES[cubes.pop()].dimensions
    return [dimension_named(f"calls.{name}").title for name, _ in scope.where if name not in known]


def _asked(request: Request, panel_id: str) -> tuple[Panel, Scope]:
    found = panels().get(panel_id)
    if found is None:
        raise HTTPException(404, f"there is no panel {redacted(panel_id, 60)!r}; see /api/dashboards")
    return found, scope_of(request, parameters_of(request), home_of(panel_id).range)


def scope_of(request: Request, parameters: dict[str, list[str]], default: str = DEFAULT_RANGE) -> Scope:
    """What a request's parameters ask for; 422 where they cannot be understood."""
    try:
        runtime: Runtime = request.app.state.runtime
        return parse_scope(parameters, offered(runtime, parameters), runtime.now(), default, runtime.first)
    except ScopeError as error:
        raise HTTPException(422, str(error)) from None


def parameters_of(request: Request) -> dict[str, list[str]]:
    """A request's parameters, each with all of its values."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:.9f}" if value.is_finite() else None
    return value.isoformat() if isinstance(value, datetime) else value
