"""Usage and cost as FOCUS, for FinOps tools: `/api/export/focus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from tokometer.accounts import Invalid
from tokometer.measures import Query as Question
from tokometer.reports.focus import DEFAULT, Version
from tokometer.reports.focus_file import MOST_TAGS, FocusError, Form, focus_file
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api/export", tags=["exports"])
_EVERY: Final = 60.0
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@router.get("/focus", summary="Usage and cost of a month as FOCUS 1.2, 1.3 or 1.4")
async def focus(
    request: Request,
    period: str = "",
    format: Form = "csv",  # noqa: A002 - what it is called in addresses
    version: Version = DEFAULT,
    tag: Annotated[list[str] | None, Query(max_length=MOST_TAGS)] = None,
) -> Response:
    """A row for each day, provider, model, team, project, key, region and tier of a month of UTC (else this one).

    `tag` names further dimensions of calls (`label.customer`) that become tags; without it, the labels that are rolled
    up do. Calls without a known price cost 0 in it, as FOCUS has no unknown, and are counted in `x_UnpricedRequests`.
    """
    runtime: Runtime = request.app.state.runtime
    try:
        asked = focus_file(period, format, version, tag, runtime.ledger.rolled, runtime.now())
    except FocusError as error:
        raise Invalid(error.field, error.reason) from None
    wanted = replace(asked, workspace=WORKSPACES[0])
    content = await runtime.making.make(request, lambda _: wanted.made(lambda question: _asked(runtime, question)))
    headers = {"Content-Disposition": f'attachment; filename="{wanted.name}"', "Cache-Control": "private, no-store"}
    if format == "parquet":
        headers["Content-Encoding"] = "identity"
    return Response(content, media_type=_TYPES[format], headers=headers)


def _asked(runtime: Runtime, question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return runtime.ask(Question.parse(question), _EVERY, whole=True).rows
