"""The list of records in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running

from .conftest import Opener


def _texts(page: Page, column: int) -> list[str]:
    return page.locator(f".records tbody tr > :nth-child({column})").all_inner_texts()


def _call(tokens: int) -> dict[str, object]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"started_at": now, "provider": "openai", "model": "told-just-now", "input_tokens": tokens}


def test_is_filtered_sorted_and_paged(visit: Opener, still: Running) -> None:
    """A value is chosen, left out again, the largest come first, and the next page goes on from there."""
    page = visit(f"{still.url}/explore?measure=calls.cost&since=30d")
    expect(page.locator(".figure-line")).to_contain_text("adds up from")
    page.keyboard.press("/")
    page.get_by_role("searchbox", name="Search values").fill("anthropic")
    page.locator("#filter-values .value a.option").first.click()
    expect(page.locator(".chip")).to_contain_text("Provider: anthropic")
    assert set(_texts(page, 2)) == {"Anthropic"}
    page.get_by_role("link", name="Provider: anthropic: all but these").click()
    expect(page.locator(".chip")).to_contain_text("Provider: not anthropic")
    assert "Anthropic" not in _texts(page, 2)
    page.get_by_role("columnheader", name="Cost").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")
    first = page.locator(".records tbody tr").first.get_attribute("data-id")
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    expect(page.locator(f'tr[data-id="{first}"]')).to_have_count(0)
    page.keyboard.press("p")
    expect(page.locator(f'tr[data-id="{first}"]')).to_have_count(1)


def test_shows_chosen_columns_and_opens_a_record(visit: Opener, still: Running) -> None:
    """Columns are kept in the address; a row leads to the page of its record, by keyboard alone."""
    page = visit(f"{still.url}/explore?since=30d&where=calls.source+%3D+claude_code")
    page.locator("#columns summary").click()
    page.get_by_role("checkbox", name="Session", exact=True).check()
    page.get_by_role("checkbox", name="Latency", exact=True).uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Session")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Latency")).to_have_count(0)
    assert "column=" in page.url
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record?**")


def test_what_arrives_waits_until_it_is_wanted(visit: Opener, still: Running) -> None:
    """A bar says how many are new; what is read stays where it is until the bar is pressed."""
    page = visit(f"{still.url}/explore?since=24h&where=calls.model+%3D+told-just-now")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    assert still.post("/api/calls", [_call(1)]).json()["accepted"] == 1
    expect(page.locator(".records tbody tr")).to_have_count(1)
    still.post("/api/calls", [_call(2)])
    expect(page.locator("#news")).to_have_text("1 new")
    expect(page.locator(".records tbody tr")).to_have_count(1)
    page.locator("#news").click()
    expect(page.locator(".records tbody tr")).to_have_count(2)
    expect(page.locator("#news")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_everybody_can_use_it(
    visit: Opener, still: Running, axe: Callable[..., list[str]], width: int, scheme: str
) -> None:
    """Nothing sticks out, and nothing keeps anyone out."""
    page = visit(f"{still.url}/explore?measure=calls.errors&since=30d&tz=Europe/Berlin", width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []
