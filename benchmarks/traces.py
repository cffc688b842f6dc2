"""A trace of 5,000 records: how long the server takes to tell of it, and until a browser has drawn it.

    python benchmarks/traces.py [--records 5000] [--rounds 7] [--calls 40000] [--large /tmp/large]

A server of its own, on a ledger of the demo's calls (`--calls`), or on one that `large.py` has built (`--large DIR`;
the trace is added to it). The trace has calls, tools, runs, steps, log lines, scores and details of errors, up to forty
deep. *Answer* is the page's HTML with all of its rows, over HTTP, cold being the first time after the start. *Drawn* is
a new browser context from the request until the rows in view are in the document, *painted* the frame after that, all
on this machine. A fixed piece of JavaScript tells how busy the machine is: alone it takes some 100 ms.

Targets: 500 ms until it is drawn, JSON 500 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from drawn import BUSY  # noqa: E402 - beside this file
from servers.whole import Running, fill, running  # noqa: E402 - of the tests' folder
from tokometer.ledger import Batch  # noqa: E402
from tokometer.ledger.opening import open_ledger  # noqa: E402
from tokometer.records import (  # noqa: E402
    AgentRun,
    ErrorDetail,
    LogLine,
    ModelCall,
    Record,
    Score,
    Step,
    ToolCall,
    now_us,
)

TRACE = "5000" + 28 * "e"
SECOND = 1_000_000
DEEPEST = 40
PAINTED = """() => new Promise((done) => {
  const look = () => document.querySelectorAll(".tree-row").length > 5
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)) : requestAnimationFrame(look);
  look();
})"""


def made(count: int, at: int, seed: int = 1) -> list[Record]:
    """The records of a trace, in no order that matters."""
    rng = Random(seed)
    records: list[Record] = []
    path = [("run0", 0)]
    for number in range(count):
        while len(path) > 1 and (rng.random() < 0.3 or len(path) > DEEPEST):
            path.pop()
        common: dict[str, Any] = {
            "source": "otlp",
            "native_id": f"{TRACE}:{number}",
            "started_at": at + number * SECOND // 10,
            "trace_id": TRACE,
            "parent_id": path[-1][0] if number else "",
            "session_id": "bench-trace",
        }
        span, chance = f"run{number}", rng.random()
        took = int(rng.expovariate(1 / (2 * SECOND)))
        if number == 0 or chance < 0.04:
            records.append(
                AgentRun(**common, span_id=span, agent="bench", status="ok", ended_at=common["started_at"] + 20 * took)
            )
        elif chance < 0.45:
            failed = rng.random() < 0.03
            records.append(
                ModelCall(
                    **common,
                    span_id=span,
                    group=TRACE,
                    provider="anthropic",
                    model=rng.choice(("claude-sonnet-4-5", "claude-haiku-4-5", "gpt-5.1", "gemini-3-pro")),
                    status="server_error" if failed else "ok",
                    latency_us=took,
                    input_tokens=rng.randrange(9_000),
                    cache_read_tokens=rng.randrange(90_000),
                    output_tokens=rng.randrange(2_000),
                    cost_reported=rng.randrange(200_000_000),
                )
            )
        elif chance < 0.75:
            records.append(
                ToolCall(
                    **common, span_id=span, name=rng.choice(("Bash", "Read", "search")), status="ok", duration_us=took
                )
            )
        elif chance < 0.85:
            records.append(Step(**common, span_id=span, name="retrieve", type="chain", status="ok", duration_us=took))
        else:
            common["span_id"] = common.pop("parent_id") or "run0"
            kind = rng.randrange(3)
            if kind == 0:
                records.append(LogLine(**common, message=f"line {number} of the log", level="info"))
            elif kind == 1:
                records.append(Score(**common, name="helpful", value=rng.random()))
            else:
                records.append(ErrorDetail(**common, message="overloaded", error_type="Overloaded"))
            continue
        path.append((span, number))
    return records


def asked(server: Running, path: str, rounds: int) -> list[float]:
    """Milliseconds of each round of a request."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        answer = server.get(path, {"Accept": "text/html", "Accept-Encoding": "gzip"})
        found.append((time.perf_counter() - began) * 1e3)
        assert answer.status == 200, answer.status
    return found


def drawn(browser: Any, server: Running, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the request until the rows in view are drawn, and painted."""
    marks, paints = [], []
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        tab.goto("about:blank")
        tab.goto(f"{server.url}/trace?id={TRACE}", wait_until="commit")
        paints.append(tab.evaluate(PAINTED))
        marks.append(tab.evaluate("() => performance.getEntriesByName('trace-drawn')[0].startTime"))
        context.close()
    return marks, paints


def told(name: str, values: list[float]) -> str:
    """The best and the median of some."""
    return f"{name} {min(values):.0f} ms ({statistics.median(values):.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=40_000)
    parser.add_argument("--large", type=Path, help="a folder that large.py has built")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        data = options.large or Path(name) / "data"
        if not options.large:
            fill(data, days=60, calls=options.calls)
        ledger = open_ledger(data)
        ledger.commit(Batch(made(options.records, now_us() - 3_600 * SECOND)))
        ledger.settle()
        calls = ledger.stats()["calls"]
        ledger.close()
        with running(data, Path(name) / "home") as server, sync_playwright() as tools:
            browser = tools.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            time.sleep(3)  # what the server prepares for its first page
            print(f"{options.records:,} records among {calls:,} calls; targets: drawn ≤ 500 ms; best (median)")
            [cold] = asked(server, f"/trace?id={TRACE}", 1)
            answers = asked(server, f"/trace?id={TRACE}", options.rounds)
            json = asked(server, f"/api/traces/{TRACE}", options.rounds)
            marks, paints = drawn(browser, server, options.rounds)
            busy = browser.new_page().evaluate(BUSY)
            print(
                f"answer cold {cold:.0f} ms  {told('answer', answers)}  {told('json', json)}  "
                f"{told('drawn', marks)}  {told('painted', paints)}  busy {busy:.0f} ms"
            )
            browser.close()


if __name__ == "__main__":
    main()
