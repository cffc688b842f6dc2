"""Subscriptions over HTTP: plans that are paid by the month or year, who has a seat, and what calls they cover."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import Invalid, Subscription
from tokometer.server import given
from tokometer.server.people import answered, filters, only, revision, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.money import MOST_USD

api: Final = APIRouter(prefix="/api/subscriptions", tags=["subscriptions"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = (
    *("title", "provider", "plan", "price", "currency", "period", "seats"),
    *("people", "filters", "limits", "since", "until", "note"),
)
_PERIODS: Final = ("month", "year")
_WINDOW: Final = re.compile(r"[1-9][0-9]{0,2}[hd]")
#: What a limit can be of; see `judgement.subscriptions`.
_LIMITED: Final = ("tokens", "requests", "cost")
_MOST_SEATS: Final = 100_000
_MOST_PEOPLE: Final = 2_000
_MOST_LIMITS: Final = 12
_MOST_LIMIT: Final = 10**15
_LONGEST_NAME: Final = 200

Body = Annotated[dict[str, Any], Depends(told)]


@api.get("", summary="Subscriptions: plans that are paid whatever is used of them")
def listing(request: Request) -> Response:
    """Prices are decimal text in each plan's currency. What they are worth is `judgement.subscriptions`."""
    return answered({"subscriptions": listed(request.app.state.runtime)})


@api.post("", status_code=201, summary="Add a subscription")
def add(request: Request, body: Body) -> Response:
    """`{"title": "Claude Max", "provider": "anthropic", "price": 200, "seats": 2, "since": "2026-09-01"}`.

    `price` is a seat's for a `period` (`month`, `year`) in `currency` (USD). `filters` are the calls that it covers
    (`{"source": ["claude_code"]}`; those of its provider unless said), `people` who has a seat and what calls of theirs
    are known by: `{"name": "Ada", "match": {"account": ["ada@example.com"], "machine": ["ada-mbp"]}}`, or the line
    `Ada: account=ada@example.com, machine=ada-mbp`. `limits` are by window: `{"5h": {"tokens": 900000}}`, or the line
    `5h tokens 900000`.
    """
    runtime: Runtime = request.app.state.runtime
    found = checked(only(body, _FIELDS))
    for name in ("title", "provider", "price", "since"):
        if not found.get(name):
            raise Invalid(name, "is missing")
    found.setdefault("filters", {"provider": [found["provider"]]})
    made = runtime.accounts.get().subscriptions.add(_consistent(Subscription(**found)))
    runtime.broadcaster.publish({"subscriptions"})
    return answered(shown(made), 201)


@api.patch("/{subscription}", summary="Change a subscription")
def change(request: Request, subscription: str, body: Body) -> Response:
    """Any of its fields; with `revision`, only if it is still that one (409 otherwise)."""
    runtime: Runtime = request.app.state.runtime
    kept = runtime.accounts.get().subscriptions
    seen = revision(body)
    found = checked(only(body, _FIELDS))
    before = kept.get(_WORKSPACE, subscription)
    since, until = found.get("since", before.since), found.get("until", before.until)
    if until is not None and until <= since:
        raise Invalid("until", "has to be after the first day")
    changed = kept.change(_WORKSPACE, subscription, seen=seen, **found)
    runtime.broadcaster.publish({"subscriptions"})
    return answered(shown(changed))


@api.delete("/{subscription}", status_code=204, summary="Remove a subscription")
def remove(request: Request, subscription: str) -> Response:
    """For good; the record of changes keeps what it was called. One that has ended is better given its last day."""
    runtime: Runtime = request.app.state.runtime
    runtime.accounts.get().subscriptions.remove(_WORKSPACE, subscription)
    runtime.broadcaster.publish({"subscriptions"})
    return Response(status_code=204)


def listed(runtime: Runtime) -> list[dict[str, Any]]:
    """All of them as JSON."""
    if not runtime.accounts.is_there:
        return []
    return [shown(one) for one in runtime.accounts.get().subscriptions.all(_WORKSPACE)]


