"""What helps to read a page, in a real browser: changes in tables, units of costs, counts beside filter values."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from servers.whole import Running

#: Opens a page; see conftest.
Opener = Callable[..., Page]


def _ready(page: Page) -> None:
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def test_tables_show_changes(visit: Opener, still: Running) -> None:
    """Changes stand in every table, against a period that is named; without comparison tables show values again."""
    page = visit(f"{still.url}/providers")
    _ready(page)
    page.locator("#reading summary").click()
    page.get_by_role("button", name="Changes in %").click()
    matrix = page.locator("[data-panel='providers.matrix']")
    expect(matrix.locator(".panel-sub").first).to_contain_text("change against the 7 days before")
    expect(matrix.locator("td .better, td .worse").first).to_be_visible()
    expect(page).to_have_url(re.compile("show=percent"))
    page.locator("[data-do=compare]").click()
    expect(matrix.locator(".panel-sub").first).not_to_contain_text("change")
    expect(page).not_to_have_url(re.compile("show="))


def test_costs_per_request(visit: Opener, still: Running) -> None:
    """A cost over time is divided as its reader chooses, and says so; a page without one does not offer it."""
    page = visit(f"{still.url}/business")
    _ready(page)
    page.locator("#reading summary").click()
    page.get_by_role("button", name="Per request").click()
    expect(page.locator("[data-panel='business.trend'] .panel-sub").first).to_have_text("per request")
    other = visit(f"{still.url}/model-performance")
    _ready(other)
    expect(other.locator("#reading [data-set=show]")).to_have_count(3)
    expect(other.locator("#reading [data-set=per]")).to_have_count(0)


def test_counts_beside_filter_values(visit: Opener, still: Running) -> None:
    """The number beside a value is the one that stands on the page once it is chosen, and then it has a tick."""
    page = visit(f"{still.url}/usage?provider=anthropic")
    _ready(page)
    page.keyboard.press("f")
    option = page.locator("#filter-list [data-filter=model]").first
    count = option.locator("span").last.inner_text()
    value = option.get_attribute("data-value")
    option.click()
    page.keyboard.press("Escape")
    _ready(page)
    shown = page.locator(".panel-figures .stat", has_text="Requests").locator(".figure")
    expect(shown).to_have_attribute("title", count)
    page.keyboard.press("f")
    chosen = page.locator("#filter-list .chosen[data-filter=model]")
    expect(chosen).to_have_attribute("data-value", value or "")
    expect(chosen.locator("span").last).to_have_text(count)
