"""Closing a month: a reconciliation that is frozen, with what has changed since beside it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tokometer.accounts import AccountsError, Closing, Invalid, Taken
from tokometer.dashboards.reconciled import bounds
from tokometer.judgement.reconciliation.causes import PARTS, title_of
from tokometer.judgement.reconciliation.judged import GAP_CAUSES, GAP_LINES, RECONCILIATION
from tokometer.judgement.reconciliation.words import dollars, sentence
from tokometer.measures.result import csv_cell, json_value
from tokometer.reports.blocks import Entry, Grid, Head, Piece, Words
from tokometer.reports.paper import Part, Placed, Report
from tokometer.reports.press import Pages, PressError
from tokometer.server import given
from tokometer.server.making import Gone
from tokometer.server.pages import framed
from tokometer.server.people import answered, only, text, told
from tokometer.server.reconciling import judged, matter_of, titled
from tokometer.server.runtime import WORKSPACES, Runtime

api: Final = APIRouter(prefix="/api/reconciliation/closings", tags=["reconciliation"])
pages: Final = APIRouter(include_in_schema=False)
Body = Annotated[dict[str, Any], Depends(told)]
_WORKSPACE: Final = WORKSPACES[0]
_WHAT: Final = "reconciliation"
_FIELDS: Final = ("provider", "period", "note")
#: Rows of a frozen statement; the parts of the gap that are smaller are in its sums.
_MOST: Final = 2_000
_LISTED: Final = 12
_MONTHS: Final = 12
_FIGURES: Final = ("metered", "billed", RECONCILIATION.name, *PARTS)


@api.get("", summary="Months that were closed")
def listing(request: Request, period: str = "") -> Response:
    """The frozen statements, without their rows, and what each figure is now."""
    runtime: Runtime = request.app.state.runtime
    found = [one for one in _closed(runtime) if not period or one.period == period]
    return answered({"closings": [shown(runtime, one) for one in found]})


@api.post("", status_code=201, summary="Close a month of a provider: freeze its reconciliation")
def close(request: Request, body: Body) -> Response:
    """`{"provider": "openai", "period": "2026-10", "note": "as agreed with …"}`.

    All that the reconciliation says is kept as it is now, with its SHA-256. A month that is not over cannot be closed;
    one of which some days may still change can, and says so (`final` false).
    """
    runtime: Runtime = request.app.state.runtime
    said = only(body, _FIELDS)
    provider, period = text("provider", said.get("provider", "")), text("period", said.get("period", ""))
    window = given.month("period", period)
    if window[1] > runtime.now().date():
        raise Invalid("period", "is not over yet")
    if any(one.of == provider and one.period == period for one in _closed(runtime)):
        raise Taken(f"{titled(provider)} is closed for {period} already; re-open it first")
    frozen = body_of(runtime, provider, period)
    if frozen is None:
        raise Invalid("provider", "states nothing of this month")
    closing = Closing(
        what=_WHAT,
        of=provider,
        period=period,
        title=f"{titled(provider)}, {window[0]:%B %Y}",
        body=frozen,
        digest=digest(frozen),
        note=text("note", said.get("note", "")),
    )
    kept = runtime.accounts.get().closings.add(closing)
    runtime.broadcaster.publish({"accounts"})
    return answered(shown(runtime, kept), 201)


@api.get("/{closing}", summary="A frozen statement with all of its rows")
def one(request: Request, closing: str) -> Response:
    """As it was closed (`body`), whether it is unharmed (`intact`), and what has changed since (`since`)."""
    runtime: Runtime = request.app.state.runtime
    found = runtime.accounts.get().closings.get(_WORKSPACE, closing)
    return answered(shown(runtime, found) | {"body": found.body})


@api.delete("/{closing}", status_code=204, summary="Re-open a month")
def reopen(request: Request, closing: str) -> Response:
    """The frozen statement is gone; the record of changes keeps who closed and who re-opened it."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().closings.remove(_WORKSPACE, closing)
    runtime.broadcaster.publish({"accounts"})
    return Response(status_code=204)


@api.get("/{closing}/statement.csv", summary="A frozen statement as CSV")
def as_csv(request: Request, closing: str) -> Response:
    """Each part of the gap by day and model, as it was closed."""
    runtime: Runtime = request.app.state.runtime
    found = runtime.accounts.get().closings.get(_WORKSPACE, closing)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    rows: Sequence[Mapping[str, Any]] = found.body.get("lines", [])
    names = ("at", "provider", "of", "title", "gap_lines", "metered", "billed", "tokens", "state")
    writer.writerow(
        ["Day", "Provider", "Model", "Cause", "Part (USD)", "Metered (USD)", "Billed (USD)", "Tokens", "Day is"]
    )
    writer.writerows([csv_cell(row.get(name)) for name in names] for row in rows)
    return _file(out.getvalue().encode("utf-8", "replace"), found, "csv", "text/csv; charset=utf-8")


