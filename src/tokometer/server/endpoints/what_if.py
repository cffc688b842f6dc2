"""`/api/what-if`: what calls would have cost under another model, provider, tier or share of the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.judgement.declared import Matter
from tokometer.judgement.what_if import Compared, Scenario, Sum, what_if
from tokometer.records import provider_of
from tokometer.records.values import check_unicode
from tokometer.server.endpoints.asking import Asked, Parameter, refused, window_parts
from tokometer.server.endpoints.declared import Block, Field, Rows, Texts, block
from tokometer.server.endpoints.serving import Endpoint, routed
from tokometer.server.endpoints.shapes import DATE, PERCENT, TEXT, TOKENS, USD, WHOLE
from tokometer.server.people import told

TIERS: Final = ("standard", "batch", "flex", "priority")
_LONGEST: Final = 200
#: What a scenario consists of, as parameters; those of filters have the same names without `to_`.
TAKES: Final = (
    Parameter("to_model", "The model that would have been called; without it, each call's own."),
    Parameter("to_provider", "Who would have served it, as a slug; without it, who did."),
    Parameter("to_tier", f"The service tier: {', '.join(TIERS)}; without it, each call's own."),
    Parameter("to_cache", "How many per cent of the prompt the cache would have served, 0 to 100."),
    Parameter("prices", "`then`: list prices of each call's day; `now`: today's.", ("then", "now")),
)
_SIDES: Final = (
    Field("requests", "", WHOLE, 1200, "Calls."),
    Field("compared_requests", "", WHOLE, 1180, "Those that are on both sides."),
    Field("tokens", "", TOKENS, 5_400_000, "Their tokens of every bucket."),
    Field("recorded_cost", "", USD, 41.2, "What all of the calls cost, as reported or as priced."),
    Field("list_cost", "", USD, 40.9, "The compared calls at list prices, as they were."),
    Field("what_if_cost", "", USD, 13.6, "The same calls at list prices, as they would have been."),
    Field("difference", "", USD, -27.3, "What it would have cost more; negative: less."),
    Field("difference_percent", "", PERCENT, -66.7, "The same in per cent of the list cost."),
)
_NAMES: Final = {"model": "gpt-5", "agent": "research", "provider": "openai"}


def _rows(name: str) -> Rows:
    first = (
        Field("day", "", DATE, "2026-11-27", "The day.")
        if name == "day"
        else Field(name, "", TEXT, _NAMES[name], f"The {name}, as it was.")
    )
    order = "In their order." if name == "day" else "The largest difference first."
    return Rows(f"by_{name}", block("", first, *_SIDES), named=name, meaning=order)


_BY: Final = tuple(_rows(name) for name in ("day", "model", "agent", "provider"))
_LEFT_OUT: Final = Rows(
    "left_out",
    block(
        "",
        Field("reason", "", TEXT, "no price there", "`no list price`, `no price there` or `assumed price there`."),
        Field("requests", "", WHOLE, 20, "Calls that are on neither side for it."),
    ),
    meaning="Calls that could not be compared.",
)
WHAT_IF: Final = block(
    "",
    *window_parts(),
    Block(
        "scenario",
        (
            Field("model", "", TEXT, "gpt-5-mini", "The model; null for each call's own."),
            Field("provider", "", TEXT, "openai", "The provider; null for each call's own."),
            Field("tier", "", TEXT, "batch", "The service tier; null for each call's own."),
            Field("cache_percent", "", PERCENT, 60, "The share of the prompt from the cache; null for what it was."),
            Field("prices", "", TEXT, "then", "`then` or `now`."),
        ),
    ),
    Block("total", _SIDES),
    Field("difference_per_month", "", USD, -118.3, "The difference for a month of such days."),
    Field("left_out_cost", "", USD, 0.42, "What calls cost that could not be compared, as far as that is known."),
    _LEFT_OUT,
    *_BY,
    Texts("notes", "What the figures rest on.", ["List prices of each call's day."]),
)
NOTES: Final = (
    "Both sides are list prices of the same calls; discounts and subscriptions are in neither.",
    "The same tokens are counted: another model may need more or fewer, and nothing is known of its answers.",
)


def compared(context: Context, window: Window, scenario: Scenario) -> Compared:
    """The calls of a window under a scenario, as the viewer has chosen them."""
    since, until = window.asked
    matter = Matter(
        where=context.where(),
        since=since,
        until=until,
        tz=context.scope.zone.key,
        now=context.scope.now,
        book=context.book,
    )
    return what_if(matter, scenario, context.ask)


def scenario_of(own: Mapping[str, str]) -> Scenario:
    """A scenario from its parameters.

    Raises:
        HTTPException: 422, where one cannot be understood.
    """
    for name, value in own.items():
        try:
            check_unicode(value)
        except ValueError as error:
            raise refused(name, str(error)) from None
        if len(value) > _LONGEST:
            raise refused(name, f"is longer than {_LONGEST} characters")
    tier = own.get("to_tier", "").strip()
    if tier and tier not in TIERS:
        raise refused("to_tier", "there is no such tier to compare with", known=TIERS)
    share = own.get("to_cache", "").strip().removesuffix("%").strip()
    cached = None
    if share:
        try:
            cached = float(share) / 100
        except ValueError:
            cached = -1.0
        if not 0 <= cached <= 1:
            raise refused("to_cache", "is a number of per cent from 0 to 100")
    provider = own.get("to_provider", "").strip()
    return Scenario(
        model=own.get("to_model", "").strip(),
        provider=provider_of(provider) if provider else "",
        tier=tier,
        cached=cached,
        prices="now" if own.get("prices") == "now" else "then",
    )


def sides(one: Sum) -> dict[str, Any]:
    """A sum as JSON has it."""
    return {
        "requests": one.requests,
        "compared_requests": one.compared,
        "tokens": one.tokens,
        "recorded_cost": one.cost,
        "list_cost": one.listed,
        "what_if_cost": one.then,
        "difference": one.difference,
        "difference_percent": one.difference / one.listed if one.listed else None,
    }


def _what_if(asked: Asked) -> dict[str, Any]:
    scenario = scenario_of(asked.own)
    found = compared(asked.context, asked.window, scenario)
    given: dict[str, Any] = {
        **asked.told(),
        "scenario": {
            "model": scenario.model or None,
            "provider": scenario.provider or None,
            "tier": scenario.tier or None,
            "cache_percent": scenario.cached,
            "prices": scenario.prices,
        },
        "total": sides(found.whole),
        "difference_per_month": found.a_month,
        "left_out_cost": found.left_out_cost,
        "left_out": [
            _LEFT_OUT.row.write({}, {"reason": why, "requests": many}) for why, many in sorted(found.left_out.items())
        ],
        "notes": list(NOTES),
    }
    for rows in _BY:
        name = rows.named
        made = [rows.row.write({}, {name: value, **sides(one)}) for value, one in found.by(name).items()]
        given[rows.name] = made if name == "day" else made[: asked.limit or 100]
    return WHAT_IF.write({}, given)


ENDPOINTS: Final = (
    Endpoint(
        path="/api/what-if",
        summary="What calls would have cost under another model, provider, tier or share of the cache",
        about="The window's calls at list prices, as they were and as they would have been, side by side; rows add up "
        "to the total, to the nano-dollar. `model=`, `agent=` and the like choose the calls, `to_model=` and the "
        "like say what would have been otherwise.",
        answer=WHAT_IF,
        make=_what_if,
        period="30d",
        every=300.0,
        takes=TAKES,
    ),
)
router: Final[APIRouter] = routed("what-if", ENDPOINTS)


@router.post("/api/what-if", summary="The same with a JSON body: parameters by name, several values as a list")
async def post(request: Request, body: Annotated[dict[str, Any], Depends(told)]) -> Response:
    """`{"period": "30d", "agent": ["research"], "to_model": "gpt-5-mini", "to_tier": "batch"}`."""
    given: list[tuple[str, str]] = []
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool) or not isinstance(one, str | int | float):
                raise HTTPException(422, f"{str(name)[:60]}: is text, a number, or a list of texts")
            given.append((str(name), str(one)))
    try:
        query = urlencode(given).encode()
    except UnicodeEncodeError:
        raise HTTPException(422, "the body holds half of a character") from None
    return await _answered(Request({**request.scope, "method": "GET", "query_string": query}))


async def _answered(request: Request) -> Response:
    from fastapi.concurrency import run_in_threadpool

    return await run_in_threadpool(ENDPOINTS[0].reply, request)
