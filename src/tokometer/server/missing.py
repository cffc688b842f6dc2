"""What is answered at addresses that there are not, and to whoever asks for no more than the head of an answer."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokometer.server.away import bare_page, is_page
from tokometer.server.places import PAGES
from tokometer.server.refusing import refusal

_MISSING: Final = 404
#: An address of which no more is shown.
_SHOWN: Final = 80
#: Answers without an end: their head is not worth beginning them.
_ENDLESS: Final = ("/api/live",)


def answer_when_missing(app: FastAPI) -> None:
    """Have people told in a page that there is none; programs are told as ever."""
    app.add_exception_handler(HTTPException, _told)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code != _MISSING or not is_page(request):
        return refusal(error)
    path = request.url.path
    near = get_close_matches(path, [page.url for page in PAGES], 1)
    html = bare_page(request, "missing.html", path=path[:_SHOWN], near=near[0] if near else "")
    return Response(html, _MISSING, {"Cache-Control": "no-store"}, "text/html")


class Heads:
    """Answers HEAD as GET would be answered, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask as GET, and pass on the head alone."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] in _ENDLESS:
            await self.app(scope, receive, send)
            return

        async def head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, head)
