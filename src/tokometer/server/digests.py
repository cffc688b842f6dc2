"""Digests over HTTP: dashboards that are sent every day or week, as words and PDF."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from tokometer.accounts import Digest, Invalid
from tokometer.alerting.digests import ABOUT, DAYS, WEEKDAYS, period_of
from tokometer.dashboards import ScopeError
from tokometer.server import given
from tokometer.server.channels import channels_of
from tokometer.server.notifying import check_query
from tokometer.server.people import answered, only, text, told
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api/digests", tags=["notifications"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "channel", "board", "query", "every", "hour", "weekday", "tz", "enabled")
_LAST_HOUR: Final = 23
_TOKEN_BYTES: Final = 6

Body = Annotated[dict[str, Any], Depends(told)]


@router.get("", summary="Dashboards that are sent every day or week")
def listing(request: Request) -> Response:
    """Each with when it is sent next."""
    runtime = _runtime(request)
    return answered({"digests": [shown(runtime, one) for one in digests_of(runtime)], "weekdays": list(WEEKDAYS)})


@router.post("", status_code=201, summary="Have a dashboard sent every day or week")
def add(request: Request, body: Body) -> Response:
    """It is about the whole days before the one on which it is sent.

    `title`, `channel`, `board` (a dashboard's id), `query` (parameters of its page), `every` day or week, `hour`,
    `weekday` (1 is Monday), `tz`, `enabled`.
    """
    runtime = _runtime(request)
    given = _checked(runtime, only(body, _FIELDS))
    for name in ("title", "channel", "board"):
        given.setdefault(name, "")
    digest = Digest(workspace=_WORKSPACE, **given)
    _check_whole(runtime, digest)
    kept = runtime.accounts.get().digests.add(digest)
    runtime.broadcaster.publish({"digests"})
    return answered(shown(runtime, kept), 201)


@router.patch("/{digest}", summary="Change a digest")
def change(request: Request, digest: str, body: Body) -> Response:
    """Any of its fields, with the `revision` that was changed."""
    runtime = _runtime(request)
    seen = body.pop("revision", None)
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Invalid("revision", "has to be a whole number")
    given = _checked(runtime, only(body, _FIELDS))
    kept = runtime.accounts.get().digests
    _check_whole(runtime, replace(kept.get(_WORKSPACE, digest), **given))
    changed = kept.change(_WORKSPACE, digest, seen=seen, **given)
    runtime.broadcaster.publish({"digests"})
    return answered(shown(runtime, changed))


@router.delete("/{digest}", status_code=204, summary="Remove a digest")
def remove(request: Request, digest: str) -> Response:
    """For good. One that waits to be sent is sent without its PDF."""
    runtime = _runtime(request)
    runtime.accounts.get().digests.remove(_WORKSPACE, digest)
    runtime.broadcaster.publish({"digests"})
    return Response(status_code=204)


@router.post("/{digest}/send", status_code=202, summary="Send a digest now")
def send(request: Request, digest: str) -> Response:
    """That of its latest period, as a further one; how that goes is among the deliveries."""
    runtime = _runtime(request)
    accounts, notifying = runtime.accounts.get(), runtime.notifying
    found = accounts.digests.get(_WORKSPACE, digest)
    if all(one.id != found.channel for one in channels_of(runtime)):
        raise HTTPException(409, "its channel was removed: choose another one")
    now = notifying.office.now()
    period = period_of(found, now)
    about = f"{ABOUT}{found.id}:{period.day.isoformat()}:{secrets.token_urlsafe(_TOKEN_BYTES)}"
    delivery = notifying.digests.delivery(found, period, now, about)
    accounts.deliveries.add(delivery)
    notifying.delivering.wake()
    runtime.broadcaster.publish({"deliveries"})
    return answered({"about": about, "subject": delivery.subject}, 202)


def digests_of(runtime: Runtime) -> list[Digest]:
    """All digests."""
    return runtime.accounts.get().digests.all(_WORKSPACE) if runtime.accounts.is_there else []


def shown(runtime: Runtime, one: Digest) -> dict[str, Any]:
    """A digest as JSON."""
    period = period_of(one, runtime.notifying.office.now())
    board = runtime.notifying.board(one.board)
    channel = next((known.title for known in channels_of(runtime) if known.id == one.channel), "")
    return {
        "id": one.id,
        "title": one.title,
        "channel": one.channel,
        "channel_title": channel,
        "board": one.board,
        "board_title": board.title if board is not None else "",
        "query": one.query,
        "every": one.every,
        "hour": one.hour,
        "weekday": one.weekday,
        "tz": one.tz,
        "enabled": one.enabled,
        "last": one.last.date().isoformat() if one.last else None,
        "about": period.title,
        "revision": one.revision,
    }


def _checked(runtime: Runtime, body: dict[str, Any]) -> dict[str, Any]:
    """What a body says, understood."""
    readers: dict[str, Callable[[object], Any]] = {
        "title": lambda said: text("title", said),
        "channel": lambda said: _channel(runtime, text("channel", said)),
        "board": lambda said: text("board", said),
        "query": lambda said: check_query(text("query", said)),
        "every": lambda said: given.choice("every", said, tuple(DAYS)),
        "hour": lambda said: given.whole("hour", _typed(said), 0, _LAST_HOUR),
        "weekday": lambda said: given.whole("weekday", _typed(said), 1, len(WEEKDAYS)),
        "tz": lambda said: given.zone("tz", said).key,
        "enabled": lambda said: given.switch("enabled", said),
    }
    return {name: readers[name](said) for name, said in body.items()}


def _channel(runtime: Runtime, id_: str) -> str:
    if all(one.id != id_ for one in channels_of(runtime)):
        raise Invalid("channel", "has to be the id of a channel")
    return id_


def _typed(said: object) -> object:
    """A number as a form's field has it."""
    return int(said.strip()[:4]) if isinstance(said, str) and said.strip().isdecimal() else said


def _check_whole(runtime: Runtime, digest: Digest) -> None:
    """See that its dashboard can be looked at so."""
    board = runtime.notifying.board(digest.board)
    if board is None:
        raise Invalid("board", "has to be the id of a dashboard")
    try:
        runtime.notifying.scope(board, digest, period_of(digest, runtime.notifying.office.now()))
    except ScopeError as error:
        raise Invalid("query", str(error)) from None


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
