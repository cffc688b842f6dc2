"""What the endpoints of what people make have in common: bounded bodies, and what is answered where one is wrong."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from tokometer.accounts import AccountsError, Invalid, NotThere, Outdated, Taken
from tokometer.dashboards.declared import DeclarationError
from tokometer.ledger.protocol import RETRY_AFTER
from tokometer.records.redaction import redacted
from tokometer.records.values import check_unicode
from tokometer.server.body import BodyError, received

#: A dashboard of sixty panels has a tenth of it.
_MOST_BYTES: Final = 256 * 1024
#: The status of each thing that can be wrong; of all others it is 503, as the database cannot be asked.
_STATUS: Final[dict[type[AccountsError], int]] = {Invalid: 422, NotThere: 404, Taken: 409, Outdated: 409}


def answer_people(app: FastAPI) -> None:
    """Have every address of an application say what is wrong with what people make, and go on otherwise."""
    app.add_exception_handler(AccountsError, _unkept)
    app.add_exception_handler(DeclarationError, _undeclared)


async def _unkept(_request: Request, error: Exception) -> Response:
    status = _STATUS.get(type(error), 503) if isinstance(error, AccountsError) else 503
    detail: object = str(error)
    if isinstance(error, Invalid):
        detail = {"field": error.field, "reason": error.reason}
    elif isinstance(error, Taken):
        detail = {"field": "name", "reason": str(error)}
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(RETRY_AFTER)} if status == 503 else {})  # noqa: PLR2004
    return JSONResponse({"detail": detail}, status, headers)


async def _undeclared(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DeclarationError)
    where = redacted(error.where, 200)
    detail = {"where": where, "field": redacted(error.field, 200), "reason": redacted(error.reason, 600)}
    return JSONResponse({"detail": detail}, 422, {"Cache-Control": "no-store"})


async def told(request: Request) -> dict[str, Any]:
    """A request's body, which is an object."""
    try:
        async with received(request, _MOST_BYTES) as body:
            given = json.loads(body)
    except BodyError as error:
        raise HTTPException(error.status, str(error), error.headers) from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(given, dict):
        raise HTTPException(400, "the body is not an object")
    return given


async def text_of(request: Request) -> str:
    """A request's body, which is text."""
    try:
        async with received(request, _MOST_BYTES) as body:
            return body.decode()
    except BodyError as error:
        raise HTTPException(error.status, str(error), error.headers) from None
    except UnicodeDecodeError:
        raise HTTPException(400, "the body is not UTF-8 text") from None


def only(given: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """What a body says, where all of it is known."""
    for name in given:
        if name not in known:
            raise Invalid(redacted(name, 60), f"is not known; known are {', '.join(known)}")
    return given


def text(name: str, given: object) -> str:
    """A text that a body says, without white space around it; one that no database would take is refused."""
    if not isinstance(given, str):
        raise Invalid(name, "has to be text")
    try:
        check_unicode(given)
    except ValueError as error:
        raise Invalid(name, str(error)) from None
    return given.strip()


def answered(content: object, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, {"Cache-Control": "no-store"})
