"""How it is said that something cannot be answered, whatever was asked with, and to whoever is still there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from tokometer.measures import QueryError

_JSON: Final = "application/json"
#: What is told of a parameter that is of the wrong type; not what it was, which may be anything.
_TOLD: Final = ("type", "loc", "msg")
#: Nobody reads it: whoever asked has gone. Others call it 499, which is no status of HTTP.
_GONE: Final = 400


def answer_refusals(app: FastAPI) -> None:
    """Have every address of an application say so in JSON that can be sent, and say nothing to who has left."""
    app.add_exception_handler(RequestValidationError, _mistyped)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(QueryError, _unanswerable)


def refusal(error: HTTPException) -> Response:
    """The reply that an error is."""
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    return _said(error.status_code, error.detail, error.headers)


async def _mistyped(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _said(422, [{name: one[name] for name in _TOLD if name in one} for one in error.errors()])


async def _unanswerable(_request: Request, error: Exception) -> Response:
    """What was asked leads to a question that has no answer, such as one of too many rows."""
    return _said(422, str(error))


async def _left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=_GONE)


def _said(status: int, detail: object, headers: Mapping[str, str] | None = None) -> Response:
    content: dict[str, Any] = {"detail": detail}
    # What is echoed of a question may be half a character.
    body = json.dumps(content, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Response(body, status, dict(headers or {}), _JSON)
