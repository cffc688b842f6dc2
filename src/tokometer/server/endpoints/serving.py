"""Endpoints as values: a path, what comes back, and what makes it; routes and OpenAPI derive from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tokometer.measures import QueryError
from tokometer.server.endpoints.asking import Asked, Parameter, described_parameters, read, understood
from tokometer.server.endpoints.declared import Answer
from tokometer.server.endpoints.naming import check_filters
from tokometer.server.plain import json_bytes
from tokometer.server.runtime import Rendered, Runtime

_ERRORS: Final = {
    404: "A name that nobody knows; the detail says which is the nearest.",
    422: "A parameter that cannot be understood; the detail begins with its name.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address of the API."""

    path: str
    summary: str
    #: What it is good for and how to read it.
    about: str
    answer: Answer
    make: Callable[[Asked], Any]
    #: The window where none is asked for.
    period: str = "24h"
    #: Seconds that an answer holds if nothing new arrives.
    every: float = 60.0
    #: How many rows where nobody says.
    limit: int = 0
    takes: tuple[Parameter, ...] = ()
    #: The parts of the path, in words.
    names: Mapping[str, str] = field(default_factory=dict)

    def reply(self, request: Request) -> Response:
        """Answer a request; who asks for the same at the same time shares the answer."""
        runtime: Runtime = request.app.state.runtime
        asked = read(request, runtime, period=self.period, takes=self.takes, limit=self.limit, every=self.every)
        check_filters(asked)
        key = (request.url.path, tuple(sorted(request.query_params.multi_items())))
        found = runtime.replies.get(key, lambda: self._render(asked), self.every)
        headers = {"ETag": found.etag, "Cache-Control": "private, no-cache"}
        aside = len(runtime.ledger.unsettled)
        if aside:
            headers["Tokometer-Missing"] = f"{aside} quarter hours that could not be settled; see /sources"
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type="application/json")

    def _render(self, asked: Asked) -> Rendered:
        try:
            made = self.make(asked)
        except QueryError as error:
            raise understood(error) from None
        body = json_bytes(made)
        return Rendered(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')

    def responses(self) -> dict[int | str, dict[str, Any]]:
        """Its answers, as OpenAPI has them."""
        content = {"application/json": {"schema": self.answer.schema(), "example": self.answer.example}}
        return {
            200: {"description": "The answer.", "content": content},
            **{code: {"description": words, "content": _DETAIL} for code, words in _ERRORS.items()},
        }


_DETAIL: Final = {"application/json": {"schema": {"type": "object", "properties": {"detail": {"type": "string"}}}}}


def routed(tag: str, endpoints: Sequence[Endpoint]) -> APIRouter:
    """The routes of endpoints, in their order: more special paths go first."""
    router = APIRouter(tags=[tag])
    for endpoint in endpoints:
        router.add_api_route(
            endpoint.path,
            _handler(endpoint),
            methods=["GET"],
            summary=endpoint.summary,
            description=endpoint.about,
            responses=endpoint.responses(),
            response_class=Response,
            openapi_extra={"parameters": described_parameters(endpoint.takes, endpoint.names, endpoint.period)},
            name=endpoint.path.removeprefix("/api/"),
        )
    return router


def _handler(endpoint: Endpoint) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        return endpoint.reply(request)

    return handle
