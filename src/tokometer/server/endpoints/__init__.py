"""Endpoints that the requirements name: one module for each family of paths, each with a `router`.

They parse, ask measures and judgements, and reply with the documents' field names. Included by `server.app` through
:data:`ROUTERS`; a new family is one module and one line here.
"""

from typing import Final

from fastapi import APIRouter

from tokometer.server.endpoints import config, providers
from tokometer.server.endpoints.serving import Endpoint

ROUTERS: Final[tuple[APIRouter, ...]] = (config.router, providers.router)
#: Everything that is declared, for the documentation and for tests.
ENDPOINTS: Final[tuple[Endpoint, ...]] = (*providers.ENDPOINTS,)
