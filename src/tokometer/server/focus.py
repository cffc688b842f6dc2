"""Usage and cost as FOCUS, for FinOps tools: `/api/export/focus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response

from tokometer.accounts import Invalid
from tokometer.judgement.charges import month_of
from tokometer.measures import Query as Question
from tokometer.measures import QueryError, dimension_named
from tokometer.measures.labels import PREFIX
from tokometer.records.redaction import redacted
from tokometer.reports.focus import DEFAULT, Version, as_csv, as_parquet, rows
from tokometer.server.offered import offered
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api/export", tags=["exports"])
_MOST_TAGS: Final = 10
_EVERY: Final = 60.0
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@router.get("/focus", summary="Usage and cost of a month as FOCUS 1.2, 1.3 or 1.4")
async def focus(
    request: Request,
    period: str = "",
    format: Literal["csv", "parquet"] = "csv",  # noqa: A002 - what it is called in addresses
    version: Version = DEFAULT,
    tag: Annotated[list[str] | None, Query(max_length=_MOST_TAGS)] = None,
) -> Response:
    """A row for each day, provider, model, team, project, key, region and tier of a month of UTC (else this one).

    `tag` names further dimensions of calls (`label.customer`) that become tags; without it, the labels that are rolled
    up do. Calls without a known price cost 0 in it, as FOCUS has no unknown, and are counted in `x_UnpricedRequests`.
    """
    runtime: Runtime = request.app.state.runtime
    period = period or f"{runtime.now().astimezone(UTC):%Y-%m}"
    try:
        first, last = month_of(period)
    except ValueError:
        raise Invalid("period", f"{redacted(period, 20)!r} is no month; write 2026-10") from None
    last = min(last, max(first, runtime.now().astimezone(UTC).date() + timedelta(days=1)))
    tags = _tags(runtime, tag)

    def work(_: object) -> bytes:
        found = rows(lambda question: _asked(runtime, question), first, last, tags, WORKSPACES[0])
        return (as_csv if format == "csv" else as_parquet)(found, version)

    content = await runtime.making.make(request, work)
    name = f"tokometer_focus-{version}_{period}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    if format == "parquet":
        headers["Content-Encoding"] = "identity"
    return Response(content, media_type=_TYPES[format], headers=headers)


def _asked(runtime: Runtime, question: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return runtime.ask(Question.parse(question), _EVERY, whole=True).rows


def _tags(runtime: Runtime, named: Sequence[str] | None) -> list[str]:
    if named is None:
        return [name for name in offered(runtime) if name.startswith(PREFIX)][:_MOST_TAGS]
    for name in named:
        try:
            dimension_named(f"calls.{name}")
        except QueryError as error:
            raise Invalid("tag", error.reason) from None
    return list(named)
