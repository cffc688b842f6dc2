"""LiteLLM's proxy in front of a made-up provider, against the whole server: by its callback, and by its telemetry too.

Its telemetry has two generations; in both a call that the callback tells of as well counts once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import PYTHON
from servers.provider import ANSWER, CACHED, INPUT, OUTPUT, PROMPT, READ, REASONING, WRITTEN
from servers.whole import Running, environment

pytestmark = pytest.mark.slow

KEY = "sk-" + "1234567890"
CONFIG = """
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-5.2, api_key: x, api_base: "PROVIDER/v1"}
  - model_name: claude
    litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: x, api_base: "PROVIDER"}
  - model_name: embed
    litellm_params: {model: openai/text-embedding-3-small, api_key: x, api_base: "PROVIDER/v1"}
  - model_name: mock
    litellm_params: {model: openai/gpt-4o-mini, api_key: x, mock_response: "Then this."}
  - model_name: down
    litellm_params: {model: openai/fail-500, api_key: x, api_base: "PROVIDER/v1"}
  - model_name: busy
    litellm_params: {model: openai/fail-429, api_key: x, api_base: "PROVIDER/v1"}
litellm_settings:
  callbacks: CALLBACKS
router_settings:
  num_retries: 0
  fallbacks: [{down: [gpt]}]
general_settings:
  master_key: KEY
"""
#: Until all has come: the proxy sends its calls every second.
PATIENCE = 40.0
STREAM = {"stream": True, "stream_options": {"include_usage": True}}
#: Model, what else is asked, and the status of the answer.
ASKED: list[tuple[str, dict[str, Any], int]] = [
    ("gpt", {}, 200),
    ("gpt", STREAM, 200),
    ("claude", {"max_tokens": 9}, 200),
    ("claude", {"max_tokens": 9, **STREAM}, 200),
    ("mock", {}, 200),
    ("down", {}, 200),
    ("busy", {}, 429),
]
MEASURES = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
OPENAI = (PROMPT - CACHED, CACHED, 0, ANSWER, REASONING)
ANTHROPIC = (INPUT, READ, WRITTEN, OUTPUT, 0)
#: Model and status → calls and tokens. Three of OpenAI's, one of which stood in for the model that is down; three of
#: Anthropic's, one of which was asked for in Anthropic's own way.
RIGHT = {
    ("gpt-5.2", "ok"): (3, *(3 * tokens for tokens in OPENAI)),
    ("claude-sonnet-4-5", "ok"): (3, *(3 * tokens for tokens in ANTHROPIC)),
    ("gpt-4o-mini", "ok"): (1, 10, 0, 0, 20, 0),
    ("text-embedding-3-small", "ok"): (1, 8, 0, 0, 0, 0),
    ("fail-500", "server_error"): (1, 0, 0, 0, 0, 0),
    ("fail-429", "rate_limit"): (1, 0, 0, 0, 0, 0),
}


@contextmanager
def proxy(server: Running, provider: str, folder: Path, callbacks: list[str], **settings: str) -> Iterator[str]:
    """A proxy that tells the server of its calls; its address."""
    config = folder / "config.yaml"
    text = CONFIG.replace("KEY", KEY).replace("PROVIDER", provider)
    config.write_text(text.replace("CALLBACKS", json.dumps(callbacks)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "GENERIC_LOGGER_ENDPOINT": f"{server.url}/v1/litellm",
        "OTEL_EXPORTER": "otlp_http",
        "OTEL_ENDPOINT": f"{server.url}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "DEFAULT_FLUSH_INTERVAL_SECONDS": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "*",
        **settings,
    }
    program = [str(PYTHON), "-W", "ignore", "-m", "litellm.proxy.proxy_cli", "--config", str(config)]
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            [*program, "--host", "127.0.0.1", "--port", str(port)],
            env=environment(folder) | settings,
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(360):
            try:
                with urllib.request.urlopen(f"{url}/health/liveliness", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (folder / "proxy.log").read_text()[-2000:]
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ask(url: str, path: str, body: Mapping[str, Any]) -> int:
    """Ask the proxy something, to the end of its answer; the answer's status."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {KEY}",
        "x-litellm-session-id": "session-1",
    }
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def ask_all(url: str) -> None:
    """Ask for all that a test counts."""
    hello = [{"role": "user", "content": "hello"}]
    whose = {"messages": hello, "user": "customer-7", "metadata": {"tags": ["beta"]}}
    for model, more, status in ASKED:
        assert ask(url, "/chat/completions", {"model": model, **whose, **more}) == status, model
    assert ask(url, "/v1/messages", {"model": "claude", "max_tokens": 9, "messages": hello}) == 200
    assert ask(url, "/v1/embeddings", {"model": "embed", "input": "hello"}) == 200


