"""Every shape of chart in a real browser, under the pages' own security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from generators.examples import in_turn
from servers.gallery import gallery

#: Opens a page; see conftest.
Opener = Callable[..., Page]
Axe = Callable[[Page], list[str]]
_MARKS = ("ring", "treemap", "bubbles", "heat", "states", "columns", "violins")


@pytest.fixture(scope="module")
def shapes() -> Iterator[str]:
    """The address of a page with every shape."""
    with gallery() as url:
        yield url


def _open(visit: Opener, url: str, *only: str, **view: object) -> Page:
    page = visit(f"{url}?{'&'.join(f'only={name}' for name in only)}", **view)
    expect(page.locator("html[data-ready]")).to_have_count(1)
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    expect(page.locator(".chart:not([data-drawn])")).to_have_count(0, timeout=20_000)
    page.evaluate("scrollTo(0, 0)")
    return page


def _inked(page: Page, name: str) -> int:
    """How many different colours a chart's canvas has; an empty one has one, nothing."""
    return int(
        page.evaluate(
            """(name) => {
              const canvas = document.querySelector(`#${name} canvas`);
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return new Set(new Uint32Array(data.buffer)).size;
            }""",
            name,
        )
    )


def _tip(page: Page, name: str, x: float, y: float) -> str:
    """What is said at a place of a chart, given as shares of its width and height."""
    chart = page.locator(f"#{name}")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return page.locator("#tip").inner_text() if page.locator("#tip").is_visible() else ""


@pytest.mark.parametrize(("width", "scheme"), in_turn([360, 1440], ["light", "dark"]))
def test_drawn(visit: Opener, shapes: str, axe: Axe, width: int, scheme: str) -> None:
    """All of them are drawn, in both themes, on a phone and on a desk; nothing sticks out, and axe finds nothing."""
    page = _open(visit, shapes, width=width, scheme=scheme)
    for name in page.evaluate("Object.keys(window.gallery.shapes)"):
        assert _inked(page, name) > 20, name
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []


def test_time_tip(visit: Opener, shapes: str) -> None:
    """One tooltip tells all series of a period, largest first, their total, and what happened then."""
    page = _open(visit, shapes, "bars", "line", "uptime")
    said = _tip(page, "bars", 0.5, 0.5)
    assert "Total" in said
    assert "Mean of 7 days" in said
    assert "incident" not in said
    found = [_tip(page, "bars", at / 60, 0.5) for at in range(8, 58)]
    assert any("anthropic was down for 42 min" in text for text in found)
    assert any("costs a third from now on" in text for text in found)
    percentiles = _tip(page, "line", 0.5, 0.5)
    assert percentiles.index("p99") < percentiles.index("p95") < percentiles.index("p50")
    assert "Total" not in percentiles
    gap = [_tip(page, "uptime", at / 60, 0.5) for at in range(8, 58)]
    assert any("No data" in text for text in gap)


def test_mark_tips(visit: Opener, shapes: str) -> None:
    """A mark tells its exact value; where there is no mark, there is no tooltip."""
    page = _open(visit, shapes, *_MARKS)
    assert "54.8 %" in _tip(page, "ring", 0.33, 0.5)
    assert _tip(page, "ring", 0.19, 0.5) == ""
    assert "Share" in _tip(page, "treemap", 0.1, 0.2)
    assert "Thu · 12:00" in _tip(page, "heat", 0.55, 0.5)
    assert "No data" in _tip(page, "heat", 0.98, 0.88)
    assert "anthropic" in _tip(page, "states", 0.5, 0.2)
    assert "Up to here" in _tip(page, "columns", 0.5, 0.7)
    assert "p95" in _tip(page, "violins", 0.6, 0.1)
    assert _tip(page, "bubbles", 0.95, 0.15) == ""


@pytest.mark.parametrize("name", _MARKS)
def test_keyboard(visit: Opener, shapes: str, name: str) -> None:
    """Arrows step through the marks, which are told aloud; Enter picks what can be filtered by, Escape leaves."""
    page = _open(visit, shapes, name)
    page.locator(f"#{name}").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator("#tip").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator("#tip").inner_text()
    assert first != second
    assert second.splitlines()[0] in (page.locator("[aria-live=polite]").text_content() or "")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#tip").inner_text() == first
    [title, _, pick] = page.evaluate("(name) => window.gallery.shapes[name].tips[0]", name)
    assert first.splitlines()[0] == title
    page.keyboard.press("Enter")
    assert page.evaluate("window.picked") == ([pick] if pick else [])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()


def test_rows_of_a_heat_map(visit: Opener, shapes: str) -> None:
    """Up and down lead to the same column of the next row."""
    page = _open(visit, shapes, "heat")
    page.locator("#heat").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert page.locator("#tip b").inner_text() == "Tue · 01:00"


def test_click_picks(visit: Opener, shapes: str) -> None:
    """A click on a mark, on a line of a key or on a part of a bar picks the name under the pointer."""
    page = _open(visit, shapes, "ring", "bars", "violins")
    for name, x, y in (("ring", 0.33, 0.5), ("ring", 0.6, 0.215), ("bars", 0.5, 0.88), ("violins", 0.6, 0.1)):
        _tip(page, name, x, y)
        page.mouse.down()
        page.mouse.up()
    assert page.evaluate("window.picked") == [["model", "claude-opus-4-5"]] * 4


def test_in_place(visit: Opener, shapes: str) -> None:
    """New data, another width and another theme redraw a chart where it is, on the canvas that it has."""
    page = _open(visit, shapes, "bars", "treemap")
    height = page.locator("#bars").bounding_box()
    page.evaluate("""() => {
      const { charts, shapes } = window.gallery;
      document.querySelector("#bars canvas").dataset.same = "yes";
      const fewer = structuredClone(shapes.bars);
      fewer.data.points.rows = fewer.data.points.rows.slice(0, 5);
      delete fewer.data.levels;
      charts.show(document.getElementById("bars"), fewer);
    }""")
    expect(page.locator("#bars canvas[data-same]")).to_have_count(1)
    assert page.locator("#bars").bounding_box() == height
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('#treemap canvas').clientWidth <= 420")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_refresh_keeps_the_tip(visit: Opener, shapes: str) -> None:
    """Who reads a tooltip while new data comes in goes on reading, of what is there now."""
    page = _open(visit, shapes, "bars", "ring")
    before = _tip(page, "bars", 0.5, 0.5)
    page.evaluate("""() => {
      const { charts, shapes } = window.gallery;
      for (const tip of shapes.bars.tips) tip[3] = "$1,234,567";
      charts.show(document.getElementById("bars"), shapes.bars);
    }""")
    expect(page.locator("#tip")).to_contain_text("$1,234,567")
    assert page.locator("#tip b").inner_text() == before.splitlines()[0]
    page.locator("#ring").focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("""() => {
      const { charts, shapes } = window.gallery;
      shapes.ring.tips = [];
      for (const layout of [shapes.ring.data, ...shapes.ring.layouts.map((one) => one.data)]) {
        for (const table of Object.values(layout)) table.rows = [];
      }
      charts.show(document.getElementById("ring"), shapes.ring);
    }""")
    expect(page.locator("#tip")).to_be_hidden()
