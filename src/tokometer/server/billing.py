"""Billing: statements of a month over HTTP, frozen and opened again, and the page of cards and statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tokometer.accounts import Invalid, Taken
from tokometer.accounts.charged import Closing
from tokometer.accounts.tables_charged import CLOSINGS
from tokometer.judgement.charges import Month, charges_of, month_of
from tokometer.records.redaction import redacted
from tokometer.reports.press import Pages, PressError
from tokometer.reports.statement import as_csv, body_of, digest_of, report_of
from tokometer.server.people import answered, only, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.exchange import Rates

api: Final = APIRouter(prefix="/api/billing", tags=["billing"])
_WORKSPACE: Final = WORKSPACES[0]
#: What the record of closed things calls a statement.
STATEMENT: Final = "statement"
_FIELDS: Final = ("period", "by", "value", "note")
#: For so long (s) a month is not asked anew, as long as nothing is committed.
_EVERY: Final = 60.0

Body = Annotated[dict[str, Any], Depends(told)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement as it is shown: what was frozen, or what it would be now."""

    body: Mapping[str, Any]
    closing: Closing | None = None
    #: What it would say now, where it is frozen and would say something else.
    now: Mapping[str, Any] | None = None

    @property
    def digest(self) -> str:
        """The digest of a frozen one."""
        return self.closing.digest if self.closing else ""

    @property
    def intact(self) -> bool:
        """Whether a frozen one says what it said."""
        return self.closing is None or digest_of(self.closing.body) == self.closing.digest


@api.get("", summary="What customers and teams are charged for a month")
def overview(request: Request, period: str = "") -> Response:
    """The statements of a month of UTC (`2026-10`; else the last whole one), and what nobody is charged for.

    `cost_cents` of all statements and of `uncharged` are the month's, to the cent. `frozen` is null for a draft.
    """
    runtime: Runtime = request.app.state.runtime
    month = month_named(runtime, period)
    return answered(
        {
            "period": month.period,
            "over": month.over,
            "cost": f"{month.cost:f}",
            "cost_cents": f"{month.cost_cents:f}",
            "unpriced": month.unpriced,
            "uncharged": {
                "cost": f"{month.uncharged:f}",
                "cost_cents": f"{month.uncharged_cents:f}",
                "requests": month.uncharged_requests,
            },
            "statements": [_told(one) for one in statements(runtime, month)],
        }
    )


@api.get("/statement", summary="A statement: what one customer or team is charged for a month")
def statement(request: Request, period: str, by: str, value: str) -> Response:
    """As it was frozen, else as it is now."""
    return answered(_told(_found(request.app.state.runtime, period, by, value)))


@api.get("/statement.csv", summary="A statement as CSV")
def statement_csv(request: Request, period: str, by: str, value: str) -> Response:
    """A line for each model and fee."""
    found = _found(request.app.state.runtime, period, by, value)
    return Response(as_csv(found.body), media_type="text/csv; charset=utf-8", headers=_named(found, "csv"))


@api.get("/statement.pdf", summary="A statement as PDF")
async def statement_pdf(request: Request, period: str, by: str, value: str) -> Response:
    """To forward; a frozen one says so, with its digest."""
    runtime: Runtime = request.app.state.runtime
    made: list[Shown] = []

    def work(_: object) -> bytes:
        made.append(_found(runtime, period, by, value))
        found = made[0]
        when = f"{found.closing.created:%Y-%m-%d} by {found.closing.author}" if found.closing else ""
        report = report_of(found.body, made=runtime.now(), digest=found.digest, frozen=when, demo=runtime.demo)
        try:
            return runtime.making.press.make(Pages(report))
        except PressError as error:
            raise HTTPException(503, f"this file could not be made: {error}") from error

    content = await runtime.making.make(request, work)
    headers = _named(made[0], "pdf") | {"Content-Encoding": "identity"}
    return Response(content, media_type="application/pdf", headers=headers)


@api.get("/closings", summary="The statements that were frozen")
def closings(request: Request) -> Response:
    """The latest first; each with its digest, the SHA-256 of what it says."""
    runtime: Runtime = request.app.state.runtime
    found = frozen(runtime)
    return answered({"closings": [_closed(one) for one in reversed(found)]})


