"""The pages of one record, one trace, one session and one error."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tokometer.dashboards import addresses
from tokometer.explorer.error import failure
from tokometer.explorer.reading import Reading
from tokometer.explorer.record import found
from tokometer.explorer.session import session as find_session
from tokometer.explorer.session import sources_of
from tokometer.explorer.trace import trace as find_trace
from tokometer.ledger.schema import RECORDS
from tokometer.server.explored import error as errors
from tokometer.server.explored import record as records
from tokometer.server.explored import session as sessions
from tokometer.server.explored import trace as traces
from tokometer.server.explored.words import KINDS, Words
from tokometer.server.pages import framed
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.templates import render

router: Final = APIRouter(include_in_schema=False)
_SHOWN: Final = 80
#: A number of so many digits is none of a row.
_DIGITS: Final = 9


@router.get("/record")
def record(request: Request, cube: str = "calls", id: str = "") -> Response:  # noqa: A002 - the address's word
    """One record, with everything that belongs to it."""
    runtime = _runtime(request)
    one = found(_reading(runtime), cube, id, runtime.book) if cube in RECORDS else None
    if one is None:
        return _unknown(request, KINDS.get(cube, "Record"), id)
    return framed(request, "record.html", "", alone=True, shown=records.shown(Words(request), one))


@router.get("/record/part")
def part(request: Request, cube: str = "calls", id: str = "") -> Response:  # noqa: A002 - the address's word
    """The same beside a tree or a list: a piece of a page."""
    runtime = _runtime(request)
    one = found(_reading(runtime), cube, id, runtime.book) if cube in RECORDS else None
    if one is None:
        return Response("This record is gone.", 404, media_type="text/plain")
    return _piece("record_part.html", shown=records.summary(Words(request), one))


@router.get("/trace")
def trace(request: Request, id: str = "", span: str = "", record: str = "") -> Response:  # noqa: A002 - the address's word
    """All records that share a trace, as a tree beside a waterfall."""
    one = find_trace(_reading(_runtime(request)), id)
    if one is None:
        return _unknown(request, "Trace", id)
    shown = traces.shown(Words(request), one, span, record)
    return framed(request, "trace.html", "", alone=True, data=_embedded(shown.pop("data")), shown=shown)


@router.get("/session")
def session(request: Request, id: str = "", source: str = "") -> Response:  # noqa: A002 - the address's word
    """One session as a timeline; where several sources have one of this id, which is meant."""
    runtime, words = _runtime(request), Words(request)
    reading = _reading(runtime)
    known = sources_of(reading, id)
    if not source and len(known) > 1:
        choices = [(words.source(name), addresses.session(id, name)) for name in known]
        return framed(request, "choose_session.html", "", alone=True, id=id, choices=choices)
    one = find_session(reading, id, source or (known[0] if known else ""))
    if one is None:
        return _unknown(request, "Session", id)
    drawn = sessions.charts(words, one)
    start = request.query_params.get("from", "")
    return framed(
        request,
        "session.html",
        "",
        alone=True,
        shown=sessions.shown(words, one, int(start) if start.isdecimal() and len(start) < _DIGITS else 0, known),
        source=one.source,
        charts=drawn,
        data=_embedded(drawn),
        vega_url=f"/static/vega-{runtime.charts.bundle_key}.js",
        charts_url=f"/static/charts-{runtime.charts.charts_key}.json",
    )


@router.get("/error")
def error(request: Request, id: str = "") -> Response:  # noqa: A002 - the address's word
    """A call that failed, and why."""
    runtime = _runtime(request)
    one = failure(_reading(runtime), id)
    if one is None:
        return _unknown(request, "Call", id)
    return framed(request, "error.html", "", alone=True, shown=errors.shown(Words(request), one))


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _reading(runtime: Runtime) -> Reading:
    return Reading(runtime.ledger, WORKSPACES)


def _piece(template: str, **values: Any) -> Response:  # noqa: ANN401 - whatever the template names
    headers = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
    return Response(render(template, **values), headers=headers, media_type="text/html")


def _embedded(data: object) -> str:
    """Data as JSON in an element of a page, which nothing of it can end."""
    return json_bytes(data).decode().replace("<", "\\u003c")


def _unknown(request: Request, kind: str, id_: str) -> Response:
    """There is none of this id, and why that may be."""
    return framed(request, "unknown.html", "", alone=True, status=404, kind=kind, id=id_[:_SHOWN])
