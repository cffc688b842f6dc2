"""Small things that a careful eye sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from servers.whole import Running

from .sight import wait_filled

Opener = Callable[..., Page]


@pytest.mark.parametrize("width", [360, 768, 1280, 1440])
def test_rows_of_a_ranking_are_of_one_height(visit: Opener, still: Running, width: int) -> None:
    """What is said of calls without a price stands in one line with the name, so that nothing moves when it comes."""
    page = visit(f"{still.url}/usage?range=30d", width=width)
    wait_filled(page)
    rows = page.locator("[data-panel='usage.models'] tbody tr:visible")
    assert page.locator("[data-panel='usage.models'] tbody .unpriced").count() > 0
    heights = {round(box["height"]) for row in rows.all() if (box := row.bounding_box())}
    assert len(heights) == 1, heights
