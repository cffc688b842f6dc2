"""Breaking usage down: by whatever is chosen, in periods that are chosen, into a bar, without what is left out."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from servers.whole import Running

Opener = Callable[..., Page]


def _ready(page: Page) -> None:
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def _spend(page: Page) -> Locator:
    return page.locator("[data-panel='usage.spend']")


def test_by_another_dimension(visit: Opener, still: Running) -> None:
    """Chart and table follow the chosen dimension, under its name."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    _spend(page).locator("[data-choose=by]").select_option("team")
    expect(_spend(page).locator("h3")).to_have_text("Cost by team")
    table = page.locator("[data-panel='usage.models']")
    expect(table.locator("h3")).to_have_text("By team")
    expect(table.locator("thead th").first).to_have_text("Team")
    assert "by=team" in page.url
    page.reload()
    expect(_spend(page).locator("[data-choose=by]")).to_have_value("team")


def test_seven_days_are_drawn_by_day_at_first(visit: Opener, still: Running) -> None:
    """Seven days are seven bars; hours can be chosen, and what would be too many periods is not offered."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    grain = _spend(page).locator("[data-choose=grain]")
    expect(grain.locator("option").first).to_have_text("auto: days")
    grain.select_option("hour")
    expect(page).to_have_url(f"{still.url}/usage?grain=hour")
    page.goto(f"{still.url}/usage?range=90d")
    _ready(page)
    assert grain.locator("option").all_inner_texts() == ["auto: days", "days", "weeks", "months"]


def test_a_series_is_left_out_by_its_legend(visit: Opener, still: Running) -> None:
    """A click in the legend leaves a series out of the chart and filters nothing; another takes it in again."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    total = _spend(page).locator(".figure").inner_text()
    first = _spend(page).locator(".legend button").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    assert page.locator("#chips .chip").count() == 0
    assert _spend(page).locator(".figure").inner_text() == total
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    assert page.url == f"{still.url}/usage"


def test_a_click_on_a_bar_leads_into_it(visit: Opener, still: Running) -> None:
    """A click on a day shows that day by the hour; later leads back in the end."""
    page = visit(f"{still.url}/usage?range=30d")
    _ready(page)
    chart = _spend(page).locator(".chart[data-drawn]")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.wait_for_url("**range=custom**")
    _ready(page)
    expect(_spend(page).locator("[data-choose=grain] option").first).to_have_text("auto: hours")
    assert "of=30d" in page.url


def test_dimensions_are_found_by_their_names(visit: Opener, still: Running) -> None:
    """Who types the name of a dimension is offered its values."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.locator("[data-do=filter]").click()
    page.locator("#filter-text").fill("team")
    expect(page.locator("#filter-list .group").first).to_have_text("Team")
    assert page.locator("#filter-list .option[data-filter=team]").count() > 1
