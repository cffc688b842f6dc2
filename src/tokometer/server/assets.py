"""What browsers keep: styles, scripts, and the compiled charts, each at an address that changes with its content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tokometer.charts.theme import stylesheet

router: Final = APIRouter(prefix="/static", include_in_schema=False)
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@cache
def assets() -> dict[str, bytes]:
    """Every static file by name, with the design tokens, which live beside the charts."""
    folder = files("tokometer.server").joinpath("static")
    found = {item.name: item.read_bytes() for item in folder.iterdir() if item.is_file()}
    return found | {"tokens.css": stylesheet().encode()}


@cache
def assets_key() -> str:
    """Changes with any static file: modules import each other by relative address, so they change together."""
    digest = hashlib.sha256()
    for name, content in sorted(assets().items()):
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]


def asset_url(name: str) -> str:
    """Where a static file is served."""
    return f"/static/{assets_key()}/{name}"


@router.get("/vega-{key}.js")
def vega(request: Request, key: str) -> Response:
    """The script that draws charts."""
    shop = request.app.state.runtime.charts
    if key != shop.bundle_key:
        raise HTTPException(404, "this version of the script is gone; reload the page")
    return Response(shop.bundle(), headers=_FOREVER, media_type=_TYPES["js"])


@router.get("/charts-{key}.json")
def charts(request: Request, key: str) -> Response:
    """Every compiled chart, and both themes."""
    shop = request.app.state.runtime.charts
    if key != shop.charts_key:
        raise HTTPException(404, "this version of the charts is gone; reload the page")
    return Response(shop.charts(), headers=_FOREVER, media_type="application/json")


@router.get("/{key}/{name}")
async def asset(key: str, name: str) -> Response:
    """A static file."""
    content = assets().get(name)
    if content is None or key != assets_key():
        raise HTTPException(404, "this file is gone; reload the page")
    return Response(content, headers=_FOREVER, media_type=_TYPES[name.rpartition(".")[2]])
