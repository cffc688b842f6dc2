"""What the endpoints of what people make have in common: bounded bodies, and what is answered where one is wrong."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from tokometer.accounts import AccountsError, Invalid, NotThere, Outdated, Taken
from tokometer.dashboards.declared import DeclarationError
from tokometer.ledger.protocol import RETRY_AFTER
from tokometer.measures import QueryError, dimension_named
from tokometer.records.redaction import redacted
from tokometer.records.values import check_unicode
from tokometer.server.body import BodyError, received
from tokometer.server.discreet import hold_secrets

#: A dashboard of sixty panels has a tenth of it.
_MOST_BYTES: Final = 256 * 1024
_MOST_FILTERS: Final = 20
_MOST_VALUES: Final = 50
_LONGEST_VALUE: Final = 1_000
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
    hold_secrets(request.scope, given)
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


def filters(given: object, field: str = "filters") -> dict[str, list[str]]:
    """Values by dimension of calls, as a body says them: `{"provider": ["openai"]}`."""
    if not isinstance(given, dict) or len(given) > _MOST_FILTERS:
        raise Invalid(field, 'has to be an object: {"provider": ["openai"]}')
    found = {}
    for name, values in given.items():
        listed = [values] if isinstance(values, str) else values
        if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_VALUES:
            raise Invalid(field, f"{str(name)[:40]} has to be a list of up to {_MOST_VALUES} values")
        listed = [text(field, value) for value in listed]
        if any(len(value) > _LONGEST_VALUE for value in listed):
            raise Invalid(field, f"{str(name)[:40]} has a value of more than {_LONGEST_VALUE:,} characters")
        try:
            dimension_named(f"calls.{name}")
        except QueryError as error:
            raise Invalid(field, error.reason) from None
        found[name] = listed
    return found


def revision(body: dict[str, Any]) -> int | None:
    """The revision that somebody changed, taken out of what they say."""
    found = body.pop("revision", None)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
        raise Invalid("revision", "has to be a whole number")
    return found


def answered(content: object, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, {"Cache-Control": "no-store"})
