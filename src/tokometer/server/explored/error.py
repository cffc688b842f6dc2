"""What the page of an error shows, and its JSON."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from tokometer.dashboards import addresses
from tokometer.explorer.error import Elsewhere, Failure
from tokometer.measures import Filter, Query
from tokometer.records import PROVIDERS, ErrorDetail, to_datetime
from tokometer.records.units import MICROSECONDS, REQUESTS
from tokometer.server.explored.record import line_json, links, record_json
from tokometer.server.explored.words import Words, figure, instant, standing

#: Names of a kind that are listed at once.
_MOST: Final = 8


def shown(words: Words, found: Failure) -> dict[str, Any]:
    """The page of an error."""
    call, details = found.call, found.told
    failed = call.status not in ("ok", "cancelled")
    first = details[0] if details else None
    status = next(
        (code for code in (call.http_status, *(one.http_status for one in details)) if code is not None), None
    )
    return {
        "id": found.stored.id,
        "failed": failed,
        "message": found.message,
        "model": call.model,
        "provider": PROVIDERS[call.provider].name if call.provider in PROVIDERS else call.provider,
        "href": addresses.record("calls", found.stored.id),
        "links": [one for one in links(call, found.stored.id) if one[0] != "Error"],
        "figures": [
            {"title": "Status", "standing": standing(call.status, failed=failed), "text": "", "exact": ""},
            {"title": "HTTP status", "text": str(status) if status is not None else "–", "exact": ""},
            {"title": "Code", "text": (first.error_code if first else "") or "–", "exact": "", "small": True},
            {"title": "Attempt", "text": str(call.attempt), "exact": ""},
            {"title": "After", **figure(call.latency_us, MICROSECONDS)},
            {"title": "Began", **words.time(call.started_at), "small": True},
        ],
        "class": first.error_type if first else "",
        "facts": _facts(call, first),
        "stack": next((one.stack_trace for one in details if one.stack_trace), ""),
        "request": next((one.request for one in details if one.request), ""),
        "response": next((one.response for one in details if one.response), ""),
        "details": [addresses.record("error_details", one.id) for one in found.details],
        "tries": words.lines(found.tries, found.stored.id),
        "elsewhere": _elsewhere(words, found, found.elsewhere) if found.elsewhere else None,
        "zone": words.zone.key,
    }


def to_json(found: Failure) -> dict[str, Any]:
    """An error as JSON."""
    elsewhere = found.elsewhere
    return {
        "id": found.stored.id,
        "message": found.message or None,
        "call": record_json(found.call),
        "details": [{"id": one.id, **record_json(one.record)} for one in found.details],
        "tries": [line_json(one) for one in found.tries],
        "elsewhere": elsewhere
        and {
            "pattern": elsewhere.pattern,
            "calls": elsewhere.count,
            "partial": elsewhere.partial,
            "first_at": instant(elsewhere.first_at) if elsewhere.count else None,
            "last_at": instant(elsewhere.last_at) if elsewhere.count else None,
            "models": elsewhere.models,
            "users": elsewhere.users,
        },
    }


def _facts(call: Any, detail: ErrorDetail | None) -> list[tuple[str, str, str]]:  # noqa: ANN401 - a call
    """What else is known: title, value, where it leads."""
    told = [
        ("Class", detail.error_type if detail else ""),
        ("Operation", call.operation),
        ("Endpoint", call.endpoint),
        ("Request id", call.request_id),
        ("API key", call.api_key),
        ("Region", call.region),
        ("Agent", call.agent),
        ("User", call.user),
        ("Team", call.team),
        ("Project", call.project),
        ("Environment", call.environment),
    ]
    return [
        *((title, value, "") for title, value in told if value),
        *([("Session", call.session_id, addresses.session(call.session_id, call.source))] if call.session_id else []),
        *([("Trace", call.trace_id, addresses.trace(call.trace_id, call.span_id))] if call.trace_id else []),
    ]


def _elsewhere(words: Words, found: Failure, one: Elsewhere) -> dict[str, Any]:
    call = found.call

    def listed(*more: Filter) -> str:
        where = (Filter("calls.provider", "=", (call.provider,)), Filter("calls.status", "=", (call.status,)), *more)
        since = to_datetime(one.first_at or call.started_at).date().isoformat()
        until = to_datetime(one.last_at or call.started_at).date().isoformat()
        query = Query(measures=("calls.errors",), where=where, since=since, until=until)
        return addresses.records(query) + (f"&{urlencode({'search': one.fixed})}" if one.fixed else "")

    def named(counts: dict[str, int], dimension: str) -> dict[str, Any]:
        rows = [
            {"name": name, "href": listed(Filter(dimension, "=", (name,))), **figure(count, REQUESTS)}
            for name, count in list(counts.items())[:_MOST]
        ]
        return {"rows": rows, "more": max(0, len(counts) - _MOST)}

    return {
        "pattern": one.pattern or "(no message)",
        "count": figure(one.count, REQUESTS),
        "partial": one.partial,
        "first": words.time(one.first_at or None),
        "last": words.time(one.last_at or None),
        "href": listed(),
        "models": named(one.models, "calls.model"),
        "users": named(one.users, "calls.user"),
    }
