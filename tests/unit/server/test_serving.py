"""Tests of tokometer.server.serving: starting, staying alone, stopping."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from servers import forked
from servers.whole import Running, environment, running
from tokometer.server import ServeError, serve


def test_health(server: Running) -> None:
    """Alive, ready, and saying how it is in Prometheus' words."""
    assert server.get("/healthz").text == "ok\n"
    assert server.get("/readyz").text == "ready\n"
    lines = server.get("/metrics").text.splitlines()
    assert any(line.startswith('tokometer_ledger_rows{table="calls"} ') for line in lines)
    assert all(line.startswith(("# HELP tokometer_", "# TYPE tokometer_", "tokometer_")) for line in lines)


def test_card(server: Running) -> None:
    """The folder says who serves it, to its owner only."""
    card = server.data / "server.json"
    said = json.loads(card.read_text())
    assert said["url"] == server.url
    assert said["pid"] == server.process.pid
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    assert server.get("/api/control/doctor").status == 401
    assert server.get("/api/control/doctor", {"Authorization": f"Bearer {said['token']}"}).status == 200


def test_alone(server: Running, tmp_path: Path) -> None:
    """A second server on the folder says who holds it, and does not start."""
    code = (
        "import sys, os; from pathlib import Path; from tokometer.server import serve; "
        "serve(Path(sys.argv[1]), '127.0.0.1', 0, discover=False, demo=False, home=Path(sys.argv[2]), env=os.environ)"
    )
    second = forked.run(
        [sys.executable, "-c", code, str(server.data), str(tmp_path)],
        env=environment(tmp_path),
        text=True,
        timeout=60,
    )
    assert second.returncode != 0
    assert f"{server.url} (process {server.process.pid}) already serves" in second.stderr
    assert server.get("/readyz").status == 200


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_stops(tmp_path: Path, by: signal.Signals) -> None:
    """A signal ends it cleanly, also while a page listens, and what was accepted is there at the next start."""
    data, home = tmp_path / "data", tmp_path / "home"
    with running(data, home) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as page:
            page.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in page.recv(1024)
            record = {
                "started_at": "2026-01-05T10:00:00Z",
                "provider": "openai",
                "model": "gpt-4o",
                "input_tokens": 3,
                "output_tokens": 4,
            }
            assert server.post("/api/calls", [record]).json()["accepted"] == 1
            assert server.stop(by) == 0
        assert not (data / "server.json").exists()
    with running(data, home) as server:
        assert server.get("/api/analytics/usage").json()["summary"]["all_time"]["tokens"] == 7


def test_killed(tmp_path: Path) -> None:
    """After kill -9 the folder can be served again, although its server.json is still there."""
    data, home = tmp_path / "data", tmp_path / "home"
    with running(data, home) as server:
        server.stop(signal.SIGKILL)
        assert (data / "server.json").exists()
    with running(data, home) as server:
        assert server.get("/readyz").status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_only_loopback(tmp_path: Path, host: str) -> None:
    """Without a login it listens at no address that others reach, and says what to do instead."""
    with pytest.raises(ServeError, match="no login"):
        serve(tmp_path / "data", host, 0, discover=False, demo=False, home=tmp_path, env=os.environ)
    assert not (tmp_path / "data").exists()


def test_port_in_use(tmp_path: Path) -> None:
    """A port that somebody else has is named, and nothing is left behind."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} .*--port 0"):
            serve(tmp_path / "data", "127.0.0.1", port, discover=False, demo=False, home=tmp_path, env={})
    assert not (tmp_path / "data" / "ledger.duckdb").exists()


def test_first_page_keeps_what_was_asked(server: Running) -> None:
    """The bare address leads to the page, with the range and filters that stand behind it."""
    for asked, led_to in (("/", "/usage"), ("/?range=30d&model=a%26b", "/usage?range=30d&model=a%26b")):
        connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        with closing(connection):
            connection.request("GET", asked)
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("location")) == (302, led_to)
