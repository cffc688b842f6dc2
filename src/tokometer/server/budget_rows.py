"""Budgets as JSON and as rows of their page: what they are, what is used of them, and where that leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import AccountsError, Change
from tokometer.dashboards import addresses
from tokometer.judgement.budget_lines import BUDGETS
from tokometer.judgement.budgets import filters_of, lines, scope_words
from tokometer.judgement.declared import Matter, judge
from tokometer.judgement.periods import WINDOWS
from tokometer.measures import Filter, Query, QueryError
from tokometer.measures.zones import zone_info
from tokometer.records.units import PERCENT, SECONDS, USD, exact, show
from tokometer.server.objectives import listed
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings import BudgetLine, Settings

#: For so long (s) what is used need not be measured anew, as long as nothing is committed.
_EVERY: Final = 15.0
#: What the record of changes calls things of this page.
KINDS: Final = ("budget", "objective")
_MONEY: Final = ("spent", "remaining", "projected", "projected_low", "projected_high")
_STATE: Final = (
    *("passed", "projected_share", "forecast_error", "seconds_left", "seconds_soonest", "level"),
    *("unpriced", "no_price", "usage_unknown"),
)
_WORDS: Final = {"good": "Within", "warning": "Close", "critical": "Over", "none": "Unknown"}


def states(runtime: Runtime, only: BudgetLine | None = None) -> dict[str, Mapping[str, Any]]:
    """What is used of each budget, or of one of them only, by its id; empty where it cannot be asked."""
    matter = Matter(now=runtime.now())
    settings = runtime.settings if only is None else Settings(own_budgets=(only,))
    try:
        rows = judge(BUDGETS, matter, settings, lambda question: runtime.ask(question, _EVERY)).rows
    except QueryError:
        return {}
    return {row["budget_id"]: row for row in rows}


def shown(line: BudgetLine, state: Mapping[str, Any] | None) -> dict[str, Any]:
    """A budget as JSON: amounts are decimal text, shares are ratios, times are RFC 3339; null is unknown."""
    found = state or {}
    return {
        "id": line.id,
        "title": line.title,
        "amount": f"{line.amount:f}",
        "period": line.period,
        "tz": line.tz,
        "filters": {name: list(values) for name, values in line.filters},
        "levels": list(line.levels),
        "stops": line.stops,
        "origin": line.origin,
        "about": scope_words(line.filters),
        "revision": line.revision,
        "used": found.get("budgets"),
        "standing": found.get("standing", "none"),
        **{name: _text(found.get(name)) for name in _MONEY},
        **{name: found.get(name) for name in _STATE},
        **{name: _moment(found.get(name)) for name in ("ends", "used_up_at")},
    }


def viewed(runtime: Runtime) -> list[dict[str, Any]]:
    """The rows of the page, those that are furthest used first within what is in trouble."""
    found = states(runtime)
    rows = [
        shown(line, found.get(line.id)) | _view(line, found.get(line.id, {}), runtime.now())
        for line in lines(runtime.settings)
    ]
    rank = {"critical": 0, "warning": 1, "good": 2, "none": 3}
    return sorted(rows, key=lambda row: (rank[row["standing"]], -(row["used"] or 0.0)))


def changed(runtime: Runtime, most: int) -> list[dict[str, Any]]:
    """The latest changes of budgets and objectives; none where they cannot be read, which every page says."""
    if not runtime.accounts.is_there:
        return []
    try:
        found = runtime.accounts.get().changes(WORKSPACES[0], most, KINDS)
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return []
    titles = {line.id: line.title for line in runtime.settings.own_budgets}
    titles |= {one["id"]: one["title"] for one in listed(runtime)}
    return [_change(one, titles) for one in found]


def _change(change: Change, titles: Mapping[str, str]) -> dict[str, Any]:
    what = dict(change.what)
    named = [what[name] for name in ("title", "provider", "model") if what.get(name)]
    title = titles.get(change.id) or " · ".join(str(one) for one in named)
    words = "" if change.did == "removed" else ", ".join(f"{name} {_said(value)}" for name, value in what.items())
    return {
        "at": change.at.isoformat(),
        "who": change.who,
        "kind": change.kind,
        "id": change.id,
        "did": change.did,
        "title": title,
        "what": what,
        "words": words,
    }


def _said(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, dict):
        return scope_words(filters_of(value)) if all(isinstance(one, list) for one in value.values()) else _pairs(value)
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _pairs(value: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in value.items())


def _view(line: BudgetLine, state: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    used, projected = state.get("budgets"), state.get("projected_share")
    standing = state.get("standing", "none")
    low, high = state.get("projected_low"), state.get("projected_high")
    # One scale for all that a bar shows: the whole budget, or what is spent or expected beyond it.
    whole = max(1.0, used or 0.0, min(projected or 0.0, 3.0))
    return {
        "word": "Will be over" if state.get("standing") == "critical" and (used or 0) < 1 else _WORDS[standing],
        "amount_text": show(line.amount, USD),
        "amount_exact": exact(line.amount, USD),
        "spent_text": show(state.get("spent"), USD),
        "spent_exact": exact(state.get("spent"), USD),
        "used_text": show(used, PERCENT),
        "remaining_text": show(state.get("remaining"), USD),
        "projected_text": show(state.get("projected"), USD),
        "projected_used": show(projected, PERCENT),
        "interval": f"{show(low, USD)} to {show(high, USD)} in four of five cases" if low is not None else "",
        "error_text": show(state.get("forecast_error"), PERCENT) if state.get("forecast_error") is not None else "",
        "breach": _breach(state, line, now),
        "ends_text": _ends(state.get("ends"), line.tz, now),
        "bar": {
            "used": _percent((used or 0.0) / whole),
            "projected": _percent(min(projected or 0.0, whole) / whole),
            "whole": _percent(1.0 / whole),
            "passed": _percent(state.get("passed", 0.0) / whole),
        },
        "link": addresses.records(_query(line)),
    }


def _query(line: BudgetLine) -> Query:
    where = tuple(Filter(f"calls.{name}", "in", values) for name, values in line.filters)
    return Query(measures=("calls.cost",), where=where, since=WINDOWS[line.period], tz=line.tz)


def _breach(state: Mapping[str, Any], line: BudgetLine, now: datetime) -> dict[str, str]:
    """When it will be used up, in words, and exactly."""
    left = state.get("seconds_left")
    if left is None:
        return {"text": "lasts" if state.get("projected") is not None else "–", "exact": ""}
    if left <= 0:
        return {"text": "used up", "exact": ""}
    at = (now + timedelta(seconds=left)).astimezone(zone_info(line.tz))
    soonest = state.get("seconds_soonest")
    early = f"; as soon as in {show(soonest, SECONDS)}" if soonest is not None else ""
    return {"text": f"in {show(left, SECONDS)}", "exact": f"{at:%a %-d %b, %H:%M} {line.tz}{early}"}


def _ends(ends: datetime | None, tz: str, now: datetime) -> dict[str, str]:
    if ends is None:
        return {"text": "–", "exact": ""}
    return {
        "text": f"{show((ends - now).total_seconds(), SECONDS)} left",
        "exact": f"until {ends.astimezone(zone_info(tz)):%a %-d %b, %H:%M} {tz}",
    }


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
