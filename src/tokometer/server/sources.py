"""The Sources page: where data comes from, what of it was refused, and how to connect more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from tokometer.collect.certainty import Uncertain, by_reason, totals, uncertain
from tokometer.collect.standing import Standing
from tokometer.dashboards import ScopeError
from tokometer.dashboards.names import source_titles
from tokometer.dashboards.scope import find_zone
from tokometer.ledger.aside import waits
from tokometer.ledger.noticed import list_noticed, noticed_by_source
from tokometer.ledger.refused import list_refused, refused_by_source
from tokometer.ledger.unsettled import quarter_start, unsettled_json
from tokometer.records import MENDS, TOPICS, now_us
from tokometer.records.evened import even
from tokometer.records.time import to_datetime
from tokometer.records.units import USD, exact
from tokometer.server.connecting import ways
from tokometer.server.machines import seen
from tokometer.server.pages import framed
from tokometer.server.received import When, shortened, sources, told_twice, waiting
from tokometer.server.runtime import Runtime
from tokometer.server.targets import shown, standings
from tokometer.server.targets import sources as target_sources
from tokometer.server.templates import render
from tokometer.sources.registry import SOURCES

router: Final = APIRouter(include_in_schema=False)
_REFUSED: Final = 100
_NOTICED: Final = 100
#: Parts of the page that change while somebody looks.
_PARTS: Final = {
    "sources": "received.html",
    "machines": "machines.html",
    "overlaps": "overlaps.html",
    "targets": "targets.html",
}
#: What is the matter with a price.
_DOUBTS: Final = {"": "assumed", "no-price": "no price", "usage-unknown": "unknown usage"}
#: Models that stand beside a reason for doubt: at once, and opened.
_MODELS: Final = 4
_MOST_MODELS: Final = 100


@router.get("/sources")
def page(request: Request) -> Response:
    """Where data comes from, how far each source has been read, and what was refused."""
    runtime: Runtime = request.app.state.runtime
    when, zone = clock(request)
    prices = totals(runtime.ask)
    doubts = by_reason(uncertain(runtime.ask, prices))
    lacks = [doubt.first.lack for doubt in doubts]
    costs = even([doubt.cost for doubt in doubts], USD)
    return framed(
        request,
        "sources.html",
        "sources",
        zone=zone,
        **_received(runtime, when),
        **ways(runtime, str(request.base_url).rstrip("/")),
        refused=[
            {"refusal": refusal, "place": shortened(refusal.place, runtime.home), "when": when(to_datetime(refusal.at))}
            for refusal in list_refused(runtime.ledger, limit=_REFUSED)
        ],
        refused_count=sum(refused_by_source(runtime.ledger).values()),
        unsettled=[
            {"row": unsettled_json(row), "when": when(to_datetime(row.since)), "at": when(quarter_start(row))}
            for row in runtime.ledger.unsettled[:_REFUSED]
        ],
        waiting=waits(runtime.ledger),
        prices=prices,
        doubts=[
            {
                "of": doubt,
                "doubt": _DOUBTS[doubt.first.lack],
                # The first of a kind is where a chip beside a cost leads to.
                "anchor": doubt.first.lack if doubt.first.lack not in lacks[:at] else "",
                "cost": {"text": costs[at], "exact": exact(doubt.cost, USD)},
                "models": [_named(one) for one in doubt.models[:_MODELS]],
                "more": [_named(one) for one in doubt.models[_MODELS:_MOST_MODELS]],
                "beyond": len(doubt.models[_MOST_MODELS:]),
            }
            for at, doubt in enumerate(doubts)
        ],
        titles=source_titles(),
        may_add=runtime.poller is not None,
        target_sources=target_sources(),
        plug_ins=SOURCES.broken,
        noticed=[
            {
                "noticed": noticed,
                "place": shortened(noticed.place, runtime.home),
                "when": when(to_datetime(noticed.latest_at)),
            }
            for noticed in list_noticed(runtime.ledger, limit=_NOTICED)
        ],
        noticed_count=sum(names for _, names in noticed_by_source(runtime.ledger).values()),
        topics=TOPICS,
        mends=MENDS,
    )


@router.get("/sources/received")
def received(request: Request) -> Response:
    """What of the page changes while somebody looks: the table of sources, and what each way in waits for."""
    when, _ = clock(request)
    shown = _received(request.app.state.runtime, when)
    parts = {name: render(page, **shown) for name, page in _PARTS.items()}
    parts |= {way: render("waiting.html", state=state) for way, state in shown["states"].items()}
    return JSONResponse(parts, headers={"Cache-Control": "private, no-store", "Vary": "Cookie"})


def _received(runtime: Runtime, when: When) -> dict[str, Any]:
    return {
        "sources": sources(runtime, when),
        "states": waiting(runtime, when),
        "overlaps": told_twice(runtime),
        "targets": [_target(one, when) for one in standings(runtime)],
        "targets_error": runtime.own_targets.error,
        "following": runtime.follower.following if runtime.follower else None,
        "machines": [
            {**one, "last_seen": when(one["last_seen"]), "last_call": when(one["last_call"])} for one in seen(runtime)
        ],
    }


def _target(one: Standing, when: When) -> dict[str, Any]:
    """A target for people."""
    since = when(to_datetime(one.since))["text"].removesuffix(" ago")
    words = {
        "up": "Up",
        "down": f"Down for {since}",
        "secret": "Wrong secret",
        "waiting": "Waiting",
        "paused": "Paused",
    }
    left = max(0, one.next_at - now_us()) // 1_000_000 if one.next_at else None
    next_at = when(to_datetime(one.next_at) if one.next_at else None)
    return {
        **shown(one),
        "word": words[one.state],
        "asked": when(to_datetime(one.asked_at) if one.asked_at else None),
        "next": {"text": "–" if left is None else f"in {left:,} s", "exact": next_at["exact"]},
    }


def clock(request: Request) -> tuple[When, str]:
    """What writes times for the viewer, and the name of their zone."""
    try:
        zone = find_zone(request.cookies.get("tz", "UTC"))
    except ScopeError:
        zone = find_zone("UTC")
    now = request.app.state.runtime.now()

    def when(at: datetime | None) -> dict[str, str]:
        if at is None:
            return {"text": "–", "exact": ""}
        local = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(zone)
        return {
            "text": ago((now - local).total_seconds()),
            "exact": f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {zone.key}",
        }

    return when, zone.key


def _named(one: Uncertain) -> dict[str, str]:
    """A model with doubt about its price, and the calls concerned."""
    return {
        "model": one.model or "(unknown)",
        "provider": one.provider or "an unknown provider",
        "calls": f"{one.calls:,}",
    }


def ago(seconds: float) -> str:
    """How long ago, in the largest whole unit."""
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    return f"{max(0, int(seconds))} s ago"
