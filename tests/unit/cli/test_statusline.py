"""`tokometer statusline`: always a line, and what was told reaches the server."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from generators.sources.claude_code import told
from tokometer.cli.statusline import line_of

from .conftest import COMMAND, Shell

TOLD = told("s-1", five_hour=24.0, cost=1.25, context=9.0)


def line(shell: Shell, text: bytes, *arguments: str, **env: str) -> str:
    """What Claude Code would show."""
    done = subprocess.run(
        [COMMAND, "statusline", *arguments],
        env={**shell.env, **env},
        input=text,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert not done.stderr
    return done.stdout.decode()


@contextmanager
def server(answer: bytes) -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A server that answers everything alike, and what it was asked."""
    asked: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers.get("Authorization", ""), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    serving = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", asked
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def test_without_a_server(shell: Shell) -> None:
    """What Claude Code says by itself."""
    assert line(shell, TOLD) == "5h 24% · week 41% · context 9% · $1.25 this session\n"


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff", b'{"rate_limits": 3, "cost": {"total_cost_usd": "x"}}'])
def test_it_never_fails(shell: Shell, text: bytes) -> None:
    """Whatever it is told, there is a line."""
    assert line(shell, text) == "tokometer\n"


def test_no_input_at_all(shell: Shell) -> None:
    """Its input is closed."""
    done = subprocess.run(["sh", "-c", f"{COMMAND} statusline <&-"], env=shell.env, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"tokometer\n", b"")


def test_a_server_that_is_gone(shell: Shell) -> None:
    """Nobody listens there: the line comes nevertheless."""
    assert line(shell, TOLD, "--url", "http://127.0.0.1:1").endswith("this session\n")


def test_it_passes_on_what_it_is_told(shell: Shell) -> None:
    """To the server that is named, with the key that it asks for; cost of today is the server's."""
    with server(b'{"rows": [{"cost": 3.4219}]}') as (url, asked):
        text = line(shell, TOLD, TOKOMETER_URL=url, TOKOMETER_KEY="secret")
    assert text == "$3.42 today · 5h 24% · week 41% · context 9%\n"
    (path, key, body), (question, _, query) = asked
    assert path.startswith("/api/webhooks/claude-code/statusline?machine=")
    assert (key, body) == ("Bearer secret", TOLD)
    assert (question, json.loads(query)["since"]) == ("/api/query", "today")


def test_an_answer_that_is_none(shell: Shell) -> None:
    """Another program listens there."""
    with server(b"<html>") as (url, _):
        assert line(shell, TOLD, "--url", url).endswith("this session\n")


def test_when_a_window_begins_anew() -> None:
    """The time is shown where it is today's."""
    now = datetime.now().astimezone()
    soon = now.replace(hour=23, minute=59, second=0)
    limits = {
        "five_hour": {"used_percentage": 24, "resets_at": soon.timestamp()},
        "seven_day": {"used_percentage": 41, "resets_at": (now + timedelta(days=3)).timestamp()},
    }
    assert line_of({"rate_limits": limits}, None) == "5h 24% until 23:59 · week 41%"
