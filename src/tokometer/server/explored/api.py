"""One record, trace, session or error as JSON."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tokometer.explorer.error import failure
from tokometer.explorer.reading import Reading
from tokometer.explorer.record import found
from tokometer.ledger.schema import RECORDS
from tokometer.server.explored import error as errors
from tokometer.server.explored import record as records
from tokometer.server.explored.words import KINDS
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api", tags=["explorer"])
_SHOWN: Final = 80


@router.get("/records/{cube}/{id}", summary="One record, with everything that belongs to it")
def record(request: Request, cube: str, id: str) -> Response:  # noqa: A002 - the address's word
    """Every field as stored; of a call tokens by bucket and how it came to its cost, its neighbours, what names it.

    Money is decimal US dollars as text, durations are microseconds; what is unknown is null.
    """
    if cube not in RECORDS:
        raise HTTPException(404, f"there is no kind of record {cube[:_SHOWN]!r}; there are {', '.join(RECORDS)}")
    runtime: Runtime = request.app.state.runtime
    return _answer(found(_reading(runtime), cube, id, runtime.book), records.to_json, KINDS[cube], id)


@router.get("/errors/{id}", summary="The error of a call, by the call's id")
def error(request: Request, id: str) -> Response:  # noqa: A002 - the address's word
    """Its details as far as they are kept, other tries of the same, and where else the same happened."""
    return _answer(failure(_reading(request.app.state.runtime), id), errors.to_json, "Call", id)


def _reading(runtime: Runtime) -> Reading:
    return Reading(runtime.ledger, WORKSPACES)


def _answer(one: Any, to_json: Any, kind: str, id_: str) -> Response:  # noqa: ANN401 - what was found, and its writer
    if one is None:
        raise HTTPException(404, f"there is no {kind.lower()} {id_[:_SHOWN]!r}")
    return Response(json_bytes(to_json(one)), media_type="application/json")
