"""Channels on the page Alerts: added, tested, changed by keyboard and mouse, with what was said shown below."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from servers.receivers import webhook
from servers.whole import Running

pytestmark = pytest.mark.browser


def test_a_channel_is_added_and_tested(
    visit: Callable[..., Page], empty: Running, axe: Callable[..., list[str]]
) -> None:
    """Its address is typed once, is never shown again, and *Send test* says what came of it."""
    with webhook() as hook:
        page = visit(f"{empty.url}/alerts", patient=True)
        channels = page.locator('[data-things="channel"]')
        page.get_by_role("button", name="Add a channel").press("Enter")
        box = page.get_by_role("dialog")
        box.get_by_label("Title").fill("Ops")
        box.get_by_label("Service").select_option("Webhook")
        box.get_by_label("Address").fill("nothing")
        box.get_by_role("button", name="Save").click()
        expect(box.get_by_text("It has to be an address")).to_be_visible()
        assert axe(page) == []
        box.get_by_label("Address").fill(f"{hook.url}/hidden-path")
        box.get_by_role("button", name="Save").press("Enter")
        row = channels.get_by_role("row", name="Ops")
        expect(row).to_be_visible(timeout=30_000)
        expect(row).to_contain_text(f"{hook.url}/…")
        row.get_by_role("button", name="Send test Ops").click()
        expect(channels.get_by_role("status")).to_contain_text("A test was sent", timeout=30_000)
        expect(page.get_by_role("region", name="Deliveries, table")).to_contain_text("Test of the channel Ops")
        hook.statuses[:] = [500]
        row.get_by_role("button", name="Send test Ops").click()
        expect(channels.get_by_role("status")).to_contain_text("500", timeout=30_000)
        expect(page.get_by_role("region", name="Deliveries, table")).to_contain_text("error=500")
        row.get_by_role("button", name="Change Ops").click()
        expect(box.get_by_label("Address")).to_have_value("")
        box.get_by_label("Severity, at least").select_option("critical")
        box.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("critical alone")
        assert "hidden-path" not in page.content()
        assert axe(page) == []
        assert len(hook.posted) == 1
