"""The pages of one record, one trace, one session and one error."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tokometer.explorer.error import failure
from tokometer.explorer.reading import Reading
from tokometer.explorer.record import found
from tokometer.ledger.schema import RECORDS
from tokometer.server.explored import error as errors
from tokometer.server.explored import record as records
from tokometer.server.explored.words import KINDS, Words
from tokometer.server.pages import framed
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.templates import render

router: Final = APIRouter(include_in_schema=False)
_SHOWN: Final = 80


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


def _unknown(request: Request, kind: str, id_: str) -> Response:
    """There is none of this id, and why that may be."""
    return framed(request, "unknown.html", "", alone=True, status=404, kind=kind, id=id_[:_SHOWN])
