"""OTLP by its signals and transports, one after the other in one run: what each takes, as ratios.

    python benchmarks/otlp_signals.py --dir /tmp/signals

Spans by HTTP are those of `otlp.py`: 512 a request with 20 attributes each, over 4 connections. The same requests go by
gRPC. Logs are events of Claude Code as it works: an answer, what it said, a decision and a use of a tool, over and over
(half of them become records), 512 a request with about 20 attributes each; metrics are 512 data points a request: token
counters and gauges. Everything is acknowledged when it is on disk. Each signal has a server and a ledger of its own:
what is brought up to date in the background grows with what is in a ledger. All take turns, with as many requests each,
and the ratios are medians of those within a round: these machines differ from minute to minute. Of the two ways of
spans, which share a server, each comes first in every other round, and none begins before the server has done what the
other has left it to do: that is a part of the other's cost. The figures to reach: gRPC no slower than HTTP, logs and
metrics 1.5 times as many as spans.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from large import say
from otlp import MARK, SPANS, TEXT_MARK, cpu_seconds, free_port, put, request, stop, wait_for

CONNECTIONS = 4
#: What is measured: name → path or method, signal.
WAYS = {
    "spans by HTTP": ("http", "traces"),
    "spans by gRPC": ("grpc", "traces"),
    "log records by HTTP": ("http", "logs"),
    "data points by HTTP": ("http", "metrics"),
}
#: A server that has used next to nothing of a processor for so many looks of so many seconds has done everything.
LOOK, LOOKS, MOST_SETTLING = 0.5, 4, 30.0
METHODS = {"traces": "trace.v1.Trace", "logs": "logs.v1.Logs", "metrics": "metrics.v1.Metrics"}
#: What a session of Claude Code says, over and over.
EVENTS = ("api_request", "assistant_response", "tool_decision", "tool_result")
#: Events of one prompt.
PROMPT = 32


def log_request(rng: random.Random, now_ns: int) -> bytes:
    """A request of log events; ids and times of its own are filled in as it is sent."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    message = ExportLogsServiceRequest()
    resource = message.resource_logs.add()
    put(resource.resource, {"service.name": "claude-code", "service.version": "2.1.240", "host.name": "atlas"})
    scope = resource.scope_logs.add()
    scope.scope.name = "com.anthropic.claude_code.events"
    for index in range(SPANS):
        name = EVENTS[index % len(EVENTS)]
        at = now_ns - rng.randrange(600 * 10**9)
        record = scope.log_records.add(time_unix_nano=at, observed_time_unix_nano=at)
        record.body.string_value = f"claude_code.{name}"
        put(record, {**_common(rng, name, index), **_said(rng, name)})
    body: bytes = message.SerializeToString()
    return body


def _common(rng: random.Random, name: str, sequence: int) -> dict[str, Any]:
    return {
        "user.id": "8c1f0d6a5b",
        "session.id": f"{TEXT_MARK.decode()}-5c7e-7d10-b2a0-{rng.randrange(20):012x}",
        "organization.id": "0b8a3a3e-7f1e-4c11-9d0e-2f0f1f6c1f11",
        "user.email": f"user{rng.randrange(50)}@example.com",
        "user.account_uuid": "5d3a9c0e-1111-4222-8333-944445555666",
        "terminal.type": "vscode",
        "event.name": name,
        "event.timestamp": "2026-11-27T09:00:00.000Z",
        "event.sequence": sequence,
        "prompt.id": f"{TEXT_MARK.decode()}{sequence // PROMPT:08x}",
    }