@api.get("/{closing}/statement.pdf", summary="A frozen statement as PDF")
async def as_pdf(request: Request, closing: str) -> Response:
    """What was billed and metered, the causes, models and days, and the digest of all of it."""
    runtime: Runtime = request.app.state.runtime
    found: list[Closing] = []

    def work(_gone: Gone) -> bytes:
        found.append(runtime.accounts.get().closings.get(_WORKSPACE, closing))
        try:
            return runtime.making.press.make(Pages(report(found[0], demo=runtime.demo)))
        except PressError as error:
            raise HTTPException(503, f"this file could not be made: {error}") from error

    content = await runtime.making.make(request, work)
    return _file(content, found[0], "pdf", "application/pdf")


@pages.get("/reconcile/months")
def page(request: Request, month: str = "") -> Response:
    """The providers of a month, which of them are closed, and what has changed since."""
    runtime: Runtime = request.app.state.runtime
    today = runtime.now().date()
    chosen = month or f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    try:
        window = bounds(chosen)
    except ValueError:
        raise HTTPException(422, "month: write year and month, as in 2026-10") from None
    closed = {one.of: one for one in _closed(runtime) if one.period == chosen}
    rows = judged(runtime, RECONCILIATION, replace(matter_of(runtime, window), by="provider")).rows
    return framed(
        request,
        "months.html",
        "reconcile",
        alone=True,
        month=chosen,
        title=f"{window[0]:%B %Y}",
        over=window[1] <= today,
        last=(window[1] - timedelta(days=1)).isoformat(),
        months=list(_months(today)),
        rows=[_row(runtime, row, closed.get(row["provider"])) for row in rows if row["billed"] is not None],
        changes=_changes(runtime),
    )


def body_of(runtime: Runtime, provider: str, period: str) -> dict[str, Any] | None:
    """All that a reconciliation says now, as JSON; None where there is no statement."""
    window = bounds(period)
    matter = matter_of(runtime, window, [provider])
    rows = judged(runtime, RECONCILIATION, matter).rows
    if not rows or rows[0]["billed"] is None:
        return None
    lines = judged(runtime, GAP_LINES, matter).rows
    return {
        "provider": provider,
        "period": period,
        "sentence": sentence(f"{window[0]:%B %Y}, {titled(provider)}", rows[0]),
        "final": all(row["state"] == "final" for row in lines),
        "prices": runtime.book.version,
        "total": _plain(rows[0]),
        "causes": [_plain(row) for row in judged(runtime, GAP_CAUSES, matter).rows],
        "models": [_plain(row) for row in judged(runtime, RECONCILIATION, replace(matter, by="model")).rows[:_MOST]],
        "days": [_plain(row) for row in judged(runtime, RECONCILIATION, replace(matter, by="day")).rows],
        "lines": [_plain(row) for row in lines[:_MOST]],
    }


