"""How the product holds up on 20 million calls: bytes on disk, the Usage page's queries, start, page.

    python benchmarks/large.py --dir /tmp/large                 build (if need be) and measure
    python benchmarks/large.py --dir /tmp/large --calls 2000000 the same with fewer
    python benchmarks/large.py --dir /tmp/large --only queries  one part of it; may be repeated

The ledger is made from the demo's year: its calls are copied in SQL, each copy with a time, sizes, costs and ids of its
own, in the shape in which the sources write ids. It goes in by time, a fortnight at once, and is settled after each, so
that the file looks as it would have grown. It stays in `--dir` and is used again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from tokometer.demo import Spending, generate
from tokometer.ledger import Ledger
from tokometer.ledger.duckdb import FILE_NAME
from tokometer.ledger.opening import open_ledger

#: Fifty-two whole weeks, so that a copy can be moved by weeks and wrap around.
DAYS = 364
WEEK = 7 * 96
#: Calls of the demo that are copied.
BASE = 100_000
#: What is inserted and settled at once, in days.
SLICE = 14
#: Distinct sessions, at 20 M calls.
SESSIONS = 500_000
PARTS = ("disk", "queries", "quantiles", "start", "page")

Row = tuple[str, str, str]

#: One text of random hex digits a row, from which all of its ids are cut; `{key}` names what the ids hang on.
_HEX = "md5({key}::VARCHAR || '{salt}' || c.copy)"
#: 22 letters and digits out of 16 random bytes, as message ids have them.
_WORD = "substr(translate(to_base64(unhex(" + _HEX + ")), '+/', 'Xy'), 1, 22)"


def ids(key: str, salt: str) -> str:
    """SQL for 32 hex digits."""
    return _HEX.format(key=key, salt=salt)


def word(key: str, salt: str) -> str:
    """SQL for 22 letters and digits."""
    return _WORD.format(key=key, salt=salt)


def share(salt: str) -> str:
    """SQL for a whole number from 0 to 999 that each copy of each call has its own of."""
    return f"CAST(hash(b.id, c.copy, '{salt}') % 1000 AS BIGINT)"


def copied(columns: list[str], groups: int, days: int) -> str:
    """The SELECT that makes copies of the base calls in `{where}`, one expression for each column of the table."""
    weeks = days // 14
    session = f"CASE WHEN b.session_id = '' THEN '' ELSE md5(b.session_id || (c.copy % {groups}))::UUID::VARCHAR END"
    trace = f"CASE WHEN b.source = 'claude_code' THEN '' ELSE {ids('b.trace_id', 't')} END"
    span = f"CASE WHEN b.source IN ('otlp', 'api') THEN substr({ids('b.span_id', 's')}, 1, 16) ELSE '' END"
    parent = f"CASE WHEN b.source = 'otlp' THEN substr({ids('b.parent_id', 'p')}, 1, 16) ELSE '' END"
    message = f"'msg_01' || {word('b.native_id', 'm')}"
    request = f"'req_011C' || substr({word('b.native_id', 'r')}, 1, 20)"
    latency, ttft = "CAST(b.latency_us * j.slow AS BIGINT)", "CAST(b.ttft_us * j.slow AS BIGINT)"
    made = {
        "id": "uuid()",
        "started_at": "j.moment",
        "quarter": "CAST(epoch(j.moment) AS BIGINT) // 900",
        # As ledger.native_ids keeps them: without what the row's other columns say.
        "native_id": f"CASE b.source WHEN 'claude_code' THEN {message} || '|' || chr(3) "
        "WHEN 'otlp' THEN chr(1) || ':' || chr(2) || '@' || chr(4) "
        "WHEN 'codex' THEN chr(6) || ':' || chr(3) ELSE chr(3) END",
        "trace_id": f"CASE b.source WHEN 'codex' THEN {trace}::UUID::VARCHAR ELSE {trace} END",
        "span_id": span,
        "parent_id": parent,
        "group_id": "CASE b.source WHEN 'claude_code' THEN ('0x0' || substr("
        + ids("b.native_id", "g")
        + ", 1, 15))::BIGINT WHEN 'otlp' THEN 0 ELSE NULL END",
        "request_id": f"CASE b.source WHEN 'claude_code' THEN {request} "
        f"WHEN 'codex' THEN 'resp_' || {ids('b.native_id', 'q')} "
        f"ELSE 'chatcmpl-' || {word('b.native_id', 'q')} END",
        "session_id": session,
        "parent_session_id": f"CASE WHEN b.parent_session_id = '' THEN '' "
        f"ELSE md5(b.parent_session_id || (c.copy % {groups}))::UUID::VARCHAR END",
        "latency_us": latency,
        "ttft_us": ttft,
        **{
            name: f"CAST(b.{name} * j.size AS BIGINT)"
            for name in columns
            if name.endswith("_tokens") and name != "user_messages"
        },
        **{
            name: f"CAST(b.{name}::DOUBLE * j.size AS DECIMAL(18,9))"
            for name in ("cost_usd", "cost_reported", "revenue")
        },
        "cost_priced": "CASE WHEN b.cost_reported IS NULL THEN NULL "
        "ELSE CAST(b.cost_usd::DOUBLE * j.size AS DECIMAL(18,9)) END",
    }
    chosen = ", ".join(f'{made.get(name, f"b.{name}")} AS "{name}"' for name in columns)
    return (
        f"SELECT {chosen} FROM base b CROSS JOIN (SELECT unnest(range($first, $last)) AS copy) c "
        # Copies fall into other weeks, at the same time of the week: a quarter hour has calls of all sorts. Those of
        # one session stay together.
        f"CROSS JOIN LATERAL (SELECT $least + (b.quarter - $least + {days * 96 * 2} "
        f"+ (c.copy % {groups} % {weeks} - {weeks // 2}) * {WEEK}) % {days * 96} AS quarter) w "
        f"CROSS JOIN LATERAL (SELECT least(b.started_at + to_microseconds((w.quarter - b.quarter) * 900000000 + "
        f"{share('a')} * 2400000 - 1200000000), $now) AS moment, "
        f"0.6 + 0.0008 * {share('b')} AS size, 0.7 + 0.0006 * {share('c')} AS slow) j "
        "WHERE w.quarter >= $from AND w.quarter < $to "
        "ORDER BY moment"
    )


def build(folder: Path, calls: int, days: int = DAYS) -> None:
    """Make the ledger in `folder`, unless it is there; `days` are whole weeks. Copies of a call lie in half of them."""
    marker = folder / "built.json"
    if marker.exists() and json.loads(marker.read_text())["calls"] == calls:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in folder.glob(f"{Path(FILE_NAME).stem}.*"):
        name.unlink()
    began = time.perf_counter()
    now = int(datetime.now(UTC).timestamp()) * 1_000_000
    ledger = open_ledger(folder)
    try:
        spending = Spending(now)
        for batch in generate(days, min(BASE, calls), 1, now):
            ledger.commit(batch)
            spending.add(batch.records)
        spending.write(folder)
        ledger.settle()
        say(f"the demo's calls are in after {time.perf_counter() - began:.0f} s")
        multiply(ledger, calls, now, days)
    finally:
        ledger.close()
    marker.write_text(json.dumps({"calls": calls, "now": now, "seconds": round(time.perf_counter() - began)}))
    say(f"built in {time.perf_counter() - began:.0f} s")


def multiply(ledger: Any, calls: int, now: int, days: int) -> None:
    """Copy the base calls until there are `calls` of them."""
    # What a benchmark needs is not for others.
    instance = ledger._instance  # noqa: SLF001
    connection = instance.cursor()
    connection.execute("CREATE TEMP TABLE base AS SELECT * FROM calls")
    [(base, first, last)] = connection.execute("SELECT count(*), min(quarter), max(quarter) FROM base").fetchall()
    [(sessions,)] = connection.execute("SELECT count(DISTINCT session_id) FROM base").fetchall()
    columns = [name for (name,) in connection.execute("SELECT column_name FROM (DESCRIBE calls)").fetchall()]
    copies = calls // base - 1
    if copies < 1:
        return
    statement = copied(columns, max(1, round(SESSIONS * calls / 20_000_000 / sessions)), days)
    moment = datetime.fromtimestamp(now / 1e6, UTC).replace(tzinfo=None)
    step = SLICE * 96
    for start in range(first, last + 1, step):
        began = time.perf_counter()
        span = {"from": start, "to": start + step, "first": 0, "last": copies, "now": moment, "least": first}
        connection.begin()
        connection.execute(f"INSERT INTO calls {statement}", span)
        near = {"from": start - 8, "to": start + step + 8}
        connection.execute(
            "INSERT INTO dirty_quarters SELECT DISTINCT quarter FROM calls WHERE quarter BETWEEN $from AND $to", near
        )
        connection.execute(
            "INSERT INTO dirty_sessions SELECT workspace, source, session_id, min(quarter), max(quarter) FROM calls "
            "WHERE session_id <> '' AND quarter BETWEEN $from AND $to GROUP BY ALL",
            near,
        )
        connection.commit()
        inserted = time.perf_counter()
        instance.settling.mark()  # as a commit would have
        ledger.settle()
        rows = connection.execute("SELECT count(*) FROM calls").fetchone()[0]
        say(
            f"{rows:>12,} calls: a fortnight inserted in {inserted - began:.1f} s, "
            f"settled in {time.perf_counter() - inserted:.1f} s"
        )
    connection.execute("DROP TABLE base")
    connection.execute("CHECKPOINT")


def disk(folder: Path) -> Iterator[Row]:
    """Bytes a call, all rollups included."""
    ledger = open_ledger(folder, read_only=True)
    try:
        stats = ledger.stats()
    finally:
        ledger.close()
    yield "bytes a call on disk", f"{stats['bytes'] / stats['calls']:.1f}", "≤ 80"
    for table in ("calls", "cells", "hours", "histograms", "sessions"):
        yield f"rows of {table}", f"{stats[table]:,}", ""
    yield "file", f"{stats['bytes'] / 1e6:,.0f} MB", ""


def queries(folder: Path) -> Iterator[Row]:
    """Every query of the Usage page, warm: the median of five."""
    ledger = open_ledger(folder)
    try:
        asked = list(usage_queries(ledger))
        for name, ask in asked:
            ask()
            times = sorted(timed(ask) for _ in range(5))
            yield (
                name,
                f"{median(times) * 1e3:.0f} ms (first to last {times[0] * 1e3:.0f}–{times[-1] * 1e3:.0f})",
                "≤ 50 ms",
            )
    finally:
        ledger.close()


def quantiles(folder: Path) -> Iterator[Row]:
    """Quantiles of 90 days: the median of five on the clock, and the processor time of all cores."""
    from tokometer.measures import Query, run

    ledger = open_ledger(folder)
    try:
        for by, tz in (("model", "Europe/Berlin"), ("provider", "America/New_York"), ("day", "UTC")):
            for what in ("latency", "ttft"):
                query = Query(measures=(f"calls.p95_{what}",), by=(f"calls.{by}",), since="90d", tz=tz)
                run(ledger, query)
                times, before = sorted(timed(lambda query=query: run(ledger, query)) for _ in range(5)), process_time()
                run(ledger, query)
                yield (
                    f"p95 {what} of 90 days by {by}",
                    f"{median(times) * 1e3:.0f} ms ({(process_time() - before) * 1e3:.0f} of processor)",
                    "≤ 40 ms",
                )
    finally:
        ledger.close()


def usage_queries(ledger: Ledger) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each different query that the panels of the Usage page make over the ranges, and a way to ask it."""
    from tokometer.charts.colours import Colours
    from tokometer.dashboards import DASHBOARDS
    from tokometer.dashboards.panel import Context
    from tokometer.dashboards.scope import parse_scope
    from tokometer.measures import Query, Result, run

    found: dict[Query, str] = {}
    now = datetime.now(UTC)
    choices = [{"range": ["30d"], "trend": [trend]} for trend in ("day", "week", "month")]
    choices += [{"range": [name]} for name in ("7d", "24h", "today", "90d", "month")]
    choices += [{"range": ["30d"], "model": ["claude-opus-5-5"]}, {"range": ["30d"], "team": ["product"]}]
    for choice in choices:
        scope = parse_scope({**choice, "tz": ["Europe/Berlin"]}, ("model", "team"), now)
        label = ", ".join(values[0] for values in choice.values())
        for panel in DASHBOARDS["usage"].panels:

            def ask(query: Query, place: str = f"{panel.id} ({label})") -> Result:
                found.setdefault(query, place)
                return run(ledger, query)

            panel.view(Context(scope, ask, Colours()))
    numbers: dict[str, int] = {}
    for query, place in found.items():
        numbers[place] = numbers.get(place, 0) + 1
        yield f"{place} {numbers[place]}", lambda query=query: run(ledger, query)


