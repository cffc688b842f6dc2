"""Files from the Export menu, as somebody takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from servers.whole import Running

from .sight import wait_filled

Opener = Callable[..., Page]


def test_a_report_is_made_and_saved(visit: Opener, still: Running) -> None:
    """The menu says that the report is being made, and it arrives under a name with its days."""
    page = visit(f"{still.url}/usage?range=30d")
    wait_filled(page)
    page.locator("#export summary").click()
    with page.expect_download(timeout=60_000) as waiting:
        page.locator("#export").get_by_text("A4").click()
        expect(page.locator("[data-show=making]")).to_have_text("The PDF report is being made…")
    assert waiting.value.suggested_filename.startswith("usage_")
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")
    expect(page.locator("#export[open]")).to_have_count(0)


def test_a_picture_follows_what_is_chosen(visit: Opener, still: Running) -> None:
    """A panel's picture is asked for with the page's window and in its colours."""
    page = visit(f"{still.url}/usage?range=30d", scheme="dark")
    wait_filled(page)
    page.locator("#export summary").click()
    with page.expect_request("**/usage.models.svg*") as asked, page.expect_download(timeout=60_000) as waiting:
        page.locator("#export [data-file='/api/panels/usage.models.svg']").click()
    assert "range=30d" in asked.value.url
    assert "theme=dark" in asked.value.url
    assert waiting.value.suggested_filename.endswith(".svg")


def test_what_could_not_be_made_is_said(visit: Opener, still: Running) -> None:
    """An error stands in the menu, in the server's words, and the page goes on."""

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"detail": "too many files are being made just now"})

    page = visit(f"{still.url}/usage", patient=True, routes={"**/usage.xlsx*": refuse})
    wait_filled(page)
    page.locator("#export summary").click()
    page.locator("#export [data-file='/api/dashboards/usage.xlsx']").click()
    said = page.locator("[data-show=making]")
    expect(said).to_have_text("Excel workbook could not be made: too many files are being made just now")
    expect(said).to_have_attribute("data-state", "bad")
