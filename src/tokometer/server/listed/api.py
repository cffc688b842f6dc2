"""Lists of records over HTTP: JSON a page at a time, CSV and Parquet all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from tokometer.measures import Listing, QueryError, Result
from tokometer.measures.listing import count
from tokometer.measures.result import json_value
from tokometer.reports.rows import parquet_of
from tokometer.server.listed.asked import Asked, asked_by
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api", tags=["explorer"])
#: Records in a file; that there are more, a header says.
MOST_IN_FILE: Final = 100_000
_AT_ONCE: Final = 5_000
_PARQUET: Final = "application/vnd.apache.parquet"
_FORMATS: Final = ("json", "csv", "parquet")


@router.get("/records", summary="A list of records: ?measure=calls.cost&where=calls.model = gpt-5&since=7d&sort=-cost")
def records(request: Request) -> Response:
    """A page as JSON, with what asks for the next (`next`, null on the last) as `after`; or all of it as CSV.

    Parameters are those of `/api/query` (`measure`, `where`, `since`, `until`, `tz`) and `cube` where there is no
    measure, `column`, `sort` (`-cost`: the largest first), `search`, `after`, `limit`. `total` is how many records the
    list has, and `measure.value` what they add up to; `count=0` leaves both out. CSV with `Accept: text/csv` or
    `format=csv`, Parquet with `format=parquet`: up to 100,000 records; a header `Tokometer-Cut` says if there are more.
    """
    runtime: Runtime = request.app.state.runtime
    params = request.query_params
    form = params.get("format") or ("csv" if "text/csv" in request.headers.get("accept", "") else "json")
    if form not in _FORMATS:
        raise HTTPException(400, f"format: it is one of {', '.join(_FORMATS)}")
    try:
        asked = asked_by(params.multi_items())
        if form == "json":
            return Response(
                json_bytes(_page(runtime, asked, params.get("count") != "0")), media_type="application/json"
            )
        return _file(runtime, asked, form)
    except QueryError as error:
        raise HTTPException(400, str(error)) from None


def total(runtime: Runtime, asked: Asked) -> int:
    """How many records the list has, on all pages."""
    if not asked.narrowed:
        [row] = runtime.ask(asked.counting(), 1.0).rows
        [number] = row.values()
        return int(number)
    return count(runtime.ledger, asked.listing(after=""), WORKSPACES)


def value(runtime: Runtime, asked: Asked) -> Any:  # noqa: ANN401 - whatever the measure is
    """What the records add up to; None where the list is of no measure, or nobody knows."""
    query = asked.computing()
    if query is None or asked.narrowed:
        return None
    [row] = runtime.ask(query, 1.0).rows
    return row[query.asked[0].short]


def _page(runtime: Runtime, asked: Asked, counted: bool) -> dict[str, Any]:
    found = runtime.ask(asked.listing(("id",)), 1.0)
    answer = {**found.to_json(), "cube": asked.cube, "next": found.after or None}
    if counted:
        answer["total"] = total(runtime, asked)
        of = asked.behind
        if of is not None and not asked.narrowed:
            told = value(runtime, asked)
            answer["measure"] = {"name": of.measure.name, "title": of.measure.title, "unit": of.measure.unit.key}
            answer["measure"]["value"] = json_value(told)
    return answer


def _file(runtime: Runtime, asked: Asked, form: str) -> Response:
    number = total(runtime, asked)
    headers = {"Content-Disposition": f'attachment; filename="{asked.cube}.{form}"'}
    if number > MOST_IN_FILE:
        headers["Tokometer-Cut"] = f"the first {MOST_IN_FILE:,} of {number:,} records"
    if form == "parquet":
        pages = list(_parts(runtime, asked))
        columns = pages[0].columns
        rows = [[row[column.name] for column in columns] for page in pages for row in page.rows]
        return Response(parquet_of(columns, rows), headers=headers, media_type=_PARQUET)
    return StreamingResponse(_csv(runtime, asked), headers=headers, media_type="text/csv; charset=utf-8")


def _csv(runtime: Runtime, asked: Asked) -> Iterator[bytes]:
    """The titles, then the rows, some thousand at once."""
    for number, page in enumerate(_parts(runtime, asked)):
        text = page.to_csv()
        yield (text if number == 0 else text.partition("\r\n")[2]).encode("utf-8", "replace")


def _parts(runtime: Runtime, asked: Asked) -> Iterator[Result]:
    from tokometer.measures import answer

    listing: Listing = asked.listing(limit=_AT_ONCE)
    for _ in range(MOST_IN_FILE // _AT_ONCE):
        page = answer(runtime.ledger, listing, WORKSPACES)
        yield page
        if not page.after:
            return
        listing = asked.listing(limit=_AT_ONCE, after=page.after)
