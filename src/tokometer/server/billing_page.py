"""The page Billing: a month's statements, what nobody is charged for, and the rate cards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from tokometer.accounts import AccountsError, Change, Invalid
from tokometer.dashboards import addresses
from tokometer.judgement.charges import Month, month_of
from tokometer.measures import Filter, Query, QueryError
from tokometer.records.units import COUNT, PERCENT, TOKENS, USD, USD_PER_MTOK, USD_PER_REQUEST, exact, show
from tokometer.reports.statement import money
from tokometer.server.billing import Shown, frozen, last_month, margin_of, month_named, statements
from tokometer.server.offered import findable
from tokometer.server.pages import framed
from tokometer.server.rate_cards import PURPOSES, listed
from tokometer.server.runtime import WORKSPACES, Runtime

pages: Final = APIRouter(include_in_schema=False)
#: Months that the page offers.
_MONTHS: Final = 13
_SHOWN_CHANGES: Final = 12
_MILLION: Final = 1_000_000
_KINDS: Final = ("rate_card", "closing")


@pages.get("/billing")
def page(request: Request, period: str = "") -> Response:
    """Who is charged what for a month."""
    runtime: Runtime = request.app.state.runtime
    today = runtime.now().astimezone(UTC).date()
    trouble, month, found, cards = "", None, [], []
    try:
        cards = listed(runtime)
        month = month_named(runtime, period)
        found = [_row(one, month) for one in statements(runtime, month)]
    except Invalid as error:
        trouble = f"The month {error.reason}"
    except (AccountsError, QueryError) as error:
        trouble = str(error)
    return framed(
        request,
        "billing.html",
        "billing",
        trouble=trouble,
        month=month,
        figures=_figures(month, found) if month else [],
        uncharged=_uncharged(month) if month else {},
        rows=found,
        cards=cards,
        file_cards=len(runtime.settings.rate_cards),
        months=_months(today),
        period=month.period if month else last_month(today),
        purposes=list(PURPOSES.items()),
        dimensions=[(name, title) for name, title in findable(runtime).items() if name not in ("model", "status")],
        changes=_changes(runtime),
    )


def _months(today: date) -> list[tuple[str, str]]:
    found = []
    day = today.replace(day=1)
    for _ in range(_MONTHS):
        found.append((f"{day:%Y-%m}", f"{day:%B %Y}"))
        day = date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
    return found


def _figures(month: Month, rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Label, figure and exact value."""
    charged = [Decimal(row["body"]["total_usd"]) for row in rows if row["body"]["total_usd"] is not None]
    costs = sum((Decimal(row["body"]["cost"]) for row in rows), Decimal(0))
    total = sum(charged, Decimal(0))
    known = len(charged) == len(rows) and bool(rows)
    return [
        (
            "Charged",
            show(total, USD) if rows else "–",
            exact(total, USD) if known else "in currencies that have a rate",
        ),
        ("Cost of that", show(costs, USD), exact(costs, USD)),
        ("Margin", show(total - costs, USD) if known else "–", exact(total - costs, USD) if known else ""),
        ("Charged to nobody", show(month.uncharged, USD), exact(month.uncharged, USD)),
        ("Cost of the month", show(month.cost, USD), exact(month.cost, USD)),
    ]


def _row(one: Shown, month: Month) -> dict[str, Any]:
    body = one.body
    margin = margin_of(body)
    cost = Decimal(body["cost"])
    total = None if body["total_usd"] is None else Decimal(body["total_usd"])
    of = urlencode({"period": body["period"], "by": body["by"], "value": body["value"]})
    return {
        "thing": {"id": one.closing.id if one.closing else "", "title": f"the statement of {body['value']}"},
        "body": body,
        "by": body["by"].removeprefix("label."),
        "purpose": PURPOSES.get(body["purpose"], body["purpose"]).partition(":")[0],
        "total": money(body["total"], body["currency"]),
        "cost": (money(body["cost_cents"], "USD"), exact(cost, USD)),
        "margin": (show(margin, USD), exact(margin, USD)),
        "share": show(float(margin / total), PERCENT) if margin is not None and total else "–",
        "loses": margin is not None and margin < 0,
        "requests": (show(body["requests"], COUNT), exact(body["requests"], COUNT)),
        "per_request": _each(total, body["requests"], USD_PER_REQUEST),
        "per_mtok": _each(total * _MILLION if total is not None else None, body["tokens"], USD_PER_MTOK),
        "tokens": (show(body["tokens"], TOKENS), exact(body["tokens"], TOKENS)),
        "frozen": _frozen(one),
        "differs": money(one.now["total"], one.now["currency"]) if one.now else "",
        "intact": one.intact,
        "freezes": {name: body[name] for name in ("period", "by", "value")} if not one.closing and month.over else None,
        "pdf": f"/api/billing/statement.pdf?{of}",
        "csv": f"/api/billing/statement.csv?{of}",
        "calls": _calls(body),
        "lines": [_line(line, body["currency"]) for line in body["lines"]],
    }


def _frozen(one: Shown) -> dict[str, str]:
    if one.closing is None:
        return {}
    return {"at": f"{one.closing.created:%-d %b %Y}", "who": one.closing.author, "digest": one.closing.digest}


def _line(line: Mapping[str, Any], currency: str) -> dict[str, str]:
    usage = line["what"] == "usage"
    return {
        "title": line["title"],
        "card": line["card"],
        "requests": f"{line['requests']:,}" if usage else "",
        "input": show(line["input_tokens"], TOKENS) if usage else "",
        "output": show(line["output_tokens"], TOKENS) if usage else "",
        "cost": show(Decimal(line["cost"]), USD) if line["cost"] is not None else "",
        "charged": money(line["charged"], currency) if line["charged"] is not None else "not known",
    }


def _each(total: Decimal | None, many: int, unit: Any) -> str:  # noqa: ANN401 - a Unit
    return show(total / many, unit) if total is not None and many else "–"


def _calls(body: Mapping[str, Any]) -> str:
    """The calls that a statement is of, as a page of records."""
    first, last = month_of(body["period"])
    where = (Filter(f"calls.{body['by']}", "=", (body["value"],)),)
    query = Query(measures=("calls.cost",), where=where, since=first.isoformat(), until=last.isoformat())
    return addresses.records(query)


def _uncharged(month: Month) -> dict[str, str]:
    return {
        "cost": money(f"{month.uncharged_cents:f}", "USD"),
        "requests": f"{month.uncharged_requests:,}",
        "total": money(f"{month.cost_cents:f}", "USD"),
    }


def _changes(runtime: Runtime) -> list[dict[str, str]]:
    if not runtime.accounts.is_there:
        return []
    try:
        found = runtime.accounts.get().changes(WORKSPACES[0], _SHOWN_CHANGES, _KINDS)
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return []
    titles = {card.id: card.title for card in runtime.settings.own_cards}
    titles |= {one.id: f"{one.title} · {one.period}" for one in frozen(runtime)}
    return [
        _change(one, titles)
        for one in found
        if one.kind != "closing" or one.what.get("what", "statement") == "statement"
    ]


def _change(one: Change, titles: Mapping[str, str]) -> dict[str, str]:
    did = one.did
    kind = "rate card"
    if one.kind == "closing":
        did, kind = {"added": "froze", "removed": "opened again"}.get(one.did, one.did), "statement"
    said = " · ".join(str(one.what[name]) for name in ("title", "period") if one.what.get(name))
    title = titles.get(one.id) or said or "that is gone"
    return {"at": one.at.isoformat(), "who": one.who, "did": did, "kind": kind, "title": title}
