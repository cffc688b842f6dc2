"""The Incident Response page in a real browser: tails that stay put, and what breaks no page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from generators.looked_at import HOSTILE, call
from servers.whole import Running, running
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.protocol import Batch

from .conftest import Opener

_LONG = "The upstream closed the connection\n" + "  at Gateway.forward\n" * 40


@pytest.fixture
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose calls have failed for an hour, of models of all kinds of names."""
    data = tmp_path_factory.mktemp("failing")
    now = datetime.now(UTC)
    records = [
        call(
            now - timedelta(minutes=1 + at),
            at,
            provider="openai",
            model=HOSTILE[at % len(HOSTILE)],
            status="server_error",
            error_message=f"{at}: {_LONG}",
            request_id=f"req_{at}",
        )
        for at in range(60)
    ]
    ledger = open_ledger(data)
    try:
        ledger.commit(Batch(records=list(records)))
        ledger.settle()
    finally:
        ledger.close()
    with running(data, tmp_path_factory.mktemp("home")) as server:
        yield server


def _errors(page: Page) -> Locator:
    return page.locator("[data-panel='incidents.errors']")


def _fail_once_more(server: Running, number: int) -> None:
    sent = {
        "id": f"late-{number}",
        "started_at": datetime.now(UTC).isoformat(),
        "provider": "openai",
        "model": "late",
        "status": "timeout",
        "error_message": f"late {number}",
    }
    reply = server.post("/api/calls", [sent])
    assert reply.status == 200, reply.text
    assert reply.json()["accepted"] == 1


def test_the_tail_stays_put(failing: Running, visit: Opener) -> None:
    """Who has scrolled keeps the row that they look at where it is, and open, when new ones come in above it."""
    page = visit(f"{failing.url}/incidents")
    wrap = _errors(page).locator(".tail")
    row = _errors(page).locator("tr[data-row]").nth(30)
    row.scroll_into_view_if_needed()
    row.locator("summary").click()
    key = row.get_attribute("data-row")
    same = _errors(page).locator(f"tr[data-row='{key}']")
    expect(same.locator(".whole")).to_contain_text("at Gateway.forward")
    same.locator("summary").focus()
    before = same.bounding_box()
    for number in range(3):
        _fail_once_more(failing, number)
    expect(_errors(page)).to_contain_text("late 2", timeout=20_000)
    expect(same.locator("details")).to_have_attribute("open", "")
    expect(same.locator("summary")).to_be_focused()
    after = same.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 2
    assert wrap.evaluate("element => element.scrollTop") > 0


def test_the_top_shows_what_comes(failing: Running, visit: Opener) -> None:
    """Who has not scrolled sees the newest first, within seconds."""
    page = visit(f"{failing.url}/incidents")
    expect(_errors(page).locator("tr[data-row]").first).to_be_visible()
    begun = time.monotonic()
    _fail_once_more(failing, 1)
    expect(_errors(page).locator("tr[data-row]").first).to_contain_text("late 1", timeout=20_000)
    assert time.monotonic() - begun < 15
    assert _errors(page).locator(".tail").evaluate("element => element.scrollTop") == 0


def test_by_keyboard(failing: Running, visit: Opener) -> None:
    """A tail can be scrolled and its rows opened without a mouse."""
    page = visit(f"{failing.url}/incidents")
    wrap = _errors(page).locator(".table-wrap.tail")
    wrap.focus()
    _fail_once_more(failing, 1)
    expect(_errors(page)).to_contain_text("late 1", timeout=20_000)
    expect(wrap).to_be_focused()
    # A refresh in the middle of a smooth scroll takes it back to where it was seen last.
    for _ in range(5):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(400)
        if wrap.evaluate("element => element.scrollTop"):
            break
    assert wrap.evaluate("element => element.scrollTop") > 0
    summary = _errors(page).locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(_errors(page).locator("details").first).to_have_attribute("open", "")


@pytest.mark.parametrize("width", [360, 1280])
def test_names_break_nothing(failing: Running, visit: Opener, width: int) -> None:
    """Markup, right-to-left text, 500 letters: every card keeps to itself, and nothing runs."""
    page = visit(f"{failing.url}/incidents", width=width)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    expect(_errors(page).locator("tr[data-row]").first).to_be_visible()
    for summary in _errors(page).locator("summary").all()[:5]:
        summary.click()
    out = page.evaluate(
        "[...document.querySelectorAll('html, .panel')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.dataset.panel || e.tagName)"
    )
    assert out == []
