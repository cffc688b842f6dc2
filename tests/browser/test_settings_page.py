"""The Settings page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from generators.examples import in_turn
from servers.whole import Running, running
from tokometer.settings.sections import SECTIONS, example

from .conftest import Opener


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with every section settled, names of 300 characters among them."""
    data = tmp_path_factory.mktemp("settled")
    text = example().replace("[budget.teams]\n", f"[budget.teams]\n{'x' * 300} = 1\n")
    (data / "tokometer.toml").write_text(text, encoding="utf-8")
    with running(data, tmp_path_factory.mktemp("home")) as server:
        yield server


def _sticks_out(page: Page) -> list[str]:
    """What is wider than the page, or than its card."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('html, .panel, .copy')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.id || e.tagName)"
    )
    return found


@pytest.mark.parametrize(("width", "scheme"), in_turn([360, 768, 1280, 2560], ["light", "dark"]))
def test_nothing_sticks_out(visit: Opener, settled: Running, width: int, scheme: str) -> None:
    """At any width, all that can be opened open."""
    page = visit(f"{settled.url}/settings", width=width, scheme=scheme)
    assert _sticks_out(page) == []
    for summary in page.locator("details.more > summary").all():
        summary.click()
    assert _sticks_out(page) == []


def test_what_to_write_can_be_copied(visit: Opener, settled: Running) -> None:
    """The snippet of a section says what is settled now."""
    page = visit(f"{settled.url}/settings")
    card = page.locator("article#breaker")
    expect(card.get_by_role("row", name="failures")).to_contain_text("tokometer.toml")
    card.get_by_text("Change it").click()
    card.get_by_role("button", name="Copy").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == next(section for section in SECTIONS if section.name == "breaker").example


def test_is_found_from_every_page(visit: Opener, settled: Running) -> None:
    """In the sidebar, and by its keys."""
    page = visit(f"{settled.url}/sources")
    page.get_by_role("link", name="Settings").click()
    expect(page).to_have_url(f"{settled.url}/settings")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page).to_have_url(f"{settled.url}/sources")
    page.keyboard.press("g")
    page.keyboard.press(",")
    expect(page).to_have_url(f"{settled.url}/settings")
