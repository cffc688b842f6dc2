"""The page of accounts by hand, from an empty one to an account that comes, fails, is mended and goes."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from providers.openai import OpenAI
from providers.serving import serving
from servers.whole import running

#: A first sync asks forty questions, on a machine that does much else.
_SYNCED = 90_000


def _connect(box: Locator, address: str, key: str) -> None:
    """Fill in the form of OpenAI: with a wrong key first, then with the right one."""
    box.get_by_label("Name", exact=True).fill("Main")
    box.get_by_label("Admin key").fill("sk-" + "wrong" * 8)
    box.get_by_text("Another address or interval").click()
    box.get_by_label("Address", exact=True).fill(address)
    box.get_by_role("button", name="Connect").click()
    expect(box.get_by_text("It is refused")).to_be_visible()
    box.get_by_label("Admin key").fill(key)
    box.get_by_role("button", name="Test").click()
    expect(box.get_by_text("It works")).to_be_visible()
    box.get_by_role("button", name="Connect").click()


def test_an_account_by_hand(browser: Browser, tmp_path: Path) -> None:
    """Connected by keyboard and tested; balance from a top-up; a wrong key is said at its field; removed at last."""
    provider = OpenAI()
    provider.key = "sk-" + "admin-" + secrets.token_hex(20)
    provider.charge(datetime.now(UTC).date().replace(day=1), "12.34", line_item="gpt-5, input")
    with ExitStack() as stack:
        address = stack.enter_context(serving(provider))
        server = stack.enter_context(running(tmp_path / "data", tmp_path / "home"))
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        stack.callback(context.close)
        page = context.new_page()
        empty = page.get_by_text("Let providers say what they charged")
        page.goto(f"{server.url}/accounts")
        expect(empty).to_be_visible()
        page.get_by_role("button", name="Connect an account").click()
        page.keyboard.type("openai")
        page.keyboard.press("Enter")
        box = page.get_by_role("dialog")
        _connect(box, f"{address}/v1", provider.key)
        card = page.get_by_role("article", name="Main")
        expect(card.get_by_text("Connected")).to_be_visible(timeout=_SYNCED)
        expect(card).to_contain_text("$12.34")
        expect(card).to_contain_text("no API that tells")
        expect(card).to_contain_text(f"sk-admin-…{provider.key[-4:]}")

        card.get_by_role("button", name="Top-ups of Main").click()
        box.get_by_label("Amount").fill("20")
        box.get_by_role("button", name="Add").click()
        expect(box.get_by_role("row", name="20 USD")).to_be_visible()
        page.keyboard.press("Escape")
        expect(card).to_contain_text("$20.00")

        card.get_by_label("More to do with Main").click()
        card.get_by_role("button", name="Replace the key of Main").click()
        box.get_by_label("Admin key").fill("sk-" + "wrong" * 8)
        box.get_by_role("button", name="Save").click()
        expect(box.get_by_text("It is refused")).to_be_visible()
        page.keyboard.press("Escape")
        # Its owner takes the key away: the card says so, and what to do.
        provider.key = "sk-" + "admin-" + secrets.token_hex(20)
        card.get_by_role("button", name="Sync now Main").click()
        expect(card.get_by_text("Failing")).to_be_visible(timeout=_SYNCED)
        expect(card).to_contain_text("Replace the key")
        card.get_by_label("More to do with Main").click()
        card.get_by_role("button", name="Remove Main").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(empty).to_be_visible()
