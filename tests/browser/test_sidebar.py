"""The list of pages: grouped, the open page in view, still, and for everybody to use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from servers.whole import Running
from tokometer.server.places import PAGES

from .conftest import Opener
from .sight import SHIFT

#: How far the open page is out of the list, above or below; 0 where all of it is seen.
_HIDDEN = """() => {
  const box = document.querySelector(".places").getBoundingClientRect();
  const own = document.querySelector(".places [aria-current]").getBoundingClientRect();
  return Math.max(box.top - own.top, own.bottom - box.bottom, 0);
}"""
_TOP = "() => document.querySelector('.places').scrollTop"


@pytest.mark.parametrize("width", [390, 1024])
def test_the_open_page_is_in_view(visit: Opener, still: Running, width: int) -> None:
    """In a low window the list scrolls alone, to the page that is open, and nothing jumps; what is below it stays."""
    page = visit("about:blank", width=width, height=480)
    page.add_init_script(SHIFT)
    for place in (PAGES[0], PAGES[-1]):
        page.goto(f"{still.url}{place.url}")
        expect(page.locator(".places [aria-current]")).to_have_attribute("href", place.url)
        assert page.evaluate(_HIDDEN) == 0
    assert page.evaluate(_TOP) > 0
    assert page.evaluate("window.shift") < 0.02
    if width < 820:
        page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("button", name="Shortcuts")).to_be_in_viewport(ratio=1)


def test_the_list_stays_where_it_was(visit: Opener, still: Running) -> None:
    """Whoever goes from one page to the next finds the list as it was, and comes to the first of them with Tab."""
    page = visit(f"{still.url}/settings", height=480)
    before = page.evaluate(_TOP)
    page.locator(".places a", has_text="Sources").click()
    page.wait_for_url("**/sources")
    assert page.evaluate(_TOP) == before
    page.locator(".sidebar .go").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".places a:focus")).to_have_text(PAGES[0].title)
    expect(page.locator(".places a:focus")).to_be_in_viewport(ratio=1)


def test_lists_are_named(visit: Opener, still: Running, axe: Callable[..., list[str]]) -> None:
    """A reader of the screen hears which list a page is in; the keys of every page lead to it."""
    page = visit(f"{still.url}/settings")
    expect(page.get_by_role("list", name="Money").get_by_role("link", name="Billing")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.wait_for_url("**/prices")
    assert axe(page) == []
