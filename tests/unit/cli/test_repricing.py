"""`tokometer reprice`, with and without a server that holds the folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from .conftest import COMMAND, Shell

LINE = (
    '{"type":"assistant","timestamp":"2026-11-20T10:00:00.000Z","sessionId":"s","uuid":"u","requestId":"r1",'
    '"message":{"id":"m1","role":"assistant","model":"made-up-model-9",'
    '"usage":{"input_tokens":1000000,"output_tokens":5}}}\n'
)
PRICE = '[[price]]\nmodel = "made-up-*"\ninput = 2.0\noutput = 0\n'


@pytest.fixture
def unpriced(shell: Shell) -> Shell:
    """A user of a model without a price, who then finds one."""
    project = shell.home / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    (project / "s.jsonl").write_text(LINE)
    shell.run("import")
    return shell


def _cost(shell: Shell) -> str | None:
    found = json.loads(shell.run("query", "--measure", "calls.cost", "--since", "all", "--json").stdout)
    cost: str | None = found["rows"][0]["cost"]
    return cost


def _reprice(shell: Shell) -> None:
    (shell.data / "prices.toml").write_text(PRICE)
    assert "1 call, unpriced → $2" in shell.run("reprice").stdout
    assert _cost(shell) is None
    assert json.loads(shell.run("reprice", "--apply", "--json").stdout)["applied"] is True
    assert float(_cost(shell) or 0) == 2
    assert "cost what they did" in shell.run("reprice").stdout


def test_history_is_priced_anew_when_told_to(unpriced: Shell) -> None:
    """A price that is found later reaches what is already there, and only with --apply."""
    _reprice(unpriced)


def test_the_running_server_reads_its_prices_again(unpriced: Shell) -> None:
    """What had no price gets one by itself; what has one changes only with --apply; what comes is priced likewise."""
    command = [COMMAND, "serve", "--port", "0"]
    deadline = time.monotonic() + 60

    def comes_to(cost: float) -> bool:
        while float(_cost(unpriced) or 0) != cost and time.monotonic() < deadline:
            time.sleep(0.2)
        return float(_cost(unpriced) or 0) == cost

    with subprocess.Popen(command, env=unpriced.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            while not (unpriced.data / "server.json").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            (unpriced.data / "prices.toml").write_text(PRICE)
            assert comes_to(2)
            (unpriced.data / "prices.toml").write_text(PRICE.replace("2.0", "3.0"))
            assert "$2" in unpriced.run("reprice").stdout
            assert float(_cost(unpriced) or 0) == 2
            assert json.loads(unpriced.run("reprice", "--apply", "--json").stdout)["applied"] is True
            assert comes_to(3)
            more = LINE.replace("m1", "m2").replace("r1", "r2").replace('"u"', '"v"')
            with (unpriced.home / ".claude" / "projects" / "p" / "s.jsonl").open("a") as transcript:
                transcript.write(more)
            assert comes_to(6)
        finally:
            os.kill(server.pid, signal.SIGTERM)
            server.wait(30)
