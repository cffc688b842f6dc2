"""Machines and series on the page Units, by hand; and a model's what-if from a dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from servers.whole import Running, fill, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a month of generated records."""
    data: Path = tmp_path_factory.mktemp("units") / "data"
    fill(data, days=30, calls=2_000)
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield context.new_page()
    context.close()


def test_a_machine_and_a_series_by_hand(server: Running, page: Page) -> None:
    """Both are added in a dialog; a wrong price is said at its field; a table is uploaded and each bad line named."""
    page.goto(f"{server.url}/units")
    page.get_by_role("button", name="Add a machine").click()
    box = page.get_by_role("dialog")
    box.get_by_label("Title").fill("Atlas")
    box.get_by_label("Host").fill("atlas-01")
    box.get_by_label("Bought on").fill("2026-03-01")
    box.get_by_label("Price", exact=True).fill("much")
    box.get_by_label("Compare its models with").fill("* = openai/gpt-5-mini")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_text("has to be US dollars")).to_be_visible()
    box.get_by_label("Price", exact=True).fill("14800")
    box.get_by_role("button", name="Save").click()
    expect(box).to_be_hidden()
    row = page.get_by_role("row", name="Atlas")
    expect(row).to_contain_text("$14.8 k")
    row.get_by_role("button", name="Change Atlas").click()
    expect(box.get_by_label("Compare its models with")).to_have_value("* = openai/gpt-5-mini")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Add a series").click()
    box.get_by_label("Name").fill("orders")
    box.get_by_label("One of them").fill("order")
    box.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Cost per order")).to_be_visible()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    table = f"day,value\n{yesterday},40\nnever,3\n".encode()
    files = {"name": "orders.csv", "mimeType": "text/csv", "buffer": table}
    page.get_by_label("Upload values of orders as CSV").set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text("Days added: 1")).to_be_visible()
    expect(page.get_by_text("Line 3: day")).to_be_visible()
    expect(page.get_by_role("row", name=f"{yesterday:%a}")).to_contain_text("40")


def test_a_subscription_and_a_rate_by_hand(server: Running, page: Page) -> None:
    """A plan in euros is unknown until a rate is entered; lines of people come back; nothing leaves the window."""
    page.goto(f"{server.url}/plans?range=7d")
    page.get_by_role("button", name="Add a subscription").click()
    box = page.get_by_role("dialog")
    box.get_by_label("Title").fill("Max")
    box.get_by_label("Provider").fill("anthropic")
    box.get_by_label("Price of a seat").fill("100")
    box.get_by_label("Currency").fill("eur")
    box.get_by_label("First day").fill("2026-01-01")
    box.get_by_label("Who has a seat").fill("Ada: nonsense=1")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_text("nonsense")).to_be_visible()
    box.get_by_label("Who has a seat").fill("Ada: user=ada\nGrace")
    box.get_by_role("button", name="Save").click()
    expect(box).to_be_hidden()
    row = page.get_by_role("region", name="Subscriptions, table").get_by_role("row", name="Max")
    expect(row).to_contain_text("Unknown")
    row.get_by_role("button", name="Change Max").click()
    expect(box.get_by_label("Who has a seat")).to_have_value("Ada: user=ada\nGrace")
    page.keyboard.press("Escape")

    files = {"name": "rates.csv", "mimeType": "text/csv", "buffer": b"Date,USD,JPY\n2026-01-02,1.08,x\n"}
    page.get_by_label("Import exchange rates as CSV").set_input_files(files)  # type: ignore[arg-type]
    expect(page.get_by_text("Rates added: 1")).to_be_visible()
    expect(page.get_by_text("Line 2: rate")).to_be_visible()
    page.reload()
    expect(row).not_to_contain_text("Unknown")
    for width in (360, 1181, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_what_if_from_the_palette(server: Running, page: Page) -> None:
    """The palette leads there; a model is asked for by keyboard, and its figures lead to the calls."""
    page.goto(f"{server.url}/usage")
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Page, name, panel, setting or id").fill("what-if")
    page.get_by_role("option", name="What-if").first.click()
    expect(page).to_have_url(f"{server.url}/what-if")
    page.get_by_label("Model").last.fill("claude-haiku-4-5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("At list prices")).to_be_visible()
    first = page.get_by_role("region", name="By model, table").get_by_role("link").first
    name = first.text_content()
    first.click()
    expect(page.get_by_text(name or "").first).to_be_visible()
    assert "/explore?" in page.url
