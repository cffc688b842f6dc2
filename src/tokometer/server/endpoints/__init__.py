"""Endpoints that the requirements name: one module for each family of paths, each with a `router`.

They are declared: fields over measures and judgements, with the documents' names (:mod:`.declared`). Values, OpenAPI
and docs/reference/endpoints.md derive from the declarations. Included by `server.app` through :data:`ROUTERS`; a new
family is one module and one line here.
"""

from typing import Final

from fastapi import APIRouter

from tokometer.server.endpoints import (
    analytics,
    config,
    errors,
    financial,
    jobs,
    models,
    outlook,
    patterns,
    providers,
    reliability,
    tokens,
    what_if,
)
from tokometer.server.endpoints.serving import Endpoint

_FAMILIES: Final = (
    providers,
    models,
    errors,
    financial,
    reliability,
    tokens,
    analytics,
    patterns,
    jobs,
    what_if,
    outlook,
)
ROUTERS: Final[tuple[APIRouter, ...]] = (config.router, *(family.router for family in _FAMILIES))
#: Everything that is declared, for the documentation and for tests.
ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(endpoint for family in _FAMILIES for endpoint in family.ENDPOINTS)