def digest(body: Mapping[str, Any]) -> str:
    """The SHA-256 of a body, whatever the order of its names."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def shown(runtime: Runtime, closing: Closing) -> dict[str, Any]:
    """A closing as JSON, without its rows."""
    total: Mapping[str, Any] = closing.body.get("total", {})
    return {
        "id": closing.id,
        "provider": closing.of,
        "period": closing.period,
        "title": closing.title,
        "closed": closing.created.isoformat(),
        "by": closing.author,
        "note": closing.note,
        "revision": closing.revision,
        "final": closing.body.get("final", False),
        "sentence": closing.body.get("sentence", ""),
        "figures": {name: total.get(name) for name in _FIGURES},
        "digest": closing.digest,
        "intact": digest(closing.body) == closing.digest,
        "since": since(runtime, closing),
    }


def since(runtime: Runtime, closing: Closing) -> dict[str, str] | None:
    """What each figure is more now than when it was closed; only those that differ. None: nothing is stated now."""
    rows = judged(runtime, RECONCILIATION, matter_of(runtime, bounds(closing.period), [closing.of])).rows
    if not rows or rows[0]["billed"] is None:
        return None
    was: Mapping[str, Any] = closing.body.get("total", {})
    found = {}
    for name in _FIGURES:
        difference = (rows[0][name] or Decimal(0)) - Decimal(was.get(name) or 0)
        if difference:
            found[name] = str(json_value(difference))
    return found


def report(closing: Closing, *, demo: bool) -> Report:
    """A frozen statement on paper."""
    body = closing.body
    causes = Grid(
        [Head("Cause", number=False), Head("Amount"), Head("Days"), Head("What it means", number=False, long=True)],
        [
            [Entry(row["title"]), Entry(_money(row["gap_causes"])), Entry(str(row["days"])), Entry(row["meaning"])]
            for row in body.get("causes", [])
        ],
    )
    parts = [
        Part(
            "",
            [
                [Placed(Piece("total", "Billed and metered", [Words(body.get("sentence", ""), "strong"), causes]), 12)],
                [Placed(Piece("models", "By model", [_sides("model", body.get("models", []))]), 12)],
                [Placed(Piece("days", "By day (UTC)", [_sides("day", body.get("days", []))]), 12)],
            ],
        )
    ]
    facts = [
        ("Provider", titled(closing.of)),
        ("Month", closing.period),
        ("Closed", f"{closing.created:%Y-%m-%d %H:%M} UTC by {closing.author}"),
        ("State", "final" if body.get("final") else "some days may still change"),
        *([("Note", closing.note)] if closing.note else []),
    ]
    notes = [f"Frozen as it was closed. SHA-256 of all of it: {closing.digest}"]
    return Report(
        f"Reconciliation: {closing.title}", facts, parts, notes, demo=demo, made=int(closing.created.timestamp())
    )


def _sides(name: str, rows: Sequence[Mapping[str, Any]]) -> Grid:
    heads = [Head(name.capitalize(), number=False), Head("Metered"), Head("Billed"), Head("Gap"), Head("Unexplained")]
    columns = ("metered", "billed", RECONCILIATION.name, "unexplained")
    return Grid(
        heads,
        [[Entry(str(row[name]) or "(no model)"), *(Entry(_money(row[one])) for one in columns)] for row in rows],
    )


def _money(value: object) -> str:
    return "–" if value is None else dollars(Decimal(str(value)))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json_value(value) for name, value in row.items()}


def _closed(runtime: Runtime) -> list[Closing]:
    if not runtime.accounts.is_there:
        return []
    return [one for one in runtime.accounts.get().closings.all(_WORKSPACE) if one.what == _WHAT]


def _row(runtime: Runtime, row: Mapping[str, Any], closing: Closing | None) -> dict[str, Any]:
    """A provider of the month, for the page."""
    later = since(runtime, closing) if closing else {}
    words = {"metered": "metered", "billed": "billed", RECONCILIATION.name: "gap"}
    changed = [f"{words.get(name) or title_of(name)} {_signed(value)}" for name, value in (later or {}).items()]
    frozen: Mapping[str, Any] = closing.body.get("total", {}) if closing else {}
    return {
        "id": closing.id if closing else "",
        "revision": closing.revision if closing else 0,
        "provider": row["provider"],
        "title": titled(row["provider"]),
        "standing": row["standing"],
        "now": {name: _money(row[name]) for name in ("metered", "billed", RECONCILIATION.name, "unexplained")},
        "frozen": {name: _money(frozen.get(name)) for name in ("metered", "billed", RECONCILIATION.name, "unexplained")}
        if closing
        else None,
        "closed": f"{closing.created:%-d %b %Y, %H:%M} UTC" if closing else "",
        "by": closing.author if closing else "",
        "final": bool(closing and closing.body.get("final")),
        "changed": ", ".join(changed),
        "digest": closing.digest[:_LISTED] if closing else "",
        "intact": closing is None or digest(closing.body) == closing.digest,
    }


def _signed(value: str) -> str:
    amount = Decimal(value)
    return f"+{dollars(amount)}" if amount > 0 else dollars(amount)


def _months(today: date) -> list[tuple[str, str]]:
    first = today.replace(day=1)
    found = []
    for _ in range(_MONTHS):
        found.append((f"{first:%Y-%m}", f"{first:%B %Y}"))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _changes(runtime: Runtime) -> list[dict[str, str]]:
    """Who closed and re-opened what."""
    if not runtime.accounts.is_there:
        return []
    try:
        found = runtime.accounts.get().changes(_WORKSPACE, _LISTED, (Closing.kind,))
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return []
    words = {"added": "closed", "removed": "re-opened"}
    return [
        {
            "at": f"{one.at:%-d %b %Y, %H:%M} UTC",
            "who": one.who,
            "did": words.get(one.did, one.did),
            "what": str(one.what.get("title") or one.id),
        }
        for one in found
    ]


def _file(content: bytes, closing: Closing, ending: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="reconciliation_{closing.of}_{closing.period}.{ending}"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=media_type)
