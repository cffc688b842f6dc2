"""Dashboards of people's own over HTTP: list, add, change, remove, preview a panel, export and import as TOML."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from tokometer.accounts import Board, Invalid
from tokometer.dashboards import DASHBOARDS, Dashboard, addresses
from tokometer.dashboards.answers import described
from tokometer.dashboards.board_files import plain_of, toml_of
from tokometer.dashboards.declared import dashboard_of, dashboard_plain, names_of_measures, panel_of
from tokometer.dashboards.grammar import KINDS, WINDOWS, Field, composed, fields_of
from tokometer.measures import CUBES
from tokometer.server.own_boards import FROM_PAGE, OwnBoard
from tokometer.server.people import answered, only, text_of, told
from tokometer.server.rendering import made
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.server.scoped import parameters_of, scope_of

router: Final = APIRouter(tags=["own dashboards"])
_WORKSPACE: Final = WORKSPACES[0]
#: Types of what can be shown as a figure.
_NUMBERS: Final = ("number", "integer", "money")
_TOML: Final = "application/toml"

Body = Annotated[dict[str, Any], Depends(told)]
Text = Annotated[str, Depends(text_of)]


@router.get("/api/boards", summary="Dashboards of people's own")
def listing(request: Request) -> Response:
    """Those that were made in the page and those of files, with what is wrong with any."""
    return answered({"boards": [shown(one) for one in _runtime(request).boards.all()]})


@router.get("/api/boards/{board}", summary="A dashboard's declaration, ours or somebody's own")
def declaration(request: Request, board: str) -> Response:
    """As plain data, which is what its TOML says."""
    found = _found(_runtime(request), board)
    return answered(shown(found) | {"declared": found.declared or dashboard_plain(found.dashboard)})


@router.get("/api/boards/{board}/toml", summary="A dashboard as TOML, ours or somebody's own")
def exported(request: Request, board: str) -> Response:
    """What `POST /api/boards/toml` and the folder `dashboards` take."""
    found = _found(_runtime(request), board)
    name = "".join(one if one.isalnum() and one.isascii() else "-" for one in found.dashboard.title.lower())
    headers = {
        "Content-Disposition": f'attachment; filename="{name.strip("-") or "dashboard"}.toml"',
        "Cache-Control": "no-store",
    }
    return Response(toml_of(found.declared or dashboard_plain(found.dashboard)), headers=headers, media_type=_TOML)


@router.post("/api/boards", status_code=201, summary="Add a dashboard")
def add(request: Request, body: Body) -> Response:
    """`declared`: the dashboard as plain data; or `copy`: the id of one to copy, and a `title` for it."""
    runtime = _runtime(request)
    given = only(body, ("declared", "copy", "title"))
    if "copy" in given:
        found = _found(runtime, str(given["copy"]))
        declared = dict(found.declared or dashboard_plain(found.dashboard))
        declared["title"] = given.get("title") or f"{found.dashboard.title} (copy)"[:80]
    else:
        declared = given.get("declared", {})
    return answered(_added(runtime, declared), 201)


@router.post("/api/boards/toml", status_code=201, summary="Add a dashboard from its TOML")
def imported(request: Request, text: Text) -> Response:
    """The body is the TOML. 422 names panel and field of what cannot be meant."""
    return answered(_added(_runtime(request), plain_of(text)), 201)


@router.patch("/api/boards/{board}", summary="Change a dashboard")
def change(request: Request, board: str, body: Body) -> Response:
    """`declared`, or only another `title`; `revision` is the one that was changed: 409 where somebody was faster."""
    runtime = _runtime(request)
    given = only(body, ("declared", "title", "revision"))
    kept = _own(board)
    seen = given.get("revision")
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
        raise Invalid("revision", "has to be a whole number")
    boards = runtime.accounts.get().boards
    declared = given.get("declared") or dict(boards.get(_WORKSPACE, kept).declared)
    if not isinstance(declared, dict):
        raise Invalid("declared", "has to be an object")
    if "title" in given:
        declared["title"] = given["title"]
    plain = dashboard_plain(dashboard_of(declared, board))
    changed = boards.change(_WORKSPACE, kept, seen=seen, title=plain["title"], declared=plain)
    runtime.broadcaster.publish({"boards"})
    return answered(_shown(changed))


@router.delete("/api/boards/{board}", status_code=204, summary="Remove a dashboard")
def remove(request: Request, board: str) -> Response:
    """For good."""
    runtime = _runtime(request)
    runtime.accounts.get().boards.remove(_WORKSPACE, _own(board))
    runtime.broadcaster.publish({"boards"})
    return Response(status_code=204)


@router.get("/api/panel-kinds", summary="The grammar of panels: kinds, fields, measures, dimensions")
def grammar() -> Response:
    """What a panel of a dashboard of one's own can be made of."""
    composes = composed()
    return answered(
        {
            "kinds": [
                {
                    "kind": kind,
                    "title": of.__name__,
                    "about": (of.__doc__ or "").strip().partition("\n")[0],
                    "composed": kind in composes,
                    "fields": [_field(one) for one in fields_of(of).values() if one.form],
                }
                for kind, of in KINDS.items()
            ],
            "measures": [
                {"name": name, "title": one.title}
                for name in names_of_measures()
                if (one := described(name)).type in _NUMBERS
            ],
            "dimensions": {
                cube.name: [
                    {"name": name, "title": one.title} for name, one in cube.dimensions.items() if one.type == "text"
                ]
                for cube in CUBES.values()
            },
            "windows": WINDOWS[1:],
        }
    )


