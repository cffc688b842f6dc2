"""Budgets over HTTP, and the page of budgets, objectives and plan windows. What they are measured by is a judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tokometer.accounts import Budget, Invalid
from tokometer.judgement.budget_lines import BUDGETS
from tokometer.judgement.budgets import filters_of, known_dimension, line_of, lines, scope_words
from tokometer.judgement.plans import PLAN_WINDOWS
from tokometer.measures import QueryError
from tokometer.server import given
from tokometer.server.budget_rows import changed, shown, states, viewed
from tokometer.server.objectives import SPANS, general, kept, listed
from tokometer.server.offered import findable
from tokometer.server.pages import framed
from tokometer.server.people import answered, filters, only, revision, text, told
from tokometer.server.plan_rows import windows
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.judging import MOST_LEVELS
from tokometer.settings.money import LEVELS, Period

api: Final = APIRouter(prefix="/api/budgets", tags=["budgets"])
pages: Final = APIRouter(include_in_schema=False)
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "amount", "period", "tz", "filters", "levels", "stops")
_PERIODS: Final = get_args(Period)
_MOST_LEVEL: Final = 10
_LONGEST_TITLE: Final = 80
_SHOWN_CHANGES: Final = 12

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="All budgets: the file's (read-only) and those that people made, with what is used of each")
def listing(request: Request) -> Response:
    """Amounts are US dollars as decimal text, shares are ratios from 0 to 1, times are RFC 3339."""
    runtime: Runtime = request.app.state.runtime
    found = states(runtime)
    return answered({"budgets": [shown(line, found.get(line.id)) for line in lines(runtime.settings)]})


@api.get("/changes", summary="Who changed which budget or objective, and when")
def changes(request: Request, most: int = 100) -> Response:
    """The latest first."""
    return answered({"changes": changed(request.app.state.runtime, max(1, min(most, 1_000)))})


@api.post("", status_code=201, summary="Add a budget")
def add(request: Request, body: Body) -> Response:
    """`{"amount": 250.50, "period": "month", "filters": {"team": ["research"]}, "levels": [0.5, 0.8, 1.0]}`.

    `amount` is US dollars in each `period` (`day`, `week` from Monday, `month`) of the calendar of `tz`; without
    `filters` it is for all calls. `stops` says whether verdicts say *stop* once it is used up.
    """
    runtime: Runtime = request.app.state.runtime
    given = checked(only(body, _FIELDS))
    if "amount" not in given:
        raise Invalid("amount", "is missing: what may be spent in each period, in US dollars")
    about = scope_words(filters_of(given.get("filters", {})))
    given["title"] = given.get("title") or about.capitalize()[:_LONGEST_TITLE]
    budget = runtime.accounts.get().budgets.add(Budget(**given))
    runtime.broadcaster.publish({"budgets"})
    return answered(_found(runtime, budget.id), 201)


@api.patch("/{budget}", summary="Change a budget that somebody made")
def change(request: Request, budget: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    _ours(budget)
    seen = revision(body)
    given = checked(only(body, _FIELDS))
    runtime.accounts.get().budgets.change(_WORKSPACE, budget, seen=seen, **given)
    runtime.broadcaster.publish({"budgets"})
    return answered(_found(runtime, budget))


@api.delete("/{budget}", status_code=204, summary="Remove a budget that somebody made")
def remove(request: Request, budget: str) -> Response:
    """For good; the record of changes keeps what it was called."""
    runtime: Runtime = request.app.state.runtime
    _ours(budget)
    runtime.accounts.get().budgets.remove(_WORKSPACE, budget)
    runtime.broadcaster.publish({"budgets"})
    return Response(status_code=204)


@pages.get("/budgets")
def page(request: Request) -> Response:
    """What may be spent and what is; what service was promised and is kept; how far plans are used."""
    runtime: Runtime = request.app.state.runtime
    return framed(
        request,
        "budgets.html",
        "budgets",
        objectives=listed(runtime),
        general=general(runtime),
        kept=kept,
        spans=SPANS,
        budgets=viewed(runtime),
        judged=BUDGETS,
        plans=windows(runtime),
        plan_judged=PLAN_WINDOWS,
        changes=changed(runtime, _SHOWN_CHANGES),
        dimensions=findable(runtime),
        path=str(runtime.settings_file.path),
        periods=[(name, f"Each {name}") for name in reversed(_PERIODS)],
    )


def checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a budget, understood."""
    found = dict(said)
    if "title" in found:
        found["title"] = text("title", found["title"])
    if "amount" in found:
        found["amount"] = given.dollars("amount", found["amount"], above=True)
    if found.get("period", "month") not in _PERIODS:
        raise Invalid("period", f"has to be one of {', '.join(_PERIODS)}")
    if "tz" in found:
        found["tz"] = given.zone("tz", found["tz"] or "UTC").key
    if "filters" in found:
        found["filters"] = filters(found["filters"])
        for name in found["filters"]:
            try:
                known_dimension(name)
            except QueryError as error:
                raise Invalid("filters", error.reason) from None
    if "levels" in found:
        found["levels"] = _levels(found["levels"])
    given.switch("stops", found.get("stops", True))
    return found


def _levels(given: object) -> list[float]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_LEVELS:
        raise Invalid("levels", f"has to be a list of one to {MOST_LEVELS} shares: [0.5, 0.8, 1.0]")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and 0 < one <= _MOST_LEVEL for one in given):
        raise Invalid("levels", f"has to be shares above 0 and at most {_MOST_LEVEL}: 0.8 is 80 %")
    return sorted({float(one) for one in given}) or list(LEVELS)


def _ours(budget: str) -> None:
    if budget.startswith("file:"):
        raise HTTPException(409, "it stands in tokometer.toml: change it there")


def _found(runtime: Runtime, budget: str) -> dict[str, Any]:
    line = line_of(runtime.accounts.get().budgets.get(_WORKSPACE, budget))
    return shown(line, states(runtime, line).get(line.id))
