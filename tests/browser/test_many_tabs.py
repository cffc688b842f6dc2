"""Many pages of one browser at a time."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page, expect

from servers.whole import Running

Opener = Callable[..., Page]


def _drawn(page: Page) -> None:
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def _listeners(server: Running) -> int:
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        found = re.search(r"^tokometer_live_listeners (\d+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def _live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "on", timeout=15_000)


def test_ten_tabs_share_one_stream(visit: Opener, demo: Running) -> None:
    """Ten tabs draw, are live and follow what comes in, over one stream; when its tab goes another takes over."""
    first = visit(f"{demo.url}/usage")
    tabs = [first, *(first.context.new_page() for _ in range(9))]
    for tab in tabs[1:]:
        tab.goto(f"{demo.url}/usage")
    for tab in tabs:
        _drawn(tab)
        _live(tab)
    assert _listeners(demo) == 1
    shown = tabs[-1].locator("[data-show=updated]")
    for gone in (None, first):
        if gone is not None:
            gone.close()
        before = shown.inner_text()
        assert demo.post("/api/calls", {"started_at": time.time(), "model": "gpt-4o"}).status == 200
        expect(shown).not_to_have_text(before, timeout=20_000)
    assert _listeners(demo) == 1


def test_a_hidden_tab_asks_for_nothing(visit: Opener, still: Running) -> None:
    """A tab that was opened in the background fetches its panels, and listens, when it is looked at."""
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.add_init_script(
        "window.away = true; Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.away })"
    )
    page.goto(f"{still.url}/usage")
    page.wait_for_timeout(1_500)
    assert asked == []
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    _drawn(page)
    _live(page)
    page.evaluate("window.away = true; document.dispatchEvent(new Event('visibilitychange'))")
    asked.clear()
    page.wait_for_timeout(2_500)
    assert asked == []
