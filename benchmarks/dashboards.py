"""Every panel, dashboard and endpoint on 20 million calls of 90 days, with nothing kept from before.

    python benchmarks/dashboards.py --dir /tmp/dashboards                build (if need be) and measure
    python benchmarks/dashboards.py --dir /tmp/dashboards --only panels  one part of it; may be repeated
    python benchmarks/dashboards.py --dir /tmp/dashboards --find errors  only what has this in its name
    python benchmarks/dashboards.py --dir /tmp/dashboards --questions    with each question to the ledger, and its time

Requests go through the whole application in this process. Before each panel and endpoint everything that the server
keeps is forgotten; for a dashboard it is forgotten once, then all its panels are asked for. Each figure is the best of
`--rounds`: milliseconds on the clock, and of processor (of all cores together). What counts is the smaller one: where
others use the machine the clock runs on while we wait. A fixed piece of work before and after tells how fast the
machine was, and how busy: `--only yardstick`. Calls since the ledger was built are played on first, so that the last
minutes are as full as the others.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from large import build, say
from tokometer.dashboards import DASHBOARDS
from tokometer.demo import live
from tokometer.judgement.forecast import back_tested, learned
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Question, Result
from tokometer.server import runtime as runtimes
from tokometer.server.app import create_app
from tokometer.server.moments import Moments
from tokometer.server.runtime import Runtime

#: Whole weeks, see large.py.
DAYS = 91
PARTS = ("yardstick", "panels", "dashboards", "endpoints")
#: Milliseconds that each may take.
PANEL, DASHBOARD, ENDPOINT = 100, 500, 100
#: Of the API, what is no answer from the ledger.
_OTHER = (
    "/api/live",
    "/api/openapi.json",
    "/api/dashboards",
    "/api/query",
    "/api/charts",
    "/api/panels",
    "/api/control",
)
_HOUR = 3_600_000_000


@dataclass
class Asked:
    """The questions that were put to the ledger since it was cleared."""

    found: list[tuple[float, float, Question]] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.found:
            return "no question"
        most = max(clock for clock, _, _ in self.found)
        return f"{len(self.found)} question{'s'[: len(self.found) > 1]}, the slowest {most:.0f} ms"


@dataclass
class Figure:
    """What one thing took, at best."""

    name: str
    limit: float
    clock: float = float("inf")
    processor: float = float("inf")
    asked: Asked = field(default_factory=Asked)
    status: int = 200

    @property
    def took(self) -> float:
        """Milliseconds on a machine that nobody else uses, or a little more."""
        return min(self.clock, self.processor)

    @property
    def late(self) -> bool:
        """Whether it took more than it may."""
        return self.took > self.limit

    def __str__(self) -> str:
        late = "  LATE" if self.late else ""
        failed = f"  FAILED: {self.status}" if self.status != 200 else ""
        return f"{self.name:<62}{self.clock:>7.0f} ms{self.processor:>7.0f} of processor   {self.asked}{late}{failed}"


class Bench:
    """The application in this process, on a ledger, and what it asks."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.zone = zone
        self.runtime: Runtime = runtimes.start(folder, demo=False, discover=False, home=folder, env={})
        self.app = create_app(self.runtime)
        self.loop = asyncio.new_event_loop()
        self.asked = Asked()
        answer: Callable[..., Result] = runtimes.answer  # type: ignore[attr-defined]

        def noted(ledger: Any, question: Question, *rest: Any, **named: Any) -> Result:
            began, before = time.perf_counter(), time.process_time()
            try:
                return answer(ledger, question, *rest, **named)
            finally:
                took = (time.perf_counter() - began) * 1e3, (time.process_time() - before) * 1e3
                self.asked.found.append((*took, question))

        runtimes.answer = noted  # type: ignore[attr-defined]

    def close(self) -> None:
        """Let go of the ledger."""
        self.loop.close()
        self.runtime.close()

    def forget(self) -> None:
        """Nothing is known from before."""
        runtime = self.runtime
        for memory in (runtime.results, runtime.rendered, runtime.replies, runtime.names):
            memory.clear()
        back_tested.cache_clear()
        learned.cache_clear()
        runtime.moments.close()
        runtime.moments = Moments(lambda: runtime.ledger.snapshot(1), runtime.version, runtime.now)

    def get(self, path: str, query: str = "", word: str = "") -> tuple[int, bytes]:
        """A request from its beginning to the last byte of its answer; those of one word are of one moment."""
        return self.loop.run_until_complete(self._get(path, query, word))

    def read(self, path: str, query: str = "") -> Any:
        """The answer to a request, decoded."""
        status, body = self.get(path, query)
        if status != 200:
            raise SystemExit(f"{path}: {status} {body[:200]!r}")
        return json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)

    async def _get(self, path: str, query: str, word: str) -> tuple[int, bytes]:
        status, body = 0, b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body += message.get("body", b"")

        asked = f"{query}&tz={quote(self.zone, safe='')}".strip("&")
        await self.app(
            {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "raw_path": quote(path).encode(),
                "query_string": asked.encode(),
                "root_path": "",
                "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", b"gzip"), (b"moment", word.encode())],
                "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 80),
            },
            receive,
            send,
        )
        return status, body

    def measure(self, figure: Figure, rounds: int, work: Callable[[], int]) -> Figure:
        """The best of some rounds of `work`, which gives a status; everything is forgotten before each."""
        for _ in range(rounds):
            self.forget()
            self.asked = Asked()
            began, before = time.perf_counter(), time.process_time()
            figure.status = work()
            clock, processor = (time.perf_counter() - began) * 1e3, (time.process_time() - before) * 1e3
            if clock < figure.clock:
                figure.clock, figure.asked = clock, self.asked
            figure.processor = min(figure.processor, processor)
        return figure


