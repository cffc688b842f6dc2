"""`kill -9` during ingest: nothing that was acknowledged is lost, and nothing counts twice."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from faults.budget import Budget
from generators.otlp_spans import protobuf, span
from tokometer.ledger import Statement
from tokometer.ledger.opening import open_ledger

SENDERS = 3
SPANS = 40
SERVER = Path(__file__).parents[1] / "servers" / "ingest.py"


def request(number: int, sender: int) -> tuple[bytes, int]:
    """A request of calls, one token each, with ids of its own."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.conversation.id": f"conversation-{sender}-{number % 5}",
    }
    start = (int(time.time()) - 3600) * 10**9 + number * 10**9
    spans = [
        span(
            attributes=attributes,
            traceId=f"{sender + 1:08x}{number:08x}{index:016x}",
            spanId=f"{index + 1:016x}",
            start_ns=start,
        )
        for index in range(SPANS)
    ]
    return protobuf(*spans), len(spans)


class Sender(threading.Thread):
    """Sends one request after the other, each until it is acknowledged, whatever happens to the server."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._port = port
        self.acknowledged = 0
        self.unsure = False
        self.stop = threading.Event()

    def run(self) -> None:
        """Send until told to stop."""
        turn = 0
        while not self.stop.is_set():
            body, count = request(turn, self._number)
            while not self._sent(body):
                # Sent again after a kill it may be there already: that must not count twice.
                self.unsure = True
                if self.stop.wait(0.02):
                    return
            self.acknowledged += count
            self.unsure = False
            turn += 1

    def _sent(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def start(data: Path, port: int) -> subprocess.Popen[str]:
    """A server process, once its ledger is open."""
    environment = {**os.environ, "HOME": str(data.parent)}
    process = subprocess.Popen(
        [sys.executable, str(SERVER), str(data), str(port)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_at_random_moments(tmp_path: Path, budget: Budget) -> None:
    """Killed again and again while senders send, the ledger has every acknowledged call exactly once and is sound."""
    rng = budget.random("kill ingest")
    data = tmp_path / "data"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    senders = [Sender(number, port) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    server = start(data, port)
    try:
        for _ in range(budget.of(4, 150)):
            before = sum(sender.acknowledged for sender in senders)
            until = time.monotonic() + 60
            while sum(sender.acknowledged for sender in senders) == before:
                assert time.monotonic() < until
                time.sleep(0.005)
            time.sleep(rng.random() * 0.4)
            server.send_signal(signal.SIGKILL)
            server.wait()
            assert server.stdout is not None
            server.stdout.close()
            server = start(data, port)
        time.sleep(0.5)
    finally:
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join(60)
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        assert server.stdout is not None
        server.stdout.close()
    ledger = open_ledger(data)
    try:
        [(rows, ids, tokens)] = ledger.fetch(
            Statement("SELECT count(*), count(DISTINCT (trace_id, span_id)), sum(input_tokens)::BIGINT FROM calls")
        )
        acknowledged = sum(sender.acknowledged for sender in senders)
        possible = acknowledged + SPANS * sum(sender.unsure for sender in senders)
        assert rows == ids == tokens
        assert acknowledged <= rows <= possible
        assert rows % SPANS == 0
        assert ledger.audit() == []
    finally:
        ledger.close()
