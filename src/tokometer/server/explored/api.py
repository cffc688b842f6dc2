"""One record, trace, session or error as JSON."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

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


@router.get("/traces/{trace_id:path}", summary="A trace as a tree, with what every node of it adds up to")
def trace(request: Request, trace_id: str) -> Response:
    """Every record that shares the trace id, in the order of the tree.

    `own` is what a record adds itself, `whole` what it adds with all that stands below it. What tells again what
    another record counts as has `counts` false, and adds nothing.
    """
    return _answer(find_trace(_reading(request.app.state.runtime), trace_id), traces.to_json, "Trace", trace_id)


@router.get("/sessions/{session_id:path}", summary="A session with everything in it, in the order of time")
def session(request: Request, session_id: str, source: str = "") -> Response:
    """Its records, what it cost up to each, where its context became shorter, and the sessions that it began.

    Where several sources have a session of this id, `source` says which; without it the answer is 409 and names them.
    """
    reading = _reading(request.app.state.runtime)
    known = sources_of(reading, session_id)
    if not source and len(known) > 1:
        raise HTTPException(409, f"several sources have a session of this id; add ?source= one of {', '.join(known)}")
    one = find_session(reading, session_id, source or (known[0] if known else ""))
    return _answer(one, sessions.to_json, "Session", session_id)


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
