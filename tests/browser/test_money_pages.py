"""The pages of money by hand, each along its main way: Prices, Billing, Reconcile and Plans."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from servers.once import once
from servers.whole import Running, fill, running

from .conftest import Opener
from .sight import wait_filled

#: The first day of this month, and the month before it.
_FIRST = datetime.now(UTC).date().replace(day=1)
_BEFORE = _FIRST - timedelta(days=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with two months of generated records and statements, for all of these pages."""
    data = once(tmp_path_factory, "money", partial(fill, days=62, calls=3_000))
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found


def test_a_price_of_ones_own(visit: Opener, server: Running) -> None:
    """A discount is added; what history would cost is shown, applied and undone; the price is removed again."""
    # The browser says of a refusal, too, that it failed to load something.
    page = visit(f"{server.url}/prices", patient=True)
    page.get_by_role("region", name="Own prices and discounts").get_by_role("button", name="Add a price").first.click()
    box = page.get_by_role("dialog")
    box.get_by_label("Provider").fill("anthropic")
    box.get_by_label("Model").fill("claude-*")
    box.get_by_label("Discount off the list price").fill("lots")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_role("alert").or_(box.locator(".hint.bad")).first).to_be_visible()
    box.get_by_label("Discount off the list price").fill("50")
    box.get_by_role("button", name="Save").click()
    expect(box).to_be_hidden()
    row = page.get_by_role("row", name="claude-*").first
    expect(row).to_contain_text("50 % off the list price")

    recost = page.get_by_role("region", name="Re-cost history")
    recost.get_by_label("Provider").select_option(label="Anthropic")
    recost.get_by_role("button", name="Show the difference").click()
    said = recost.get_by_role("status")
    expect(said).to_contain_text(re.compile(r"[\d,]+ of [\d,]+ calls change: \$[\d.,]+ → \$[\d.,]+"))
    change = recost.get_by_role("region", name="What would change, table").get_by_role("row", name="claude-").first
    expect(change).to_contain_text("Anthropic")
    expect(change).to_contain_text("-$")
    recost.get_by_role("button", name="Apply").click()
    expect(said).to_contain_text("Applied.")
    recost.get_by_role("button", name=re.compile("^Undo the re-costing of")).click()
    expect(said).to_contain_text("Undone")

    page.get_by_role("button", name=re.compile("^Remove .*claude")).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None yet: every call costs what the public price list says")).to_be_visible()


def test_from_a_rate_card_to_a_file(visit: Opener, server: Running, tmp_path: Path) -> None:
    """A rate card charges each team; a statement is opened to its lines, saved, frozen and opened again."""
    page = visit(f"{server.url}/billing?period={_BEFORE:%Y-%m}")
    page.get_by_role("button", name="Add a rate card").click()
    box = page.get_by_role("dialog")
    box.get_by_label("Title").fill("Teams")
    box.get_by_label("On top of the cost").fill("10")
    box.get_by_role("button", name="Save").click()
    expect(box).to_be_hidden()
    expect(page.get_by_role("region", name="Rate cards, table")).to_contain_text("cost + 10 %")
    statements = page.get_by_role("region", name="Statements, table")
    row = statements.get_by_role("row", name="research")
    expect(row).to_contain_text("draft")
    # A tenth of the cost, but for cents of which there are few.
    expect(row).to_contain_text(re.compile(r"\d(\.\d)? %"))

    page.get_by_text("What research is charged for").click()
    expect(page.get_by_role("region", name=re.compile("^Lines of .*research"))).to_contain_text("Teams")
    with page.expect_download() as saved:
        row.get_by_role("link", name="CSV").click()
    saved.value.save_as(tmp_path / "research.csv")
    with (tmp_path / "research.csv").open(encoding="utf-8-sig") as file:
        assert {line["payer"] for line in csv.DictReader(file)} == {"research"}
    row.get_by_role("button", name="Freeze").click()
    expect(row).to_contain_text("frozen")
    row.get_by_role("button", name="Open again").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_contain_text("draft")


def test_a_gap_is_followed_to_its_lines(visit: Opener, server: Running) -> None:
    """The month before is a click away; a cause of its gap leads to the records that it is of."""
    page = visit(f"{server.url}/reconcile")
    wait_filled(page)
    page.get_by_role("navigation", name="Month").get_by_role("link", name=f"{_BEFORE:%b %Y}").click()
    page.wait_for_url(re.compile(f"since={_BEFORE:%Y-%m}-01"))
    wait_filled(page)
    expect(page.locator("[data-panel='reconcile.balance'], .balance-first").first).to_contain_text(f"{_BEFORE:%B %Y}")
    causes = page.locator("[data-panel='reconcile.causes'] tbody tr")
    expect(causes.first).to_contain_text("$")
    causes.get_by_role("link").first.click()
    page.wait_for_url("**/explore?**")
    expect(page.locator("#records tbody tr").first).to_be_visible()


def test_whether_a_plan_pays_off(visit: Opener, server: Running) -> None:
    """A subscription is added and held against its use, in another time too; it is changed and removed."""
    page = visit(f"{server.url}/plans")
    page.get_by_role("button", name="Add a subscription").click()
    box = page.get_by_role("dialog")
    box.get_by_label("Title").fill("Max of all")
    box.get_by_label("Provider").fill("anthropic")
    box.get_by_label("Price of a seat").fill("1")
    box.get_by_label("First day").fill(f"{_FIRST - timedelta(days=60)}")
    box.get_by_role("button", name="Save").click()
    expect(box).to_be_hidden()
    row = page.get_by_role("region", name="Subscriptions, table").get_by_role("row", name="Max of all")
    expect(row).to_contain_text("Pays off")
    page.get_by_label("Time").select_option("90d")
    page.wait_for_url("**/plans?range=90d")
    row.get_by_role("button", name="Change Max of all").click()
    expect(box.get_by_label("Price of a seat")).to_have_value("1")
    box.get_by_label("Price of a seat").fill("100000")
    box.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Does not pay off")
    row.get_by_role("button", name="Remove Max of all").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No subscription yet.")).to_be_visible()
