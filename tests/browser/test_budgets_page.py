"""Budgets in a real browser: added, refused at the field, changed while somebody else does, removed; by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from servers.whole import Running, running

from .conftest import Opener


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server that looks for nothing by itself."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


def test_a_budget_is_added_corrected_changed_and_removed(
    visit: Opener, server: Running, axe: Callable[..., list[str]]
) -> None:
    """Without a mouse; what is wrong is said at its field, and what somebody else changed meanwhile is not lost."""
    # The browser complains of the answers that say what is wrong.
    page = visit(f"{server.url}/budgets", width=390, patient=True)
    section, dialog = page.locator("[data-things=budget]"), page.locator("#thing-budget")
    expect(section).to_contain_text("No budget yet")
    section.get_by_role("button", name="Add a budget").press("Enter")
    dialog.get_by_label("Amount").fill("-3")
    dialog.get_by_label("Amount").press("Enter")
    expect(page.locator("#thing-budget-amount-hint")).to_contain_text("has to be US dollars")
    expect(dialog.get_by_label("Amount")).to_be_focused()
    assert axe(page) == []
    dialog.get_by_label("Amount").fill("12.50")
    expect(page.locator("#thing-budget-amount-hint")).to_have_text("US dollars")
    dialog.get_by_role("button", name="Filter", exact=True).press("Enter")
    dialog.get_by_label("Dimension").select_option("team")
    dialog.get_by_label("Values").fill("research, data")
    dialog.get_by_label("Values").press("Enter")
    expect(section).to_contain_text("Team data or research is added.")
    expect(section.get_by_role("button", name="Add a budget")).to_be_focused()
    assert axe(page) == []

    section.get_by_role("button", name="Change Team data or research").press("Enter")
    [made] = server.get("/api/budgets").json()["budgets"]
    body = json.dumps({"amount": 77}).encode()
    assert server.send("PATCH", f"/api/budgets/{made['id']}", body, {"Content-Type": "application/json"}).status == 200
    dialog.get_by_label("Amount").fill("5")
    dialog.get_by_label("Amount").press("Enter")
    expect(dialog).to_contain_text("changed by somebody else")
    dialog.get_by_role("button", name="Show it as it is now").press("Enter")
    expect(dialog.get_by_label("Amount")).to_have_value("77")
    dialog.get_by_label("Amount").fill("80")
    dialog.get_by_label("Amount").press("Enter")
    expect(section).to_contain_text("$80.00")

    section.get_by_role("button", name="Remove Team data or research").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove").press("Enter")
    expect(section).to_contain_text("No budget yet")
    expect(page.locator("[data-things-list=changes]")).to_contain_text("removed the budget Team data or research")
