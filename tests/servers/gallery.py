"""A page with one chart of every shape, on sample data, under the pages' own security policy."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final

from servers.whole import CACHE
from tokometer.charts import PALETTE, ChartShop
from tokometer.dashboards.drawing import (
    Band,
    Bucket,
    Cell,
    Item,
    Level,
    Line,
    Mark,
    Period,
    Point,
    Quantile,
    Scale,
    Slice,
    Violin,
    bars,
    bubbles,
    columns,
    curve,
    heat,
    outlook,
    ring,
    treemap,
    violins,
)
from tokometer.records.histogram import GAMMA
from tokometer.records.units import MS, PERCENT, REQUESTS, TOKENS_PER_SECOND, USD, USD_PER_MTOK
from tokometer.server.assets import assets
from tokometer.server.guard import _HEADERS

MODELS: Final = (
    "claude-opus-4-5",
    "claude-sonnet-4-5",
    "gpt-5.1-codex-max",
    "gemini-3-pro-preview",
    "mistral-large-2512",
    "deepseek-v3.2-experimental-with-a-very-long-name",
    "qwen3-coder-480b",
    "llama-4-maverick",
)
_START: Final = datetime(2026, 10, 29, tzinfo=UTC)


def days(count: int) -> list[Period]:
    """Days of which the last is not over."""
    day = timedelta(days=1)
    return [Period(_START + i * day, _START + (i + 1) * day, i == count - 1) for i in range(count)]


def buckets(middle: float, spread: float, seed: int) -> list[Bucket]:
    """The log buckets of a few thousand latencies around `middle` milliseconds."""
    random = Random(seed)
    found: dict[int, int] = {}
    for _ in range(4_000):
        found_at = math.ceil(math.log(max(1.01, random.lognormvariate(math.log(middle), spread))) / math.log(GAMMA))
        found[found_at] = found.get(found_at, 0) + 1
    return [Bucket(GAMMA ** (at - 1), GAMMA**at, count) for at, count in sorted(found.items())]


def shapes() -> dict[str, dict[str, Any]]:
    """Charts by a name of their own: every shape, with all that it can carry."""
    random = Random(7)
    month = days(30)
    values = [[random.uniform(1, 9) * (8 - at) for _ in month] for at in range(6)]
    lines = [Line(name, name, PALETTE[at], values[at], "model") for at, name in enumerate(MODELS[:6])]
    sums = [sum(row[at] for row in values) for at in range(30)]
    mean: list[float | None] = [None if at < 6 else sum(sums[at - 6 : at + 1]) / 7 for at in range(30)]
    rolling = Line("mean", "Mean of 7 days", "text-2", mean, dashed=True)
    up = [None if at in (7, 8) else 1 - (random.random() ** 6) * 0.02 for at in range(30)]
    marks = [
        Mark(_START + timedelta(days=9, hours=4), "anthropic was down for 42 min", "incident"),
        Mark(_START + timedelta(days=20), "claude-opus-4-5 costs a third from now on", "price"),
    ]
    latency = [
        Line(p, p, colour, [base * random.uniform(0.8, 1.3) for _ in month])
        for p, colour, base in (("p50", PALETTE[0], 900.0), ("p95", PALETTE[1], 3_800.0), ("p99", PALETTE[2], 7_100.0))
    ]
    now = _START + timedelta(days=12, hours=9)
    total = 40.0 * 12
    ahead = [(now, total, total, total)] + [
        (_START + timedelta(days=13 + at), total + 30 * (at + 1), total + 41 * (at + 1), total + 55 * (at + 1))
        for at in range(18)
    ]
    so_far = days(13)
    providers = ("anthropic", "openai", "google", "mistral")
    names = [f"team-{at}" for at in range(7)]
    weights = [random.lognormvariate(0, 1.2) for _ in range(22)]
    hours = [f"{hour:02d}" for hour in range(24)]
    week = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    busy = [
        [
            None if (d, h) == (6, 23) else (0.0 if h < 4 else random.random() * (90 if 8 < h < 19 and d < 5 else 9))
            for h in range(24)
        ]
        for d in range(7)
    ]
    ninety = [f"{(_START - timedelta(days=89 - at)):%-d %b}" for at in range(90)]
    availability = [
        [None if random.random() < 0.04 else 1 - random.random() ** 9 * 0.06 for _ in ninety] for _ in providers
    ]
    loads = [(900.0, 0.5), (1_500.0, 0.7), (400.0, 0.25), (2_500.0, 0.4), (6_000.0, 0.9)]
    return {
        "bars": bars(
            month, "day", [*lines, rolling], USD, levels=[Level(150.0, "Budget $150 a day", "critical")], marks=marks
        ),
        "profit": bars(month, "day", [Line("profit", "Profit", "cost", [random.uniform(-40, 90) for _ in month])], USD),
        "area": curve("area", month, "day", lines[:1], USD, marks=marks),
        "line": curve("line", month, "day", latency, MS, levels=[Level(5_000.0, "Target 5 s")]),
        "uptime": curve(
            "line",
            month,
            "day",
            [Line("uptime", "Uptime", "requests", up)],
            PERCENT,
            from_zero=False,
            levels=[Level(0.999, "SLO 99.9 %")],
            bands=[Band(0.999, None, "good"), Band(0.99, 0.999, "warning"), Band(None, 0.99, "critical")],
            marks=marks[:1],
        ),
        "stack": curve("stack", month, "day", lines, USD),
        "forecast": outlook(so_far, [Line("cost", "Cost", "cost", [40.0 * (at + 1) for at in range(13)])], ahead, USD),
        "ring": ring(
            [Slice(n, n, PALETTE[at], 100 / (at + 1) ** 1.6, filter="model") for at, n in enumerate(MODELS)],
            USD,
            title="cost",
        ),
        "treemap": treemap(
            [
                Cell(
                    f"model-{at}",
                    f"{MODELS[at % 8]}-{at}",
                    PALETTE[at % 4],
                    weight * 50,
                    group=providers[at % 4],
                    filter="model",
                )
                for at, weight in enumerate(weights)
            ],
            USD,
            what="Cost",
            height=280,
        ),
        "bubbles": bubbles(
            [
                Point(n, n, PALETTE[at], 400 * 1.9**at, 0.3 * (8 - at) ** 2, 9_000 / (at + 1), filter="model")
                for at, n in enumerate(MODELS)
            ],
            Scale("Latency, p50", MS, log=True),
            Scale("Cost per million tokens", USD_PER_MTOK),
            Scale("Requests", REQUESTS),
        ),
        "cloud": bubbles(
            [
                Point(
                    f"m{at}",
                    f"model-number-{at}",
                    PALETTE[at % 13],
                    random.lognormvariate(3, 0.5),
                    random.uniform(20, 180),
                    random.lognormvariate(2, 1),
                )
                for at in range(30)
            ],
            Scale("Cost per million tokens", USD_PER_MTOK, log=True),
            Scale("Output speed", TOKENS_PER_SECOND),
            Scale("Requests", REQUESTS),
        ),
        "heat": heat(
            [Item(day, day, "tokens") for day in week],
            hours,
            busy,
            REQUESTS,
            titles=[f"{h}:00" for h in hours],
            what="Requests",
        ),
        "states": heat(
            [Item(p, p, "tokens", filter="provider") for p in providers],
            ninety,
            availability,
            PERCENT,
            scale="state",
            what="Availability",
        ),
        "columns": columns(
            buckets(1_400, 0.9, 3),
            MS,
            quantiles=[Quantile("p50", 1_400.0), Quantile("p95", 6_100.0), Quantile("p99", 11_300.0)],
        ),
        "violins": violins(
            [
                Violin(
                    n,
                    n,
                    PALETTE[at],
                    buckets(*loads[at], seed=at),
                    [
                        Quantile("p50", loads[at][0]),
                        Quantile("p95", loads[at][0] * 2.8),
                        Quantile("p99", loads[at][0] * 5),
                    ],
                    filter="model",
                )
                for at, n in enumerate(MODELS[:5])
            ],
            MS,
        ),
        "teams": ring([Slice(n, n, PALETTE[at], 1.0) for at, n in enumerate(names[:1])], REQUESTS, title="requests"),
    }


_PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Every shape</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/tokens.css"><link rel="stylesheet" href="/page.css">
<script src="/theme.js"></script><script type="module" src="/gallery.js"></script></head>
<body><div class="frame"><main id="main"><h1 class="sr">Every shape</h1><div class="grid">{panels}</div></main></div>
<div class="tip" id="tip" hidden></div></body></html>"""
_PANEL: Final = """<article class="panel panel-chart span-{width}"><header class="panel-head"><h2>{name}</h2></header>
<div class="chart tall" id="{name}" role="application" aria-roledescription="chart"
aria-label="{name}" tabindex="0"></div></article>"""
_SCRIPT: Final = """
import { Charts } from "./chart.js";
const shapes = await fetch("/shapes.json").then((answer) => answer.json());
const charts = new Charts("/vega.js", "/charts.json", document.getElementById("tip"));
window.picked = [];
document.addEventListener("mark", ({ detail: { how, mark } }) => {
  if (how === "pick" && mark.pick) window.picked.push(mark.pick);
});
window.gallery = { charts, shapes };
const only = new URLSearchParams(location.search).getAll("only");
for (const [name, chart] of Object.entries(shapes)) {
  const element = document.getElementById(name);
  if (only.length && !only.includes(name)) element.closest("article").remove();
  else charts.show(element, chart);
}
document.documentElement.dataset.ready = "";
"""


@contextmanager
def gallery() -> Iterator[str]:
    """Serves the page; yields its address."""
    shop = ChartShop(CACHE / "tokometer")
    charts = shapes()
    wide = ("bars", "treemap", "heat", "states")
    panels = "".join(_PANEL.format(name=name, width=8 if name in wide else 4) for name in charts)
    files: dict[str, bytes] = {
        **{f"/{name}": content for name, content in assets().items()},
        "/": _PAGE.format(panels=panels).encode(),
        "/gallery.js": _SCRIPT.encode(),
        "/shapes.json": json.dumps(charts).encode(),
        "/vega.js": shop.bundle(),
        "/charts.json": shop.charts(),
        "/favicon.ico": assets()["mark.svg"],
    }
    types = {"css": "text/css", "js": "text/javascript", "json": "application/json", "svg": "image/svg+xml"}

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            content = files.get(path)
            self.send_response(404 if content is None else 200)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Type", types.get(path.rpartition(".")[2], "text/html; charset=utf-8"))
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_request(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
