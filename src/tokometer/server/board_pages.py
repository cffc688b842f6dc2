"""The pages of dashboards that people make: the list, one of them, and where one is composed."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from tokometer.accounts import AccountsError
from tokometer.dashboards import DASHBOARDS, RANGES
from tokometer.dashboards.declared import dashboard_plain
from tokometer.server.boards import shown
from tokometer.server.own_boards import FOLDER, FROM_FILE, FROM_PAGE, OwnBoard
from tokometer.server.pages import dashboard_page, framed
from tokometer.server.runtime import Runtime

router: Final = APIRouter(include_in_schema=False)
_PAGE: Final = "boards"
#: What a new dashboard begins as.
_EMPTY: Final[dict[str, Any]] = {"title": "", "section": [{"panel": []}]}


@router.get("/boards")
def listing(request: Request) -> Response:
    """Every dashboard that somebody has made, and ours, to be copied."""
    runtime: Runtime = request.app.state.runtime
    return framed(
        request,
        "boards.html",
        _PAGE,
        own=[shown(one) for one in runtime.boards.all()],
        ours=[{"id": one.id, "title": one.title, "about": one.about} for one in DASHBOARDS.values()],
        folder=str(runtime.data / FOLDER),
    )


@router.get("/board")
def by_parameter(id: str = "") -> Response:  # noqa: A002 - what the address calls it
    """The same page under another address."""
    return RedirectResponse(f"/boards/{id}", 302)


@router.get("/boards/new")
def new(request: Request) -> Response:
    """Compose another one."""
    return _compose(request, None, _EMPTY)


@router.get("/boards/{board}")
def board_page(request: Request, board: str) -> Response:
    """A dashboard that somebody has made."""
    found = _found(request, board)
    if found is None:
        raise HTTPException(404, "there is no such dashboard")
    if found.error:
        return framed(request, "board_error.html", _PAGE, board=found, edits=board.startswith(FROM_PAGE))
    return dashboard_page(request, found.dashboard, _PAGE, found)


@router.get("/boards/{board}/edit")
def edit(request: Request, board: str) -> Response:
    """Compose one that is there."""
    found = _found(request, board)
    if found is None or board.startswith(FROM_FILE):
        raise HTTPException(404, "there is no such dashboard")
    return _compose(request, found, dict(found.declared or dashboard_plain(found.dashboard)))


def _found(request: Request, board: str) -> OwnBoard | None:
    runtime: Runtime = request.app.state.runtime
    try:
        return runtime.boards.find(board)
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        raise


def _compose(request: Request, board: OwnBoard | None, declared: dict[str, Any]) -> Response:
    runtime: Runtime = request.app.state.runtime
    return framed(
        request,
        "compose.html",
        _PAGE,
        board=board,
        declared=declared,
        ranges={name: title for name, title in RANGES.items() if name != "custom"},
        vega_url=f"/static/vega-{runtime.charts.bundle_key}.js",
        charts_url=f"/static/charts-{runtime.charts.charts_key}.json",
    )
