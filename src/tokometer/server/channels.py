"""Channels over HTTP: where somebody is told of alerts, a test of each, and what became of everything that was said."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from tokometer.accounts import Channel, Delivery, Invalid
from tokometer.accounts.decided import SEALED_AS
from tokometer.alerting.channels import FILE, Listed, Wants, listed, of_row
from tokometer.alerting.delivering import send
from tokometer.alerting.messages import WORDS
from tokometer.posting.post import Message, Sent
from tokometer.posting.services import MOST, SERVICES, AddressError, check, shown
from tokometer.records.plural import counted
from tokometer.records.redaction import redacted
from tokometer.server.people import answered, only, text, told
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(tags=["notifications"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("title", "url", "wants", "enabled")
_READ_ONLY: Final = "it stands in tokometer.toml: change it there"
_TEST: Final = "Test of the channel {title}"
_TOKEN_BYTES: Final = 9

Body = Annotated[dict[str, Any], Depends(told)]


@router.get("/api/channels", summary="Where somebody is told of alerts")
def listing(request: Request) -> Response:
    """Those of the settings first. No address is among it: `shown` is what of one is no secret.

    `services` are those that an address may be of, `words` those that a template may use.
    """
    return answered(
        {
            "channels": [shown_channel(one) for one in channels_of(_runtime(request))],
            "services": [{"title": one.title, "example": one.example} for one in SERVICES],
            "words": dict(WORDS),
        }
    )


@router.post("/api/channels", status_code=201, summary="Add a channel")
def add(request: Request, body: Body) -> Response:
    """`title`, `url` as Apprise writes it (or a webhook's https address), `wants`, `enabled`.

    The address is kept encrypted and never told again. 422 where Apprise does not understand it; nothing is sent.
    """
    runtime = _runtime(request)
    given = _checked(runtime, only(body, _FIELDS))
    if "sealed" not in given:
        raise Invalid("url", "is missing")
    given.setdefault("title", "")
    channel = runtime.accounts.get().channels.add(Channel(workspace=_WORKSPACE, **given))
    runtime.broadcaster.publish({"channels"})
    return answered(shown_channel(of_row(channel)), 201)


@router.patch("/api/channels/{channel}", summary="Change a channel")
def change(request: Request, channel: str, body: Body) -> Response:
    """Any of its fields, with the `revision` that was changed. Without `url` it keeps its address."""
    runtime = _runtime(request)
    _ours(channel)
    seen = body.pop("revision", None)
    given = _checked(runtime, only(body, _FIELDS))
    changed = runtime.accounts.get().channels.change(_WORKSPACE, channel, seen=_revision(seen), **given)
    runtime.broadcaster.publish({"channels"})
    return answered(shown_channel(of_row(changed)))


@router.delete("/api/channels/{channel}", status_code=204, summary="Remove a channel")
def remove(request: Request, channel: str) -> Response:
    """For good, with its address. What waits to be said by it is dropped, and says so."""
    runtime = _runtime(request)
    _ours(channel)
    runtime.accounts.get().channels.remove(_WORKSPACE, channel)
    runtime.broadcaster.publish({"channels"})
    return Response(status_code=204)


@router.post("/api/channels/{channel}/test", summary="Send a test by a channel")
def test(request: Request, channel: str) -> Response:
    """At once, whatever it wants to be told; 502 says why it could not. It stands among the deliveries as well."""
    runtime = _runtime(request)
    found = next((one for one in channels_of(runtime) if one.id == channel), None)
    if found is None:
        raise HTTPException(404, "there is no such channel")
    notifying = runtime.notifying
    title = _TEST.format(title=found.title)
    body = f"Tokometer can reach you here. It will tell you of {_told_of(found)}.\n{notifying.base()}/alerts"
    with notifying.testing():
        sent = send(notifying.office, found, Message(title=title, body=body))
    _log_test(runtime, found, title, body, sent)
    if not sent.ok:
        raise HTTPException(502, sent.why)
    return answered({"ok": True})


@router.get("/api/deliveries", summary="What was said by channels, and what became of it")
def deliveries(
    request: Request, channel: str = "", state: str = "", most: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> Response:
    """The last one first. `state` is `waiting`, `sent`, `failed` (not tried again) or `dropped`."""
    runtime = _runtime(request)
    if not runtime.accounts.is_there:
        return answered({"deliveries": [], "counts": {}})
    kept = runtime.accounts.get().deliveries
    titles = {one.id: one.title for one in channels_of(runtime)}
    found = kept.log(_WORKSPACE, channel, state, most)
    return answered({"deliveries": [shown_delivery(one, titles) for one in found], "counts": kept.counts(_WORKSPACE)})


# -- what others show of them ------------------------------------------------------------------------------------------


def channels_of(runtime: Runtime) -> list[Listed]:
    """All channels."""
    rows = runtime.accounts.get().channels.all(_WORKSPACE) if runtime.accounts.is_there else []
    return [_with_trouble(runtime, one) for one in listed(rows, runtime.settings, _WORKSPACE)]


def _with_trouble(runtime: Runtime, one: Listed) -> Listed:
    """A channel of the settings says whether its variable is there."""
    if one.trouble or one.origin != "file" or runtime.env.get(one.url_env, "").strip():
        return one
    return replace(one, trouble=f"the variable {one.url_env} is not set: start Tokometer with it")


def shown_channel(one: Listed) -> dict[str, Any]:
    """A channel as JSON, without its address."""
    return {
        "id": one.id,
        "title": one.title,
        "service": one.service,
        "shown": one.shown,
        "wants": one.wants.told(),
        "enabled": one.enabled,
        "origin": one.origin,
        "revision": one.revision,
        "trouble": one.trouble,
    }


def shown_delivery(one: Delivery, titles: Mapping[str, str]) -> dict[str, Any]:
    """A delivery as JSON."""
    return {
        "number": one.number,
        "channel": one.channel,
        "channel_title": titles.get(one.channel, ""),
        "about": one.about,
        "subject": one.subject,
        "body": one.body,
        "link": one.link,
        "state": one.state,
        "tries": one.tries,
        "error": one.error,
        "made": one.made.isoformat(),
        "due": one.due.isoformat() if one.state == "waiting" else None,
        "sent": one.sent.isoformat() if one.sent else None,
    }


# -- what is asked -----------------------------------------------------------------------------------------------------


def _checked(runtime: Runtime, given: dict[str, Any]) -> dict[str, Any]:
    """What a body says, as columns. Nothing of an address is ever quoted."""
    found: dict[str, Any] = {}
    if "title" in given:
        found["title"] = text("title", given["title"])
    if "enabled" in given:
        if not isinstance(given["enabled"], bool):
            raise Invalid("enabled", "has to be true or false")
        found["enabled"] = given["enabled"]
    if "wants" in given:
        if not isinstance(given["wants"], dict):
            raise Invalid("wants", "has to be an object")
        found["wants"] = Wants.of(given["wants"]).told()
    if given.get("url") not in (None, ""):
        found |= _sealed(runtime, given["url"])
    return found


def _sealed(runtime: Runtime, url: object) -> dict[str, str]:
    if not isinstance(url, str) or len(url) > MOST:
        raise Invalid("url", f"has to be text of at most {MOST:,} characters")
    try:
        address = check(text("url", url), from_page=True)
    except AddressError as error:
        raise Invalid("url", str(error)) from None
    notifying = runtime.notifying
    with notifying.testing():
        known = notifying.post.check(address)
    if not known.ok and known.lasting:
        raise Invalid("url", "is no address that Apprise understands: see its page of the service")
    if not known.ok:
        raise HTTPException(503, f"the address could not be looked at: {known.why}")
    try:
        return {"sealed": notifying.vault.seal(address, SEALED_AS), "shown": shown(address)}
    except (OSError, ValueError):
        raise HTTPException(503, "the key that encrypts secrets can be neither read nor made") from None


def _revision(seen: object) -> int | None:
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Invalid("revision", "has to be a whole number")
    return seen


def _ours(channel: str) -> None:
    if channel.startswith(FILE):
        raise HTTPException(409, _READ_ONLY)


def _told_of(channel: Listed) -> str:
    wants = channel.wants
    which = counted(len(wants.rules), "rule") if wants.rules else "every rule"
    return which if wants.least == "info" else f"{which}, from {wants.least} on"


def _log_test(runtime: Runtime, channel: Listed, title: str, body: str, sent: Sent) -> None:
    now = runtime.notifying.office.now()
    said = Delivery(
        workspace=_WORKSPACE,
        channel=channel.id,
        about=f"test:{secrets.token_urlsafe(_TOKEN_BYTES)}",
        subject=title,
        body=body,
        state="sent" if sent.ok else "failed",
        tries=1,
        error=redacted(sent.why, 400),
        made=now,
        due=now,
        sent=now if sent.ok else None,
    )
    runtime.accounts.get().deliveries.add(said)
    runtime.broadcaster.publish({"deliveries"})


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
