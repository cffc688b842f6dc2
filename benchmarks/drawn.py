"""Each dashboard in a headless Chromium: how long it takes to be drawn, what moves, and how soon it shows a commit.

    python benchmarks/drawn.py [--rounds 3] [--find providers]

A server of its own on the demo's data. Cold is a browser context that knows nothing (the best of some); warm is the
same context again. Drawn means that every panel in view has its answer and every chart in view its marks. Of the
commit, the time runs from a call's acknowledgement to the first panel that shows another number. A fixed piece of
JavaScript tells how busy the machine is: alone it takes some 100 ms.

Targets: 1.2 s cold, 0.6 s warm, a layout shift below 0.02, nothing in the console, a commit on the page within 1 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from large import DRAWN  # noqa: E402 - beside this file
from servers.whole import Running, fill, running  # noqa: E402 - of the tests' folder
from tokometer.dashboards import DASHBOARDS  # noqa: E402

WATCH = """
window.shifted = 0;
window.moved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shifted += entry.value;
    for (const source of entry.sources ?? []) {
      const panel = source.node?.parentElement?.closest?.("[data-panel]")?.dataset.panel;
      window.moved.push(panel ?? source.node?.nodeName ?? "?");
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
#: A fixed piece of work.
BUSY = """() => {
  const began = performance.now();
  let sum = 0;
  for (let i = 0; i < 6e7; i++) sum += i % 7;
  return performance.now() - began + 0 * sum;
}"""
#: All that the page says in numbers.
NUMBERS = '() => [...document.querySelectorAll("[data-panel]")].map((panel) => panel.innerText).join("|")'
CHANGED = f"(before) => ({NUMBERS})() !== before"


def drawn(tab: Any, url: str) -> float:
    """Seconds until everything in view is drawn."""
    began = time.perf_counter()
    tab.goto(url, wait_until="commit")
    tab.wait_for_function(DRAWN, timeout=60_000)
    return time.perf_counter() - began


def committed(tab: Any, server: Running) -> float:
    """Seconds from a call's acknowledgement to another number on the page."""
    before = tab.evaluate(NUMBERS)
    call = {
        "native_id": uuid.uuid4().hex,
        "started_at": datetime.now(UTC).isoformat(),
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "input_tokens": 90_000,
        "output_tokens": 40_000,
        "latency_ms": 900,
        "status": "server_error",
    }
    server.post("/api/calls", call)
    began = time.perf_counter()
    tab.wait_for_function(CHANGED, arg=before, timeout=30_000)
    return time.perf_counter() - began


def measure(browser: Any, server: Running, page: str, rounds: int) -> str:
    """A dashboard's line."""
    colds, warms, shifts, commits = [], [], [], []
    said: set[str] = set()
    moved: set[str] = set()
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        tab = context.new_page()
        tab.on("console", lambda message: said.add(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.add(str(error)))
        tab.goto("about:blank")
        colds.append(drawn(tab, f"{server.url}/{page}"))
        tab.wait_for_timeout(500)
        shifts.append(tab.evaluate("() => window.shifted"))
        moved.update(tab.evaluate("() => window.moved"))
        warms.append(drawn(tab, f"{server.url}/{page}"))
        tab.wait_for_timeout(2_500)
        shifts.append(tab.evaluate("() => window.shifted"))
        moved.update(tab.evaluate("() => window.moved"))
        commits.append(committed(tab, server))
        context.close()
    return (
        f"{page:<18} cold {min(colds):.2f} s ({statistics.median(colds):.2f})  warm {min(warms):.2f} s "
        f"({statistics.median(warms):.2f})  shift {max(shifts):.4f} {' '.join(sorted(moved)[:6])}  "
        f"commit {statistics.median(commits):.2f} s, at most {max(commits):.2f}  console {sorted(said) or 'silent'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--find", default="", help="only dashboards with this in their name")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        fill(data, days=60, calls=40_000)
        with running(data, Path(name) / "home") as server, sync_playwright() as tools:
            browser = tools.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            time.sleep(3)  # what the server prepares for its first page
            print("targets: cold ≤ 1.2 s, warm ≤ 0.6 s, shift < 0.02, commit ≤ 1 s, console silent; best (median)")
            tab = browser.new_page()
            for page in DASHBOARDS:
                if options.find in page:
                    line = measure(browser, server, page, options.rounds)
                    print(f"{line}  busy {tab.evaluate(BUSY):.0f} ms", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