@api.post("/closings", status_code=201, summary="Freeze a statement")
def freeze(request: Request, body: Body) -> Response:
    """`{"period": "2026-10", "by": "team", "value": "support"}`: whatever changes, it says the same from then on.

    Only once the month is over (409 before).
    """
    runtime: Runtime = request.app.state.runtime
    given = only(body, _FIELDS)
    period, by, value = (text(name, given.get(name, "")) for name in ("period", "by", "value"))
    found = _found(runtime, period, by, value)
    if found.closing is not None:
        raise Taken(f"the statement of {value} for {period} is frozen already")
    if not found.body["over"]:
        raise HTTPException(409, f"{period} is not over yet")
    content = dict(found.body)
    kept = runtime.accounts.get().closings.add(
        Closing(
            what=STATEMENT,
            of=_of(by, value),
            period=period,
            title=value[:200],
            body=content,
            digest=digest_of(content),
            note=text("note", given.get("note", "")),
        )
    )
    runtime.broadcaster.publish({"rate_cards"})
    return answered(_closed(kept), 201)


@api.delete("/closings/{closing}", status_code=204, summary="Open a frozen statement again")
def reopen(request: Request, closing: str) -> Response:
    """It is a draft again; the record of changes keeps that it was frozen, and who opened it."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.accounts.get().closings
    if kept.get(_WORKSPACE, closing).what != STATEMENT:
        raise HTTPException(404, "there is no such statement")
    kept.remove(_WORKSPACE, closing)
    runtime.broadcaster.publish({"rate_cards"})
    return Response(status_code=204)


def last_month(today: date) -> str:
    """The last month that is over."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def month_named(runtime: Runtime, period: str) -> Month:
    """The charges of a month.

    Raises:
        Invalid: It is no month.
    """
    today = runtime.now().astimezone(UTC).date()
    settings = runtime.settings
    try:
        month_of(period or last_month(today))
    except ValueError:
        raise Invalid("period", f"{redacted(period, 20)!r} is no month; write 2026-10") from None
    return charges_of(
        period or last_month(today),
        settings,
        lambda question: runtime.ask(question, _EVERY, whole=True),
        Rates(settings.own_rates).of,
        today,
    )


def statements(runtime: Runtime, month: Month) -> list[Shown]:
    """The statements of a month: the frozen ones as they were frozen, all others as they are now."""
    titles = {card.id: card.title for card in runtime.settings.own_cards}
    now = {_of(one.by, one.value): body_of(one, month, titles) for one in month.charges}
    closed = {one.of: one for one in frozen(runtime, month.period)}
    found = []
    for of in [*now, *(of for of in closed if of not in now)]:
        closing = closed.get(of)
        if closing is None:
            found.append(Shown(now[of]))
        else:
            differs = now.get(of) if _says(now.get(of)) != _says(closing.body) else None
            found.append(Shown(closing.body, closing, differs))
    return found


def _says(body: Mapping[str, Any] | None) -> tuple[str, str] | None:
    return None if body is None else (body["total"], body["cost"])


def _found(runtime: Runtime, period: str, by: str, value: str) -> Shown:
    of = _of(by, value)
    for one in statements(runtime, month_named(runtime, period)):
        if _of(one.body["by"], one.body["value"]) == of:
            return one
    raise HTTPException(404, f"nobody of {redacted(by, 40)} called {redacted(value, 60)!r} is charged for that month")


def frozen(runtime: Runtime, period: str = "") -> list[Closing]:
    """The statements that were frozen, of a month or of all."""
    if not runtime.accounts.is_there:
        return []
    where = [CLOSINGS.c.what == STATEMENT, *([CLOSINGS.c.period == period] if period else [])]
    return runtime.accounts.get().closings.all(_WORKSPACE, *where)


def _of(by: str, value: str) -> str:
    return f"{by}={value}"[:200]


def _closed(one: Closing) -> dict[str, Any]:
    return {
        "id": one.id,
        "period": one.period,
        "by": one.body.get("by"),
        "value": one.body.get("value"),
        "total": one.body.get("total"),
        "currency": one.body.get("currency"),
        "digest": one.digest,
        "intact": digest_of(one.body) == one.digest,
        "note": one.note,
        "frozen": one.created.isoformat(),
        "who": one.author,
    }


def _told(one: Shown) -> dict[str, Any]:
    return {**one.body, "frozen": _closed(one.closing) if one.closing else None, "now": one.now}


def _named(one: Shown, ending: str) -> dict[str, str]:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in one.body["value"])[:60]
    name = f"statement_{plain.strip('-') or 'payer'}_{one.body['period']}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}


def margin_of(body: Mapping[str, Any]) -> Decimal | None:
    """What is left of a charge after the cost, in US dollars; None where its currency has no rate."""
    return None if body["total_usd"] is None else Decimal(body["total_usd"]) - Decimal(body["cost"])
