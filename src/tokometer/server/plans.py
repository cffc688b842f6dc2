"""The page Plans: subscriptions with what they are worth, by whom they are used, and rates of exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tokometer.accounts import AccountsError
from tokometer.dashboards import RANGES, addresses
from tokometer.dashboards.context import Context
from tokometer.judgement.subscriptions import SUBSCRIPTIONS
from tokometer.measures import Filter, Query
from tokometer.records import PROVIDERS
from tokometer.records.units import COUNT, PERCENT, RATIO, TOKENS, USD, exact, show
from tokometer.server import rates, subscriptions
from tokometer.server.offered import findable
from tokometer.server.pages import framed
from tokometer.server.runtime import Runtime
from tokometer.server.scoped import parameters_of, scope_of

pages: Final = APIRouter(include_in_schema=False)
_RANGE: Final = "month"
_RANGES: Final = ("month", "30d", "90d", "all")
_STATES: Final = {"good": "Pays off", "warning": "Does not pay off", "none": "Unknown"}
_LIMIT_STATES: Final = {"good": "Within", "warning": "Close", "critical": "Reached", "none": "Unknown"}


@pages.get("/plans")
def page(request: Request) -> Response:
    """What is paid whatever is used, against what the same use would cost."""
    runtime: Runtime = request.app.state.runtime
    scope = scope_of(request, parameters_of(request), _RANGE)
    context = Context(
        scope, lambda question: runtime.ask(question, 60.0), runtime.colours, runtime.settings, runtime.book
    )
    trouble, kept, known = "", [], []
    try:
        kept, known = subscriptions.listed(runtime), rates.latest(runtime)
    except AccountsError as error:
        trouble = str(error)
    ranges: list[tuple[str, str]] = [(name, RANGES[name]) for name in _RANGES]
    return framed(
        request,
        "plans.html",
        "plans",
        trouble=trouble,
        scope=scope,
        ranges=ranges if scope.range in _RANGES else [(scope.range, scope.window.title), *ranges],
        plans=_plans(context, kept),
        people=_people(context) if kept else [],
        limits=_limits(context) if any(one["limits"] for one in kept) else [],
        judged=SUBSCRIPTIONS,
        rates=known,
        all_rates=rates.listed(runtime) if known else [],
        missing=rates.missing(runtime),
        dimensions=findable(runtime),
        providers=sorted((name, one.name) for name, one in PROVIDERS.items()),
    )


def _plans(context: Context, kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not kept:
        return []
    judged = {row["id"]: row for row in context.judge("subscriptions", context.scope.window).rows}
    return [_plan(context, one, judged.get(one["id"], {})) for one in kept]


def _plan(context: Context, one: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    known = PROVIDERS.get(one["provider"])
    per = f"{one['price']} {one['currency']} a {'seat and ' if one['seats'] > 1 else ''}{one['period']}"
    where = tuple(Filter(f"calls.{name}", "in", tuple(values)) for name, values in one["filters"].items())
    since, until = context.scope.window.asked
    zone = context.scope.calendar.zone.key
    return {
        "thing": {
            **one,
            "people": [_line(person) for person in one["people"]],
            "limits": [f"{window} {what} {most}" for window, of in one["limits"].items() for what, most in of.items()],
        },
        "about": " · ".join(filter(None, (known.name if known else one["provider"], one["plan"], per))),
        "until": one["until"],
        "seats": one["seats"],
        "seats_used": row.get("seats_used"),
        "seats_idle": row.get("seats_idle"),
        "paid": _money(row.get("paid")),
        "worth": _money(row.get("subscriptions")),
        "saved": _money(row.get("saved")),
        "times": f"{show(row['times'], RATIO)} ×" if row.get("times") is not None else "–",
        "requests": show(row.get("requests"), COUNT),
        "tokens": show(row.get("tokens"), TOKENS),
        "unpriced": row.get("unpriced") or 0,
        "standing": row.get("standing", "none"),
        "word": _STATES[row.get("standing", "none")],
        "note": row.get("note") or "",
        "link": addresses.records(Query(measures=("calls.cost",), where=where, since=since, until=until, tz=zone)),
    }


def _people(context: Context) -> list[dict[str, Any]]:
    rows = context.judge("subscription_people", context.scope.window).rows
    return [
        {
            "person": row["person"],
            "subscription": row["subscription"],
            "paid": _money(row["paid"]),
            "worth": _money(row["subscription_people"]),
            "saved": _money(row["saved"]),
            "requests": show(row["requests"], COUNT),
            "tokens": show(row["tokens"], TOKENS),
            "standing": row["standing"],
            "word": "Idle" if not row["requests"] else _STATES[row["standing"]],
        }
        for row in rows
    ]


def _limits(context: Context) -> list[dict[str, Any]]:
    return [
        {
            "subscription": row["subscription"],
            "window": row["window"],
            "what": row["what"],
            "used": show(row["used"], USD if row["what"] == "cost" else TOKENS if row["what"] == "tokens" else COUNT),
            "most": show(row["most"], USD if row["what"] == "cost" else TOKENS if row["what"] == "tokens" else COUNT),
            "share": show(row["subscription_limits"], PERCENT),
            "bar": row["subscription_limits"] or 0.0,
            "standing": row["standing"],
            "word": _LIMIT_STATES[row["standing"]],
        }
        for row in context.judge("subscription_limits", context.scope.window).rows
    ]


def _line(person: Mapping[str, Any]) -> str:
    """A person as a line of the form has them."""
    match = ", ".join(f"{name}={value}" for name, values in person["match"].items() for value in values)
    return f"{person['name']}: {match}" if match else str(person["name"])


def _money(value: Any) -> tuple[str, str]:  # noqa: ANN401 - a decimal, or None
    return show(value, USD), exact(value, USD)