@router.post("/api/boards/preview", summary="A panel's reply as it would be, of a declaration that is not kept")
async def preview(request: Request, body: Body) -> Response:
    """The body is the panel; the address says how it is looked at, as with `/api/panels/{id}`."""
    runtime = _runtime(request)
    panel = panel_of(body, "preview")
    scope = await run_in_threadpool(scope_of, request, parameters_of(request))
    reply = await run_in_threadpool(made, runtime, panel, scope, None, with_rows=False, live=False)
    return Response(reply.body, media_type="application/json", headers={"Cache-Control": "no-store"})


def shown(board: OwnBoard) -> dict[str, Any]:
    """A dashboard as JSON, without its declaration."""
    one = board.dashboard
    return {
        "id": one.id,
        "title": one.title,
        "about": one.about,
        "url": addresses.dashboard(one.id),
        "panels": len(one.panels),
        "revision": board.revision,
        "file": board.file,
        "error": board.error,
    }


def _shown(board: Board) -> dict[str, Any]:
    id_ = f"{FROM_PAGE}{board.id}"
    return shown(OwnBoard(dashboard_of(board.declared, id_), board.revision))


def _added(runtime: Runtime, declared: object) -> dict[str, Any]:
    plain = dashboard_plain(dashboard_of(declared, f"{FROM_PAGE}new"))
    board = runtime.accounts.get().boards.add(Board(title=plain["title"], declared=plain))
    runtime.broadcaster.publish({"boards"})
    return _shown(board)


def _found(runtime: Runtime, board: str) -> OwnBoard:
    ours: Dashboard | None = DASHBOARDS.get(board)
    found = OwnBoard(replace(ours, key="")) if ours else runtime.boards.find(board)
    if found is None:
        raise HTTPException(404, "there is no such dashboard")
    if found.error and not found.declared:
        raise HTTPException(409, found.error)
    return found


def _own(board: str) -> str:
    """The id under which a dashboard is kept."""
    if not board.startswith(FROM_PAGE):
        raise HTTPException(409, "it is not one that was made in the page: copy it, and change the copy")
    return board.removeprefix(FROM_PAGE)


def _field(one: Field) -> dict[str, Any]:
    default = one.default if isinstance(one.default, str | int | float | bool) else None
    return {
        "name": one.name,
        "form": one.form,
        "required": one.required,
        "default": default,
        "words": [word for word in one.words if word],
    }


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
