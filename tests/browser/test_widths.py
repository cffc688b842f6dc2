"""Nothing leaves its card, at any width that people have."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from servers.whole import Running
from tokometer.dashboards import DASHBOARDS

Opener = Callable[..., Page]
WIDTHS = (320, 360, 768, 1024, 1181, 1280, 1366, 1440, 1500, 1920, 2560)
#: From this width on every table fits its card but those that are as wide as there are providers.
_DESK = 1181
_WIDE = ("providers.matrix", "models.knowledge", "models.tool_usage")

#: What leaves the window or its card, and tables that scroll inside of theirs.
_LEAVING = """([desk, wide]) => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide`);
  for (const card of document.querySelectorAll(".panel, .card")) {
    const edge = card.getBoundingClientRect(), name = card.dataset.panel ?? card.id;
    for (const element of card.querySelectorAll("*")) {
      const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!(text || element.matches("table")) || element.closest(".sr, svg")) continue;
      const wrap = element.closest(".table-wrap"), box = element.getBoundingClientRect();
      const scrolls = wrap && wrap.scrollWidth > wrap.clientWidth + 1;
      if (scrolls && element.matches("table") && innerWidth >= desk && !wide.includes(name)) {
        found.push(`${name}: a table of ${wrap.scrollWidth} in ${wrap.clientWidth}`);
      }
      if (!wrap && box.width && (box.right > edge.right + 1 || box.left < edge.left - 1)) {
        found.push(`${name}: ${element.textContent.trim().slice(0, 40)}`);
      }
    }
  }
  return found;
}"""


@pytest.mark.parametrize("name", DASHBOARDS)
def test_nothing_leaves_its_card(visit: Opener, still: Running, name: str) -> None:
    """From a small phone to a wide screen no text and no table leaves its card, with the rest of long tables open."""
    page = visit(f"{still.url}/{name}")
    expect(page.locator("[data-panel][aria-busy=true]")).to_have_count(0, timeout=20_000)
    for more in page.locator("[data-do=more]").all():
        more.click()
    problems = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(250)
        if found := page.evaluate(_LEAVING, [_DESK, _WIDE]):
            problems[width] = found[:5]
    assert problems == {}
