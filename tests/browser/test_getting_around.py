"""From a page to its calls and around it, in a real browser: two clicks to a failure, menus, brushing, the palette."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from generators.looked_at import call
from servers.whole import Running, running
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.protocol import Batch

from .conftest import Opener

PAUSED = re.compile("^Paused at ")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server one of whose providers has failed for some hours, while another was well."""
    data = tmp_path_factory.mktemp("failing")
    now = datetime.now(UTC)
    bad = {"status": "server_error", "error_message": "the upstream is gone", "provider": "openai", "model": "gpt-5"}
    well = {"provider": "anthropic", "model": "claude-opus-5"}
    records = [call(now - timedelta(minutes=2 * at), at, **(bad if at % 2 else well)) for at in range(240)]
    ledger = open_ledger(data)
    try:
        ledger.commit(Batch(records=list(records)))
        ledger.settle()
    finally:
        ledger.close()
    with running(data, tmp_path_factory.mktemp("home")) as server:
        yield server


def _chart(page: Page, panel: str) -> Locator:
    chart = page.locator(f"[data-panel='{panel}'] .chart:not(.wait)")
    chart.wait_for()
    # What is out of sight is not drawn.
    chart.scroll_into_view_if_needed()
    drawn = page.locator(f"[data-panel='{panel}'] .chart[data-drawn]")
    drawn.wait_for()
    return drawn


def _items(page: Page) -> list[str]:
    page.locator("[role=menuitem]").first.wait_for()
    expect(page.locator("[role=menuitem]").first).to_be_focused()
    return [item.locator("span").first.inner_text() for item in page.locator("[role=menuitem]").all()]


def test_two_clicks_from_a_red_cell_to_a_failed_call(visit: Opener, failing: Running) -> None:
    """A click on a cell that is down lists the calls that failed in it; a click on one of them shows that failure."""
    page = visit(f"{failing.url}/incidents?range=24h")
    chart = _chart(page, "incidents.availability")
    box = chart.bounding_box()
    assert box
    # The providers in the order of their names, the hours up to now: OpenAI's last whole hour.
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + 22 + 0.75 * (box["height"] - 46))
    page.wait_for_url("**/explore?**")
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["measure"], asked["where"]) == (["calls.errors"], ['calls.provider in ["openai"]'])
    page.locator("a.row-link").first.click()
    page.wait_for_url(lambda url: urlsplit(url).path in ("/error", "/record"))
    expect(page.locator("main")).to_contain_text("the upstream is gone")


def test_numbers_lead_to_their_calls(visit: Opener, failing: Running) -> None:
    """A number is a link: Tab leads to it, arrow keys to its neighbours in the table, Enter to its calls."""
    page = visit(f"{failing.url}/usage?range=24h")
    links = page.locator("[data-panel='usage.models'] td a[data-of]")
    links.first.wait_for()
    expect(links.first).to_have_attribute("href", re.compile(r"^/explore\?measure=calls.cost&"))
    links.first.focus()
    page.keyboard.press("ArrowDown")
    below = page.locator("[data-panel='usage.models'] tbody tr").nth(1).locator("a[data-of]").first
    expect(below).to_be_focused()
    name = (
        page.locator("[data-panel='usage.models'] tbody tr").nth(1).locator("[data-filter]").get_attribute("data-value")
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore?**")
    assert parse_qs(urlsplit(page.url).query)["where"] == [f'calls.model in ["{name}"]']


def test_names_and_marks_have_a_menu(visit: Opener, failing: Running) -> None:
    """By right click and by Shift + Enter: show only, leave out, show the calls; Escape leads back to where it was."""
    page = visit(f"{failing.url}/usage?range=24h")
    name = page.locator("[data-panel='usage.models'] tbody [data-filter]").first
    name.wait_for()
    name.focus()
    page.keyboard.press("Shift+Enter")
    usual = ["Show only this", "Leave this out", "Show the calls", "Show in Model performance"]
    assert _items(page) == [*usual, "What if …", "Alert me about this"]
    page.keyboard.press("Escape")
    expect(name).to_be_focused()
    name.click(button="right")
    _items(page)
    page.get_by_role("menuitem", name="Leave this out").click()
    expect(page.locator(".chip.not")).to_have_count(1)
    assert "-model=" in page.url
    page.locator(".chip.not button").click()
    expect(page.locator(".chip")).to_have_count(0)
    chart = _chart(page, "usage.spend")
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Enter")
    assert "Show the calls" in _items(page)


def test_a_stretch_of_time_is_looked_into_and_left(visit: Opener, failing: Running) -> None:
    """Drawing over a time axis looks into that time, as do Shift, arrows and Enter; the way back leads out."""
    page = visit(f"{failing.url}/usage?range=24h")
    chart = _chart(page, "usage.spend")
    box = chart.bounding_box()
    assert box
    y = box["y"] + 60
    page.mouse.move(box["x"] + 0.6 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=4)
    page.mouse.up()
    page.wait_for_url("**range=custom**")
    page.go_back()
    page.wait_for_url("**range=24h")
    chart = _chart(page, "usage.spend")
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**range=custom**")


def test_a_panel_can_be_paused_and_linked_to(visit: Opener, failing: Running) -> None:
    """A panel's menu pauses it, which it says, and lets it go on; an address with its name leads to it."""
    page = visit(f"{failing.url}/usage?range=24h")
    panel = page.locator("[data-panel='usage.models']")
    more = panel.locator("[data-more-of]")
    more.wait_for()
    more.focus()
    page.keyboard.press("Enter")
    usual = ["Show the calls", "More in Model performance", "Alert me about this", "Renew now", "Pause"]
    assert sorted(_items(page)[: len(usual)]) == sorted(usual)
    page.get_by_role("menuitem", name="Pause").click()
    expect(panel).to_have_attribute("data-paused", PAUSED)
    more.click()
    page.get_by_role("menuitem", name="Go on renewing").click()
    expect(panel).not_to_have_attribute("data-paused", PAUSED)
    page.goto(f"{failing.url}/usage?range=24h#panel-usage-latency")
    expect(page.locator("#panel-usage-latency")).to_be_in_viewport()


def test_the_palette_leads_anywhere(visit: Opener, failing: Running) -> None:
    """By `/` and by Ctrl-K, on every page, with the keyboard alone; the window goes along."""
    page = visit(f"{failing.url}/usage?range=24h")
    page.keyboard.press("/")
    expect(page.locator("#palette-text")).to_be_focused()
    page.keyboard.type("opus")
    option = page.locator("#palette-list a", has_text="claude-opus-5")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/usage?model=claude-opus-5**")
    assert "range=24h" in page.url
    page.goto(f"{failing.url}/settings")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