def start(folder: Path) -> Iterator[Row]:
    """From starting the command to the first good answer of /readyz: the median of three."""
    times = []
    for _ in range(3):
        with server(folder) as (_, seconds):
            times.append(seconds)
    yield "/readyz after start", f"{median(times):.2f} s", "≤ 1.5 s"


def page(folder: Path) -> Iterator[Row]:
    """The Usage page with nothing cached: what the server takes for it, then fully drawn in Chromium."""
    with server(folder) as (url, _):
        boards = {board["id"]: board for board in json.loads(read(f"{url}/api/dashboards"))["dashboards"]}
        panels = [panel["id"] for panel in boards["usage"]["panels"]]
        # Just started, the ledger's file has not been read; later it has, but nothing is kept for this time zone.
        for when, zone in (("server just started", "America/New_York"), ("nothing kept", "Asia/Kolkata")):
            times = {}
            for name in ("", *panels):
                began = time.perf_counter()
                read(f"{url}/api/panels/{name}?tz={zone}" if name else f"{url}/usage?tz={zone}")
                times[name or "the page's frame"] = time.perf_counter() - began
            for name, seconds in times.items():
                yield f"{name}, {when}", f"{seconds * 1e3:.0f} ms", ""
            yield f"server time of page and panels, {when}", f"{sum(times.values()) * 1e3:.0f} ms", "≤ 300 ms"
            time.sleep(2)
    with server(folder) as (url, _):
        yield "page fully drawn, server just started", f"{drawn(f'{url}/usage'):.2f} s", ""
        yield "page fully drawn", f"{median(drawn(f'{url}/usage') for _ in range(3)):.2f} s", "≤ 1 s"


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def drawn(url: str) -> float:
    """Seconds from navigating to the last panel drawn, in a new browser context."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        try:
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            tab.goto("about:blank")
            began = time.perf_counter()
            tab.goto(url, wait_until="commit")
            tab.wait_for_function(DRAWN, timeout=60_000)
            return time.perf_counter() - began
        finally:
            browser.close()


#: True in the page when every panel in view has its answer, and every chart in view is drawn.
DRAWN = """() => {
  const seen = [...document.querySelectorAll("[data-panel]")].filter(p => p.getBoundingClientRect().top < innerHeight);
  return seen.length > 0 && seen.every(panel => panel.getAttribute("aria-busy") === "false"
    && [...panel.querySelectorAll(".chart")].every(chart => chart.dataset.drawn));
}"""


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, float]]:
    """A server on the ledger, with its address and how long it took to be ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        Path(sys.executable).with_name("tokometer"),
        "serve",
        "--data",
        folder,
        "--port",
        str(port),
        "--no-discover",
    ]
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "HOME": str(folder)}, stdout=subprocess.DEVNULL)
    try:
        while not ready(url):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise SystemExit(f"the server did not get ready (exit code {process.poll()})")
            time.sleep(0.01)
        yield url, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="where the ledger is, or goes")
    parser.add_argument("--calls", type=int, default=20_000_000)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part only; may be repeated")
    options = parser.parse_args()
    build(options.dir, options.calls)
    parts: dict[str, Callable[[Path], Iterator[Row]]] = {
        "disk": disk,
        "queries": queries,
        "quantiles": quantiles,
        "start": start,
        "page": page,
    }
    print(f"{options.calls:,} calls on {os.cpu_count()} cores")
    for part in options.only or PARTS:
        for name, figure, target in parts[part](options.dir):
            print(f"{name:<44}{figure:>34}   {target}", flush=True)


if __name__ == "__main__":
    main()
