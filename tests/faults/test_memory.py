"""What is sent at once takes no more memory than it should, however much it is, and however often it comes."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from faults.budget import Budget
from generators.otlp_spans import as_json, protobuf, span
from servers.whole import Answer, Running, running

MIB = 1024 * 1024
_LINES = {"Content-Type": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}
_PROTOBUF = {"Content-Type": "application/x-protobuf"}
_CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 100}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An empty server, whose decoding process has started."""
    with running(tmp_path / "data", tmp_path / "home", fresh=True) as found:
        found.post("/api/calls", b"\n" * 100_000, _LINES)
        until = time.monotonic() + 30
        while not found.children() and time.monotonic() < until:
            time.sleep(0.1)
        yield found


def _memory(server: Running) -> int:
    """What the server and the process that decodes for it hold (bytes)."""
    found = server.resident()
    for child in server.children():
        status = Path(f"/proc/{child}/status").read_text()
        found += int(status.split("VmRSS:")[1].split()[0]) * 1024
    return found


def _send(server: Running, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    request = urllib.request.Request(server.url + path, body, headers)
    with urllib.request.urlopen(request, timeout=600) as reply:
        return Answer(reply.status, dict(reply.headers), reply.read())


def _while(server: Running, sent: Future[Answer]) -> tuple[int, float]:
    """The most memory that is held until a request is answered, and the longest that somebody else waits meanwhile."""
    most, slowest = 0, 0.0
    while not sent.done():
        began = time.monotonic()
        assert server.get("/healthz").status == 200
        slowest = max(slowest, time.monotonic() - began)
        most = max(most, _memory(server))
        time.sleep(0.02)
    return most, slowest


def _records(count: int) -> list[bytes]:
    now = int(time.time())
    return [
        b'{"id":"%x","model":"m","started_at":%d,"input_tokens":5}' % (number, now - number % 80_000)
        for number in range(count)
    ]


def _lines(count: int) -> tuple[str, bytes, dict[str, str]]:
    return "/api/calls", b"\n".join(_records(count)), _LINES


def _array(count: int) -> tuple[str, bytes, dict[str, str]]:
    return "/api/calls", b"[" + b",".join(_records(count)) + b"]", _JSON


def _spans(count: int) -> tuple[str, bytes, dict[str, str]]:
    return "/v1/traces", protobuf(*(span(attributes=_CHAT) for _ in range(count))), _PROTOBUF


def _json_spans(count: int) -> tuple[str, bytes, dict[str, str]]:
    return "/v1/traces", json.dumps(as_json(*(span(attributes=_CHAT) for _ in range(count)))).encode(), _JSON


def _nothing(count: int) -> tuple[str, bytes, dict[str, str]]:
    return "/api/calls", b"{}\n" * count, _LINES


_BODIES: dict[str, tuple[Callable[[int], Any], int]] = {
    "lines": (_lines, 60_000),
    "array": (_array, 60_000),
    "spans": (_spans, 25_000),
    "spans in JSON": (_json_spans, 15_000),
    "nothing but refused": (_nothing, 100_000),
}


@pytest.mark.parametrize("form", _BODIES)
def test_many_small_records_at_once(server: Running, budget: Budget, form: str) -> None:
    """They are taken, and taken again, within bounded memory, while everybody else is answered."""
    make, count = _BODIES[form]
    count *= 10 if budget.long else 1
    path, body, headers = make(count)
    before = _memory(server)
    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            sent = pool.submit(_send, server, path, body, headers)
            most, slowest = _while(server, sent)
            assert sent.result().status == 200
            assert most - before < 400 * MIB
            assert slowest < 5
    if form in ("lines", "array"):
        assert server.totals("calls.requests")["requests"] == count
    if form.startswith("nothing"):
        told = json.loads(sent.result().body)
        assert len(told["refused"]) == 1_000
        assert told["more_refused"] == count - 1_000
