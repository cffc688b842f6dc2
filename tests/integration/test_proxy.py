"""The proxy as the command line starts it: its calls are in the ledger, with a server and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers import forked
from servers.answering import Answering, answering
from servers.models import ANTHROPIC_STREAM, OLLAMA_CHAT, events
from servers.passing import proxied
from servers.whole import running
from tokometer.collect.committing import commit_all
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Query, run
from tokometer.records import to_us
from tokometer.sources.registry import FILE_SOURCES

COMMAND = Path(sys.executable).with_name("tokometer")
ASKED = json.dumps({"model": "llama3.1:8b", "messages": []}).encode()


@pytest.fixture
def server() -> Iterator[Answering]:
    """An Ollama."""
    with answering({"/api/chat": OLLAMA_CHAT}) as found:
        yield found


def environment(home: Path) -> dict[str, str]:
    """Of a user with this home."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TZ": "UTC", "LANG": "C.UTF-8"}


@contextmanager
def passing(home: Path, *arguments: str) -> Iterator[tuple[str, list[str]]]:
    """A proxy; its address, and what it says at its end, once the block is left."""
    said: list[str] = []
    with forked.Forked(
        [COMMAND, "proxy", "--port", "0", *arguments], env=environment(home), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split()[0], said
        finally:
            process.send_signal(signal.SIGTERM)
            said += process.stdout.read().splitlines()
            assert process.wait(20) == 0


def chat(url: str) -> None:
    """One call."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/api/chat", ASKED), timeout=10) as response:
        assert response.read() == OLLAMA_CHAT.body


def kept(data: Path) -> list[tuple[object, ...]]:
    """The calls that the ledger of a folder knows."""
    ledger = open_ledger(data)
    try:
        return ledger.fetch(Statement("SELECT source, model, provider, input_tokens FROM calls"))
    finally:
        ledger.close()


def test_without_a_server_calls_are_put_into_the_folder(tmp_path: Path, server: Answering) -> None:
    """The folder is held for a moment now and then, and at the end."""
    data = tmp_path / "data"
    with passing(tmp_path, "--to", server.url, "--data", str(data), "--provider", "ollama") as (url, said):
        for _ in range(3):
            chat(url)
    assert said == ["Recorded 3 calls."]
    assert kept(data) == [("proxy", "llama3.1:8b", "ollama", 26)] * 3


def test_with_a_server_calls_are_there_at_once(tmp_path: Path, server: Answering) -> None:
    """The server that serves the folder takes them."""
    with running(tmp_path / "data", tmp_path) as whole:
        with passing(whole.home, "--to", server.url, "--data", str(whole.data)) as (url, _):
            chat(url)
            end = time.monotonic() + 10
            question = {"measures": ["calls.requests"], "by": ["calls.source"], "since": "all"}
            rows: list[dict[str, object]] = []
            while not rows and time.monotonic() < end:
                rows = whole.post("/api/query", question).json()["rows"]
                time.sleep(0.1)
        assert [(row["source"], row["requests"]) for row in rows] == [("proxy", 1)]


def test_where_nobody_takes_them_calls_go_through(tmp_path: Path, server: Answering) -> None:
    """What is lost is counted and said."""
    with passing(tmp_path, "--to", server.url, "--send", "http://127.0.0.1:1") as (url, said):
        for _ in range(3):
            chat(url)
    assert said == ["Recorded 0 calls; 3 went through without being recorded."]


@pytest.mark.parametrize("to", ["localhost:11434", "ftp://x", "http://a:b@x", "http://x/?a=b"])
def test_an_address_that_is_none_is_told(tmp_path: Path, to: str) -> None:
    """Before anything listens."""
    done = forked.run(
        [COMMAND, "proxy", "--to", to],
        env=environment(tmp_path),
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: --to ")


def test_a_call_that_its_client_tells_as_well_counts_once(tmp_path: Path) -> None:
    """A coding agent behind the proxy: its transcript and the proxy tell of one call and one tool; latency appears."""
    line = (
        '{"type":"assistant","uuid":"u1","sessionId":"s","timestamp":"2026-09-01T10:00:00Z","requestId":"req_a",'
        '"message":{"id":"msg_1","model":"claude-sonnet-4-5-20250929","usage":{"input_tokens":10,'
        '"cache_read_input_tokens":90,"cache_creation_input_tokens":20,"output_tokens":40},'
        '"content":[{"type":"tool_use","id":"toolu_1","name":"search","input":{}}]}}'
    )
    path = tmp_path / ".claude" / "projects" / "p" / "s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    reply = events(*ANTHROPIC_STREAM, named=True, **{"request-id": "req_a"})
    with answering({"/v1/messages": reply}) as server, proxied(server.url) as proxy:
        with urllib.request.urlopen(urllib.request.Request(f"{proxy.url}/v1/messages", b"{}"), timeout=10) as response:
            response.read()
        passed = proxy.records()
    for record in passed:
        record.started_at = to_us(datetime(2026, 9, 1, 9, 59, 59, tzinfo=UTC))
    written = FILE_SOURCES["claude_code"].read(path, b"").records
    ledger = open_ledger(tmp_path / "data")
    try:
        for records in (written, passed):
            commit_all(ledger, Batch(records))
        calls = Query(measures=("calls.requests", "calls.total_tokens", "calls.p95_latency"), since="all")
        [found] = run(ledger, calls).rows
        assert (found["requests"], found["total_tokens"]) == (1, 160)
        assert found["p95_latency"] is not None
        assert run(ledger, Query(measures=("tools.calls",), since="all")).rows == [{"calls": 1}]
    finally:
        ledger.close()
