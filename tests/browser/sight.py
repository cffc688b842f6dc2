"""What a reader sees of a page: whether it is filled, drawn and still, and keeps to its boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, Route

from generators.examples import LONG
from tokometer.records import PROVIDERS

#: From a small phone to a wide screen, all that people have.
_WIDTHS: Final = (320, 360, 768, 1024, 1181, 1280, 1366, 1440, 1500, 1920, 2560)
#: From this width on every table fits its card but those that are as wide as there are providers, or as people want it.
_DESK: Final = 1181
_WIDE: Final = ("providers.matrix", "models.knowledge", "models.tool_usage", "insights.servers", "records")


def widths(at: int) -> tuple[int, ...]:
    """The widths at which a page is looked at: in the long form all, else every third, and others at the next page.

    `at` is which page it is of its kind.
    """
    return _WIDTHS if LONG else _WIDTHS[at % 3 :: 3]


#: Adds up how far things jump while a page builds itself, as browsers measure it for their users, and where.
SHIFT: Final = """
window.shift = 0;
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shift += entry.value;
    for (const { node } of entry.sources ?? []) {
      const panel = (node?.nodeType === 1 ? node : node?.parentElement)?.closest("[data-panel], section, header");
      window.shifted.push(`${entry.value.toFixed(3)} ${panel?.dataset.panel ?? panel?.className}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""

_FILLED: Final = """() => {
  const panels = [...document.querySelectorAll("[data-panel]")];
  return panels.length && panels.every((panel) => panel.ariaBusy === "false");
}"""

_DRAWN: Final = "() => !document.querySelector('.panel .chart:not([data-drawn])')"

#: Charts with no more than a background and one colour on it.
_BLANK: Final = """() => [...document.querySelectorAll(".panel .chart")].filter((chart) => {
  const canvas = chart.querySelector("canvas");
  if (!canvas) return true;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size < 3;
}).map((chart) => chart.closest(".panel").dataset.panel)"""

#: Charts have been drawn anew for the width that they have now, or do not fit it.
_SETTLED: Final = """() => new Promise((done) => {
  let left = 60;
  const look = () => {
    const wide = [...document.querySelectorAll(".chart canvas")].some(
      (canvas) => canvas.clientWidth > canvas.closest(".chart").clientWidth + 1);
    if (--left < 0 || (left < 57 && !wide)) done();
    else requestAnimationFrame(look);
  };
  look();
})"""

_OUTSIDE: Final = """() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} px wide`);
  const told = (one) => `${one.tagName} ${one.getAttribute("class") ?? ""} ${one.textContent.trim().slice(0, 40)}`;
  for (const card of document.querySelectorAll(".panel, .card, header.top, .hints")) {
    const box = card.getBoundingClientRect();
    const name = card.dataset.panel ?? card.className;
    if (!box.width) continue;
    for (const one of card.querySelectorAll("*")) {
      // What is read aloud, opens above the page, is drawn, or can be scrolled has its place.
      if (one.closest(".sr, .popover, dialog, svg *, canvas")) continue;
      if (one.parentElement.closest(".table-wrap, pre")) continue;
      const style = getComputedStyle(one);
      const own = one.getBoundingClientRect();
      if (!own.width || !own.height || !one.checkVisibility({ visibilityProperty: true })) continue;
      const out = Math.max(own.right - box.right, box.left - own.left, own.bottom - box.bottom);
      if (out > 1.5) {
        found.push(`${name}: ${told(one)} is ${Math.round(out)} px out of its card`);
        break;
      }
      const cut = ["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
      if (cut && one.clientWidth && !one.closest("[title], summary") && !one.querySelector("[title]")) {
        found.push(`${name}: ${told(one)} is cut off, and nothing tells the rest`);
        break;
      }
    }
  }
  // In tables that can be scrolled, text may still be cut: then a title or an opening row has all of it.
  for (const one of document.querySelectorAll(".table-wrap *")) {
    const style = getComputedStyle(one);
    if (style.overflowX === "hidden" && one.clientWidth && one.scrollWidth > one.clientWidth + 1 &&
        !one.closest("[title], summary, .sr") && !one.querySelector("[title]")) {
      found.push(`${one.closest(".panel")?.dataset.panel}: ${told(one)} is cut off, and nothing tells the rest`);
      break;
    }
  }
  return found;
}"""


#: What leaves the window or its card, and tables that scroll inside of theirs.
_LEAVING: Final = """([desk, wide]) => {
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


#: Rows of cards that end before their grid does: a card stands alone beside nothing.
_GAPS: Final = """() => [...document.querySelectorAll("main .grid")].flatMap((grid) => {
  const edge = grid.getBoundingClientRect().right, rows = new Map();
  for (const card of grid.children) {
    const { top, right, width } = card.getBoundingClientRect();
    if (width) rows.set(Math.round(top), Math.max(right, rows.get(Math.round(top)) ?? 0));
  }
  return [...rows.values()].filter((right) => edge - right > 24).map((right) =>
    `${Math.round(edge - right)} px beside ${grid.lastElementChild.dataset.panel ?? grid.lastElementChild.className}`);
})"""

#: Texts as machines write them, days as 2026-11-03 and providers by their slugs, but for what is to be copied or typed.
_RAW: Final = r"""(slugs) => {
  const found = new Set(), texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const said = text.data.trim(), around = text.parentElement;
    if (!said || around.closest("pre, code, script, option, textarea, .sr, [data-raw]")) continue;
    if (/(^|[^\w/#.-])20\d\d-\d\d-\d\d/.test(said) || slugs.includes(said)) found.add(said.slice(0, 60));
    if (new RegExp(`\\bprovider (${slugs.join("|")})\\b`).test(said)) found.add(said.slice(0, 60));
  }
  return [...found];
}"""


#: Texts that run over the cell of a table that they stand in, into the next one.
_OVER: Final = """() => [...document.querySelectorAll("main :is(td, th)")].flatMap((cell) => {
  if (["hidden", "clip"].includes(getComputedStyle(cell).overflowX)) return [];
  const edge = cell.getBoundingClientRect().right, range = document.createRange();
  return [...cell.querySelectorAll("*"), cell].filter((one) => {
    if (one.closest(".sr, svg, details:not([open]) > :not(summary)")) return false;
    const clipped = ["hidden", "clip"].includes(getComputedStyle(one).overflowX);
    return [...one.childNodes].some((text) => {
      if (text.nodeType !== 3 || !text.data.trim()) return false;
      range.selectNodeContents(clipped ? one : text);
      const box = clipped ? one.getBoundingClientRect() : range.getBoundingClientRect();
      return box.width && box.right > edge + 2;
    });
  }).map((one) => `${one.textContent.trim().slice(0, 40)} runs over its cell`);
}).slice(0, 5)"""


def over(page: Page) -> list[str]:
    """Texts in tables that run into the next cell."""
    return list(page.evaluate(_OVER))


def gaps(page: Page) -> list[str]:
    """Where a row of cards leaves room that nothing fills."""
    return list(page.evaluate(_GAPS))


def raw(page: Page) -> list[str]:
    """What is written as machines do where people have a way of their own."""
    return list(page.evaluate(_RAW, [slug for slug, one in PROVIDERS.items() if slug != one.name]))


def wait_filled(page: Page) -> None:
    """Wait until every panel has been answered, or could not be."""
    page.wait_for_function(_FILLED, timeout=60_000)


def held_while(visit: Callable[..., Page], url: str, pattern: str, act: Callable[[Page], None]) -> tuple[Page, Route]:
    """A page on which something was done, and the request that this made, which waits to be let go.

    Chromium lets a request pass now and then that it was told to hold back (twice in some thousand runs, on a busy
    machine): then there was nothing to be seen, and another page is tried.
    """
    for _ in range(3):
        held: list[Route] = []
        page = visit(url, routes={pattern: held.append})
        wait_filled(page)
        act(page)
        for _ in range(500):
            if held:
                return page, held[0]
            page.wait_for_timeout(20)
        state = page.evaluate("[document.activeElement?.outerHTML?.slice(0, 200), document.readyState, location.href]")
    raise AssertionError(f"nothing was held: {state}")


def draw_all(page: Page) -> None:
    """Bring every chart into view, so that it is drawn, by making the window as high as the page."""
    size = page.viewport_size
    assert size
    page.set_viewport_size({"width": size["width"], "height": page.evaluate("document.documentElement.scrollHeight")})
    page.wait_for_function(_DRAWN, timeout=60_000)
    page.set_viewport_size(size)


def widen(page: Page, width: int) -> None:
    """Make the window as wide as this, and let everything find its place."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(_SETTLED)


def failed(page: Page) -> list[str]:
    """What panels say that could not be shown."""
    return page.locator(".failed").all_text_contents()


def blank(page: Page) -> list[str]:
    """Panels whose chart has nothing on it."""
    return list(page.evaluate(_BLANK))


def outside(page: Page) -> list[str]:
    """What sticks out of the page or of its card, or is cut off with no way to read it."""
    return list(page.evaluate(_OUTSIDE))


def leaving(page: Page) -> list[str]:
    """Texts and tables that leave the window or their card, and tables that scroll where they need not."""
    return list(page.evaluate(_LEAVING, [_DESK, _WIDE]))[:5]
