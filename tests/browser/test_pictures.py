"""Pictures of every dashboard for the guide."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from generators.examples import LONG
from servers.whole import Running
from tokometer.dashboards import DASHBOARDS

#: Opens a page; see conftest.
Opener = Callable[..., Page]
_IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: What is further down is more of the same, and a guide has to be quick.
_MOST = 1_800


#: How many boards there are pictures of in `make test`; that all are drawn within their cards, test_dashboards sees.
_FEW = 2
_NAMES = [name for name in DASHBOARDS if name != "usage"]


@pytest.mark.parametrize("name", _NAMES if LONG or os.environ.get("PICTURES") else _NAMES[:_FEW])
def test_pictures_of_boards(still: Running, visit: Opener, tmp_path: Path, name: str) -> None:
    """Every board draws all of its charts within its cards; `make pictures` puts that into the docs."""
    page = visit(f"{still.url}/{name}", width=1280, height=1000)
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": height})
    expect(page.locator(".chart:not([data-drawn])")).to_have_count(0, timeout=20_000)
    assert page.locator(".failed").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    folder = _IMAGES if os.environ.get("PICTURES") else tmp_path
    clip = {"x": 0, "y": 0, "width": 1280, "height": min(height, _MOST)}
    page.screenshot(path=folder / f"{name}-light.png", clip=clip)  # type: ignore[arg-type]
