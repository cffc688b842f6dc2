"""Helicone's own logger for Python, with nothing changed but its endpoint, against the whole server."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from servers.whole import environment, running

pytestmark = pytest.mark.skipif(find_spec("helicone_helpers") is None, reason="helicone-helpers is not installed")

SCRIPT = """
import asyncio, sys
from helicone_helpers import HeliconeManualLogger

logger = HeliconeManualLogger(
    api_key="any", headers={"Helicone-User-Id": "ada", "Helicone-Session-Id": "s-1"}, logging_endpoint=sys.argv[1]
)
usage = {"prompt_tokens": 100, "completion_tokens": 20}
answer = {"id": "chatcmpl-Hb27xKq01pZ93vTf", "model": "gpt-4o-mini", "usage": usage}
logger.log_request({"model": "gpt-4o-mini"}, lambda recorder: recorder.append_results(answer), provider="openai")
builder = logger.log_builder({"model": "gpt-4o-mini", "stream": True}, {"Helicone-Property-Feature": "search"})
builder.add_chunk({"id": "chatcmpl-Zq83kLq2Zt94XvPd", "model": "gpt-4o-mini", "choices": [{"delta": {}}]})
builder.add_chunk({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
asyncio.run(builder.send_log())
logger.log_request({"_type": "tool", "toolName": "find"}, lambda recorder: recorder.append_results({"found": 1}))
"""


def test_the_logger(tmp_path: Path) -> None:
    """A call, a stream and a tool, with whose they are."""
    with running(tmp_path / "data", tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, server.url],
            env=environment(tmp_path) | {"PYTHONPATH": ":".join(path for path in sys.path if path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found = server.totals("calls.requests", "calls.input_tokens", "calls.output_tokens", "calls.sessions")
        assert (found["requests"], found["input_tokens"], found["output_tokens"]) == (2, 110, 25), done.stdout
        assert (found["sessions"], server.totals("tools.calls")["calls"]) == (1, 1)
