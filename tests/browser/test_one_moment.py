"""A page that is live: whatever comes in, all that it shows is of one moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from playwright.sync_api import Page

from servers.whole import Running

from .sight import wait_filled

Opener = Callable[..., Page]

#: Notes, whenever something on the page changes, what the headline and the table say of the number of requests.
_WATCH = """() => {
  window.told = [];
  const number = (text) => Number((text ?? "").replace(/[^0-9]/g, ""));
  const look = () => {
    const head = [...document.querySelectorAll("[data-panel='usage.figures'] .stat")]
      .find((one) => one.textContent.includes("Requests"));
    const rows = [...document.querySelectorAll("[data-panel='usage.models'] tbody tr:not(.more-row) td:nth-child(5)")];
    window.told.push([number(head.querySelector(".figure").title), rows.map((row) => number(row.title))
      .reduce((sum, one) => sum + one, 0)]);
  };
  look();
  new MutationObserver(look).observe(document.querySelector("#dashboard"), { childList: true, subtree: true });
}"""


def test_headline_and_table_of_a_live_page_agree(empty: Running, visit: Opener) -> None:
    """While calls come in, the sum of the table is the headline's number whenever the page changes."""
    stop = threading.Event()

    def send() -> None:
        for count in range(10_000):
            if stop.is_set():
                return
            call = {"started_at": time.time(), "model": f"gpt-{count % 3}", "provider": "openai", "output_tokens": 1}
            empty.post("/api/calls", call)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        page = visit(f"{empty.url}/usage?range=today&compare=0")
        wait_filled(page)
        page.evaluate(_WATCH)
        page.wait_for_function("() => new Set(window.told.map(([head]) => head)).size > 2", timeout=30_000)
        told = page.evaluate("window.told")
    finally:
        stop.set()
        sender.join()
    # Changes of one turn are looked at together, after it.
    assert [pair for pair in told if pair[0] != pair[1]] == []
