"""What a request's parameters ask for, as a scope."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import HTTPException, Request

from tokometer.dashboards import Scope, ScopeError
from tokometer.dashboards.scope import DEFAULT_RANGE, parse_scope
from tokometer.server.offered import offered
from tokometer.server.runtime import Runtime


def scope_of(
    request: Request, parameters: dict[str, list[str]], default: str = DEFAULT_RANGE, now: datetime | None = None
) -> Scope:
    """What a request's parameters ask for, as of now or another time; 422 where they cannot be understood."""
    try:
        runtime: Runtime = request.app.state.runtime
        return parse_scope(parameters, offered(runtime, parameters), now or runtime.now(), default, runtime.first)
    except ScopeError as error:
        raise HTTPException(422, str(error)) from None


def parameters_of(request: Request) -> dict[str, list[str]]:
    """A request's parameters, each with all of its values."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


#: Characters of a word that are looked at.
_LONGEST_WORD: Final = 64


def word_of(request: Request) -> str:
    """With what a request asks to be answered of the same moment as others; '' where it does not."""
    return request.headers.get("moment", "")[:_LONGEST_WORD]
