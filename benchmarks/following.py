"""Following ten thousand transcripts, and sending what a machine has to a server: what they cost.

    python benchmarks/following.py --dir /tmp/following [--files 10000] [--rest 120] [--rounds 3]

Three figures:

* idle: the share of one core that a server takes which follows so many files while nothing is written, and how often a
  second something in it wakes, thread by thread. A machine that sleeps, too, makes each waking cost far more
  (caches are cold, a virtual processor has to be had back), so one that only sleeps and wakes is measured beside it
* a new line: the time from an append to one of the files to the moment the server's answers have it
* shipping: `tokometer ship --once` of a tree beside `tokometer import` of the same tree into an empty ledger: to a
  receiver that costs nothing, as a server on another machine does, and to a whole server here, with which it shares
  the cores, and which has to have what an import has.

Targets: under 1 % of a core, within one second, and under 1.10 times the import.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from generators.claude_tree import Size, Tree  # noqa: E402 - found through the line above
from live import transcript  # noqa: E402
from otlp import processes  # noqa: E402
from servers.whole import Running, running  # noqa: E402

TOKOMETER = str(Path(sys.executable).with_name("tokometer"))
#: A start goes on in the background (brings rollups up to date, reads prices): what it takes is not the idle's.
SETTLING = 150
TREE = Size(sessions=220, calls=20_000, result=8_000, days=60, subagents=0.3, forks=0.15, oddities=0.003)


def many_files(home: Path, count: int) -> list[Path]:
    """So many transcripts of one call each, in a hundredth as many projects."""
    paths = []
    for number in range(count):
        path = (
            home / ".claude" / "projects" / f"-work-example-{number % max(1, count // 100)}" / f"{uuid.uuid4()}.jsonl"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        transcript(path)()
        paths.append(path)
    return paths


def threads(pid: int) -> dict[str, tuple[int, int]]:
    """What each thread has had of the processors (ns, exact), and how often it has woken, by name and number.

    Ticks will not do: who wakes for a tenth of one is charged a whole one, or none.
    """
    found = {}
    for one in processes(pid):
        for task in Path(f"/proc/{one}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                used = int((task / "schedstat").read_text().split()[0])
                slept = int((task / "status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0])
                found[f"{(task / 'comm').read_text().strip()} {task.name}"] = used, slept
    return found


def waking(seconds: float) -> float:
    """What one waking costs a thread that does nothing else (µs), twice a second."""
    own = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    before, count = int(own.read_text().split()[0]), int(seconds * 2)
    for _ in range(count):
        time.sleep(0.5)
    return (int(own.read_text().split()[0]) - before) / count / 1e3


def requests(server: Running) -> int:
    """The calls that the server has."""
    return int(server.get("/api/query?measure=calls.requests&since=all").json()["rows"][0]["requests"])


def follow(folder: Path, files: int, rest: int, rounds: int) -> None:
    """Idle, and a new line."""
    paths = many_files(folder / "home", files)
    with running(folder / "data", folder / "home", discover=True, grpc_port=0) as server:
        while requests(server) < files:
            time.sleep(1)
        time.sleep(SETTLING)
        before, began = threads(server.process.pid), time.monotonic()
        alone = waking(rest)
        after, took = threads(server.process.pid), time.monotonic() - began
        idle = {
            name: tuple((now - then) / took for now, then in zip(seen, before.get(name, (0, 0)), strict=True))
            for name, seen in after.items()
        }
        used, wakes = (sum(column) for column in zip(*idle.values(), strict=True))
        print(f"following {files:,} files, nothing written: {used / 1e9:.2%} of a core   < 1 %")
        print(f"    {wakes:.1f} wakings a second; one alone takes {alone:.0f} µs, load {os.getloadavg()[0]:.1f}")
        for name, (used, wakes) in sorted(idle.items(), key=lambda item: -item[1][0])[:8]:
            print(f"    {name:<28}{used / 1e9:.3%} {wakes:.2f} a second")
        times = []
        for number in range(10 * rounds):
            append = transcript(random.choice(paths))
            time.sleep(random.uniform(0.5, 1.5))
            began = time.perf_counter()
            append()
            while requests(server) <= files + number:
                time.sleep(0.01)
            times.append(time.perf_counter() - began)
        median, most = statistics.median(times) * 1e3, max(times) * 1e3
        print(f"a new line, to the server's answers: median {median:.0f} ms, most {most:.0f} ms   ≤ 1,000 ms")


def timed(command: list[str], home: Path) -> tuple[float, float]:
    """Seconds that a command takes, and seconds of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, "HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class _Elsewhere(BaseHTTPRequestHandler):
    """Takes whatever comes, as a machine does whose work is not this one's."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read it and thank for it."""
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def elsewhere() -> Iterator[str]:
    """The address of a receiver that costs nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ship(folder: Path, rounds: int) -> None:
    """Shipping beside importing, in turn."""
    home = folder / "from"
    Tree(3, TREE).write(home / ".claude" / "projects")
    found: list[tuple[float, ...]] = []
    for number in range(rounds):
        data = folder / f"import-{number}"
        took, used = timed([TOKOMETER, "import", "--data", str(data)], home)
        with elsewhere() as url:
            command = [TOKOMETER, "ship", "--once", "--to", url, "--data", str(folder / f"away-{number}")]
            away, spent = timed(command, home)
        with running(folder / f"server-{number}", folder / "empty") as server:
            command = [TOKOMETER, "ship", "--once", "--to", server.url, "--data", str(folder / f"ship-{number}")]
            here, _ = timed(command, home)
            arrived = requests(server)
        asked = [TOKOMETER, "query", "--measure", "calls.requests", "--since", "all", "--json", "--data", str(data)]
        told = subprocess.run(asked, check=True, capture_output=True, text=True)
        if json.loads(told.stdout)["rows"][0]["requests"] != arrived:
            raise SystemExit("what was shipped is not what was imported")
        found.append((took, used, away, spent, here))
    took, used, away, spent, here = (statistics.median(column) for column in zip(*found, strict=True))
    times, work, both = (
        statistics.median(one[part] / one[whole] for one in found) for part, whole in ((2, 0), (3, 1), (4, 0))
    )
    print(f"import {took:.1f} s ({used:.1f} s of processor time)")
    print(f"shipped elsewhere {away:.1f} s, {times:.2f} x   < 1.10 x   ({spent:.1f} s of processor time, {work:.2f} x)")
    print(f"shipped to a server on the same cores, and kept there: {here:.1f} s, {both:.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rest", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-ship", action="store_true", help="the first two figures alone")
    options = parser.parse_args()
    if not options.no_ship:
        ship(options.dir, options.rounds)
    follow(options.dir, options.files, options.rest, options.rounds)


if __name__ == "__main__":
    main()
