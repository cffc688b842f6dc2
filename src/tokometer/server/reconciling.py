"""Reconciliation over HTTP: `/api/reconciliation`, as JSON and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response

from tokometer.accounts import Invalid
from tokometer.judgement.declared import Judgement, Matter, judge
from tokometer.judgement.reconciliation.judged import GAP_CAUSES, GAP_LINES, RECONCILIATION
from tokometer.judgement.reconciliation.words import sentence
from tokometer.measures import Filter, QueryError, Question, Result
from tokometer.measures.result import json_value
from tokometer.records.providers import PROVIDERS
from tokometer.server import given
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import Runtime
from tokometer.server.stated import statements_of

router: Final = APIRouter(prefix="/api/reconciliation", tags=["reconciliation"])
By = Literal["", "day", "model", "provider", "project", "api_key", "account", "cause", "line"]
_OTHERS: Final[dict[str, Judgement]] = {"cause": GAP_CAUSES, "line": GAP_LINES}
_EVERY: Final = 60.0


@router.get("", summary="Metered and billed side by side, each gap with its causes")
def reconciliation(
    request: Request,
    month: Annotated[str, Query(description="A calendar month of UTC, `2026-10`; the running one by default.")] = "",
    since: Annotated[str, Query(description="First day, instead of a month.")] = "",
    until: Annotated[str, Query(description="Last day; with `since`.")] = "",
    provider: Annotated[list[str] | None, Query(description="Providers as slugs, `openai`; all by default.")] = None,
    model: Annotated[list[str] | None, Query(description="Models, under whichever of their names.")] = None,
    by: Annotated[By, Query(description="What `rows` are told by; `cause` and `line` take the gap apart.")] = "",
    format: Annotated[Literal["json", "csv"], Query(description="Or `Accept: text/csv`.")] = "json",  # noqa: A002
) -> Response:
    """Money is US dollars as decimal text, shares are ratios, days are days of UTC.

    `total` has both sides, the gap and its parts by cause, which add up to it exactly; `unexplained` is what is left.
    `rows` are the same by `by`, or the causes, or each part of one model's gap on one day. `statements` say how far
    what each provider's account states is known, and from which day on it may still change.
    """
    runtime: Runtime = request.app.state.runtime
    matter = matter_of(runtime, window_of(runtime, month, since, until), provider or (), model or ())
    try:
        result = judged(runtime, _OTHERS.get(by, RECONCILIATION), replace(matter, by="" if by in _OTHERS else by))
        if format == "csv" or "text/csv" in request.headers.get("accept", ""):
            return Response(result.to_csv().encode("utf-8", "replace"), media_type="text/csv; charset=utf-8")
        total = judged(runtime, RECONCILIATION, matter).rows
    except QueryError as error:
        raise HTTPException(422, str(error)) from None
    told = {
        "window": {"since": matter.since, "until": matter.until, "tz": "UTC"},
        "sentence": sentence(_about(month, matter, provider or ()), total[0]) if total else None,
        "total": _plain(total[0]) if total else None,
        "rows": [_plain(row) for row in result.rows],
        "statements": [
            {
                "provider": one.provider,
                "account": one.account,
                "stated_until": json_value(one.until),
                "final_until": json_value(one.final),
                "synced": json_value(one.synced),
                "error": one.error,
            }
            for one in matter.stated.values()
        ],
    }
    return Response(json_bytes(told), media_type="application/json")


def window_of(runtime: Runtime, month: str, since: str = "", until: str = "") -> tuple[date, date]:
    """The first day that is asked for, and the first after the last one."""
    today = runtime.now().astimezone(UTC).date()
    if since or until:
        first, last = given.day("since", since), given.day("until", until or today.isoformat())
        if last < first:
            raise Invalid("until", "has to be after since")
        return first, date.fromordinal(last.toordinal() + 1)
    return given.month("month", month or f"{today:%Y-%m}")


def matter_of(
    runtime: Runtime, window: tuple[date, date], providers: Sequence[str] = (), models: Sequence[str] = ()
) -> Matter:
    """What is asked of the judgements of reconciliation."""
    begin, end = (datetime.combine(day, time(), UTC).isoformat() for day in window)
    named = (("calls.provider", providers), ("calls.model", models))
    try:
        where = tuple(Filter(name, "in", tuple(values)) for name, values in named if values)
    except QueryError as error:
        raise HTTPException(422, str(error)) from None
    return Matter(
        where=where,
        since=begin,
        until=end,
        now=runtime.now(),
        insists=True,
        book=runtime.book,
        stated=statements_of(runtime),
    )


def judged(runtime: Runtime, judgement: Judgement, matter: Matter) -> Result:
    """Ask the ledger, with everything that is committed."""

    def ask(question: Question) -> Result:
        return runtime.ask(question, _EVERY, whole=True)

    return judge(judgement, matter, runtime.settings, ask)


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a judgement's row
    return {name: json_value(value) for name, value in row.items()}


def titled(provider: str) -> str:
    """What people call a provider."""
    return PROVIDERS[provider].name if provider in PROVIDERS else provider


def _about(month: str, matter: Matter, providers: Sequence[str]) -> str:
    last = date.fromordinal(date.fromisoformat(matter.until[:10]).toordinal() - 1)
    when = f"{date.fromisoformat(matter.since[:10]):%B %Y}" if month else f"{matter.since[:10]} to {last}"
    who = ", ".join(titled(one) for one in providers) or "all providers with statements"
    return f"{when}, {who}"
