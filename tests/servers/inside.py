"""The whole server inside the test's process, so that a test can make any part of it fail."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from servers.whole import CACHE, Answer
from tokometer.server import runtime as runtimes
from tokometer.server.app import create_app
from tokometer.server.runtime import Runtime


@dataclass(frozen=True)
class Inside:
    """A server on a port of its own."""

    port: int
    runtime: Runtime

    @property
    def paths(self) -> list[str]:
        """Every address that can be got with a GET, with `x` for each part that has a name."""
        schema = self.get("/api/openapi.json").json()
        return [path for path, methods in schema["paths"].items() if "get" in methods]

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return self.send("GET", path, b"", headers)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST an object as JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, content, {"Content-Type": "application/json", **(headers or {})})

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Any request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()


@contextmanager
def inside(data: Path, home: Path, *, discover: bool = False, env: Mapping[str, str] | None = None) -> Iterator[Inside]:
    """Start a server in this process; it is stopped at the end."""
    data.mkdir(parents=True, exist_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    seen = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(CACHE), **(env or {})}
    runtime = runtimes.start(data, demo=False, discover=discover, home=home, env=seen)
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(create_app(runtime), log_level="warning", access_log=False, lifespan="off")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, args=([listener],))
            thread.start()
            try:
                until = time.monotonic() + 30
                while not server.started:
                    assert time.monotonic() < until
                    time.sleep(0.01)
                if runtime.follower is not None:
                    runtime.follower.start()
                yield Inside(listener.getsockname()[1], runtime)
            finally:
                runtime.closing.set()
                runtime.broadcaster.close()
                server.should_exit = True
                thread.join()
    finally:
        runtime.close()
