"""Choosing a window and a zone: what cannot be shown is said where it was asked for, and the address stays true."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running, running

Opener = Callable[..., Page]


def _ready(page: Page) -> None:
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def _range(page: Page) -> str:
    return page.locator("[data-show=range]").first.inner_text()


def test_stepping_leads_back(visit: Opener, still: Running) -> None:
    """Earlier and later lead back to the range that one came from, by button and by key; there is nothing later."""
    page = visit(f"{still.url}/usage?range=month")
    _ready(page)
    expect(page.locator("[data-do=later]")).to_be_disabled()
    for earlier, later in (("[", "]"), ("", "")):
        page.keyboard.press(earlier) if earlier else page.locator("[data-do=earlier]").click()
        expect(page.locator("[data-show=range]").first).not_to_have_text("This month")
        assert "range=custom" in page.url
        expect(page.locator("[data-do=later]")).to_be_enabled()
        page.keyboard.press(later) if later else page.locator("[data-do=later]").click()
        expect(page.locator("[data-show=range]").first).to_have_text("This month")
        assert page.url.endswith("?range=month")


def test_all_time(visit: Opener, still: Running) -> None:
    """All that there is can be looked at, and has nothing earlier."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.locator("#range summary").click()
    page.get_by_role("button", name="All time", exact=True).click()
    expect(page.locator("[data-show=range]").first).to_have_text("All time")
    expect(page.locator("[data-do=earlier]")).to_be_disabled()
    expect(page.locator("#range summary")).to_be_focused()


def test_dates_the_wrong_way_round(visit: Opener, still: Running) -> None:
    """Of dates the wrong way round the second says so, and page and address stay as they were."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.locator("#range summary").click()
    page.locator(".custom input[name=since]").fill("2026-11-20")
    page.locator(".custom input[name=until]").fill("2026-11-10")
    page.locator("form.custom button").click()
    expect(page.locator(".custom input[name=until]")).to_have_attribute("aria-invalid", "true")
    assert page.locator(".custom input[name=until]").evaluate("field => field.validationMessage") == (
        "The last day is before the first."
    )
    assert page.url == f"{still.url}/usage"
    assert _range(page) == "Last 7 days"


def test_a_zone_that_is_none(visit: Opener, still: Running) -> None:
    """What is no time zone is said at the field, with the nearest one; any case will do."""
    page = visit(f"{still.url}/usage")
    _ready(page)
    page.locator("#range summary").click()
    zone = page.locator("input[name=tz]")
    zone.fill("berlin")
    zone.press("Tab")
    assert "did you mean Europe/Berlin?" in zone.evaluate("field => field.validationMessage")
    assert page.url == f"{still.url}/usage"
    zone.fill("asia/calcutta")
    zone.press("Tab")
    page.wait_for_url("**tz=Asia%2FKolkata")
    assert zone.input_value() == "Asia/Kolkata"


@pytest.mark.parametrize("query", ["range=custom&since=2026-11-20&until=2026-11-10", "tz=berlin"])
def test_an_address_that_cannot_be_shown(visit: Opener, still: Running, query: str) -> None:
    """An address with a mistake says which, shows no numbers under it, and leads back."""
    page = visit(f"{still.url}/usage?{query}", patient=True)
    _ready(page)
    expect(page.locator("#notice")).to_contain_text("This cannot be shown: ")
    assert page.locator(".figure").count() == 0
    page.get_by_role("button", name="Show the usual window").click()
    _ready(page)
    expect(page.locator("#notice")).to_be_hidden()
    assert page.locator(".figure").count() > 0


def test_while_the_server_is_away(visit: Opener, filled: Path, tmp_path: Path) -> None:
    """A line says since when the server has not answered, numbers stay, and the address does not change meanwhile."""
    data = tmp_path / "data"
    shutil.copytree(filled, data, ignore=shutil.ignore_patterns("server.*"))
    with running(data, tmp_path / "home") as server:
        page = visit(f"{server.url}/usage", patient=True)
        _ready(page)
        expect(page.locator("#live")).to_have_attribute("data-state", "on", timeout=15_000)
        port = int(server.url.rpartition(":")[2])
    expect(page.locator("#notice")).to_contain_text("The server has not answered since", timeout=20_000)
    before = page.url
    page.locator("[data-do=compare]").click()
    assert page.url == before
    assert page.locator(".figure").count() > 0
    with running(data, tmp_path / "home", port=port):
        expect(page.locator("#notice")).to_be_hidden(timeout=20_000)
