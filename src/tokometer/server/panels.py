"""Panels over HTTP: data, chart and HTML fragment, and how they are computed; as files they are in exports.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Final, cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tokometer.dashboards import DASHBOARDS, Dashboard, Panel, Scope, addresses, titled
from tokometer.dashboards.answers import described
from tokometer.dashboards.calendar import Window, asked_text
from tokometer.dashboards.drawing import window_text
from tokometer.dashboards.panel import narrowed, own_window
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import LedgerUnavailable
from tokometer.measures import Query, Question, Result, dimension_named
from tokometer.records.redaction import redacted
from tokometer.records.zone import local_zone
from tokometer.reports import PAGE_FORMATS, PANEL_FORMATS
from tokometer.server.memory import FOR_GOOD, Kept
from tokometer.server.moments import Moment
from tokometer.server.rendering import context_of, every, fitting, held, made, panel_named, panels
from tokometer.server.runtime import Rendered, Runtime, quarter_of
from tokometer.server.scoped import parameters_of, scope_of, word_of
from tokometer.server.templates import render

router: Final = APIRouter(tags=["panels"])


@router.get("/api/dashboards", summary="Every dashboard with its panels")
def dashboards(request: Request) -> dict[str, Any]:
    """Declarations: what there is to see, and where its data is."""
    return {
        "dashboards": [
            {
                "id": dashboard.id,
                "title": dashboard.title,
                "url": addresses.dashboard(dashboard.id),
                "range": dashboard.range,
                "about": dashboard.about,
                "files": {form.ending: f"/api/dashboards/{dashboard.id}.{form.ending}" for form in PAGE_FORMATS},
                "panels": [_declared(request.app.state.runtime, panel, dashboard) for panel in dashboard.panels],
            }
            for dashboard in (*DASHBOARDS.values(), *(one.dashboard for one in request.app.state.runtime.boards.all()))
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
        "leads": panel.leads,
        "url": f"/api/panels/{panel.id}",
        **{form.ending: f"/api/panels/{panel.id}.{form.ending}" for form in PANEL_FORMATS},
    }


@router.get("/api/panels/{panel_id}/explain", summary="How a panel is computed, as HTML")
def panel_explained(request: Request, panel_id: str) -> Response:
    """Definition, window, filters, and the query with which anyone gets the same numbers."""
    panel, scope = _asked(request, panel_id)
    runtime: Runtime = request.app.state.runtime
    asked: list[Question] = []

    def ask(question: Question) -> Result:
        asked.append(question)
        return runtime.ask(question, every(runtime, panel))

    context = narrowed(panel, context_of(runtime, scope, ask))
    with fitting(panel):
        view = panel.view(context)
    return Response(
        render(
            "explain.html",
            panel=panel,
            title=titled(panel, scope),
            measures=[described(name) for name in panel.measures],
            window=_windows(panel, view.window, asked),
            before="the period before it" if own_window(panel) else scope.before,
            scope=scope,
            filters=[
                (dimension_named(f"calls.{name}").title, verb, values)
                for verb, pairs in (("is", context.scope.where), ("is not", context.scope.without))
                for name, values in pairs
            ],
            queries=[
                (query.to_params(), json.dumps(query.to_json(), indent=1))
                for query in dict.fromkeys(asked)
                if isinstance(query, Query)  # what is asked in other ways has no address yet
            ],
        ),
        media_type="text/html",
    )


def _windows(panel: Panel, window: Window | None, asked: Sequence[Question]) -> str:
    """What times a panel is about, in words: its window, or those of its questions."""
    if window is not None:
        own = own_window(panel)
        return f"{own}: {window_text(window)}" if own and own != "All time" else window_text(window)
    found = dict.fromkeys(asked_text(one.since, one.until) for one in asked)
    return "Several: " + ", ".join(found) if len(found) > 1 else next(iter(found), "Of its own")


@router.get("/api/panels/{panel_id}", summary="A panel: rows, chart data and HTML fragment")
async def panel(request: Request, panel_id: str, rows: bool = True, live: bool = False) -> Response:
    """What the panel shows for `range`, `tz`, `compare` and any dimension as a filter; with an ETag.

    It has everything that was acknowledged before. `rows=0` leaves out the rows, for pages, which show the fragment.
    `live=1` is for pages that renew what they show, again and again: while much is committed, what came in the last
    seconds may be missing. `Version` says as of which change it is, as `/api/live` counts them. Panels that are asked
    for with the same word in a header `Moment` answer for one moment, whatever is committed meanwhile; the reply's
    `Moment` is its number.
    """
    runtime: Runtime = request.app.state.runtime
    word = word_of(request)
    if panel_id in panels():
        found, home = _named(runtime, panel_id)
    else:
        # What people have made stands in a database.
        found, home = await run_in_threadpool(_named, runtime, panel_id)
    _scoped(request, home)
    moment = await _moment(runtime, home, word, live=live) if word else None
    try:
        reply = await _reply(runtime, found, _scoped(request, home, moment), moment, with_rows=rows, live=live)
    except LedgerUnavailable:
        if moment is None or not moment.reading.is_lost:
            raise
        # The ledger is opened again, and has another moment for the word.
        moment = await _moment(runtime, home, word, live=live)
        reply = await _reply(runtime, found, _scoped(request, home, moment), moment, with_rows=rows, live=live)
    headers = {"ETag": reply.etag, "Cache-Control": "private, no-cache"}
    headers |= {"Version": str(moment.version if moment else reply.version)}
    if moment is not None:
        headers["Moment"] = str(moment.number)
    if request.headers.get("if-none-match") == reply.etag:
        return Response(status_code=304, headers=headers)
    if reply.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(reply.packed, headers=headers, media_type="application/json")
    return Response(reply.body, headers=headers, media_type="application/json")


async def _moment(runtime: Runtime, home: Dashboard, word: str, *, live: bool) -> Moment | None:
    """What a page looks at that asks with this word. Whoever waits for it holds no thread."""
    hold = _pace(runtime, home) if live else 0.0
    future, turn = runtime.moments.claim(word, hold)

    def make() -> None:
        try:
            runtime.makers.submit(runtime.moments.make, future)
        except RuntimeError:
            future.set_exception(HTTPException(503, "the server is ending"))

    if turn is not None:
        # Whoever leaves must not take it from the others.
        asyncio.get_running_loop().call_later(turn, make)
    return await asyncio.shield(asyncio.wrap_future(future))


def _pace(runtime: Runtime, dashboard: Dashboard) -> float:
    """How long what a live page shows may lack the latest commits."""
    return min(held(every(runtime, panel)) for panel in dashboard.panels)


async def _reply(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None, *, with_rows: bool, live: bool
) -> Rendered:
    """A panel's reply. Whoever waits for one that is being made holds no thread."""
    key, claim = _claim(runtime, panel, scope, moment, with_rows=with_rows, live=live)
    kept, mine = claim()
    if kept.future.done():
        return kept.result()

    def begin() -> None:
        make = partial(_render, runtime, panel, scope, moment, with_rows=with_rows, live=live)
        try:
            runtime.makers.submit(runtime.rendered.fulfil, key, kept, make)
        except RuntimeError:
            runtime.rendered.fulfil(key, kept, _ending)

    with runtime.moments.held(moment):
        if mine:
            kept.in_its_turn(begin)
        # Whoever leaves must not take the answer from the others.
        return await asyncio.shield(asyncio.wrap_future(kept.future))


