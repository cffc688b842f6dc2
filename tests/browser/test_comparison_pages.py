"""The Executive Overview, Model Performance and Provider Comparison in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running

from .conftest import Opener


def _ready(page: Page) -> None:
    page.wait_for_function("() => [...document.querySelectorAll('[data-panel]')].every((p) => p.ariaBusy === 'false')")


def test_a_matrix_is_sorted_by_any_column(visit: Opener, still: Running) -> None:
    """A click on a head sorts by it, numbers and states alike; a second click turns it round."""
    page = visit(f"{still.url}/providers?range=30d")
    _ready(page)
    table = page.locator("[data-panel='providers.matrix']")
    for title, column in (("p95", 8), ("Cost", 13), ("Breaker", 3)):
        head = table.locator(f"thead [data-sort='{column - 1}']")
        expect(head).to_have_text(title)
        cells = table.locator(f"tbody tr:not(.more-row) > :nth-child({column})")
        head.click()
        values = [float(cell.get_attribute("data-sort-value") or 0) for cell in cells.all()]
        assert values == sorted(values, reverse=True)
        head.click()
        values = [float(cell.get_attribute("data-sort-value") or 0) for cell in cells.all()]
        assert values == sorted(values)


def test_the_first_column_stays(visit: Opener, still: Running) -> None:
    """Whoever scrolls a matrix sideways keeps the names in sight."""
    page = visit(f"{still.url}/providers?range=30d", width=360)
    _ready(page)
    wrap = page.locator("[data-panel='providers.matrix'] .table-wrap")
    name = wrap.locator("tbody th").first
    before = name.bounding_box()
    wrap.evaluate("(one) => { one.scrollLeft = 400; }")
    after = name.bounding_box()
    assert before
    assert after
    assert wrap.evaluate("(one) => one.scrollLeft") > 0
    assert abs(after["x"] - before["x"]) <= 16


def test_folded_rows_open(visit: Opener, still: Running) -> None:
    """Rows beyond the top open by a click, and stay open when the panel is refreshed."""
    page = visit(f"{still.url}/overview?range=30d")
    _ready(page)
    table = page.locator("[data-panel='overview.errors']")
    folded = table.locator("tr.folded")
    expect(folded.first).to_be_hidden()
    table.locator("[data-do=more]").click()
    expect(folded.first).to_be_visible()
    page.get_by_role("button", name="vs previous").click()
    _ready(page)
    expect(folded.first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "panel", "one"),
    [("overview", "overview.providers", ".light button"), ("providers", "providers.health", ".dial button")],
)
def test_tiles_and_dials_filter(visit: Opener, still: Running, name: str, panel: str, one: str) -> None:
    """With the keyboard alone, a tile or a dial shows only its provider on the whole page."""
    page = visit(f"{still.url}/{name}?range=30d")
    _ready(page)
    tile = page.locator(f"[data-panel='{panel}'] {one}").first
    value = tile.get_attribute("data-value")
    tile.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    assert f"provider={value}" in page.url
    _ready(page)
    expect(page.locator(f"[data-panel='{panel}'] {one}")).to_have_count(1)