def shown(one: Subscription) -> dict[str, Any]:
    """A subscription as JSON."""
    return {
        "id": one.id,
        "title": one.title,
        "provider": one.provider,
        "plan": one.plan,
        "price": given.plain(one.price),
        "currency": one.currency,
        "period": one.period,
        "seats": one.seats,
        "people": list(one.people),
        "filters": dict(one.filters),
        "limits": dict(one.limits),
        "since": one.since.isoformat(),
        "until": one.until.isoformat() if one.until else None,
        "note": one.note,
        "revision": one.revision,
    }


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a subscription, understood."""
    return {name: _READ[name](name, value) for name, value in body.items()}


def _consistent(one: Subscription) -> Subscription:
    if one.until is not None and one.until <= one.since:
        raise Invalid("until", "has to be after the first day")
    return one


def _people(name: str, said: object) -> list[Mapping[str, Any]]:
    if not isinstance(said, list) or len(said) > _MOST_PEOPLE:
        raise Invalid(name, f"has to be a list of at most {_MOST_PEOPLE:,} people")
    found = [_line(one) if isinstance(one, str) else one for one in said]
    people: list[Mapping[str, Any]] = []
    for one in found:
        if not isinstance(one, dict) or set(one) - {"name", "match"}:
            raise Invalid(name, 'has to be of the form {"name": "Ada", "match": {"account": ["ada@example.com"]}}')
        called = text(name, one.get("name", ""))
        if not 0 < len(called) <= _LONGEST_NAME:
            raise Invalid(name, f"needs names of 1 to {_LONGEST_NAME} characters")
        people.append({"name": called, "match": filters(one.get("match", {}), name)})
    names = [one["name"] for one in people]
    if len(set(names)) < len(names):
        raise Invalid(name, "names somebody twice")
    return people


def _line(said: str) -> dict[str, Any]:
    """`Ada: account=ada@example.com, machine=ada-mbp`, as a form's line has it."""
    called, _, rest = text("people", said).partition(":")
    match: dict[str, list[str]] = {}
    for part in filter(None, (one.strip() for one in rest.split(","))):
        dimension, equals, value = part.partition("=")
        if not equals:
            raise Invalid("people", f"{part[:40]!r} has to be of the form account=ada@example.com")
        match.setdefault(dimension.strip(), []).append(value.strip())
    return {"name": called.strip(), "match": match}


def _limits(name: str, said: object) -> dict[str, dict[str, str]]:
    if isinstance(said, list):
        said = _limit_lines(name, said)
    if not isinstance(said, dict) or len(said) > _MOST_LIMITS:
        raise Invalid(name, 'has to be an object: {"5h": {"tokens": 900000}}')
    found: dict[str, dict[str, str]] = {}
    for window, of in said.items():
        _check_window(name, window)
        if not isinstance(of, dict) or not of or set(of) - set(_LIMITED):
            raise Invalid(name, f"{window} limits {', '.join(_LIMITED[:-1])} or {_LIMITED[-1]}")
        found[window] = {
            what: given.plain(given.amount(name, most, _MOST_LIMIT, least=Decimal("0.01"))) for what, most in of.items()
        }
    return found


def _limit_lines(name: str, said: list[Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in said:
        parts = text(name, line).split()
        if len(parts) != len(("window", "what", "most")):
            raise Invalid(name, f"{str(line)[:40]!r} has to be of the form: 5h tokens 900000")
        found.setdefault(parts[0], {})[parts[1]] = parts[2].replace(",", "")
    return found


def _check_window(name: str, window: object) -> None:
    """That a window is so many hours or days up to now."""
    if not _WINDOW.fullmatch(said := text(name, window)):
        raise Invalid(name, f"{said[:20]!r} has to be hours or days: 5h, 7d")


_READ: Final[dict[str, Any]] = {
    "title": text,
    "provider": text,
    "plan": text,
    "price": partial(given.amount, most=MOST_USD),
    "currency": given.currency,
    "period": partial(given.choice, known=_PERIODS),
    "seats": partial(given.whole, least=1, most=_MOST_SEATS),
    "people": _people,
    "filters": lambda name, said: filters(said, name),
    "limits": _limits,
    "since": given.day,
    "until": given.day_or_none,
    "note": text,
}
