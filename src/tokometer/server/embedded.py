"""What a signed link opens: one panel or one widget, in a page that has nothing else, for pages of others to frame."""

from __future__ import annotations

import re
import time
from typing import Any, Final

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response

from tokometer.accounts import AccountsError, Link
from tokometer.dashboards import Dashboard, Panel, ScopeError
from tokometer.judgement.declared import Matter
from tokometer.measures import Question, Result
from tokometer.reports import widgets
from tokometer.server import links
from tokometer.server.guard import policy
from tokometer.server.panels import rendered
from tokometer.server.plain import json_bytes
from tokometer.server.rendering import every, panel_named
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.templates import render

router: Final = APIRouter(include_in_schema=False)
#: Seconds that a widget's numbers hold, and between two notes of when a link was used.
_WIDGET_EVERY: Final = 15.0
_NOTED_EVERY: Final = 60.0
_ENDED: Final = {
    "revoked": "This link has been revoked by whoever made it.",
    "expired": "This link has expired. Ask whoever gave it to you for another one.",
    "unknown": "This link is none of ours, or is not complete.",
    "gone": "What this link shows is no longer there.",
}
#: What leads elsewhere, in fragments that our templates made.
_LEADS: Final = re.compile(r' (?:href|data-of)="[^"]*"')
_STATUS: Final = {"unknown": 404, "gone": 410, "revoked": 410, "expired": 410}


@router.get("/embed/{token}")
def page(request: Request, token: str, theme: str = "") -> Response:
    """The page that a link opens. `theme` is `light` or `dark`; without it, it is the system's."""
    runtime: Runtime = request.app.state.runtime
    link, ended = _open(runtime, token)
    html = render(
        "embed.html",
        link=link,
        ended=_ENDED.get(ended, ""),
        theme=theme if theme in ("light", "dark") else "",
        panel=_shown(runtime, link)[0] if link is not None and link.shows == "panel" and not ended else None,
        every=_every(runtime, link) if link is not None and not ended else 0,
        demo=runtime.demo,
        vega_url=f"/static/vega-{runtime.charts.bundle_key}.js",
        charts_url=f"/static/charts-{runtime.charts.charts_key}.json",
    )
    origins = (link.origins or runtime.settings.embed.origins) if link is not None else ()
    headers = {
        "Content-Security-Policy": policy(tuple(origins)),
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
    return Response(html, 200 if not ended else _STATUS[ended], headers=headers, media_type="text/html")


@router.get("/embed/{token}/content")
def content(request: Request, token: str) -> Response:
    """What the page shows, as HTML and chart data: all of it was chosen by whoever made the link."""
    runtime: Runtime = request.app.state.runtime
    link, ended = _open(runtime, token)
    if link is None or ended:
        raise HTTPException(_STATUS[ended], _ENDED[ended])
    _note(request, runtime, link)
    try:
        told = _panel(runtime, link) if link.shows == "panel" else _widget(runtime, link)
    except ScopeError as error:
        raise HTTPException(410, f"{_ENDED['gone']} {error}") from None
    return Response(told, headers={"Cache-Control": "private, no-store"}, media_type="application/json")


def _open(runtime: Runtime, token: str) -> tuple[Link | None, str]:
    """The link of a token, where it is one of ours, and why it opens nothing; '' where it opens something."""
    link = links.signed(runtime, token)
    if link is None:
        return None, "unknown"
    state = links.state_of(link, runtime.now())
    if state != "open":
        return link, state
    if link.shows == "panel" and panel_named(runtime, link.what.get("panel", "")) is None:
        return link, "gone"
    return link, ""


def _every(runtime: Runtime, link: Link) -> float:
    return every(runtime, _shown(runtime, link)[0]) if link.shows == "panel" else _WIDGET_EVERY


def _shown(runtime: Runtime, link: Link) -> tuple[Panel, Dashboard]:
    found = panel_named(runtime, link.what["panel"])
    if found is None:
        raise HTTPException(_STATUS["gone"], _ENDED["gone"])
    return found


def _panel(runtime: Runtime, link: Link) -> bytes:
    """A panel's fragment and chart. Addresses of lists and pages, which a link does not open, are left out."""
    panel, home = _shown(runtime, link)
    scope = links.scope_of(runtime, link.what, home)
    reply = msgspec.json.decode(rendered(runtime, panel, scope, with_rows=False).body)
    html = _LEADS.sub("", reply["html"])
    return json_bytes({"title": reply["title"], "html": html, "chart": reply["chart"], "range": reply["range"]})


def _widget(runtime: Runtime, link: Link) -> bytes:
    def ask(question: Question) -> Result:
        return runtime.ask(question, _WIDGET_EVERY)

    matter = Matter(since=widgets.WINDOW, until="", tz="UTC", now=runtime.now(), book=runtime.book)
    what, values = link.what, dict[str, Any]()
    if link.shows == "session":
        found = widgets.session_cost(ask, matter, runtime.settings, what["session"], what.get("source", ""))
        values = {"widget": found, "title": "This session"}
    else:
        values = {
            "widget": widgets.knowledge_models(ask, matter, runtime.settings, what["knowledge_base"]),
            "title": what["knowledge_base"],
        }
    html = render(f"embed_{link.shows}.html", **values)
    return json_bytes({"title": values["title"], "html": html, "chart": None, "range": ""})


def _note(request: Request, runtime: Runtime, link: Link) -> None:
    """Remember that a link is in use, now and then."""
    state = request.app.state
    noted: dict[str, float] = getattr(state, "links_noted", {})
    state.links_noted = noted
    if time.monotonic() - noted.get(link.id, -_NOTED_EVERY) < _NOTED_EVERY:
        return
    noted[link.id] = time.monotonic()
    try:
        runtime.accounts.get().links.used(WORKSPACES[0], link.id)
    except AccountsError:
        # It is only a remark.
        noted.pop(link.id, None)
