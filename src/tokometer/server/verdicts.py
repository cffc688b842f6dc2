"""`GET /api/verdict`: whether a call may be made, before the money is gone. It fails open, and says so."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from tokometer.judgement.budgets import scope_words
from tokometer.judgement.verdict import Applied
from tokometer.records.ids import key_fingerprint
from tokometer.server.people import answered
from tokometer.server.runtime import Runtime
from tokometer.server.spent import Measured

router: Final = APIRouter(prefix="/api", tags=["budgets"])
#: Other names that callers have for dimensions.
_ALIASES: Final = {"who": "user", "key": "api_key"}
_MOST: Final = 40
_LONGEST: Final = 1_000


@router.get("/verdict", summary="Whether a call may be made: allow, warn or stop, with the budgets that are for it")
async def verdict(request: Request) -> Response:
    """`?user=ada&model=gpt-5&project=web&team=search`: any dimension of calls, each as often as it has values.

    `who` is `user` and `key` is `api_key`, whole or as the pages show it. `verdict` is `stop` where a budget that is
    for the call and that stops is used up, `warn` from its highest level below the whole on, else `allow`. It is
    answered from memory, up to date to a second or a few (`as_of`). Where it cannot be told, it is `allow` with
    `failed_open`, and `reason` says why; the status is 200 all the same. `untold` are dimensions that would decide.
    """
    runtime: Runtime = request.app.state.runtime
    told: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items()[:_MOST]:
        values = told.setdefault(_ALIASES.get(name, name), [])
        if len(value) <= _LONGEST:
            values += [value, key_fingerprint(value)] if _ALIASES.get(name, name) == "api_key" else [value]
    if runtime.spent.is_ready():
        return answered(_verdict(runtime, told))
    return answered(await run_in_threadpool(_verdict, runtime, told))


def _verdict(runtime: Runtime, told: dict[str, list[str]]) -> dict[str, Any]:
    try:
        found, measured = runtime.spent.verdict(told)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with us is no reason to stop anybody's work
        return _open(f"Budgets cannot be looked up just now: {type(error).__name__}", None)
    unknown = [one for one in found.applied if one.spent is None]
    if found.word == "allow" and unknown and runtime.spent.trouble:
        return _open(f"What is spent cannot be measured just now: {runtime.spent.trouble}", measured)
    return {
        "verdict": found.word,
        "reason": found.reason,
        "budgets": [_applied(one, measured) for one in found.applied],
        "untold": list(found.untold),
        "as_of": measured.at.isoformat() if measured else None,
        "failed_open": found.word == "allow" and bool(unknown),
    }


def _open(reason: str, measured: Measured | None) -> dict[str, Any]:
    return {
        "verdict": "allow",
        "reason": reason,
        "budgets": [],
        "untold": [],
        "as_of": measured.at.isoformat() if measured else None,
        "failed_open": True,
    }


def _applied(one: Applied, measured: Measured | None) -> dict[str, Any]:
    line = one.line
    ends = measured.ends.get(line.id) if measured else None
    return {
        "id": line.id,
        "title": line.title,
        "about": scope_words(line.filters),
        "verdict": one.word,
        "period": line.period,
        "amount": f"{line.amount:f}",
        "spent": None if one.spent is None else f"{one.spent:f}",
        "remaining": None if one.remaining is None else f"{one.remaining:f}",
        "used": one.used,
        "stops": line.stops,
        "ends": ends.isoformat() if ends else None,
    }
