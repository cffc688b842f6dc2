"""Langfuse's own SDK, with nothing changed but its host, against the whole server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from servers.whole import Running, environment, running

pytestmark = pytest.mark.skipif(find_spec("langfuse") is None, reason="langfuse is not installed")

#: Version 2 sends events; since 3 it sends OTLP, and scores as events.
EVENTS = """
from datetime import datetime, timedelta, timezone
from langfuse import Langfuse
client = Langfuse()
assert client.auth_check()
start = datetime.now(timezone.utc) - timedelta(seconds=30)
trace = client.trace(name="support", user_id="ada", session_id="s-1", tags=["beta"])
span = trace.span(name="chain")
call = span.generation(name="answer", model="gpt-4o-mini", start_time=start)
client.flush()
call.end(
    end_time=start + timedelta(seconds=2),
    completion_start_time=start + timedelta(seconds=0.5),
    usage_details={"input": 60, "input_cached_tokens": 40, "output": 20},
)
span.end()
failed = trace.generation(name="answer", model="gpt-4o-mini", level="ERROR", status_message="rate limit")
failed.end()
trace.score(name="helpful", value=1)
client.flush()
"""
SPANS = """
from langfuse import get_client
client = get_client()
assert client.auth_check()
with client.start_as_current_observation(as_type="generation", name="answer", model="gpt-4o-mini") as call:
    call.update(usage_details={"input": 60, "input_cached_tokens": 40, "output": 20})
    client.score_current_trace(name="helpful", value=1)
client.flush()
client.shutdown()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An empty server."""
    home = tmp_path / "home"
    home.mkdir()
    with running(tmp_path / "data", home) as found:
        yield found


def run(server: Running, tmp_path: Path, script: str) -> None:
    """Run a program that uses the SDK."""
    settings = {
        "LANGFUSE_HOST": server.url,
        "LANGFUSE_BASE_URL": server.url,
        "LANGFUSE_PUBLIC_KEY": "pk-lf-any",
        "LANGFUSE_SECRET_KEY": "sk-lf-any",
        "PYTHONPATH": ":".join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(tmp_path) | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_sdk(server: Running, tmp_path: Path) -> None:
    """What the SDK measured is counted once, with its tokens, its times and its score."""
    old = int(version("langfuse").partition(".")[0]) == 2
    run(server, tmp_path, EVENTS if old else SPANS)
    found = server.totals(
        *("calls.requests", "calls.errors", "calls.input_tokens", "calls.cache_read_tokens", "calls.output_tokens"),
        *("calls.p50_latency", "calls.sessions"),
    )
    assert (found["requests"], found["errors"], found["sessions"]) == ((2, 1, 1) if old else (1, 0, 0))
    assert (found["input_tokens"], found["cache_read_tokens"], found["output_tokens"]) == (60, 40, 20)
    assert server.totals("scores.scores")["scores"] == 1