def yardstick() -> tuple[float, float]:
    """Milliseconds on the clock and of processor for a fixed piece of work: adding up 30 million hashes in DuckDB."""
    with duckdb.connect() as connection:
        best = []
        for _ in range(3):
            began, before = time.perf_counter(), time.process_time()
            connection.execute("SELECT sum(hash(i) % 1000) FROM range(30000000) t(i)").fetchall()
            best.append(((time.perf_counter() - began) * 1e3, (time.process_time() - before) * 1e3))
    return min(best)[0], min(processor for _, processor in best)


def panels(bench: Bench, options: argparse.Namespace) -> Iterator[Figure]:
    """Every panel by itself, at the range that its dashboard opens with and over 30 days."""
    for dashboard in DASHBOARDS.values():
        for panel in dashboard.panels:
            for range_ in dict.fromkeys((dashboard.range, "30d")):
                if panel.window and range_ != dashboard.range:
                    continue  # it is always about its own
                name = f"{panel.id} ({panel.window or range_})"
                if options.find in name:

                    def work(path: str = f"/api/panels/{panel.id}", query: str = f"rows=0&range={range_}") -> int:
                        return bench.get(path, query)[0]

                    yield bench.measure(Figure(name, PANEL), options.rounds, work)


def dashboards(bench: Bench, options: argparse.Namespace) -> Iterator[Figure]:
    """Every dashboard's panels one after the other, of one moment, as a page asks: they may share what they ask."""
    for dashboard in DASHBOARDS.values():
        for range_ in dict.fromkeys((dashboard.range, "30d")):
            name = f"{dashboard.id} ({range_}), {len(dashboard.panels)} panels"
            if options.find not in name:
                continue

            def work(paths: tuple[str, ...] = tuple(p.id for p in dashboard.panels), range_: str = range_) -> int:
                return max(bench.get(f"/api/panels/{path}", f"rows=0&range={range_}", "page")[0] for path in paths)

            yield bench.measure(Figure(name, DASHBOARD), options.rounds, work)


def endpoints(bench: Bench, options: argparse.Namespace) -> Iterator[Figure]:
    """Every endpoint about the largest provider and model, over its own window and over 30 days."""
    for address in paths(bench):
        path, _, own = address.partition("?")
        for query in (own, f"{own}&period=30d".lstrip("&")):
            name = f"{path}{'?' * bool(query)}{query}"
            if options.find in name:

                def work(path: str = path, query: str = query) -> int:
                    return bench.get(path, query)[0]

                yield bench.measure(Figure(name, ENDPOINT), options.rounds, work)