def rows(server: Running, by: list[str], measures: tuple[str, ...] = MEASURES) -> list[dict[str, Any]]:
    """Measures of all calls."""
    question = {"measures": [f"calls.{name}" for name in measures], "by": by, "since": "all"}
    found: list[dict[str, Any]] = server.post("/api/query", question).json()["rows"]
    return found


def told(server: Running) -> dict[tuple[str, str], tuple[int, ...]]:
    """What was used, by model and status."""
    found = rows(server, ["calls.model", "calls.status"])
    return {(row["model"], row["status"]): tuple(row[name] or 0 for name in MEASURES) for row in found}


def overlaps(server: Running) -> int:
    """How many calls were told by both ways."""
    found = server.get("/api/overlaps").json()["overlaps"]
    return sum(overlap["count"] for overlap in found if overlap["kind"] == "calls")


def await_all(server: Running, twice: int) -> None:
    """Wait until all calls are there, so many of them told twice."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and (told(server) != RIGHT or overlaps(server) < twice):
        time.sleep(0.5)


def check_whose(server: Running) -> None:
    """Tags, sessions, users, keys and operations are those of the requests, and nothing else is among the labels."""
    assert {row["session"] for row in rows(server, ["calls.session"])} >= {"session-1"}
    assert {row["user"] for row in rows(server, ["calls.user"])} == {"customer-7", ""}
    tagged = {row["label.tags"]: row["requests"] for row in rows(server, ["label.tags"])}
    assert tagged.get("beta") == 8, tagged
    operations = {row["operation"]: row["requests"] for row in rows(server, ["calls.operation"])}
    assert operations == {"chat": 9, "embeddings": 1}
    assert server.get("/api/refused").json()["refused"] == []
    labels = server.get("/api/labels").text
    assert ("tag.beta" in labels, "content-length" in labels) == (True, False)


def test_the_callback_and_what_prometheus_reads(server: Running, made_up: str, tmp_path: Path) -> None:
    """By its callback each attempt is a call, with its tokens; its metrics become the gateway's readings."""
    with proxy(server, made_up, tmp_path, ["generic_api", "prometheus"]) as url:
        ask_all(url)
        await_all(server, 0)
        assert told(server) == RIGHT
        check_whose(server)
        assert float(server.totals("calls.cost")["cost"]) > 0
        target = {"source": "prometheus", "url": f"{url}/metrics/", "secret": KEY}
        answer = server.post("/api/targets", target)
        assert answer.status in (200, 201), answer.text
        until = time.monotonic() + PATIENCE
        names: set[str] = set()
        while "gateway.requests" not in names and time.monotonic() < until:
            time.sleep(0.5)
            question = {"measures": ["samples.readings"], "by": ["samples.metric"], "since": "all"}
            names = {row["metric"] for row in server.post("/api/query", question).json()["rows"]}
        assert names >= {"gateway.requests", "gateway.deployment.state"}, names


@pytest.mark.parametrize("generation", ["false", "true"])
def test_the_callback_and_its_telemetry(generation: str, server: Running, made_up: str, tmp_path: Path) -> None:
    """With spans beside the callback each call still counts once, with its tags, and its latency is known."""
    with proxy(server, made_up, tmp_path, ["generic_api", "otel"], LITELLM_OTEL_V2=generation) as url:
        ask_all(url)
        await_all(server, 10)
    assert told(server) == RIGHT
    assert overlaps(server) == 10
    check_whose(server)
    assert all(row["p50_latency"] for row in rows(server, ["calls.model"], ("p50_latency",)))


def test_the_gate_keeps_to_budgets(server: Running, made_up: str, tmp_path: Path) -> None:
    """A call whose budget is used up is refused with 402 and never made; without a server nothing is refused."""
    budget = {"amount": 1, "filters": {"model": ["gpt"]}, "period": "day"}
    assert server.post("/api/budgets", budget).status == 201
    spent = {"id": "1", "started_at": time.time(), "provider": "openai", "model": "gpt", "cost_usd": 2}
    assert server.post("/api/calls", [spent]).status == 200
    (tmp_path / "tokometer_gate.py").write_text(
        "from tokometer.client.litellm import gate\n\nbudgets = gate(timeout=5)\n"
    )
    settings = {"TOKOMETER_URL": server.url, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    hello = {"messages": [{"role": "user", "content": "hello"}]}
    with proxy(server, made_up, tmp_path, ["tokometer_gate.budgets"], **settings) as url:
        until = time.monotonic() + PATIENCE
        while (status := ask(url, "/chat/completions", {"model": "gpt", **hello})) == 200 and time.monotonic() < until:
            time.sleep(0.5)
        assert status == 402
        assert ask(url, "/chat/completions", {"model": "claude", "max_tokens": 9, **hello}) == 200
        server.kill()
        assert ask(url, "/chat/completions", {"model": "gpt", **hello}) == 200
