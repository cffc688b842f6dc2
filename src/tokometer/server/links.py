"""Signed links: made, listed and revoked. What they open is in embedded.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

from tokometer.accounts import AccountsError, Link, NotThere
from tokometer.dashboards import Dashboard, Scope, ScopeError, titled
from tokometer.dashboards.scope import parse_scope
from tokometer.host.secrets import Vault
from tokometer.records.redaction import redacted
from tokometer.server.offered import offered
from tokometer.server.pages import framed
from tokometer.server.people import answered, only, told
from tokometer.server.rendering import panel_named
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.settings.embedding import MOST_ORIGINS, WANTED, is_origin

api: Final = APIRouter(prefix="/api/links", tags=["links"])
pages: Final = APIRouter(include_in_schema=False)
_WORKSPACE: Final = WORKSPACES[0]
_LONGEST_ID: Final = 400
_MOST_PARAMETERS: Final = 200
_FIELDS: Final = ("shows", "name", "what", "expires_in", "origins")
#: `8h`, `30d`.
_LENGTH: Final = re.compile(r"(\d{1,4})([hd])")
_LONGEST: Final = timedelta(days=3_660)
_USUAL: Final = "30d"
#: What a link can show, and what its `what` names.
SHOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "panel": ("panel", "query"),
    "session": ("session", "source"),
    "knowledge": ("knowledge_base",),
}


@api.get("", summary="Signed links: what each shows, until when, and whether it has been revoked")
def listing(request: Request) -> Response:
    """The latest first. Their addresses are told as well: whoever may ask this may open what they show."""
    runtime: Runtime = request.app.state.runtime
    return answered({"links": _all(runtime)})


@api.post("", status_code=201, summary="Make a signed link to a panel, a session or a knowledge base")
async def make(request: Request) -> Response:
    """`{"shows": "panel", "what": {"panel": "…", "query": "range=30d"}, "expires_in": "30d"}`.

    `shows` is `panel` (`what`: `panel`, and `query`, a page's parameters), `session` (`session`, and `source` where two
    have the same id) or `knowledge` (`knowledge_base`). `expires_in` is `8h`, `30d` (which it is by itself) or `never`.
    `origins` are those of pages that may frame it, instead of `embed.origins`.
    """
    runtime: Runtime = request.app.state.runtime
    given = await told(request)
    link = runtime.accounts.get().links.add(_link(runtime, given))
    return answered(shown(link, _signer(runtime), runtime), 201)


@api.delete("/{link_id}", summary="Revoke a signed link")
def revoke(request: Request, link_id: str) -> Response:
    """Have it open nothing from now on, wherever it has been sent. It stays in the list."""
    runtime: Runtime = request.app.state.runtime
    return answered(shown(runtime.accounts.get().links.revoke(_WORKSPACE, link_id), _signer(runtime), runtime))


@pages.get("/links")
def page(request: Request) -> Response:
    """All links, to look at and to revoke."""
    runtime: Runtime = request.app.state.runtime
    trouble, links = "", []
    try:
        links = _all(runtime)
    except AccountsError as error:
        trouble = str(error)
    return framed(request, "links.html", "links", links=links, trouble=trouble, settled=runtime.settings.embed.origins)


def _all(runtime: Runtime) -> list[dict[str, Any]]:
    """All links, the latest first; nothing is opened where nobody has ever made one."""
    if not runtime.accounts.is_there:
        return []
    signer = _signer(runtime)
    return [shown(link, signer, runtime) for link in runtime.accounts.get().links.all(_WORKSPACE)[::-1]]


def shown(link: Link, signer: URLSafeSerializer, runtime: Runtime) -> dict[str, Any]:
    """A link as JSON, with the address that its signature makes."""
    path = f"/embed/{signer.dumps(link.id)}"
    return {
        "id": link.id,
        "shows": link.shows,
        "name": link.name,
        "what": dict(link.what),
        "url": f"{runtime.url}{path}",
        "path": path,
        "created": link.created.isoformat(),
        "expires": link.expires.isoformat() if link.expires else None,
        "revoked_at": link.revoked_at.isoformat() if link.revoked_at else None,
        "last_used": link.last_used.isoformat() if link.last_used else None,
        "origins": list(link.origins),
        "state": state_of(link, runtime.now()),
    }


def state_of(link: Link, now: datetime) -> str:
    """`open`, `expired` or `revoked`."""
    if link.revoked_at:
        return "revoked"
    return "expired" if link.expires and link.expires <= now else "open"


def signed(runtime: Runtime, token: str) -> Link | None:
    """The link of a token that we have signed; None of any other.

    Raises:
        AccountsError: It cannot be looked up.
    """
    if not runtime.accounts.is_there:
        # Nobody has ever made one, nor a key to sign it with.
        return None
    try:
        identity = _signer(runtime).loads(token)
    except BadSignature:
        return None
    try:
        return runtime.accounts.get().links.get(_WORKSPACE, str(identity))
    except NotThere:
        return None


def _signer(runtime: Runtime) -> URLSafeSerializer:
    return URLSafeSerializer(Vault(runtime.data, runtime.env).derived("links"), salt="link")


def _link(runtime: Runtime, given: Mapping[str, Any]) -> Link:
    only(dict(given), _FIELDS)
    shows, what, name = str(given.get("shows", "")), given.get("what", {}), given.get("name", "")
    if shows not in SHOWS:
        raise HTTPException(422, f"shows: has to be one of {', '.join(SHOWS)}")
    if not isinstance(what, dict) or not all(isinstance(one, str) for one in what.values()):
        raise HTTPException(422, f"what: has to be texts: {', '.join(SHOWS[shows])}")
    if set(what) - set(SHOWS[shows]) or not what.get(SHOWS[shows][0]):
        raise HTTPException(422, f"what: names {SHOWS[shows][0]} for a {shows}, and may name {', '.join(SHOWS[shows])}")
    if any(len(one) > _LONGEST_ID * 10 for one in what.values()):
        raise HTTPException(422, "what: is too long")
    if not isinstance(name, str):
        raise HTTPException(422, "name: has to be text")
    called = _panel_title(runtime, what) if shows == "panel" else what[SHOWS[shows][0]]
    return Link(
        workspace=_WORKSPACE,
        shows=shows,
        name=(name or called)[:200],
        what=what,
        expires=_expires(given.get("expires_in", _USUAL)),
        origins=_origins(given.get("origins", [])),
    )


def _panel_title(runtime: Runtime, what: Mapping[str, str]) -> str:
    """The title of a panel as a link shows it. Nobody gets a link to what cannot be shown."""
    found = panel_named(runtime, what["panel"])
    if found is None:
        raise HTTPException(422, f"what: there is no panel {redacted(what['panel'], 60)!r}; see /api/dashboards")
    try:
        return titled(found[0], scope_of(runtime, what, found[1]))
    except ScopeError as error:
        raise HTTPException(422, f"what.query: {error}") from None


def scope_of(runtime: Runtime, what: Mapping[str, str], home: Dashboard) -> Scope:
    """What a link to a panel looks at: what was chosen when it was made, and nothing that its reader chooses.

    Raises:
        ScopeError: It cannot be understood.
    """
    try:
        parameters = parse_qs(what.get("query", ""), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise ScopeError(f"query: at most {_MOST_PARAMETERS} parameters") from None
    return parse_scope(parameters, offered(runtime, parameters), runtime.now(), home.range, runtime.first)


def _expires(given: object) -> datetime | None:
    if given == "never":
        return None
    found = _LENGTH.fullmatch(given) if isinstance(given, str) else None
    length = timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])}) if found else timedelta(0)
    if not timedelta(0) < length <= _LONGEST:
        raise HTTPException(422, "expires_in: has to be hours or days, such as 8h or 30d, or never")
    return datetime.now(UTC) + length


def _origins(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given) or len(given) > MOST_ORIGINS:
        raise HTTPException(422, f"origins: has to be a list of at most {MOST_ORIGINS} texts")
    for one in given:
        if not is_origin(one):
            raise HTTPException(422, f"origins: {redacted(one, 60)!r} {WANTED}")
    return list(dict.fromkeys(given))
