"""Every dashboard in a real browser, on demo data: in light, in dark, on a phone, at any width, with any names."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from generators.examples import LONG, in_turn
from servers.whole import Running
from tokometer.dashboards import DASHBOARDS, Dashboard
from tokometer.demo.edge import NAMES, PROJECT

from .conftest import Opener
from .sight import SHIFT, blank, draw_all, failed, gaps, leaving, outside, raw, wait_filled, widen, widths

Axe = Callable[..., list[str]]

_PAGES = [pytest.param(dashboard, id=dashboard.id) for dashboard in DASHBOARDS.values()]
#: What else is looked at: of each page one of these, in the long form each of them.
_WAYS: Final = in_turn([*DASHBOARDS.values()], ("phone", "names", "states"))


def _turn(way: str) -> list[Any]:
    """Which pages are looked at in a way."""
    return [pytest.param(dashboard, id=dashboard.id) for dashboard, its in _WAYS if its == way]


#: How far things may jump while a page is built: at a desk, and on a phone, where names and figures wrap as they come.
_SHIFT = 0.02
_SHIFT_ON_A_PHONE = 0.1


def _still(page: Page, most: float = _SHIFT) -> None:
    """Each panel waits in the shape that it will have: what is looked at does not move when the answers come."""
    wait_filled(page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.shift") < most, page.evaluate("window.shifted")


def _whole(page: Page, dashboard: Dashboard) -> None:
    """Every panel has something to show, and every chart of it is drawn."""
    wait_filled(page)
    draw_all(page)
    assert failed(page) == []
    assert blank(page) == []
    shown = {panel.get_attribute("data-panel"): panel.inner_text() for panel in page.locator("[data-panel]").all()}
    assert set(shown) == {panel.id for panel in dashboard.panels}
    assert not [name for name, text in shown.items() if not text.strip()]
    assert page.locator(".wait").count() == 0


@pytest.mark.parametrize("dashboard", _PAGES)
def test_at_a_desk(visit: Opener, still: Running, axe: Axe, dashboard: Dashboard) -> None:
    """Nothing moves while it is built; in light and dark all is there, in its card at any width, for everybody.

    With the rest of long tables open. In `make test` every other page is looked at in the dark, too.
    """
    page = visit("about:blank")
    page.add_init_script(SHIFT)
    page.goto(f"{still.url}/{dashboard.id}")
    _still(page)
    _whole(page, dashboard)
    for more in page.locator("[data-do=more]").all():
        more.click()
    sticking = {}
    for width in widths([*DASHBOARDS].index(dashboard.id)):
        widen(page, width)
        sticking[width] = [*outside(page), *leaving(page), *gaps(page)]
    assert not any(sticking.values()), sticking
    assert raw(page) == []
    widen(page, 1440)
    assert axe(page) == []
    if not LONG and [*DASHBOARDS].index(dashboard.id) % 2:
        return  # its neighbours are looked at in the dark
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    _whole(page, dashboard)
    assert axe(page, "color-contrast") == []


@pytest.mark.parametrize("dashboard", _turn("phone"))
def test_on_a_phone(visit: Opener, still: Running, dashboard: Dashboard) -> None:
    """On a phone in the dark, reached through the drawer, all is there, nothing moves and nothing sticks out."""
    page = visit(f"{still.url}/settings", width=360, height=780, scheme="dark")
    page.add_init_script(SHIFT)
    page.get_by_role("button", name="Menu").click()
    page.locator(f".sidebar li a[href='/{dashboard.id}']").click()
    page.wait_for_url(f"{still.url}/{dashboard.id}")
    _still(page, _SHIFT_ON_A_PHONE)
    _whole(page, dashboard)
    assert outside(page) == []


@pytest.mark.parametrize("dashboard", _turn("names"))
def test_names_break_nothing(visit: Opener, still: Running, dashboard: Dashboard) -> None:
    """Markup, right-to-left text, 500 letters, emoji and nothing at all as names: nothing runs, nothing sticks out."""
    page = visit(f"{still.url}/{dashboard.id}?range=7d&project={PROJECT}")
    wait_filled(page)
    assert failed(page) == []
    for width in (360, 1440):
        widen(page, width)
        assert outside(page) == []
    if dashboard.id == "usage":
        names = page.locator("[data-panel='usage.models'] tbody [data-value]").all()
        assert {NAMES[0], NAMES[1]} <= {one.get_attribute("data-value") for one in names}
    assert page.title() == f"{dashboard.title} · Tokometer"
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("dashboard", _turn("states"))
def test_states(visit: Opener, still: Running, dashboard: Dashboard) -> None:
    """A panel waits in its own shape; one that fails says so, offers another try, and leaves the others alone."""
    last = dashboard.panels[-1].id
    held: list[Route] = []

    def hold(route: Route) -> None:
        if f"/{last}?" in route.request.url:
            route.fulfill(status=500, json={"detail": "the ledger is away"})
        else:
            held.append(route)  # until the page's routes are taken away

    page = visit(f"{still.url}/{dashboard.id}", patient=True, routes={"**/api/panels/*": hold})
    broken = page.locator(f"[data-panel='{last}']")
    expect(broken.locator(".failed")).to_contain_text("the ledger is away")
    waiting = page.locator("[data-panel][aria-busy=true]")
    expect(waiting).to_have_count(len(dashboard.panels) - 1)
    for panel in waiting.all():
        assert panel.locator(".wait").count() >= 1, panel.get_attribute("data-panel")
    page.unroute("**/api/panels/*")
    wait_filled(page)
    expect(page.locator(".failed")).to_have_count(1)
    broken.get_by_role("button", name="Try again").click()
    expect(page.locator(".failed")).to_have_count(0)


def test_empty(empty: Running, visit: Opener) -> None:
    """Without data every dashboard says how to send some, and shows no figure."""
    page = visit("about:blank")
    for name in DASHBOARDS:
        page.goto(f"{empty.url}/{name}")
        expect(page.locator("#empty")).to_be_visible()
        expect(page.locator("#empty")).to_contain_text("OTEL_EXPORTER_OTLP_ENDPOINT")
        expect(page.locator("#dashboard")).to_be_hidden()


def test_stale(visit: Opener, demo: Running) -> None:
    """When the server is gone a page says since when, and keeps what it last knew."""
    page = visit(f"{demo.url}/incidents", patient=True)
    wait_filled(page)
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    said = page.locator("[data-panel='incidents.breakers']").inner_text()
    demo.stop(signal.SIGKILL)
    expect(page.locator("#live")).to_contain_text(re.compile(r"Not live since \d\d:\d\d:\d\d"), timeout=10_000)
    expect(page.locator("[data-panel][data-stale]").first).to_be_visible(timeout=20_000)
    assert page.locator("[data-panel='incidents.breakers']").inner_text() == said
    assert failed(page) == []


def test_by_keyboard_alone(visit: Opener, still: Running) -> None:
    """From page to page, the range, a filter, a chart, a table and a definition, without a mouse."""
    page = visit(f"{still.url}/usage")
    wait_filled(page)
    for dashboard in DASHBOARDS.values():
        page.keyboard.press("g")
        page.keyboard.press(dashboard.key)
        page.wait_for_url(f"{still.url}/{dashboard.id}")
    page.keyboard.press("g")
    page.keyboard.press(DASHBOARDS["analytics"].key)
    page.wait_for_url(f"{still.url}/analytics")
    wait_filled(page)

    _tab_to(page, "#range summary")
    page.keyboard.press("Enter")
    _tab_to(page, "[data-range='30d']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/analytics?range=30d")
    expect(page.locator("[data-show=range]").first).to_have_text("Last 30 days")

    page.keyboard.press("f")
    page.keyboard.type("claude")
    expect(page.locator("#filter-list .option").first).to_contain_text(re.compile("claude", re.IGNORECASE))
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    _tab_to(page, ".chip button")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    wait_filled(page)

    _tab_to(page, "[data-panel='analytics.usage'] .chart")
    expect(page.locator("[data-panel='analytics.usage'] .chart[data-drawn]")).to_be_attached(timeout=20_000)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tip")).to_be_visible()
    said = page.locator("#tip").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#tip").inner_text() != said
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()

    _tab_to(page, "[data-panel='analytics.agents'] thead [data-sort='0']")
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel='analytics.agents'] th[aria-sort=ascending]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel='analytics.agents'] th[aria-sort=descending]")).to_have_count(1)

    _tab_to(page, "[data-panel='analytics.insights'] .why")
    page.keyboard.press("Enter")
    expect(page.locator("#explain")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#explain")).to_be_hidden()


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus, and see that it shows."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") not in ("none", "")
            return
    raise AssertionError(f"Tab does not reach {selector}")