def _said(rng: random.Random, name: str) -> dict[str, Any]:
    if name == "api_request":
        return {
            "model": rng.choice(["claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"]),
            "input_tokens": rng.randrange(2_000),
            "output_tokens": rng.randrange(4_000),
            "cache_read_tokens": rng.randrange(150_000),
            "cache_creation_tokens": rng.randrange(9_000),
            "cost_usd": round(rng.random() / 5, 6),
            "duration_ms": rng.randrange(500, 20_000),
            "request_id": f"req_011{TEXT_MARK.decode()}{rng.randbytes(8).hex()}",
            "speed": "normal",
            "query_source": "main",
        }
    if name.startswith("tool"):
        return {
            "tool_name": rng.choice(["Bash", "Read", "Edit", "Grep"]),
            "tool_use_id": f"toolu_01{TEXT_MARK.decode()}{rng.randbytes(8).hex()}",
            "success": "true",
            "duration_ms": rng.randrange(5_000),
            "decision": "accept",
            "source": "config",
            "tool_result_size_bytes": rng.randrange(20_000),
        }
    return {"prompt_length": rng.randrange(2_000)}


def metric_request(rng: random.Random, now_ns: int) -> bytes:
    """A request of data points of many sessions; each has a session of its own as it is sent."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    message = ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    put(resource.resource, {"service.name": "claude-code", "service.version": "2.1.240", "host.name": "atlas"})
    scope = resource.scope_metrics.add()
    scope.scope.name = "com.anthropic.claude_code"
    tokens = scope.metrics.add(name="claude_code.token.usage", unit="tokens")
    cost = scope.metrics.add(name="claude_code.cost.usage", unit="USD")
    for metric in (tokens, cost):
        metric.sum.aggregation_temporality, metric.sum.is_monotonic = 1, True
    load = scope.metrics.add(name="vllm:num_requests_running")
    for index in range(SPANS):
        data = (tokens.sum, tokens.sum, tokens.sum, cost.sum, load.gauge)[index % 5]
        at = now_ns - rng.randrange(600 * 10**9)
        point = data.data_points.add(time_unix_nano=at, start_time_unix_nano=at - 60 * 10**9, as_double=rng.random())
        said = {
            "session.id": f"{TEXT_MARK.decode()}-5c7e-7d10-b2a0-{index % 20:012x}",
            "user.id": "8c1f0d6a5b",
            "organization.id": "0b8a3a3e-7f1e-4c11-9d0e-2f0f1f6c1f11",
            "model": rng.choice(["claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"]),
            "type": rng.choice(["input", "output", "cacheRead", "cacheCreation"]),
            "terminal.type": "vscode",
        }
        put(point, said)
    body: bytes = message.SerializeToString()
    return body


MAKERS: dict[str, Callable[[random.Random, int], bytes]] = {
    "traces": request,
    "logs": log_request,
    "metrics": metric_request,
}


def load(way: str, address: str, requests: int) -> None:
    """The load generator: prints how many were acknowledged a second, and what sending them took, as JSON."""
    transport, signal = WAYS[way]
    rng = random.Random()
    made = [MAKERS[signal](rng, time.time_ns()) for _ in range(16)]
    fresh = itertools.count(rng.getrandbits(31))
    begin = threading.Barrier(CONNECTIONS + 1)
    left = threading.Semaphore(requests)
    done: list[int] = []

    def send(number: int) -> None:
        post = _grpc(address, signal) if transport == "grpc" else _http(address, signal)

        def send_one(turn: int) -> None:
            own = next(fresh).to_bytes(4)
            post(made[turn % len(made)].replace(MARK, own).replace(TEXT_MARK, own.hex().encode()))

        # Senders keep their connections: to open one (30 ms by gRPC) is no part of what a span takes.
        send_one(number)
        begin.wait()
        count, turn = 0, number
        while left.acquire(blocking=False):
            send_one(turn)
            turn, count = turn + CONNECTIONS, count + 1
        done.append(count)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    begin.wait()
    started, used = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    count = sum(done) * SPANS
    print(json.dumps({"rate": count / took, "count": count, "cpu": (time.process_time() - used) / count}))


def _http(address: str, signal: str) -> Callable[[bytes], None]:
    connection = http.client.HTTPConnection(address, timeout=60)

    def post(body: bytes) -> None:
        connection.request("POST", f"/v1/{signal}", body, {"Content-Type": "application/x-protobuf"})
        reply = connection.getresponse()
        content = reply.read()
        if reply.status != 200 or content:
            raise SystemExit(f"{reply.status} {content[:200]!r}")

    return post


def _grpc(address: str, signal: str) -> Callable[[bytes], None]:
    import grpc

    # A connection of its own, as each sender has.
    channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    export = channel.unary_unary(f"/opentelemetry.proto.collector.{METHODS[signal]}Service/Export")

    def post(body: bytes) -> None:
        content = export(body, timeout=60)
        if content:
            raise SystemExit(f"{content[:200]!r}")

    return post


class Taker:
    """A server with an empty ledger of its own."""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir(parents=True)
        self._folder = folder
        self._ports = {"http": free_port(), "grpc": free_port()}
        command = [str(Path(sys.executable).with_name("tokometer")), "serve", "--data", str(folder / "data")]
        command += ["--port", str(self._ports["http"]), "--grpc-port", str(self._ports["grpc"]), "--no-discover"]
        self._server = subprocess.Popen(command, env={**os.environ, "HOME": str(home)}, stdout=subprocess.DEVNULL)
        wait_for(f"http://127.0.0.1:{self._ports['http']}/healthz", self._server)

    def measure(self, way: str, requests: int) -> tuple[float, float, float]:
        """How many a second it takes; what each costs it (µs of CPU, later work included); what sending it costs."""
        used = cpu_seconds(self._server.pid)
        found = generate(way, f"127.0.0.1:{self._ports[WAYS[way][0]]}", requests)
        self._settle()
        used = cpu_seconds(self._server.pid) - used
        taken = found["count"] + CONNECTIONS * SPANS
        return found["rate"], used / taken * 1e6, found["cpu"] * 1e6

    def _settle(self) -> None:
        """Wait until it has done what is left to do: as good as nothing for as long as it waits before it begins."""
        until, quiet = time.monotonic() + MOST_SETTLING, 0
        while quiet < LOOKS and time.monotonic() < until:
            before = cpu_seconds(self._server.pid)
            time.sleep(LOOK)
            quiet = quiet + 1 if cpu_seconds(self._server.pid) - before < LOOK / 10 else 0

    def stop(self) -> None:
        """End it, and remove what it kept."""
        stop(self._server)
        shutil.rmtree(self._folder, ignore_errors=True)


def generate(way: str, address: str, requests: int) -> dict[str, Any]:
    """Run the load generator in a process of its own."""
    script = [
        sys.executable,
        str(Path(__file__).resolve()),
        "--load",
        way,
        "--address",
        address,
        "--requests",
        str(requests),
    ]
    done = subprocess.run(script, check=True, capture_output=True, text=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--requests", type=int, default=120, help="in each turn; the same for all")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--signals", nargs="+", default=list(METHODS), choices=METHODS, help="traces always are")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(options.load, options.address, options.requests)
        return
    signals = {"traces", *options.signals}
    asked = {way: of for way, of in WAYS.items() if of[1] in signals}
    takers = {signal: Taker(options.dir / signal) for signal in signals}
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in asked}
    try:
        time.sleep(3)  # what is loaded after the start
        for number in range(-1, options.rounds):
            ways = sorted(asked.items(), key=lambda way: way[1][0], reverse=number % 2 == 0)
            for way, (_, signal) in ways:
                measured = takers[signal].measure(way, options.requests)
                if number >= 0:
                    found[way].append(measured)
    finally:
        for taker in takers.values():
            taker.stop()
    say(f"load {' '.join(f'{one:.1f}' for one in os.getloadavg())} at the end")
    base = found["spans by HTTP"]
    for way, rounds in found.items():
        rate, cost, sending = (statistics.median(column) for column in zip(*rounds, strict=True))
        # Within a round the machine is the same.
        faster = statistics.median(one[0] / other[0] for one, other in zip(rounds, base, strict=True))
        cheaper = statistics.median(other[1] / one[1] for one, other in zip(rounds, base, strict=True))
        say(
            f"{way:<22}{rate:>9,.0f} a second, {faster:.2f} x spans by HTTP;"
            f" {cost:.1f} µs of the server's CPU each, {cheaper:.2f} x as many for the same (sending: {sending:.2f} µs)"
        )


if __name__ == "__main__":
    main()