def paths(bench: Bench) -> list[str]:
    """What the API answers from the ledger, its names filled in."""
    names = {name: largest(bench, name) for name in ("provider", "model")}
    filled = []
    for path, methods in bench.read("/api/openapi.json")["paths"].items():
        if "get" not in methods or not path.startswith("/api/") or path.startswith(_OTHER):
            continue
        for parameter in ("{slug}", "{provider}"):
            path = path.replace(parameter, names["provider"])  # noqa: PLW2901 - it is filled in step by step
        start, brace, rest = path.partition("{")
        path = f"{start}{names['model']}{rest.partition('}')[2]}" if brace else path  # noqa: PLW2901
        filled.append(f"{path}?model_ids={names['model']}" if path.endswith("/compare") else path)
    return filled


def largest(bench: Bench, dimension: str) -> str:
    """The value with most requests."""
    query = f"measure=calls.requests&by=calls.{dimension}&since=30d&order=-calls.requests&limit=1"
    return str(bench.read("/api/query", query)["rows"][0][dimension])


def play_on(folder: Path, calls: int) -> None:
    """What happened since the ledger was built, at the rate of before; of more than some hours, the last ones."""
    ledger = open_ledger(folder)
    try:
        [(last,)] = ledger.fetch(Statement("SELECT epoch_us(max(started_at)) FROM calls"))
        now = time.time_ns() // 1_000
        start = max(last, now - 3 * _HOUR)
        seconds = (now - start) // 1_000_000
        if seconds < 60:
            return
        began = time.perf_counter()
        made = [
            record
            for batch in islice(live(seconds % 1_000, start, per_second=calls / DAYS / 86_400), seconds)
            for record in batch.records
        ]
        ledger.commit(Batch(records=made))
        ledger.settle()
        say(f"{len(made):,} records of the last {seconds // 60} min played on in {time.perf_counter() - began:.0f} s")
    finally:
        ledger.close()


@contextmanager
def benched(folder: Path, zone: str) -> Iterator[Bench]:
    bench = Bench(folder, zone)
    try:
        yield bench
    finally:
        bench.close()


def summary(part: str, figures: list[Figure]) -> str:
    """A line about all of them."""
    late = sum(figure.late for figure in figures)
    failed = sum(figure.status != 200 for figure in figures)
    worst = figures[0]
    clock, processor = sum(f.clock for f in figures), sum(f.processor for f in figures)
    return (
        f"{len(figures)} {part}: the slowest {worst.took:.0f} ms ({worst.name}), {late} above {worst.limit:.0f} ms, "
        f"{failed} failed; in all {clock:,.0f} ms, {processor:,.0f} of processor"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="where the ledger is, or goes")
    parser.add_argument("--calls", type=int, default=20_000_000)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part only; may be repeated")
    parser.add_argument("--find", default="", help="only what has this in its name")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is asked; the best counts")
    parser.add_argument("--most", type=int, default=0, help="show only so many, the slowest")
    parser.add_argument("--questions", action="store_true", help="show each question to the ledger")
    parser.add_argument("--tz", default="Europe/Berlin", help="the viewer's time zone")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    build(options.dir, options.calls, DAYS)
    play_on(options.dir, options.calls)
    print(f"{options.calls:,} calls on {os.cpu_count()} cores, seen from {options.tz}")
    parts: dict[str, Callable[[Bench, argparse.Namespace], Iterator[Figure]]] = {
        "panels": panels,
        "dashboards": dashboards,
        "endpoints": endpoints,
    }
    chosen = options.only or PARTS
    lines = []
    clock, processor = yardstick()
    lines.append(f"a fixed piece of work before: {clock:.0f} ms, {processor:.0f} of processor")
    with benched(options.dir, options.tz) as bench:
        for part in chosen:
            if part == "yardstick":
                continue
            figures = sorted(parts[part](bench, options), key=lambda figure: -figure.took)
            print(f"\n{part}, the slowest first")
            for figure in figures[: options.most or None]:
                print(figure)
                for took, of_processor, question in figure.asked.found if options.questions else ():
                    print(f"    {took:>7.1f} ms {of_processor:>7.1f}   {question}")
            if figures:
                lines.append(summary(part, figures))
    clock, processor = yardstick()
    lines.append(f"a fixed piece of work after: {clock:.0f} ms, {processor:.0f} of processor")
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
