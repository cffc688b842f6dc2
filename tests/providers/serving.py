"""Made-up providers on loopback: what they answer, and what goes wrong on the way, at a rate and from a seed."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FAULTS = ("429 seconds", "429 date", "500", "503", "cut body", "cut json", "no answer", "slow")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Faults:
    """Which share of the questions goes wrong, and how."""

    rate: float = 0.0
    seed: int = 0
    kinds: tuple[str, ...] = FAULTS
    #: What time it is where the answers that name one are read.
    now: Callable[[], datetime] = _now
    #: How many went wrong.
    count: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the seed."""
        self._random = random.Random(self.seed)

    def soon(self) -> str:
        """In two seconds, as HTTP says it."""
        return format_datetime(self.now().astimezone(UTC) + timedelta(seconds=2), usegmt=True)

    def next(self) -> str:
        """What goes wrong with the next question; '' where nothing does."""
        if self._random.random() >= self.rate:
            return ""
        self.count += 1
        return self._random.choice(self.kinds)


@dataclass
class Asked:
    """A question."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        """The value of a parameter."""
        return self.query.get(name, [default])[0]


@dataclass
class Reply:
    """An answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Provider:
    """What a provider answers. Those that are made of it override :meth:`answer`."""

    #: The key that it takes; made for each test, and like nobody's.
    key = f"sk-{'admin'}-made-up-for-tests-0123456789"

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.heard: list[Asked] = []
        #: Ends of paths that answer with an error, always.
        self.broken: tuple[str, ...] = ()
        #: … that are not there, and that want to be left alone for an hour.
        self.missing: tuple[str, ...] = ()
        self.busy: tuple[str, ...] = ()
        #: Whether a key that is not taken is repeated in the answer.
        self.echoes = False
        #: Nothing is answered before it is set.
        self.hold: threading.Event | None = None
        self.lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """What is answered."""
        raise NotImplementedError

    def allows(self, asked: Asked) -> bool:
        """Whether the question has the key."""
        return asked.headers.get("authorization") == f"Bearer {self.key}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: with Nagle's algorithm the second waits for the reader, 40 ms.
    disable_nagle_algorithm = True
    provider: Provider

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing."""

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, url.path, parse_qs(url.query, keep_blank_values=True), headers, body)
        with self.provider.lock:
            self.provider.heard.append(asked)
            fault = self.provider.faults.next()
            reply = self._reply(asked)
        if self.provider.hold is not None:
            self.provider.hold.wait(20)
        with suppress(ConnectionError):
            self._send(reply, fault)

    def _reply(self, asked: Asked) -> Reply:
        provider = self.provider
        if not provider.allows(asked):
            said = f": {asked.headers.get('authorization', '')}" if provider.echoes else ""
            return Reply({"error": f"Incorrect API key provided{said}"}, 401)
        if provider.broken and asked.path.endswith(provider.broken):
            return Reply({"error": "broken"}, 500)
        if provider.missing and asked.path.endswith(provider.missing):
            return Reply({"error": "no such report"}, 404)
        if provider.busy and asked.path.endswith(provider.busy):
            return Reply({"error": "slow down"}, 429, {"Retry-After": "3600"})
        return provider.answer(asked)

    def _send(self, reply: Reply, fault: str) -> None:
        if fault == "no answer":
            self.close_connection = True
            return
        failure = {
            "429 seconds": Reply({"error": "slow down"}, 429, {"Retry-After": "2"}),
            "429 date": Reply({"error": "slow down"}, 429, {"Retry-After": self.provider.faults.soon()}),
            "429 hour": Reply({"error": "slow down"}, 429, {"Retry-After": "3600"}),
            "500": Reply({"error": "oh"}, 500),
            "503": Reply("<html>busy</html>", 503),
        }.get(fault, reply)
        body = failure.body if isinstance(failure.body, bytes) else json.dumps(failure.body).encode()
        if fault == "cut json":
            body = body[: len(body) // 2]
        self.send_response(failure.status)
        kind = "application/octet-stream" if isinstance(failure.body, bytes) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in failure.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault == "cut body":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        if fault == "slow":
            self.wfile.write(body[:1])
            self.wfile.flush()
            time.sleep(0.005)
            body = body[1:]
        self.wfile.write(body)


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """A provider that answers, at an address."""
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
