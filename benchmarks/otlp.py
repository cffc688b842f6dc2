"""OTLP traces over HTTP, acknowledged and durable, into a ledger that holds ten million calls already.

    python benchmarks/otlp.py --dir /tmp/otlp                    build (if need be) and measure
    python benchmarks/otlp.py --dir /tmp/otlp --calls 1000000    the same on fewer calls; 0 is an empty ledger
    python benchmarks/otlp.py --dir /tmp/otlp --phoenix          Arize Phoenix beside it, from a venv made for that

The load is the figure's: protobuf requests of 512 spans with 20 attributes each, over 4 connections, each sending the
next request when the last one is acknowledged. It comes from a process of its own, serialised beforehand; between
requests only a part of the ids is replaced, so that the generator takes little of the two cores. Bounded by
`--seconds` and `--spans`. Afterwards the ledger is asked whether it has every acknowledged span exactly once, and
audited.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from large import build, say

SPANS = 512
CONNECTIONS = 4
TRACE = 4  # spans of one trace
PATIENCE = 120  # seconds that Phoenix gets to store what it has taken
#: How every trace and span id begins in a prepared request; each request that is sent has four bytes of its own there.
MARK = b"\xa5\x5a\xc3\x3c"
#: The same in text: every answer's id has it, or else the answers of two requests would be one.
TEXT_MARK = b"zqzqzqzq"


def request(rng: random.Random, now_ns: int) -> bytes:
    """A request's bytes, its ids beginning with the mark."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    put(resource.resource, {"service.name": "assistant", "deployment.environment.name": "production"})
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.openai_v2"
    trace, conversation = b"", ""
    for index in range(SPANS):
        if index % TRACE == 0:
            trace = MARK + rng.randbytes(12)
            conversation = f"conversation-{rng.randrange(20_000)}"
        own, parent = MARK + rng.randbytes(4), rng.randbytes(8)
        span = scope.spans.add(trace_id=trace, span_id=own, parent_span_id=parent, name="chat gpt-4o", kind=3)
        span.start_time_unix_nano = now_ns - rng.randrange(600 * 10**9)
        span.end_time_unix_nano = span.start_time_unix_nano + int(rng.lognormvariate(0.5, 0.8) * 10**9)
        put(span, attributes(rng, conversation))
    body: bytes = message.SerializeToString()
    assert (body.count(MARK), body.count(TEXT_MARK)) == (2 * SPANS, SPANS)
    return body


def attributes(rng: random.Random, conversation: str) -> dict[str, Any]:
    """Twenty attributes, as the GenAI conventions have them."""
    prompt = int(rng.lognormvariate(7, 1))
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": rng.choice(["openai", "anthropic", "gcp.gemini"]),
        "gen_ai.request.model": rng.choice(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-flash"]),
        "gen_ai.response.model": rng.choice(["gpt-4o-2024-08-06", "gpt-4o-mini", "claude-sonnet-4-5"]),
        "gen_ai.response.id": f"chatcmpl-{TEXT_MARK.decode()}{rng.randbytes(8).hex()}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.time_to_first_chunk": rng.random(),
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.output_tokens": int(rng.lognormvariate(5, 1)),
        "gen_ai.usage.cache_read.input_tokens": prompt // 2,
        "gen_ai.usage.reasoning.output_tokens": 0,
        "gen_ai.conversation.id": conversation,
        "gen_ai.agent.name": rng.choice(["planner", "writer", "reviewer"]),
        "gen_ai.request.temperature": 0.7,
        "gen_ai.request.max_tokens": 4096,
        "gen_ai.request.stream": True,
        "gen_ai.output.type": "text",
        "server.address": "api.example.com",
        "server.port": 443,
        "user.id": f"user-{rng.randrange(500)}",
    }


