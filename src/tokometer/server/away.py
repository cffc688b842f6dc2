"""What is answered while the ledger cannot be asked: 503, when to try again, and why, as who asks can read it."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tokometer.ledger import LedgerError
from tokometer.ledger.protocol import RETRY_AFTER
from tokometer.server.pages import theme_of
from tokometer.server.places import sidebar
from tokometer.server.templates import render

_HTML: Final = "text/html"


def answer_when_away(app: FastAPI) -> None:
    """Have every address of an application answer so, whatever it was that the ledger could not do."""
    app.add_exception_handler(LedgerError, _away)


def retry_after(error: Exception) -> str:
    """After how many seconds to try again, as the header has it."""
    return str(getattr(error, "retry_after", RETRY_AFTER))


async def _away(request: Request, error: Exception) -> Response:
    headers = {"Retry-After": retry_after(error), "Cache-Control": "no-store"}
    if is_page(request):
        return Response(
            bare_page(request, "away.html", reason=str(error), after=retry_after(error)), 503, headers, _HTML
        )
    return JSONResponse({"detail": str(error)}, 503, headers)


def is_page(request: Request) -> bool:
    """Whether a person looks at it."""
    return not request.url.path.startswith("/api/") and _HTML in request.headers.get("accept", "")


def bare_page(request: Request, template: str, **values: object) -> str:
    """The HTML of a page for which the ledger is not asked, not even how many records it refused."""
    return render(
        template,
        page="",
        pages=sidebar(),
        demo=request.app.state.runtime.demo,
        theme=theme_of(request),
        warnings=(),
        **values,
    )
