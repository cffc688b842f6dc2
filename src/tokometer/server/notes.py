"""Notes on times over HTTP, and as marks on the time axes of charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import AccountsError, Invalid, Note
from tokometer.dashboards import Scope
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.drawing import Mark
from tokometer.dashboards.marks import note_marks
from tokometer.records import now_us, to_datetime
from tokometer.records.time import EARLIEST, LATEST
from tokometer.server import given
from tokometer.server.people import answered, filters, only, text, told
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.scoped import parameters_of, scope_of

router: Final = APIRouter(tags=["notes"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("since", "until", "text", "link", "signed", "filters")
_UTC: Final = ZoneInfo("UTC")
_MOST: Final = 1_000

Body = Annotated[dict[str, Any], Depends(told)]


@router.get("/api/notes", summary="Notes on times: all, or those of a window")
def listing(request: Request, since: str = "", until: str = "", range: str = "", tz: str = "UTC") -> Response:  # noqa: A002
    """The latest 1,000, in the order of their times. `since` and `until` are times with a zone, `until` exclusive.

    With `range` it is the window of a page's address; `tz` is the zone in which `local` times are told.
    """
    zone = given.zone("tz", tz)
    first = _time("since", since, zone) if since and not range else EARLIEST
    last = _time("until", until, zone) if until and not range else LATEST
    if range:
        window = scope_of(request, parameters_of(request)).window
        first, last = window.since, window.until
    found = _runtime(request).accounts.get().notes.within(_WORKSPACE, first, last, _MOST)
    local = {"since": _local(first, zone), "until": _local(last, zone), "now": _local(to_datetime(now_us()), zone)}
    return answered({"notes": [shown(note, zone) for note in found], "local": local})


@router.post("/api/notes", status_code=201, summary="Add a note on a moment or a range of time")
@router.post("/api/annotations", status_code=201, summary="The same, under the name that others have for it")
def add(request: Request, body: Body) -> Response:
    """`text`, and of what time: `since` (now, if left out) and for a range `until`; `link`, `signed` and `filters`."""
    given = _checked(only(body, (*_FIELDS, "tz")))
    given.setdefault("since", to_datetime(now_us()))
    given.setdefault("text", "")
    _in_order(given["since"], given.get("until"))
    runtime = _runtime(request)
    note = runtime.accounts.get().notes.add(Note(**given))
    runtime.broadcaster.publish({"notes"})
    return answered(shown(note), 201)


@router.patch("/api/notes/{note}", summary="Change a note")
def change(request: Request, note: str, body: Body) -> Response:
    """Any of its fields; `until` as null makes it one on a moment."""
    given = _checked(only(body, (*_FIELDS, "tz")))
    runtime = _runtime(request)
    notes = runtime.accounts.get().notes
    before = notes.get(_WORKSPACE, note)
    _in_order(given.get("since", before.since), given.get("until", before.until))
    changed = notes.change(_WORKSPACE, note, **given)
    runtime.broadcaster.publish({"notes"})
    return answered(shown(changed))


@router.delete("/api/notes/{note}", status_code=204, summary="Remove a note")
def remove(request: Request, note: str) -> Response:
    """For good."""
    runtime = _runtime(request)
    runtime.accounts.get().notes.remove(_WORKSPACE, note)
    runtime.broadcaster.publish({"notes"})
    return Response(status_code=204)


def marks_within(runtime: Runtime, scope: Scope, window: Window) -> Sequence[Mark]:
    """The marks of the notes that a window covers and that are about what the viewer looks at."""
    if not runtime.accounts.is_there:
        return ()
    try:
        found = runtime.accounts.get().notes.within(_WORKSPACE, window.since, window.until)
    except AccountsError as error:
        # Numbers go on without; that notes are missing is said on every page.
        runtime.accounts.trouble = str(error)
        return ()
    return note_marks(found, scope.where, window)


def shown(note: Note, zone: ZoneInfo = _UTC) -> dict[str, Any]:
    """A note as JSON; `local` is its time on the clocks of a zone."""
    return {
        "id": note.id,
        "since": note.since.isoformat(),
        "until": note.until.isoformat() if note.until else None,
        "text": note.text,
        "link": note.link,
        "signed": note.signed,
        "filters": dict(note.filters),
        "created": note.created.isoformat(),
        "changed": note.changed.isoformat(),
        "local": {"since": _local(note.since, zone), "until": _local(note.until, zone) if note.until else None},
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """A time as a form has it: `2026-03-02T10:00`."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """What a body says, understood. `tz` is the zone of times that say none, as a form has them."""
    zone = given.zone("tz", said.pop("tz")) if "tz" in said else None
    for name in ("text", "link", "signed"):
        if name in said:
            said[name] = text(name, said[name])
    if said.get("link") and not _is_link(said["link"]):
        raise Invalid("link", "has to be an address that begins with https:// or http://")
    for name in ("since", "until"):
        if name in said and not (name == "until" and said[name] is None):
            said[name] = _time(name, said[name], zone)
    if "filters" in said:
        said["filters"] = filters(said["filters"])
    return said


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not any(one.isspace() for one in link)


def _time(name: str, said: object, zone: ZoneInfo | None = None) -> datetime:
    """A time that a query or a body says: ISO 8601, with a zone where there is none for it, or seconds since 1970."""
    if isinstance(said, bool) or not (isinstance(said, int | float) or (isinstance(said, str) and said.isdecimal())):
        return given.moment(name, said, zone)
    try:
        found = datetime.fromtimestamp(float(said), UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid(name, "has to be a time: 2026-03-02T10:00:00Z") from None
    return given.known_time(name, found)


def _in_order(since: datetime, until: datetime | None) -> None:
    if until is not None and until <= since:
        raise Invalid("until", "has to be after since")


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