def put(target: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        any_value = target.attributes.add(key=key).value
        if isinstance(value, bool):
            any_value.bool_value = value
        elif isinstance(value, int):
            any_value.int_value = value
        elif isinstance(value, float):
            any_value.double_value = value
        elif isinstance(value, list):
            any_value.array_value.values.add(string_value=value[0])
        else:
            any_value.string_value = value


def load(port: int, seconds: float, spans: int) -> None:
    """The load generator: prints what was acknowledged, in how long, as JSON."""
    rng = random.Random()
    made = [request(rng, time.time_ns()) for _ in range(16)]
    left = threading.Semaphore(spans // SPANS)
    took: list[float] = []
    statuses: dict[str, int] = {}
    begin = threading.Barrier(CONNECTIONS + 1)
    until = [0.0]
    fresh = itertools.count(rng.getrandbits(31))

    def send(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        begin.wait()
        turn = number
        while time.perf_counter() < until[0] and left.acquire(blocking=False):
            number_of_its_own = next(fresh).to_bytes(4)
            body = made[turn % len(made)].replace(MARK, number_of_its_own)
            body = body.replace(TEXT_MARK, number_of_its_own.hex().encode())
            turn += CONNECTIONS
            started = time.perf_counter()
            while True:
                connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
                reply = connection.getresponse()
                content = reply.read()
                statuses[str(reply.status)] = statuses.get(str(reply.status), 0) + 1
                if reply.status != 503:
                    break
                time.sleep(0.1)
            if reply.status != 200 or content:
                print(reply.status, content[:200], file=sys.stderr)
                return
            took.append(time.perf_counter() - started)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + seconds
    started = time.perf_counter()
    begin.wait()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "spans": len(took) * SPANS,
                "statuses": statuses,
                "p50_ms": sorted(took)[len(took) // 2] * 1000 if took else None,
                "p99_ms": sorted(took)[int(len(took) * 0.99)] * 1000 if took else None,
                "cpu": time.process_time(),
            }
        )
    )


def bare_decode(seconds: float = 1.0) -> float:
    """Spans a second that one core decodes of the same payload, and does nothing else with: the yardstick."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    body = request(random.Random(1), time.time_ns())
    count, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        ExportTraceServiceRequest.FromString(body)
        count += 1
    return count * SPANS / (time.process_time() - began)


def measure(port: int, seconds: float, spans: int) -> dict[str, Any]:
    """Run the load generator against a port."""
    script = [sys.executable, __file__, "--load", str(port), "--seconds", str(seconds), "--spans", str(spans)]
    return json.loads(subprocess.run(script, check=True, capture_output=True, text=True, timeout=900).stdout)


def processes(pid: int) -> list[int]:
    """A process and those that it has started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += processes(int(child))
    return found


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of a process and those it has started: now, and the most of each added up. In MB."""
    now = most = 0.0
    for one in processes(pid):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        now += int(status["VmRSS"].split()[0]) / 1000
        most += int(status["VmHWM"].split()[0]) / 1000
    return now, most


def cpu_seconds(pid: int) -> float:
    """What a process and those it has started have used of the processors so far."""
    ticks = 0
    for one in processes(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"no server at {url}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tokometer(folder: Path, seconds: float, spans: int, *, bare: bool) -> None:
    """Measure our own server on the ledger in `folder`."""
    from tokometer.ledger import Statement
    from tokometer.ledger.opening import open_ledger

    count = Statement("SELECT count(*), count(DISTINCT id) FROM calls WHERE started_at > $since", {"since": since()})
    ledger = open_ledger(folder)
    [(before, _)] = ledger.fetch(count)
    total = ledger.stats()["calls"]
    ledger.close()
    port = free_port()
    if bare:
        command = [sys.executable, str(Path(__file__).parents[1] / "tests/servers/ingest.py"), str(folder), str(port)]
    else:
        command = [
            str(Path(sys.executable).with_name("tokometer")),
            "serve",
            "--data",
            str(folder),
            "--port",
            str(port),
        ]
        command.append("--no-discover")
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "HOME": str(home)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server)
        idle, _ = memory_mb(server.pid)
        # Warm, and long enough for the first checkpoint, which tidies up after the way in which the file was made.
        measure(port, 8, spans)
        bare = bare_decode()
        used = cpu_seconds(server.pid)
        result = measure(port, seconds, spans)
        used = cpu_seconds(server.pid) - used
        bare = (bare + bare_decode()) / 2
        now, most = memory_mb(server.pid)
    finally:
        stop(server)
    say(f"calls in the ledger before          {total:>12,}")
    say(f"spans/s acknowledged and durable    {result['spans'] / result['seconds']:>12,.0f}    ≥ 20,000")
    rate = result["spans"] / result["seconds"]
    say(f"a bare decode on one core, spans/s    {bare:>12,.0f}    {bare / rate:.1f} x as many: ≤ 8 empty, ≤ 12 on 10 M")
    say(f"a request of {SPANS} spans, p50 / p99   {result['p50_ms']:>5.0f} / {result['p99_ms']:.0f} ms")
    say(f"the server's CPU time a span          {used / max(1, result['spans']) * 1e6:>8.1f} µs")
    say(f"RSS idle / after / at most          {idle:,.0f} / {now:,.0f} / {most:,.0f} MB    < 700")
    say(f"replies by status {result['statuses']}, load generator's CPU {result['cpu']:.1f} s")
    ledger = open_ledger(folder)
    [(after, ids)] = ledger.fetch(count)
    exact = after == ids and after - before >= result["spans"]
    say(f"new calls {after - before:,} (warm-up included), ids once each: {exact}")
    began = time.perf_counter()
    say(f"audit: {len(ledger.audit())} discrepancies, {time.perf_counter() - began:.1f} s")
    ledger.close()


def since() -> Any:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) - timedelta(minutes=30)).replace(tzinfo=None)


def phoenix(folder: Path, seconds: float) -> None:
    """Measure Arize Phoenix on an empty database with the same load.

    It acknowledges what it has put into a queue in memory; what counts is how much has reached its database.
    """
    venv = folder / "phoenix"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "arize-phoenix==20.26.1"], check=True)
    shutil.rmtree(folder / "phoenix-data", ignore_errors=True)
    port = free_port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(folder / "phoenix-data"),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "HOME": str(folder / "home"),
    }
    server = subprocess.Popen([str(venv / "bin" / "phoenix"), "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server)
        began = time.perf_counter()
        result = measure(port, seconds, 2 * CONNECTIONS * SPANS)
        stored = 0
        with closing(sqlite3.connect(folder / "phoenix-data" / "phoenix.db")) as database:
            while stored < result["spans"] and time.perf_counter() - began < PATIENCE:
                time.sleep(0.5)
                [(stored,)] = database.execute("SELECT count(*) FROM spans").fetchall()
        took = time.perf_counter() - began
    finally:
        stop(server)
    say(f"Arize Phoenix 20.26.1, spans/s stored {stored / took:>10,.0f}    ({stored:,} of {result['spans']:,})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--spans", type=int, default=2_000_000)
    parser.add_argument("--bare", action="store_true", help="the ingest routes alone, without the rest of the server")
    parser.add_argument("--phoenix", action="store_true", help="measure Arize Phoenix too")
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(options.load, options.seconds, options.spans)
        return
    if options.dir is None:
        parser.error("--dir is needed")
    options.dir.mkdir(parents=True, exist_ok=True)
    if options.calls:
        build(options.dir, options.calls)
    tokometer(options.dir, options.seconds, options.spans, bare=options.bare)
    if options.phoenix:
        phoenix(options.dir, options.seconds)


if __name__ == "__main__":
    main()
