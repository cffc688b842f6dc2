"""Badges over HTTP: a small picture of a knowledge base's, a model's, an agent's or a project's figures."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request, Response

from tokometer.records.redaction import redacted
from tokometer.reports.badges import FIELDS, Theme, badge, figures, questions
from tokometer.server.runtime import Runtime
from tokometer.settings.embedding import EmbedSettings

router: Final = APIRouter(tags=["badges"])
#: Seconds that an answer holds, here and in whoever shows it.
_EVERY: Final = 300
_LONGEST: Final = 200
_FOREIGN: Final = ("cross-site", "same-site")
Kind = Literal["knowledge", "model", "agent", "project"]


@router.get("/badge/{kind}/{identity:path}.svg", summary="A badge: conversations this month, average response, cost")
def badge_of(
    request: Request, kind: Kind, identity: str, show: str = ",".join(FIELDS), label: str = "", theme: Theme = "light"
) -> Response:
    """An SVG picture with the figures of one knowledge base, model, agent or project.

    `show` is a list of `conversations` (this month), `response` (the mean of this month) and `cost` (of all time);
    `label` names it otherwise than by its id. Pages of others may show it where `embed.origins` names them.
    """
    runtime: Runtime = request.app.state.runtime
    shared = _shared(request, runtime.settings.embed)
    chosen = [name for name in show.split(",") if name]
    unknown = [name for name in chosen if name not in FIELDS]
    if unknown or not chosen:
        raise HTTPException(422, f"show: {redacted(','.join(unknown), 60)!r} is not among {', '.join(FIELDS)}")
    month, ever = (runtime.ask(question, _EVERY).rows for question in questions(kind, identity))
    told = figures(month[0], ever[0])
    headers = {"Cache-Control": f"max-age={_EVERY}"} | shared
    drawn = badge((label or identity or "unknown")[:_LONGEST], told, chosen, theme)
    return Response(drawn, headers=headers, media_type="image/svg+xml")


def _shared(request: Request, embed: EmbedSettings) -> dict[str, str]:
    """The headers that let the page of another site show it, where the settings name that site.

    A picture's size alone would tell any page that somebody opens here which models there are, and how much they cost.
    """
    if request.headers.get("sec-fetch-site", "") not in _FOREIGN:
        return {}
    page = urlsplit(request.headers.get("referer", ""))
    origin = request.headers.get("origin") or f"{page.scheme}://{page.netloc}"
    if not any(allows(one, origin) for one in embed.origins):
        raise HTTPException(403, "pages of this site may not show badges: name its origin in embed.origins")
    return {"Cross-Origin-Resource-Policy": "cross-origin", "Vary": "Referer, Origin, Sec-Fetch-Site"}


def allows(allowed: str, origin: str) -> bool:
    """Whether an origin is the allowed one, or one of its `*.` names."""
    scheme, _, host = allowed.partition("://")
    if not host.startswith("*."):
        return origin.lower() == allowed.lower()
    return origin.lower().startswith(f"{scheme}://") and origin.lower().endswith(host[1:].lower())
