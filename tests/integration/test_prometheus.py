"""A real Prometheus scrapes the whole server and writes to it; the server scrapes it, and an exporter of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

from servers.grafana import Grafana
from servers.whole import Running, running
from tokometer.dashboards import DASHBOARDS
from tokometer.reports.grafana.prometheus import board_of as prometheus_board
from tokometer.reports.grafana.sight import Sight

PATIENCE = 30.0


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Nothing."""


class Exporter:
    """An inference server's metrics, by Prometheus' own client library."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["model_name", "engine"]
        values = {"model_name": "Qwen/Qwen3-32B", "engine": "0"}
        self._running = Gauge("vllm:num_requests_running", "Running.", labels, registry=self.registry).labels(**values)
        self._prompt = Counter("vllm:prompt_tokens", "Prompt.", labels, registry=self.registry).labels(**values)
        self._first = Histogram("vllm:time_to_first_token_seconds", "First.", labels, registry=self.registry).labels(
            **values
        )
        self._running.set(3)
        self._prompt.inc(1_000)
        self._first.observe(0.3)
        self._server: WSGIServer = make_server("127.0.0.1", 0, make_wsgi_app(self.registry), handler_class=_Quiet)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def work(self) -> None:
        """Go on."""
        self._prompt.inc(50)
        self._first.observe(0.4)

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class World:
    """Everybody who runs, and where."""

    def __init__(self, server: Running, prometheus: int, ours: Exporter, its: Exporter) -> None:
        self.server = server
        self.prometheus = f"http://127.0.0.1:{prometheus}"
        self.ours = ours
        self.its = its

    def ask(self, query: str) -> list[dict[str, Any]]:
        """A question to Prometheus."""
        url = f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=10) as reply:
            found: list[dict[str, Any]] = json.load(reply)["data"]["result"]
            return found

    def samples(self, metric: str) -> dict[str, float]:
        """The latest reading of a metric by who was asked."""
        question = {
            "measures": ["samples.last"],
            "by": ["samples.label.instance"],
            "where": [f"samples.metric = {metric}"],
            "since": "1h",
        }
        answer = self.server.post("/api/query", question)
        assert answer.status == 200, answer.text
        return {row["label.instance"]: row["last"] for row in answer.json()["rows"]}


def eventually(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if what():
                return
        except (OSError, KeyError):
            pass
        time.sleep(0.25)
    assert what()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server, a Prometheus, an exporter that the server asks and one that Prometheus asks."""
    ours, its, port = Exporter(), Exporter(), _free_port()
    data = tmp_path_factory.mktemp("data")
    data.joinpath("tokometer.toml").write_text(
        f"""
[[target]]
source = "prometheus"
name = "vllm"
url = "http://127.0.0.1:{ours.port}/metrics"
every = 1

[[target]]
source = "prometheus"
name = "prometheus"
url = "http://127.0.0.1:{port}/metrics"
every = 1
options = {{ keep = "prometheus_tsdb_head_*" }}

[[target]]
source = "prometheus"
name = "federation"
url = "http://127.0.0.1:{port}/federate?match[]=vllm:num_requests_running"
every = 1
"""
    )
    # It is asked again ever more rarely while it is not there: so it is there first.
    own = _free_port()
    folder = tmp_path_factory.mktemp("prometheus")
    config = folder / "prometheus.yml"
    config.write_text(
        f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: tokometer
    static_configs: [{{targets: ["127.0.0.1:{own}"]}}]
  - job_name: vllm
    static_configs: [{{targets: ["127.0.0.1:{its.port}"]}}]
remote_write:
  - url: http://127.0.0.1:{own}/api/v1/write
    queue_config: {{batch_send_deadline: 1s}}
"""
    )
    options = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--log.level=warn",
        "--storage.remote.flush-deadline=1s",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["prometheus", *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    try:
        eventually(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close() is None)
        with running(data, tmp_path_factory.mktemp("home"), port=own) as server:
            yield World(server, port, ours, its)
    finally:
        process.terminate()
        process.wait(30)
        ours.stop()
        its.stop()


def test_prometheus_scrapes_us(world: World) -> None:
    """Prometheus takes what `/metrics` says, and its linter has nothing to say of it."""
    eventually(lambda: [one["value"][1] for one in world.ask('up{job="tokometer"}')] == ["1"])
    answer = world.server.get("/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=answer.body, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")


def test_prometheus_can_ask_what_the_dashboards_ask(world: World) -> None:
    """Every question of the dashboards for Prometheus is one that it understands, and sums are those of our ledger."""
    now = datetime.now(UTC).isoformat()
    calls = [
        {"id": f"call-{at}", "at": now, "provider": "openai", "model": "gpt-4o", "latency_ms": 200 * at}
        | {"input_tokens": 1000, "output_tokens": at, "cost_usd": "0.01", "status": "ok" if at else "timeout"}
        for at in range(5)
    ]
    assert world.server.post("/api/calls", calls).json()["accepted"] == 5
    eventually(lambda: [one["value"][1] for one in world.ask("sum (tokometer_requests_total)")] == ["5"])
    sums = world.ask("sum by (kind) (tokometer_tokens_total)")
    assert {one["metric"]["kind"]: one["value"][1] for one in sums if one["value"][1] != "0"} == {
        "input": "5000",
        "output": "10",
    }
    assert float(world.ask("sum (tokometer_cost_usd_total)")[0]["value"][1]) == pytest.approx(0.05)
    asked = set()
    for board in DASHBOARDS.values():
        for panel in prometheus_board(board, Sight())[0]["panels"]:
            asked |= {target["expr"] for target in panel["targets"]}
    assert len(asked) > 30
    seen = Grafana(datetime.now(UTC), datetime.now(UTC), chosen={"provider": [".*"], "model": [".*"]})

    def answered(expr: str) -> bool:
        # What it does not understand is an HTTP error.
        return bool(world.ask(seen.fill(expr.replace("$__rate_interval", "1m").replace("$__range", "1m"))))

    # A rate takes two scrapes.
    eventually(lambda: answered("sum (increase(tokometer_requests_total[1m]))"))
    silent = {expr for expr in asked if not answered(expr)}
    # Judgements are worked out once a minute, and there was nothing to judge in the first one.
    assert all("health" in one or "availability" in one or "breaker" in one or "budget" in one for one in silent), (
        silent
    )


def test_we_scrape_an_exporter(world: World) -> None:
    """Metrics of an inference server that Prometheus' client library exposes are kept as readings."""
    at = f"127.0.0.1:{world.ours.port}"
    eventually(lambda: world.samples("server.tokens.prompt").get(at) == 1_000)
    world.ours.work()
    eventually(lambda: world.samples("server.tokens.prompt").get(at) == 1_050)
    assert world.samples("server.requests.running")[at] == 3
    assert world.samples("server.ttft_count")[at] == 1


def test_prometheus_writes_to_us(world: World) -> None:
    """What Prometheus scrapes it writes to us, and its queue has nothing that failed."""
    at = f"127.0.0.1:{world.its.port}"
    eventually(lambda: world.samples("server.tokens.prompt").get(at) == 1_000)
    world.its.work()
    eventually(lambda: world.samples("server.tokens.prompt").get(at) == 1_050)
    assert world.samples("server.ttft_bucket")[at] == 2
    with urllib.request.urlopen(f"{world.prometheus}/metrics", timeout=10) as reply:
        said = reply.read().decode()
    failed = [line for line in said.splitlines() if line.startswith("prometheus_remote_storage_samples_failed_total")]
    assert [line.rpartition(" ")[2] for line in failed] == ["0"]


def test_we_scrape_prometheus(world: World) -> None:
    """Prometheus' own metrics are kept where that is wanted, and what it federates is as if we had asked ourselves."""
    at = world.prometheus.removeprefix("http://")
    eventually(lambda: world.samples("prometheus_tsdb_head_series").get(at, 0) > 10)
    eventually(lambda: world.samples("server.requests.running").get(f"127.0.0.1:{world.its.port}") == 3)
