"""The page of alerts in a real browser: a rule from a panel, tried, kept, firing, answered; by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from servers.whole import Running

from .conftest import Opener


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_a_rule_comes_from_a_panel_is_tried_and_fires(
    visit: Opener, still: Running, axe: Callable[..., list[str]], width: int, scheme: str
) -> None:
    """The form has the panel's measure, filters and window; what is wrong stands at its field."""
    # The browser complains of the answer that says what is wrong.
    page = visit(f"{still.url}/usage?range=7d&team=research", width=width, scheme=scheme, patient=True)
    panel = page.locator("#usage-models, [data-panel='usage.models']").first
    panel.locator("a[data-of]").first.wait_for()
    panel.locator("[data-more-of]").press("Enter")
    page.get_by_role("menuitem", name="Alert me about this").press("Enter")
    form = page.locator("#thing-rule")
    expect(form).to_be_visible()
    assert page.url.endswith("/alerts")
    expect(form.locator("[name=measure]")).to_have_value("calls.cost")
    expect(form.locator("[name=window]")).to_have_value("7d")
    expect(form.locator("[name=where]")).to_have_value('calls.team in ["research"]')
    assert axe(page) == []

    title = f"Research spends, {width}"
    form.locator("[name=title]").fill(title)
    form.locator("[name=value]").fill("much")
    form.locator("[name=value]").press("Enter")
    expect(form.locator("[name=value]")).to_have_attribute("aria-invalid", "true")
    expect(form.locator("[name=value]")).to_be_focused()
    form.locator("[name=value]").fill("0.01")
    form.get_by_role("button", name="Try it").press("Enter")
    expect(form.locator("[data-tried]")).to_contain_text("Would have fired", timeout=30_000)
    form.locator("[name=value]").press("Enter")
    expect(form).to_be_hidden()
    row = page.locator("[data-things=rule] tr", has_text=title)
    expect(row).to_contain_text("is above $0.01")

    # It is looked at at once.
    alert = page.locator("[data-things=alert] li", has_text=title)
    for _ in range(20):
        if alert.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(alert).to_contain_text("Warning")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    alert.get_by_role("button", name="Acknowledge").press("Enter")
    expect(alert).to_contain_text("looks after it")

    row.get_by_role("button", name="Change").press("Enter")
    form.locator("[name=condition]").select_option("no_data")
    expect(form.locator("[name=value]")).to_have_count(0)
    form.get_by_role("button", name="Cancel").press("Enter")
    row.get_by_role("button", name="Remove").press("Enter")
    page.get_by_role("button", name="Remove", exact=True).press("Enter")
    expect(row).to_have_count(0)
