"""Advice on the page of decisions, answered by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from servers.whole import Running

Opener = Callable[..., Page]
#: Advice is worked out anew after each answer (milliseconds).
PATIENCE = 30_000


def test_advice_is_done_dismissed_and_brought_back(visit: Opener, still: Running) -> None:
    """Enter on Done puts a piece among what is measured, on Undo back; what is dismissed can be brought back."""
    page = visit(f"{still.url}/decisions")
    panel = page.locator("#panel-decisions-advice")
    panel.scroll_into_view_if_needed()
    done = panel.locator("[data-answer=done]").first
    expect(done).to_be_visible(timeout=PATIENCE)
    title = (done.get_attribute("aria-label") or "").removeprefix("Done: ")
    done.focus()
    page.keyboard.press("Enter")
    said = panel.locator("[data-show=answered]")
    expect(said).to_have_text("Done. What it saves is measured from now on.", timeout=PATIENCE)
    undo = panel.get_by_role("button", name=f"Undo: {title}")
    expect(undo).to_be_visible(timeout=PATIENCE)
    expect(panel.get_by_role("button", name=f"Done: {title}", exact=True)).to_have_count(0)
    # The keyboard is where the next answer can be given.
    assert page.evaluate("document.activeElement?.hasAttribute('data-answer')")
    undo.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name=f"Done: {title}", exact=True)).to_be_visible(timeout=PATIENCE)
    dismiss = panel.get_by_role("button", name=f"Dismiss: {title}", exact=True)
    dismiss.focus()
    page.keyboard.press("Enter")
    folded = panel.get_by_text("1 dismissed")
    expect(folded).to_be_visible(timeout=PATIENCE)
    folded.focus()
    page.keyboard.press("Enter")
    back = panel.get_by_role("button", name=f"Bring back: {title}")
    back.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name=f"Dismiss: {title}", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(panel.locator("[data-answer=undo]")).to_have_count(0)
