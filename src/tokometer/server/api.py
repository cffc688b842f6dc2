"""Asking measures over HTTP, and what there is to ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tokometer.judgement.asked import Asked, parse, parse_params
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Judgement
from tokometer.measures import CUBES, Query, QueryError, Question, Result
from tokometer.measures.labels import known_labels, label_of
from tokometer.measures.made import made_of
from tokometer.server.body import BodyError, received
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.stated import statements_of

router: Final = APIRouter(prefix="/api", tags=["measures"])
#: A query is small; whatever is larger is not one.
_MOST_BYTES: Final = 256 * 1024


@router.get("/query", summary="A query in the URL: ?measure=calls.cost&by=calls.model&since=7d")
def query_url(request: Request) -> Response:
    """Rows as JSON, or as CSV with `Accept: text/csv`."""
    return _answer(request, lambda: parse_params(request.query_params.multi_items()))


@router.post("/query", summary="A query as JSON")
async def query_body(request: Request) -> Response:
    """Rows as JSON, or as CSV with `Accept: text/csv`."""
    try:
        async with received(request, _MOST_BYTES) as body:
            given = json.loads(body)
    except BodyError as error:
        raise HTTPException(error.status, str(error), error.headers) from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    return await run_in_threadpool(_answer, request, lambda: parse(given))


def _result(runtime: Runtime, asked: Query | Asked) -> Result:
    def ask(question: Question) -> Result:
        return runtime.ask(question, 1.0)

    if isinstance(asked, Asked):
        return asked.answer(runtime.settings, runtime.now(), ask, runtime.book, statements_of(runtime))
    return runtime.ask(asked, 1.0, whole=True)


def _answer(request: Request, read: Callable[[], Query | Asked]) -> Response:
    runtime: Runtime = request.app.state.runtime
    try:
        result = _result(runtime, read())
    except QueryError as error:
        raise HTTPException(400, str(error)) from None
    if "text/csv" in request.headers.get("accept", ""):
        meta = result.to_json(rows=False)["meta"]
        # CSV has no place for it: from when to when, as ISO 8601 writes an interval.
        headers = {"Tokometer-Window": f"{meta['since']}/{meta['until']}"}
        if result.meta.missing:
            headers["Tokometer-Missing"] = "; ".join(result.meta.missing).encode("ascii", "replace").decode()
        return Response(
            result.to_csv().encode("utf-8", "replace"), headers=headers, media_type="text/csv; charset=utf-8"
        )
    answer = result.to_json()
    if runtime.reach is not None:
        # What is older than this is not in the answer yet.
        answer["reading"] = runtime.reach.to_json()
    return Response(json_bytes(answer), media_type="application/json")


@router.get("/measures", summary="Every measure, dimension and judgement, with its definition")
def measures() -> dict[str, Any]:
    """By cube: names, titles, units, which way is better, and how it is computed; and every judgement likewise."""
    return {
        "cubes": [
            {
                "name": cube.name,
                "title": cube.title,
                "description": (cube.__doc__ or "").strip(),
                "dimensions": [
                    {"name": d.name, "title": d.title, "description": d.description, "type": d.type}
                    for d in (*cube.dimensions.values(), *made_of(cube))
                ],
                "measures": [
                    {
                        "name": m.name,
                        "title": m.title,
                        "description": m.description,
                        "formula": m.formula(),
                        "unit": m.unit.key,
                        "type": m.type,
                        "better": m.better,
                    }
                    for m in cube.measures.values()
                ],
            }
            for cube in CUBES.values()
        ],
        "judgements": [_declared(judgement) for judgement in JUDGEMENTS.values()],
    }


def _declared(judgement: Judgement) -> dict[str, Any]:
    return {
        "name": judgement.full_name,
        "title": judgement.title,
        "description": judgement.description,
        "formula": judgement.formula,
        "thresholds": judgement.thresholds,
        "unit": judgement.unit.key,
        "type": judgement.type,
        "better": judgement.better,
        "by": [f"calls.{name}" if name else "" for name in judgement.by],
        "window": judgement.window,
        "facts": [
            {
                "name": fact.name,
                "title": fact.column.title,
                "description": fact.meaning,
                "unit": fact.column.unit,
                "type": fact.type,
            }
            for fact in judgement.facts
        ],
    }


@router.get("/labels", summary="The keys of labels, with how many values each has")
def labels(request: Request) -> dict[str, Any]:
    """Each key, the dimension of calls that it is, its number of values, and whether it takes part in the rollups."""
    ledger = request.app.state.runtime.ledger
    return {
        "labels": [
            {
                "key": key,
                "dimension": label_of("calls", key).name,
                "values": values,
                "rolled_up": key in ledger.rolled,
            }
            for key, values in known_labels(ledger, WORKSPACES).items()
        ]
    }
