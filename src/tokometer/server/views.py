"""Saved views of pages over HTTP: the address of a page under a name."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response

from tokometer.accounts import AccountsError, Invalid, SavedView
from tokometer.server.people import answered, only, text, told
from tokometer.server.runtime import WORKSPACES, Runtime

router: Final = APIRouter(prefix="/api/views", tags=["saved views"])
_WORKSPACE: Final = WORKSPACES[0]
_FIELDS: Final = ("page", "name", "query", "is_default")
#: Parameters that are no choice of the viewer's.
_FLEETING: Final = ("live", "rows", "after")
_MOST_PARAMETERS: Final = 400

Body = Annotated[dict[str, Any], Depends(told)]


@router.get("", summary="Saved views: all, or those of a page")
def listing(request: Request, page: str = "") -> Response:
    """By page and name, each with the address that it opens."""
    views = _runtime(request).accounts.get().views
    found = views.of_page(_WORKSPACE, text("page", page)) if page else views.all(_WORKSPACE)
    return answered({"views": [shown(view) for view in found]})


@router.post("", status_code=201, summary="Save how a page is looked at")
def add(request: Request, body: Body) -> Response:
    """`page` (its id), `name`, `query` (the address after the question mark) and whether the page opens with it."""
    given = _checked(only(body, _FIELDS))
    default = given.pop("is_default", False)
    views = _runtime(request).accounts.get().views
    view = views.add(SavedView(page=given.get("page", ""), name=given.get("name", ""), query=given.get("query", "")))
    if default:
        view = views.set_default(_WORKSPACE, view.id)
    return answered(shown(view), 201)


@router.patch("/{view}", summary="Rename a saved view, save another address under it, or have the page open with it")
def change(request: Request, view: str, body: Body) -> Response:
    """Any of `name`, `query` and `is_default`."""
    given = _checked(only(body, _FIELDS[1:]))
    default = given.pop("is_default", None)
    views = _runtime(request).accounts.get().views
    found = views.change(_WORKSPACE, view, **given) if given else views.get(_WORKSPACE, view)
    if default is not None:
        found = views.set_default(_WORKSPACE, view, default=default)
    return answered(shown(found))


@router.delete("/{view}", status_code=204, summary="Remove a saved view")
def remove(request: Request, view: str) -> Response:
    """For good."""
    _runtime(request).accounts.get().views.remove(_WORKSPACE, view)
    return Response(status_code=204)


def default_query(runtime: Runtime, page: str) -> str:
    """The parameters with which a page opens where its address has none; '' where nobody has chosen any."""
    if not runtime.accounts.is_there:
        return ""
    try:
        found = runtime.accounts.get().views.default_of(_WORKSPACE, page)
    except AccountsError:
        # The page opens as it does by itself, and says what is wrong.
        return ""
    return found.query if found else ""


def shown(view: SavedView) -> dict[str, Any]:
    """A view as JSON."""
    return {
        "id": view.id,
        "page": view.page,
        "name": view.name,
        "query": view.query,
        "is_default": view.is_default,
        "changed": view.changed.isoformat(),
    }


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("page", "name", "query"):
        if name in given:
            given[name] = text(name, given[name])
    if not isinstance(given.get("is_default", False), bool):
        raise Invalid("is_default", "has to be true or false")
    if "query" in given:
        try:
            pairs = parse_qsl(given["query"].removeprefix("?"), max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            raise Invalid("query", f"has more than {_MOST_PARAMETERS} parameters") from None
        given["query"] = urlencode([(name, value) for name, value in pairs if name not in _FLEETING])
    return given


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
