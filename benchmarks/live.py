"""How soon new data is on the page: from written to drawn, in a real browser.

    python benchmarks/live.py [--rounds 10]

A server of its own follows a home of its own; a headless Chromium looks at the Usage page. In turn, a line is appended
to a transcript, and a call is posted to `/api/calls`; the clock stops when the page's number of requests has changed.
Target: within one second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers.whole import Running, fill, running  # noqa: E402 - of the tests' folder

#: The requests of today, on the first card.
FIGURE = '[data-panel="usage.periods"]'
CHANGED = f"""before => {{
  const text = document.querySelector('{FIGURE}')?.innerText;
  return text !== undefined && text !== before;
}}"""
SETTLED = """() => [...document.querySelectorAll("[data-panel]")].every(p => p.getAttribute("aria-busy") === "false")"""


def transcript(path: Path) -> Callable[[], None]:
    """Appends an answer to a transcript, as the coding agent does."""
    session = str(uuid.uuid4())

    def append() -> None:
        line = {
            "type": "assistant",
            "uuid": str(uuid.uuid4()),
            "parentUuid": None,
            "sessionId": session,
            "timestamp": now(),
            "cwd": "/work/example",
            "version": "2.0.0",
            "requestId": f"req_{uuid.uuid4().hex}",
            "message": {
                "id": f"msg_{uuid.uuid4().hex}",
                "type": "message",
                "role": "assistant",
                "model": "claude-sonnet-4-5",
                "stop_reason": "end_turn",
                "content": [{"type": "text", "text": "Done."}],
                "usage": {"input_tokens": 900, "output_tokens": 400},
            },
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    return append


def poster(server: Running) -> Callable[[], None]:
    """Posts a call to the server; returns when the reply is there."""

    def post() -> None:
        call = {
            "native_id": uuid.uuid4().hex,
            "started_at": now(),
            "provider": "anthropic",
            "model": "claude-sonnet-4-5",
            "input_tokens": 900,
            "output_tokens": 400,
        }
        answer = server.post("/api/calls", call)
        if answer.json().get("accepted") != 1:
            raise SystemExit(f"the call was not taken: {answer.text}")

    return post


def now() -> str:
    """The time, as records have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def measure(tab: Any, write: Callable[[], None], rounds: int) -> list[float]:
    """Seconds from the start of each write to the change on the page."""
    times = []
    for _ in range(rounds):
        # At any moment within the server's pause between two rounds of news.
        time.sleep(random.uniform(0.6, 1.2))
        before = tab.inner_text(FIGURE)
        began = time.perf_counter()
        write()
        tab.wait_for_function(CHANGED, arg=before, timeout=15_000)
        times.append(time.perf_counter() - began)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "data", days=60, calls=20_000)
        path = folder / "home" / ".claude" / "projects" / "-work-example" / f"{uuid.uuid4()}.jsonl"
        path.parent.mkdir(parents=True)
        append = transcript(path)
        append()
        with running(folder / "data", folder / "home", discover=True) as server, sync_playwright() as tools:
            browser = tools.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            tab.goto(f"{server.url}/usage")
            tab.wait_for_function(SETTLED, timeout=30_000)
            time.sleep(3)
            for words, write in (("a line in a transcript", append), ("a call posted", poster(server))):
                times = measure(tab, write, rounds)
                median, most = statistics.median(times) * 1e3, max(times) * 1e3
                print(f"{words + ', to the page':<40} median {median:4.0f} ms, most {most:4.0f} ms   ≤ 1000 ms")
            browser.close()


if __name__ == "__main__":
    main()
