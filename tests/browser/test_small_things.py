"""Small things that a careful eye sees."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
    # The first has no line above it.
    assert max(heights) - min(heights) <= 1, heights


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('details.menu-of')?.id ?? document.activeElement.tagName"))


def test_names_are_those_of_the_page(visit: Opener, still: Running) -> None:
    """What can be exported, and what is explained, is called what stands above it, also after another choice."""
    page = visit(f"{still.url}/usage")
    wait_filled(page)
    page.locator("#range summary").click()
    page.locator("[data-range='30d']").click()
    expect(page.locator("[data-panel='usage.figures'] h3")).to_have_text("Last 30 days")
    page.locator("[data-choose=by]").select_option("team")
    expect(page.locator("[data-panel='usage.models'] h3")).to_have_text("By team")
    heads = page.locator("[data-panel]:not(.panel-periods) h3").all_inner_texts()
    page.locator("#export summary").click()
    assert page.locator("#export [data-files-of]").all_inner_texts()[1:] == heads
    assert page.locator("#export [data-files-of]").first.inner_text() == "Today, this week, this month, all time"
    page.keyboard.press("Escape")
    for why in page.locator("[data-panel]:not(.panel-periods) [data-why]").all()[:4]:
        title = why.locator("xpath=ancestor::header").locator("h3").inner_text()
        assert why.get_attribute("aria-label") == f"How is {title} computed?"


def test_focus_stays_where_it_was(visit: Opener, still: Running) -> None:
    """After a download, a range, Escape in a menu or in a dialog the focus is at what opened them."""
    page = visit(f"{still.url}/usage")
    wait_filled(page)
    page.locator("#export summary").click()
    with page.expect_download():
        page.locator("#export [data-file='/api/panels/usage.models.csv']").click()
    expect(page.locator("#export[open]")).to_have_count(0)
    assert _focused(page) == "export"
    page.locator("#range summary").click()
    page.locator(".custom input[name=since]").focus()
    page.keyboard.press("Escape")
    assert _focused(page) == "range"
    page.locator("[data-why]").last.click()
    expect(page.locator("#explain")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('[data-why]')")


def test_a_link_says_its_zone(visit: Opener, still: Running) -> None:
    """The page says in which zone times are; a copied link holds it, and leads back to the reader's own."""
    page = visit(f"{still.url}/usage")
    wait_filled(page)
    expect(page.locator("[data-show=zone]")).to_have_text("times in Europe/Berlin")
    page.goto(f"{still.url}/usage?tz=Asia/Calcutta")
    wait_filled(page)
    expect(page.locator("[data-show=zone]")).to_have_text("times in Asia/Kolkata")
    page.locator("#export summary").click()
    page.locator("[data-do=link]").click()
    expect(page.locator("#export[open]")).to_have_count(0)
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{still.url}/usage?tz=Asia%2FKolkata&range=7d"
    page.locator("[data-do=ownzone]").click()
    expect(page.locator("[data-show=zone]")).to_have_text("times in Europe/Berlin")
    assert page.url == f"{still.url}/usage"
    assert _focused(page) == "range"


def test_a_chart_keeps_its_reader(visit: Opener, empty: Running) -> None:
    """Whoever steps through a chart by keys hears each step, and stays where they are while calls come in."""
    call = {"started_at": time.time(), "model": "gpt-4o", "provider": "openai", "input_tokens": 9, "output_tokens": 9}
    for number in range(3):
        assert empty.post("/api/calls", call | {"native_id": str(number)}).status == 200
    page = visit(f"{empty.url}/usage?range=today&grain=hour")
    wait_filled(page)
    chart = page.locator("[data-panel='usage.spend'] .chart")
    expect(chart).to_have_attribute("data-drawn", "bars", timeout=15_000)
    chart.focus()
    page.keyboard.press("ArrowLeft")
    voice = page.locator("#tip + .sr")
    told = voice.text_content() or ""
    assert "gpt-4o" in told
    assert not re.search(r"\.\d{7}", told)
    before = page.locator("[data-panel='usage.figures'] .figure").nth(1).inner_text()
    assert empty.post("/api/calls", call | {"native_id": "another"}).status == 200
    expect(page.locator("[data-panel='usage.figures'] .figure").nth(1)).not_to_have_text(before, timeout=15_000)
    assert page.evaluate("document.activeElement.matches('.chart')")
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Home")
    assert voice.text_content() != told


def test_taking_a_filter_away_keeps_the_focus(visit: Opener, still: Running) -> None:
    """At the next filter, and after the last one at what adds others."""
    page = visit(f"{still.url}/usage?provider=openai&team=research")
    wait_filled(page)
    page.locator("#chips .chip button").first.click()
    expect(page.locator("#chips .chip")).to_have_count(1)
    assert page.evaluate("document.activeElement.matches('#chips button')")
    page.locator("#chips .chip button").first.click()
    expect(page.locator("#chips .chip")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.do") == "filter"


def test_a_control_that_cannot_says_why(visit: Opener, still: Running) -> None:
    """Beside now there is nothing later, beside all time nothing at all."""
    page = visit(f"{still.url}/usage")
    wait_filled(page)
    later, earlier = page.locator("[data-do=later]"), page.locator("[data-do=earlier]")
    expect(later).to_be_disabled()
    expect(later).to_have_attribute("title", "There is nothing later: the window reaches to now")
    expect(earlier).to_be_enabled()
    page.goto(f"{still.url}/usage?range=all")
    wait_filled(page)
    expect(earlier).to_be_disabled()
    expect(earlier).to_have_attribute("title", "There is nothing before all time")
