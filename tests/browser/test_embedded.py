"""What signed links open, in the page of another origin."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from servers.whole import Running

from .conftest import Opener


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the origin at which it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield tmp_path, f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def panel_of(server: Running, kind: str) -> str:
    """The first panel of a kind on the Usage page."""
    [usage] = [one for one in server.get("/api/dashboards").json()["dashboards"] if one["id"] == "usage"]
    return next(panel["id"] for panel in usage["panels"] if panel["kind"] == kind)


def link_to(server: Running, panel: str, origins: list[str]) -> dict[str, Any]:
    """A link."""
    made = server.post(
        "/api/links", {"shows": "panel", "what": {"panel": panel, "query": "range=30d"}, "origins": origins}
    )
    link: dict[str, Any] = made.json()
    return link


@pytest.mark.parametrize("kind", ["ranking", "series"])
def test_a_page_of_another_origin_shows_a_panel(
    visit: Opener, still: Running, elsewhere: tuple[Path, str], kind: str
) -> None:
    """It draws there as it does here, and the page around it can read none of it."""
    folder, origin = elsewhere
    link = link_to(still, panel_of(still, kind), [origin])
    (folder / "index.html").write_text(f'<iframe id="f" src="{link["url"]}" width="700" height="420"></iframe>')
    page = visit(f"{origin}/index.html", patient=True)
    frame = page.frame_locator("#f")
    expect(frame.locator(".panel[aria-busy]")).to_have_count(0, timeout=20_000)
    expect(frame.locator(".panel h3")).to_have_text(link["name"])
    if kind == "series":
        expect(frame.locator(".chart canvas, .chart svg").first).to_be_visible(timeout=20_000)
    assert page.evaluate("document.getElementById('f').contentDocument") is None
    for path in (f"{link['path']}/content", "/api/query?measure=calls.cost", "/api/links"):
        read = "async at => { try { return (await (await fetch(at)).text()).length } catch { return null } }"
        assert page.evaluate(read, still.url + path) is None
    # Nothing in it leads out of it.
    assert frame.locator("a[href]").count() == 0


def test_a_page_that_is_not_named_may_not_frame_it(visit: Opener, still: Running, elsewhere: tuple[Path, str]) -> None:
    """The browser refuses, whatever the page does."""
    folder, origin = elsewhere
    link = link_to(still, panel_of(still, "ranking"), ["https://wiki.example"])
    (folder / "index.html").write_text(f'<iframe id="f" src="{link["url"]}"></iframe>')
    page = visit(f"{origin}/index.html", patient=True)
    page.wait_for_timeout(500)
    assert page.frame_locator("#f").locator(".panel").count() == 0


def test_a_link_that_is_revoked_goes_dark(visit: Opener, still: Running) -> None:
    """Also where it is being looked at."""
    link = link_to(still, panel_of(still, "ranking"), [])
    page = visit(link["url"], patient=True)
    expect(page.locator(".panel h3")).to_have_text(link["name"])
    assert still.send("DELETE", f"/api/links/{link['id']}", None).status == 200
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("has been revoked")).to_be_visible()
    page.reload()
    expect(page.get_by_text("has been revoked")).to_be_visible()


def test_a_link_is_made_in_the_menu_of_a_panel(visit: Opener, still: Running) -> None:
    """What the dialog gives opens the panel as it is looked at; one that cannot be is refused in words."""
    page = visit(f"{still.url}/usage?range=30d", patient=True)
    panel = page.locator(f'[data-panel="{panel_of(still, "ranking")}"]')
    expect(panel).not_to_have_attribute("aria-busy", "true", timeout=20_000)
    panel.locator("[data-more-of]").click()
    page.get_by_role("menuitem", name="Embed…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Pages that may frame it").fill("https://wiki.example/path")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_role("status")).to_contain_text("has to be an origin")
    dialog.get_by_label("Pages that may frame it").fill("https://wiki.example")
    dialog.get_by_role("button", name="Make the link").click()
    url = dialog.get_by_label("Link", exact=True).input_value()
    assert "<iframe" in dialog.get_by_label("For a page").input_value()
    shown = visit(url)
    expect(shown.locator(".panel h3")).to_have_text(panel.locator("h3").inner_text())
    expect(shown.locator("#embed-range")).to_have_text("Last 30 days")
