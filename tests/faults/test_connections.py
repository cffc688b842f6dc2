"""Clients that open connections, send slowly, and never end: everybody else goes on being served."""

from __future__ import annotations

import gzip
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from servers.whole import Running, running

MIB = 1024 * 1024
_HEAD = b"POST /api/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An empty server."""
    with running(tmp_path / "data", tmp_path / "home", fresh=True) as found:
        yield found


def _connect(server: Running, sent: bytes) -> socket.socket:
    url = urlsplit(server.url)
    connection = socket.create_connection((url.hostname, url.port), timeout=30)
    with suppress(TimeoutError, ConnectionError):
        connection.sendall(sent)
    return connection


def _asked(server: Running) -> float:
    """How long a question takes (seconds)."""
    began = time.monotonic()
    assert server.totals()["requests"] == 0
    return time.monotonic() - began


def test_half_open_connections(server: Running) -> None:
    """Ten thousand connections that send nothing, and are held, keep nobody out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    before = server.resident()
    try:
        with ExitStack() as stack:
            for _ in range(min(hard, 20_000) // 2):
                stack.enter_context(_connect(server, b"GET / HTTP/1.1\r\nHost:"))
            assert _asked(server) < 5
            assert server.resident() - before < 200 * MIB
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_unfinished_bodies(server: Running) -> None:
    """Twenty bodies of 64 MiB that never end take up no more than all bodies may, and the next one is answered."""
    assert server.post("/api/calls", b"", {"Content-Type": "application/x-ndjson"}).status == 200
    before = server.resident()
    # One byte is missing.
    head = _HEAD + b"Content-Length: %d\r\n\r\n" % (64 * MIB)
    part = b"x" * (4 * MIB)
    with ExitStack() as stack:
        connections = [stack.enter_context(_connect(server, head)) for _ in range(20)]
        for connection in connections:
            connection.settimeout(0.1)
        for _ in range(15):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(part)
        assert server.resident() - before < 250 * MIB
        assert _asked(server) < 5
        small = server.post("/api/calls", b"", {"Content-Type": "application/x-ndjson"})
        assert small.status == 200
    until = time.monotonic() + 20
    while server.resident() - before > 100 * MIB and time.monotonic() < until:
        time.sleep(0.1)
    assert server.resident() - before < 100 * MIB


def test_bombs(server: Running) -> None:
    """While eight bodies that unpack to a thousand times their size come in, everybody else is answered."""
    before = server.resident()
    bomb = gzip.compress(bytes(63 * MIB))
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    with ThreadPoolExecutor(8) as pool:
        bombs = [pool.submit(server.post, "/api/calls", bomb, headers) for _ in range(8)]
        slowest = 0.0
        while not all(sent.done() for sent in bombs):
            slowest = max(slowest, _asked(server))
            time.sleep(0.05)
        assert {sent.result().status for sent in bombs} <= {200, 503}
    assert slowest < 2
    assert server.resident() - before < 400 * MIB
