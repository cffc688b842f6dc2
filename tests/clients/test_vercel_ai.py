"""The Vercel AI SDK for Node, in the releases that send telemetry of two kinds, against the whole server.

Up to 6 a call is a span `ai.generateText` over one `ai.generateText.doGenerate`; from 7 on spans are as the conventions
have them: an agent's run over its steps over their requests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import ROOT
from servers.provider import ANSWER, CACHED, INPUT, OUTPUT, PROMPT, READ, REASONING, WRITTEN
from servers.whole import Running

NODE = ROOT / ".venv-clients" / "node"
SCRIPT = Path(__file__).parent / "node" / "calls.mjs"
MEASURES = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
OPENAI = (1, PROMPT - CACHED, CACHED, 0, ANSWER, REASONING)
ANTHROPIC = (1, INPUT, READ, WRITTEN, OUTPUT, 0)
RIGHT = {
    "gpt-5.2-chat": OPENAI,
    "gpt-5.2-chat-stream": OPENAI,
    "gpt-5.2-responses": OPENAI,
    "gpt-5.2-responses-stream": OPENAI,
    "claude-sonnet-4-5": ANTHROPIC,
    "claude-sonnet-4-5-stream": ANTHROPIC,
    "text-embedding-3-small": (1, 8, 0, 0, 0, 0),
    "fail-429": (1, 0, 0, 0, 0, 0),
}
#: Without `usage: true`, 7 does not say how much of an answer was reasoning.
UNSAID = {model: (*used[:-1], 0) for model, used in RIGHT.items()}
#: Release, whether details of usage are asked for, what is right, and how the failure (429) is known.
CASES = [("6", "0", RIGHT, "server_error"), ("7", "0", UNSAID, "rate_limit"), ("7", "1", RIGHT, "rate_limit")]


def ask(server: Running, provider: str, name: str, version: str, **environment: str) -> None:
    """Run the calls, in a release of the SDK."""
    if not (NODE / "node_modules" / "ai").is_dir():
        pytest.skip("npm could not bring the Vercel AI SDK: sh tools/clients.sh says why")
    beside = Path(sys.executable).parent
    script = NODE / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    done = subprocess.run(
        [beside / "node", script],
        env={
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "TOKOMETER_URL": server.url,
            "PROVIDER": provider,
            "NAME": name,
            "VERSION": version,
            "NO_PROXY": "*",
            **environment,
        },
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]


def rows(server: Running, name: str, by: str, measures: tuple[str, ...]) -> list[dict[str, Any]]:
    """Measures of a project's calls."""
    asked = "&".join(f"measure=calls.{measure}" for measure in measures)
    found: list[dict[str, Any]] = server.get(
        f"/api/query?{asked}&by=calls.{by}&where=calls.project={name}&since=all"
    ).json()["rows"]
    return found


def told(server: Running, name: str) -> dict[str, tuple[int, ...]]:
    """What a project's calls used, by model."""
    return {
        row["model"]: tuple(row[measure] or 0 for measure in MEASURES) for row in rows(server, name, "model", MEASURES)
    }


@pytest.mark.parametrize(("version", "details", "right", "failed"), CASES)
def test_each_call_is_told_once_and_rightly(
    version: str, details: str, right: dict[str, tuple[int, ...]], failed: str, shared: Running, made_up: str
) -> None:
    """Answered at once or streamed, by each of OpenAI's APIs and Anthropic's: one call, with the provider's tokens."""
    name = f"vercel-{version}-{details}"
    ask(shared, made_up, name, version, DETAILS=details)
    until = time.monotonic() + 10
    while len(found := told(shared, name)) < len(right) and time.monotonic() < until:
        time.sleep(0.1)
    assert found == right
    assert {row["status"]: row["requests"] for row in rows(shared, name, "status", ("requests",))} == {
        "ok": 7,
        failed: 1,
    }
    timed = {row["model"]: row["p50_ttft"] for row in rows(shared, name, "model", ("p50_ttft",))}
    assert {model for model, first in timed.items() if first} >= {model for model in right if "stream" in model}
    assert shared.get("/api/refused").json()["refused"] == []
    assert [one for one in shared.get("/api/notices").json()["notices"] if one["topic"] != "price"] == []