def _ending() -> Rendered:
    raise HTTPException(503, "the server is ending")


def rendered(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None = None, *, with_rows: bool = True
) -> Rendered:
    """A panel's reply, shared by all who look at the same thing at the same time."""
    key, claim = _claim(runtime, panel, scope, moment, with_rows=with_rows, live=False)
    kept, mine = claim()
    if mine:
        make = partial(_render, runtime, panel, scope, moment, with_rows=with_rows, live=False)
        runtime.rendered.fulfil(key, kept, make)
    return kept.result()


def _claim(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None, *, with_rows: bool, live: bool
) -> tuple[Hashable, Callable[[], tuple[Kept[Rendered], bool]]]:
    """What a panel's reply is kept under, and how to get at it."""
    seconds = every(runtime, panel)
    key: tuple[Hashable, ...] = (
        # Its declaration and not its id: somebody may have changed it.
        cast("Hashable", panel),
        scope.key(panel.uses),
        scope.moved(0),
        runtime.accounts.version,
        # Thresholds, budgets and targets are part of what is shown.
        runtime.settings,
        with_rows,
    )
    if moment is not None:
        key = (*key, quarter_of(moment), moment.state)
        return key, partial(runtime.rendered.claim, key, seconds, FOR_GOOD)
    # What it was made of may lack the latest commits: not for those who ask for all of them.
    key = (*key, live)
    return key, partial(runtime.rendered.claim, key, seconds, held(seconds) if live else 0.0)


def warm(runtime: Runtime) -> None:
    """Answer what the first page will ask, for a viewer in this machine's time zone.

    Whoever is elsewhere finds the ledger's pages in memory and everything else loaded. Where somebody asks before it is
    done, what they ask for comes first, and loads the same.
    """
    future, turn = runtime.moments.claim("the first page", 0.0)
    if turn is not None:
        runtime.moments.make(future)
    moment = future.result()
    scope = parse_scope({"tz": [local_zone()]}, (), moment.now if moment else runtime.now())
    for answered, panel in enumerate(DASHBOARDS["usage"].panels):
        if runtime.closing.is_set() or len(runtime.rendered) > answered:
            return
        rendered(runtime, panel, scope, moment, with_rows=False)


def _render(
    runtime: Runtime, panel: Panel, scope: Scope, moment: Moment | None, *, with_rows: bool, live: bool
) -> Rendered:
    with runtime.moments.asking(moment):
        return made(runtime, panel, scope, moment, with_rows=with_rows, live=live)


def _asked(request: Request, panel_id: str) -> tuple[Panel, Scope]:
    found, home = _named(request.app.state.runtime, panel_id)
    return found, _scoped(request, home)


def _named(runtime: Runtime, panel_id: str) -> tuple[Panel, Dashboard]:
    found = panel_named(runtime, panel_id)
    if found is None:
        raise HTTPException(404, f"there is no panel {redacted(panel_id, 60)!r}; see /api/dashboards")
    return found


def _scoped(request: Request, home: Dashboard, moment: Moment | None = None) -> Scope:
    return scope_of(request, parameters_of(request), home.range, moment.now if moment else None)
