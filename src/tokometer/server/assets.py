"""What browsers keep: styles, scripts, and the compiled charts, each at an address that changes with its content."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from tokometer.charts import ChartShop
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
    return _kept(request, shop.bundle(), _TYPES["js"])


@router.get("/charts-{key}.json")
def charts(request: Request, key: str) -> Response:
    """Every compiled chart, and both themes."""
    shop = request.app.state.runtime.charts
    if key != shop.charts_key:
        raise HTTPException(404, "this version of the charts is gone; reload the page")
    return _kept(request, shop.charts(), "application/json")


@router.get("/{key}/{name}")
def asset(request: Request, key: str, name: str) -> Response:
    """A static file."""
    content = assets().get(name)
    if content is None or key != assets_key():
        raise HTTPException(404, "this file is gone; reload the page")
    return _kept(request, content, _TYPES[name.rpartition(".")[2]])


def warm(shop: ChartShop) -> None:
    """Compress what the first page loads, while nobody waits for it."""
    for content in (*assets().values(), shop.bundle(), shop.charts()):
        _packed(content)


def _kept(request: Request, content: bytes, media_type: str) -> Response:
    """A reply that may be kept for ever, compressed once for everybody."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, headers=_FOREVER, media_type=media_type)
    headers = _FOREVER | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(_packed(content), headers=headers, media_type=media_type)


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
