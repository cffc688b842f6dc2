"""LiteLLM's proxy, with models that answer by themselves, against the whole server."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clients.conftest import PYTHON
from servers.whole import Running, environment

pytestmark = pytest.mark.slow

KEY = "sk-" + "1234567890"
CONFIG = """
model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o-mini, api_key: x, mock_response: "Then this."}
  - model_name: broken
    litellm_params: {model: openai/gpt-4o-mini, api_key: x, mock_response: "litellm.RateLimitError"}
litellm_settings:
  callbacks: ["generic_api"]
  num_retries: 0
general_settings:
  master_key: KEY
"""
#: The proxy sends its calls every five seconds.
PATIENCE = 40.0


@contextmanager
def proxy(server: Running, folder: Path) -> Iterator[str]:
    """A proxy that calls back to the server; its address."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("KEY", KEY))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "GENERIC_LOGGER_ENDPOINT": f"{server.url}/v1/litellm",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = [
        str(PYTHON),
        "-W",
        "ignore",
        "-m",
        "litellm.proxy.proxy_cli",
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
    ]
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment(folder) | settings, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(180):
            try:
                with urllib.request.urlopen(f"{url}/health/liveliness", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, (folder / "proxy.log").read_text()[-2000:]
                time.sleep(1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ask(url: str, model: str) -> int:
    """Ask a model of the proxy; the status of its answer."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "And then?"}],
        "user": "customer-7",
        "metadata": {"tags": ["beta"]},
    }
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {KEY}",
        "x-litellm-session-id": "session-1",
    }
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_the_proxy(server: Running, tmp_path: Path) -> None:
    """What the proxy was asked is here, with whose it is, what it cost and what failed."""
    with proxy(server, tmp_path) as url:
        assert [ask(url, model) for model in ("fast", "fast", "broken", "nobody")] == [200, 200, 429, 400]
        until = time.monotonic() + PATIENCE
        found = {"requests": 0}
        while found["requests"] < 4 and time.monotonic() < until:
            time.sleep(1)
            found = server.totals("calls.requests", "calls.errors", "calls.sessions", "calls.cost")
        assert (found["requests"], found["errors"], found["sessions"]) == (4, 2, 1)
        assert float(found["cost"]) > 0
        question = {
            "measures": ["calls.requests"],
            "by": ["calls.model", "calls.provider", "calls.user"],
            "since": "all",
        }
        rows = server.post("/api/query", question).json()["rows"]
        assert {(row["model"], row["provider"], row["user"]) for row in rows} >= {
            ("gpt-4o-mini", "openai", "customer-7"),
        }
