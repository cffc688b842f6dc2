"""Usage that is older than the window does not look like none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running, running

Opener = Callable[..., Page]
_DAY = 86_400


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Running]:
    """A server whose last call was 200 days ago."""
    with running(tmp_path / "data", tmp_path / "home") as server:
        calls = [
            {"id": f"c{day}", "started_at": time.time() - day * _DAY, "model": "gpt-4o", "input_tokens": 10_000_000}
            for day in (200, 201, 230)
        ]
        assert server.post("/api/calls", calls).json()["accepted"] == 3
        yield server


def _ready(page: Page) -> None:
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)


def test_says_when_something_was_used_last(old: Running, visit: Opener) -> None:
    """An empty window of a ledger that has calls says when the last was, leads there, and draws no made-up axis."""
    page = visit(f"{old.url}/usage")
    _ready(page)
    day = time.gmtime(time.time() - 200 * _DAY)
    words = f"{day.tm_mday} {time.strftime('%b %Y', day)}"
    expect(page.locator("#quiet")).to_contain_text(f"Last use: {words}.")
    assert page.locator("[data-panel='usage.spend'] .chart").count() == 0
    expect(page.locator("[data-panel='usage.spend'] .nothing")).to_be_visible()
    page.locator("#quiet").get_by_role("button", name="Show it").click()
    expect(page.locator("#quiet")).to_be_hidden()
    expect(page.locator("[data-panel='usage.spend'] .figure")).to_have_text("$50.00")
    page.goto(f"{old.url}/usage?model=gpt-4o")
    _ready(page)
    expect(page.locator("#quiet")).to_contain_text("with these filters")
    page.locator("#quiet").get_by_role("button", name="All time").click()
    expect(page.locator("[data-show=range]").first).to_have_text("All time")
    expect(page.locator("#quiet")).to_be_hidden()
