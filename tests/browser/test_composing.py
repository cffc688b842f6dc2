"""A stranger composes a dashboard, saves views and notes what happened, in a real browser: by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running, fill, running

from .conftest import Opener
from .sight import held_while


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a few weeks of use, in which nobody has made anything."""
    data = tmp_path_factory.mktemp("made")
    fill(data, days=20, calls=1_500)
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found


def titles(page: Page) -> list[str]:
    """The titles of a dashboard's panels, in the order in which they stand."""
    expect(page.locator("#dashboard [aria-busy=true]")).to_have_count(0)
    return page.locator("#dashboard [data-panel] h3").all_inner_texts()


def reach(page: Page, selector: str, key: str = "Tab") -> None:
    """Go by keyboard to what a selector finds."""
    for _ in range(150):
        if page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_a_stranger_composes_a_dashboard(
    visit: Opener, server: Running, axe: Callable[..., list[str]], tmp_path: Path
) -> None:
    """Open Boards, New, add two panels, place, save, reload, export, import: without having read anything."""

    def begin(page: Page) -> None:
        page.get_by_role("link", name="Boards").click()
        expect(page.locator("main")).to_contain_text("None yet")
        assert axe(page) == []
        page.get_by_role("link", name="New dashboard").click(no_wait_after=True)
        page.get_by_label("Title").first.fill("Costs of the team")

    # Whoever types before the page's script has come keeps what was typed.
    page, script = held_while(visit, f"{server.url}/usage", "**/compose.js", begin)
    script.continue_()
    page.unroute("**/compose.js")
    page.get_by_role("button", name="Add a panel").click()
    form = page.locator("#compose-form")
    cost = page.get_by_role("article", name="Cost", exact=True)
    expect(cost.locator(".figure")).to_contain_text("$")
    page.get_by_role("button", name="Add a panel").click()
    form.get_by_label("Kind").select_option(label="Over time")
    form.get_by_label("Measures, 1").select_option(label="Requests")
    form.get_by_label("By", exact=True).select_option(label="Provider")
    form.get_by_label("Title").fill("Requests by provider")
    course = page.get_by_role("article", name="Requests by provider")
    expect(course.locator(".chart svg, .chart canvas").first).to_be_visible()
    assert axe(page) == []

    # Dragged in front of the first.
    grip, first = course.locator(".grip").bounding_box(), cost.bounding_box()
    assert grip
    assert first
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(first["x"] + 20, first["y"] + 60, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Make Requests by provider wider").click()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/boards/own-*")
    assert titles(page) == ["Requests by provider", "Cost"]
    expect(page.locator(".panel.span-7")).to_have_count(1)
    page.reload()
    assert titles(page) == ["Requests by provider", "Cost"]

    page.locator("#export summary").click()
    with page.expect_download() as waited:
        page.get_by_role("link", name="Declaration as TOML").click()
    file = tmp_path / waited.value.suggested_filename
    waited.value.save_as(file)
    page.get_by_role("link", name="Boards").click()
    page.get_by_role("button", name="Import TOML").click()
    page.get_by_label("A file").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/boards/own-*")
    assert titles(page) == ["Requests by provider", "Cost"]


def test_a_dashboard_is_composed_by_keyboard_alone(visit: Opener, server: Running) -> None:
    """Every step has a key, and the focus is where the next step is."""
    page = visit(f"{server.url}/usage")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/boards")
    reach(page, "a.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/boards/new")
    expect(page.locator("#board-title")).to_be_focused()
    page.keyboard.type("By keyboard")
    reach(page, ".add-panel")
    page.keyboard.press("Enter")
    expect(page.locator("#compose-form [data-field=kind] select")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit Cost")).to_be_focused()
    reach(page, "[data-do=duplicate]")
    page.keyboard.press("Enter")
    expect(page.locator("#compose-form [data-field=kind] select")).to_be_focused()
    reach(page, "[data-field=title] input")
    page.keyboard.press("Control+A")
    page.keyboard.type("Second")
    page.keyboard.press("Escape")
    second = page.get_by_role("article", name="Second")
    reach(page, "[aria-label='Second'] .grip", "Shift+Tab")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#compose-told")).to_have_text("Second is panel 1 of 2.")
    page.keyboard.press("Shift+ArrowRight")
    expect(second).to_have_class("panel compose-panel panel-stat span-4")
    reach(page, "[data-do=save]", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/boards/own-*")
    assert titles(page) == ["Second", "Cost"]


def test_what_cannot_be_saved_is_said_at_its_field(visit: Opener, server: Running) -> None:
    """A mistake is told in words, and what was composed stays."""
    page = visit(f"{server.url}/boards/new", patient=True)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#compose-said")).to_have_text("It needs a title.")
    expect(page.locator("#board-title")).to_be_focused()
    page.keyboard.type("Wrong")
    page.get_by_role("button", name="Add a panel").click()
    form = page.locator("#compose-form")
    form.get_by_label("Width").fill("40")
    expect(page.locator(".compose-panel .failed")).to_contain_text("has to be from 1 to 12")
    expect(form.get_by_label("Width")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#compose-said")).to_contain_text("Section 1, panel 1 (Cost), width")
    form.get_by_label("Width").fill("4")
    expect(page.locator(".compose-panel .figure")).to_contain_text("$")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/boards/own-*")


@pytest.mark.parametrize("width", [390, 1440])
def test_views_and_notes_of_a_page(visit: Opener, server: Running, axe: Callable[..., list[str]], width: int) -> None:
    """What is looked at is saved and opened by name; what happened is noted, and marked on the chart."""
    page = visit(f"{server.url}/overview?range=7d&compare=0", width=width)
    page.locator("#views summary").press("Enter")
    page.get_by_label("Name of a view").fill(f"Week {width}")
    page.get_by_label("Name of a view").press("Enter")
    row = page.locator("#views li", has_text=f"Week {width}")
    expect(row).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    row.get_by_role("button", name="Open this page as").press("Enter")
    expect(page.locator("#views [role=status]")).to_contain_text("The page opens as")
    page.goto(f"{server.url}/overview")
    page.wait_for_url("**/overview?range=7d&compare=0")
    page.locator("#views summary").press("Enter")
    row.get_by_role("button", name=f"Remove Week {width}").press("Enter")
    expect(row).to_have_count(0)
    page.keyboard.press("Escape")

    page.locator("#notes summary").press("Enter")
    page.get_by_role("button", name="Add a note").press("Enter")
    page.get_by_label("What happened").fill("Deployed <i>4.2</i>")
    page.get_by_label("Link").fill("javascript:alert(1)")
    assert axe(page) == []
    page.get_by_label("Link").fill("https://ci.example/7")
    with page.expect_response("**/api/notes"):
        page.locator("#note-form button[type=submit]").press("Enter")
    expect(page.locator("#note")).to_be_hidden()
    chart = page.locator("#panel-overview-volume .chart")
    chart.scroll_into_view_if_needed()
    chart.focus()
    noted = page.locator("#tip .note").filter(has_text="Deployed <i>4.2</i>").first
    for _ in range(60):
        # The chart hears of it a moment later.
        chart.press("End")
        page.wait_for_timeout(250)
        if noted.is_visible():
            break
        chart.press("Home")
    expect(noted).to_be_visible()
    page.locator("#notes summary").press("Enter")
    page.get_by_role("button", name="Remove the note").first.press("Enter")
    expect(page.locator("#notes li")).to_have_count(0)
