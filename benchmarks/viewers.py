"""A hundred people who look at one dashboard for a minute, while calls come in.

    python benchmarks/viewers.py                                 the demo's data, the Executive Overview
    python benchmarks/viewers.py --dir /tmp/large                a ledger that dashboards.py or large.py has made
    python benchmarks/viewers.py --dashboard incidents --viewers 10 --viewers 100

A server of its own; the viewers are connections of this process that ask for what a page asks for, when it does (see
rounds.js): all panels at first, over five connections, and again on news, at most once a second, and when the time of
the first of them is over; all of a round for one moment. Calls are posted all the while, in `--posts`
requests a second. Asked with few viewers and with many, the ledger must get as many questions.

Targets: 95 of 100 panels within 150 ms, no error, more than 90 % of the answers from what the server keeps.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers.whole import Running, fill, running  # noqa: E402 - of the tests' folder

#: Connections of a browser to one server, beside the one that listens for news.
CONNECTIONS = 5
Panel = tuple[str, float]


@dataclass
class Seen:
    """What viewers saw: milliseconds of every answer, statuses, and errors."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class Connection:
    """HTTP/1.1 to the server, one request after the other; what costs this process least."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.lock = asyncio.Lock()
        self.pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, tag: str, moment: str) -> tuple[int, dict[str, str]]:
        """A request with the tag of what is there already; its status and headers."""
        if self.pair is None:
            self.pair = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.pair
        asked = f"Moment: {moment}\r\n" + (f"If-None-Match: {tag}\r\n" if tag else "")
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept-Encoding: gzip\r\n{asked}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        if length := int(headers.get("content-length", 0)):
            await reader.readexactly(length)
        return int(head[0].split()[1]), headers

    def close(self) -> None:
        """Hang up."""
        if self.pair is not None:
            self.pair[1].close()


class Viewer:
    """One page."""

    def __init__(self, url: str, panels: list[Panel], seen: Seen) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.panels, self.seen = panels, seen
        self.connections = [Connection(self.host, self.port) for _ in range(CONNECTIONS)]
        self.free: asyncio.Queue[Connection] = asyncio.Queue()
        self.begun = 0.0
        self.round = 0
        #: A page is renewed as often as the panel of it that is renewed most often.
        self.pace = min(every for _, every in panels)
        self.versions: dict[str, int] = {}
        self.tags: dict[str, str] = {}
        self.version = 0
        self.news = asyncio.Event()

    async def look(self, seconds: float) -> None:
        """Look for so long."""
        for connection in self.connections:
            self.free.put_nowait(connection)
        async with self._listening():
            end = time.monotonic() + seconds
            await self._ask("rows=0")
            while (now := time.monotonic()) < end:
                if now - self.begun >= self._age():
                    await self._ask("rows=0&live=1")
                self.news.clear()
                with_news = asyncio.wait_for(self.news.wait(), 1.0)
                try:
                    await with_news
                except TimeoutError:
                    continue
                # On news at once, but at most once a second.
                await asyncio.sleep(max(0.0, now + 1.0 - time.monotonic()))
        for connection in self.connections:
            connection.close()

    def _age(self) -> float:
        behind = any(self.versions.get(name, 0) < self.version for name, _ in self.panels)
        return min(10.0, max(1.0, self.pace / 30)) if behind else self.pace

    async def _ask(self, how: str) -> None:
        self.begun = time.monotonic()
        self.round += 1
        await asyncio.gather(*(self._fill(name, how, f"{id(self)}-{self.round}") for name, _ in self.panels))

    async def _fill(self, name: str, how: str, moment: str) -> None:
        connection = await self.free.get()
        began = time.perf_counter()
        try:
            status, headers = await connection.get(
                f"/api/panels/{name}?{how}&tz=Europe%2FBerlin", self.tags.get(name, ""), moment
            )
        except (OSError, asyncio.IncompleteReadError) as error:
            self.seen.errors[type(error).__name__] += 1
            connection.pair = None
        else:
            self.seen.times.append((time.perf_counter() - began) * 1e3)
            self.seen.statuses[status] += 1
            self.tags[name] = headers.get("etag", "")
            self.versions[name] = int(headers.get("version", 0))
        self.free.put_nowait(connection)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(f"GET /api/live HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        task = asyncio.create_task(self._listen(reader))
        try:
            yield
        finally:
            task.cancel()
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        kind = ""
        while line := (await reader.readline()).decode():
            if line.startswith("event: "):
                kind = line[7:].strip()
            elif line.startswith("data: "):
                self.version = json.loads(line[6:])["version"]
                if kind == "change":
                    self.news.set()


async def look(server: Running, panels: list[Panel], viewers: int, seconds: float, posts: float) -> Seen:
    """So many viewers look at these panels for so long, while calls are posted."""
    seen = Seen()
    posting = asyncio.create_task(post(server, posts))
    pages = [Viewer(server.url, panels, seen) for _ in range(viewers)]

    async def arrive(place: int) -> None:
        # Not all in the same second.
        await asyncio.sleep(place * min(0.05, 5 / viewers))
        await pages[place].look(seconds)

    await asyncio.gather(*(arrive(place) for place in range(viewers)))
    posting.cancel()
    return seen


async def post(server: Running, per_second: float) -> None:
    """Calls, again and again."""
    while True:
        call = {
            "native_id": uuid.uuid4().hex,
            "started_at": datetime.now(UTC).isoformat(),
            "provider": "anthropic",
            "model": "claude-sonnet-4-5",
            "input_tokens": 900,
            "output_tokens": 400,
            "latency_ms": 900,
        }
        await asyncio.gather(asyncio.to_thread(server.post, "/api/calls", call), asyncio.sleep(1 / per_second))


def counts(server: Running) -> dict[str, int]:
    """What the server has counted."""
    lines = [line.rpartition(" ") for line in server.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {
        name: int(float(value))
        for name, _, value in lines
        if name.startswith(("tokometer_p", "tokometer_l", "tokometer_c"))
    }


def processor(server: Running) -> float:
    """Seconds of processor that the server has used."""
    parts = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def report(server: Running, panels: list[Panel], viewers: int, options: argparse.Namespace) -> None:
    """Look, and tell."""
    before, used, began = counts(server), processor(server), time.perf_counter()
    seen = asyncio.run(look(server, panels, viewers, options.seconds, options.posts))
    took = time.perf_counter() - began
    after = counts(server)
    told = {name: after[name] - before.get(name, 0) for name in after}
    made = told['tokometer_panel_answers_total{from="made"}']
    kept = told['tokometer_panel_answers_total{from="cache"}']
    failed = sum(number for status, number in seen.statuses.items() if status not in (200, 304)) + seen.errors.total()
    cuts = statistics.quantiles(seen.times, n=100)
    questions = told['tokometer_ledger_questions_total{from="made"}']
    print(
        f"{viewers:>4} viewers of {options.dashboard}, {took:.0f} s, {told['tokometer_commits_total']} commits: "
        f"{len(seen.times):,} answers "
        f"({len(seen.times) / took:.0f} a second, {seen.statuses[304]:,} of them unchanged)\n"
        f"     a panel: median {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, most {max(seen.times):.0f} ms   ≤ 150 ms\n"
        f"     errors: {failed} {dict(seen.errors) or ''}   0\n"
        f"     from what is kept: {kept / (kept + made):.1%}   > 90 %\n"
        f"     questions to the ledger: {questions:,} ({questions / took:.1f} a second), {made:,} panels made\n"
        f"     the server's processor time: {processor(server) - used:.1f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, help="a data folder; the demo's data where there is none")
    parser.add_argument("--dashboard", default="overview")
    parser.add_argument("--viewers", type=int, action="append", help="how many; may be repeated")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--posts", type=float, default=2, help="calls posted a second, each a commit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = options.dir or Path(name) / "data"
        if options.dir is None:
            fill(data, days=60, calls=20_000)
        with running(data, Path(name) / "home") as server:
            declared = server.get("/api/dashboards").json()["dashboards"]
            panels = [
                (panel["id"], float(panel["refresh_seconds"]))
                for one in declared
                if one["id"] == options.dashboard
                for panel in one["panels"]
            ]
            time.sleep(3)  # what the server prepares for its first page
            for viewers in options.viewers or (10, 100):
                report(server, panels, viewers, options)


if __name__ == "__main__":
    main()
