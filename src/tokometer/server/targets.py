"""Targets over HTTP: how each is doing; adding, changing, pausing, removing and asking one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from tokometer.collect.fetching import address
from tokometer.collect.standing import Standing
from tokometer.collect.targets import Listed
from tokometer.host.secrets import VARIABLE
from tokometer.records.redaction import redacted
from tokometer.records.time import to_datetime
from tokometer.records.values import check_unicode
from tokometer.server.runtime import Runtime
from tokometer.settings import SettingsError, TargetSettings
from tokometer.settings.polling import target_of
from tokometer.sources.protocol import PollError
from tokometer.sources.registry import SOURCES

router: Final = APIRouter(prefix="/api/targets", tags=["targets"])
_MOST_BYTES: Final = 64 << 10
#: What a form may say; everything else is a mistake of its author.
_FIELDS: Final = ("source", "url", "name", "every", "secret", "secret_env", "options", "labels")
#: Whoever can open the page could have any file, and any other variable, sent to an address of their own.
_VARIABLES: Final = "TOKOMETER_"
_ELSEWHERE: Final = "stands in tokometer.toml alone, so that a page cannot have a file sent elsewhere"
_ID_BYTES: Final = 6
_NOT_OURS: Final = {
    "file": "it stands in tokometer.toml: change it there",
    "local": "it is tried by itself; name it with its address to change something of it, or pause it",
}


@router.get("", summary="What is asked every so often, and how each is doing")
def listing(request: Request) -> Response:
    """Targets with their state (`up`, `down`, `secret`, `waiting`, `paused`, `absent`), and what can be asked."""
    runtime: Runtime = request.app.state.runtime
    return _json({"targets": [shown(one) for one in standings(runtime)], "sources": sources()})


@router.post("", status_code=201, summary="Add a target")
async def add(request: Request) -> Response:
    """Add one. 422 says which field is wrong, and what would be right."""
    runtime: Runtime = request.app.state.runtime
    if runtime.poller is None:
        raise HTTPException(409, "a demo asks nobody")
    target = _target(runtime, await _form(request))
    if any(one.key == (target.source, target.called) for one in _listed(runtime) if one.origin != "local"):
        raise _wrong("name" if target.name else "url", "there is one already; give this one another name")
    _put(runtime, target)
    return _json({"id": id_of(target.source, target.called)}, 201)


@router.put("/{target}", summary="Change a target that was added on the page")
async def change(request: Request, target: str) -> Response:
    """Put another in its place. Without a secret, the one before stays, as long as the address does."""
    runtime: Runtime = request.app.state.runtime
    before = _ours(runtime, target)
    form = await _form(request)
    keeps = form.pop("keep_secret", False) is True
    changed = _target(runtime, form)
    key = changed.source, changed.called
    if key != before.key and any(one.key == key for one in _listed(runtime) if one.origin != "local"):
        raise _wrong("name" if changed.name else "url", "there is one already; give this one another name")
    _put(runtime, changed, before, keep_secret=keeps)
    return _json({"id": id_of(*key)})


@router.delete("/{target}", status_code=204, summary="Remove a target that was added on the page")
def remove(request: Request, target: str) -> Response:
    """Ask it no more. What it has said is kept."""
    runtime: Runtime = request.app.state.runtime
    _keeping(lambda: runtime.own_targets.remove(_ours(runtime, target).key))
    _changed(runtime)
    return Response(status_code=204)


@router.post("/{target}/pause", summary="Do not ask a target for now, or ask it again")
async def pause(request: Request, target: str) -> Response:
    """`{"paused": true}`, for any target, wherever it is named."""
    runtime: Runtime = request.app.state.runtime
    found, told = _find(runtime, target), await _body(request)
    paused = told.get("paused")
    if not isinstance(paused, bool):
        raise _wrong("paused", "has to be true or false")
    if found.origin == "file" and not paused and found.key not in runtime.own_targets.paused and found.paused:
        raise HTTPException(409, "it is paused in tokometer.toml: change it there")
    _keeping(lambda: runtime.own_targets.pause(found.key, paused=paused))
    _changed(runtime)
    return _json({"paused": paused})


@router.post("/{target}/ask", summary="Ask a target now")
def ask(request: Request, target: str) -> Response:
    """Instead of when it is due. The answer comes with the next listing."""
    runtime: Runtime = request.app.state.runtime
    found = _find(runtime, target)
    if runtime.poller is None or not runtime.poller.ask_now(*found.key):
        raise HTTPException(409, "it is not being asked")
    return _json({"asked": True})


# -- what others show of them ------------------------------------------------------------------------------------------


def standings(runtime: Runtime) -> list[Standing]:
    """How each target is doing; those that nobody named and that are not there are left out."""
    if runtime.poller is None:
        return []
    return [one for one in runtime.poller.standings() if one.state != "absent"]


def shown(one: Standing) -> dict[str, Any]:
    """A target as JSON, without its secret."""
    listed, target = one.listed, one.listed.target
    source = SOURCES.get(listed.source)
    return {
        "id": id_of(*listed.key),
        "source": listed.source,
        "title": source.title if source is not None else listed.source,
        "name": target.name,
        "url": redacted(target.url, 300),
        "origin": listed.origin,
        "every": target.every,
        "options": dict(target.options),
        "labels": dict(target.labels),
        "secret": listed.secret_kind,
        "state": one.state,
        "since": _moment(one.since),
        "asked_at": _moment(one.asked_at),
        "next_at": _moment(one.next_at),
        "seconds": None if one.took is None else round(one.took, 3),
        "records": one.records,
        "total": one.total,
        "refused": one.refused,
        "questions": one.questions,
        "failures": one.failures,
        "problem": redacted(one.problem, 300) or None,
        "first_bad": one.bad or None,
    }


def sources() -> list[dict[str, Any]]:
    """What can be asked: name, title, its pace, what it looks like."""
    return [
        {"name": name, "title": source.title, "every": source.polled.every, "about": source.about}
        for name, source in SOURCES.items()
        if source.polled is not None
    ]


def id_of(source: str, name: str) -> str:
    """What a target is called in addresses."""
    return hashlib.blake2b(f"{source}\0{name}".encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).hexdigest()


# -- asking, and being told --------------------------------------------------------------------------------------------


async def _body(request: Request) -> dict[str, Any]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, "a target is smaller than that")
    try:
        told = json.loads(body, parse_float=Decimal)
        check_unicode(json.dumps(told, ensure_ascii=False, default=str).replace("\\u0000", "\0"))
    except (ValueError, RecursionError) as error:
        why = f"the body {error}" if str(error).startswith("contains") else "the body is not JSON"
        raise HTTPException(400, why) from None
    if not isinstance(told, dict):
        raise HTTPException(400, "the body is not an object")
    return told


async def _form(request: Request) -> dict[str, Any]:
    """What a form says; what is empty is not said."""
    told = await _body(request)
    return {name: value for name, value in told.items() if value not in ("", None, {})}


def _target(runtime: Runtime, form: Mapping[str, Any]) -> TargetSettings:
    keep = {name: value for name, value in form.items() if name in _FIELDS}
    for name in form:
        if name not in keep:
            raise _wrong(name, _ELSEWHERE if name == "secret_file" else "is not known")
    named = str(form.get("secret_env", _VARIABLES))
    if not named.startswith(_VARIABLES):
        raise _wrong("secret_env", f"has to begin with {_VARIABLES} here; in tokometer.toml it may be any")
    if named.startswith(VARIABLE):
        raise _wrong("secret_env", "holds the key of all secrets, which is sent nowhere")
    source = SOURCES.get(str(form.get("source", "")))
    if source is None or source.polled is None:
        raise _wrong("source", f"has to be one of {', '.join(one['name'] for one in sources())}")
    try:
        target = target_of(runtime.own_targets.path, keep)
    except SettingsError as error:
        raise _wrong(error.key.partition(".")[0], error.reason) from None
    _check_files(target)
    if target.url.startswith(("http:", "https:")):
        try:
            address(target.url)
        except PollError as error:
            raise _wrong("url", str(error)) from None
    return target


def _check_files(target: TargetSettings) -> None:
    """A page must not have files of the server read."""
    if target.source == "table":
        for name, wrong in (("url", target.url.startswith(("file:", "sqlite:"))), ("options", bool(target.options))):
            if wrong:
                raise _wrong(name, _ELSEWHERE)


def _put(runtime: Runtime, target: TargetSettings, before: Listed | None = None, *, keep_secret: bool = False) -> None:
    own = runtime.own_targets
    _keeping(lambda: own.put(target, before.key if before else None, keep_secret=keep_secret))
    _changed(runtime)


def _keeping(change: Any) -> None:  # noqa: ANN401 - what changes something
    try:
        change()
    except SettingsError as error:
        raise HTTPException(503, str(error)) from error


def _changed(runtime: Runtime) -> None:
    """Have the poller look at once, and the pages be told."""
    if runtime.poller is not None:
        runtime.poller.look()
    runtime.broadcaster.publish({"targets"})


def _listed(runtime: Runtime) -> list[Listed]:
    return [] if runtime.targets is None else runtime.targets()


def _find(runtime: Runtime, target: str) -> Listed:
    found = next((one for one in _listed(runtime) if id_of(*one.key) == target), None)
    if found is None:
        raise HTTPException(404, "there is no such target")
    return found


def _ours(runtime: Runtime, target: str) -> Listed:
    found = _find(runtime, target)
    if found.origin != "page":
        raise HTTPException(409, _NOT_OURS[found.origin])
    return found


def _wrong(field: str, reason: str) -> HTTPException:
    return HTTPException(422, {"field": field, "reason": reason})


def _moment(at: int) -> str | None:
    return to_datetime(at).isoformat() if at else None


def _json(content: object, status: int = 200) -> Response:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
