"""Advice and waste over HTTP, and what people answer to advice: dismissed, or done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from tokometer.accounts import Answer, NotThere
from tokometer.dashboards import Context, addresses
from tokometer.dashboards.answered import DISMISSED, DONE, Realised, measured, subject
from tokometer.dashboards.drill import Condition, Drill
from tokometer.dashboards.kinds.waste import worst
from tokometer.judgement.advice import DO_NOT_ADD_UP
from tokometer.judgement.advice.rule import CALLS, ERRORS
from tokometer.judgement.waste import MONTH
from tokometer.measures import Query
from tokometer.server.people import answered
from tokometer.server.rendering import context_of
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.scoped import parameters_of, scope_of

router: Final = APIRouter(tags=["advice"])
_WORKSPACE: Final = WORKSPACES[0]
_RANGE: Final = "30d"
_ABOUT: Final = ("agent", "model", "knowledge_base")
_WORDS: Final = ("title", "detail", "evidence", "assumption", "how_to", "rule", "agent", "model", "knowledge_base")
_ADDRESSED: Final = "Takes the window and the filters of a page's address (`range`, `since`, `until`, `tz`, `team`, …)."


@router.get("/api/advice", summary="What could be done for less, the largest saving first, and what was answered")
def advice(request: Request) -> Response:
    """Savings in USD of the window (`saving`), and of thirty days; null where nothing is saved in dollars.

    `state` is `open`, `dismissed` or `done`. `done` tells what became of what was done: `saved` of what was `promised`
    for the calls since. Savings of different rules do not add up.
    """
    context = _context(request)
    window = context.window("")
    answers = {one.key: one for one in context.answered()}
    drill = Drill.of(context, window, ["judgement.advice", CALLS, ERRORS])
    rows = context.judge("advice", window).rows
    said = {
        "advice": [_shown(row, drill, answers.get(row["key"])) for row in rows],
        "done": [_realised(one) for one in measured(context, list(answers.values()))],
        "dismissed": [{"key": one.key, "title": one.title} for one in answers.values() if one.did == DISMISSED],
        "note": DO_NOT_ADD_UP,
        **_window(context),
    }
    return answered(said)


@router.get("/api/waste", summary="What was paid for nothing, by kind, with the sessions in which most of it was")
def waste(request: Request) -> Response:
    """USD of the window (`cost`) and of thirty days. A kind that no source can tell of has null, and `known` is false.

    `not_known_for` are the sources that do not tell what it rests on. Kinds overlap: they do not add up.
    """
    context = _context(request)
    window = context.window("")
    kinds = [_wasted(row) for row in context.judge("waste", window).rows]
    return answered({"waste": kinds, "note": "A call can be of several kinds: they do not add up.", **_window(context)})


@router.post("/api/advice/{key:path}/dismiss", summary="Dismiss a piece of advice: it is not shown until brought back")
def dismiss(request: Request, key: str) -> Response:
    """`key` as `GET /api/advice` gives it, percent-encoded, with the window and filters that it was given for."""
    return _answer(request, key, DISMISSED)


@router.post(
    "/api/advice/{key:path}/done", summary="Say that advice was followed: what it saves is measured from now on"
)
def done(request: Request, key: str) -> Response:
    """What it promised a month is kept with how much work there was, so that both can be held against what comes."""
    return _answer(request, key, DONE)


@router.post("/api/advice/{key:path}/undo", summary="Take back what was answered to a piece of advice")
def undo(request: Request, key: str) -> Response:
    """It is open again."""
    runtime = _runtime(request)
    kept = runtime.accounts.get().answers
    found = next((one for one in kept.all(_WORKSPACE) if one.key == key), None)
    if found is None:
        raise NotThere("nothing was answered to this advice")
    kept.remove(_WORKSPACE, found.id)
    runtime.broadcaster.publish({"advice"})
    return answered({"key": key, "state": "open"})


def _answer(request: Request, key: str, did: str) -> Response:
    runtime, context = _runtime(request), _context(request)
    window = context.window("")
    row = next((one for one in context.judge("advice", window).rows if one["key"] == key), None)
    kept = runtime.accounts.get().answers
    before = next((one for one in kept.all(_WORKSPACE) if one.key == key), None)
    if row is None and before is None:
        raise NotThere("there is no such advice in this window")
    told = {"did": did, **(_told(context, row) if row is not None else {})}
    if before is not None:
        # What it saves is measured from when it was done, not from when it was dismissed.
        kept.remove(_WORKSPACE, before.id)
        told = {"title": before.title, "promised": before.promised, "before": before.before} | told
    made = kept.add(Answer(key=key, **told))
    runtime.broadcaster.publish({"advice"})
    return answered({"key": key, "state": did, "promised_a_month": _money(made.promised)}, 201)


def _told(context: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a piece: its words, its promise, and how many calls a month there were to save on."""
    about = {name: row[name] or "" for name in _ABOUT}
    window = context.window("")
    since, until = window.asked
    where = (*context.where(), *subject(**about))
    query = Query(measures=("calls.requests",), where=where, since=since, until=until, tz=context.scope.zone.key)
    found = context.ask(query)
    calls = int(found.rows[0]["requests"] or 0) if found.rows else 0
    length = min(found.meta.until, context.scope.now) - found.meta.since
    a_month = calls * (MONTH / length) if length.total_seconds() > 0 else 0.0
    return {
        "title": row["title"][:400],
        "promised": row["a_month"],
        "before": {**about, "calls_a_month": a_month, "rule": row["rule"], "range": context.scope.range},
    }


def _shown(row: Mapping[str, Any], drill: Drill, answer: Answer | None) -> dict[str, Any]:
    about = [Condition(name, (row[name],)) for name in _ABOUT if row[name]]
    return {
        "key": row["key"],
        "state": answer.did if answer else "open",
        "saving": _money(row["advice"]),
        "saving_per_week": _money(row["per_week"]),
        "saving_a_month": _money(row["a_month"]),
        **{name: row[name] for name in _WORDS},
        "calls": row["calls"],
        "link": drill.address(row["counts"], about) if row["calls"] else None,
    }


def _realised(one: Realised) -> dict[str, Any]:
    return {
        "key": one.answer.key,
        "title": one.answer.title,
        "since": one.answer.created.astimezone(UTC).isoformat(),
        "promised_a_month": _money(one.answer.promised),
        "promised": _money(one.promised),
        "saved": _money(one.saved),
        "calls": one.calls,
    }


def _wasted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("kind", "title", "definition", "mend", "times", "calls")},
        "cost": _money(row["waste"]),
        "cost_a_month": _money(row["a_month"]),
        "sessions": row["sessions"],
        "known": row["waste"] is not None,
        "not_known_for": row["unknown"].split(", ") if row["unknown"] else [],
        "top_sessions": [
            {"session": name, "cost": _money(cost), "link": addresses.session(name) if name else None}
            for name, cost in worst(row)
        ],
    }


def _window(context: Context) -> dict[str, Any]:
    window = context.window("")
    return {"since": _iso(window.since), "until": _iso(window.until)}


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.9f}"


def _context(request: Request) -> Context:
    runtime = _runtime(request)
    return context_of(runtime, scope_of(request, parameters_of(request), _RANGE), runtime.ask)


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
