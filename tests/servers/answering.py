"""A server on loopback that answers what a test tells it to, and notes what it was asked."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer: its status, body, and how it is sent."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Seconds before the first byte.
    after: float = 0.0
    #: Sent byte by byte, with so many seconds between them.
    drip: float = 0.0
    packed: bool = False
    #: Sent without a length, in chunks.
    chunked: bool = False
    #: The connection is closed before any answer.
    silent: bool = False
    #: It says that it is so much longer than it is.
    short_by: int = 0


@dataclass
class Heard:
    """One question."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answering:
    """What the server answers by path, and what it heard."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: dict[str, Reply] = {}
        self.heard: list[Heard] = []
        self.connections = 0

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [one.path for one in self.heard]


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    """All of a request's body: who answers before it has come may close while the client still sends."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        """A trailer."""
    return body


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    time.sleep(reply.after)
    if reply.silent:
        handler.close_connection = True
        return
    body = gzip.compress(reply.body) if reply.packed else reply.body
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.packed:
        handler.send_header("Content-Encoding", "gzip")
    if reply.chunked:
        handler.send_header("Transfer-Encoding", "chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    else:
        handler.send_header("Content-Length", str(len(body) + reply.short_by))
    handler.end_headers()
    handler.close_connection = handler.close_connection or reply.short_by > 0
    try:
        for piece in [body[at : at + 1] for at in range(len(body))] if reply.drip else [body]:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(reply.drip)
    except OSError:
        handler.close_connection = True


@contextmanager
def answering(replies: Mapping[str, Reply] | None = None, port: int = 0) -> Iterator[Answering]:
    """A server that answers 404 to whatever is not among its replies."""
    told: Answering

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            told.connections += 1

        def do_GET(self) -> None:
            body = _body(self)
            told.heard.append(Heard(self.command, self.path, dict(self.headers), body))
            reply = told.replies.get(self.path) or told.replies.get(self.path.partition("?")[0])
            self._send(reply or Reply(b"404 page not found", 404))

        do_POST = do_GET  # noqa: N815 - as the handler wants it

        def _send(self, reply: Reply) -> None:
            _send(self, reply)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: Any) -> None:
            """Whoever asked may have gone."""

    server = Server(("127.0.0.1", port), Handler)
    told = Answering(f"http://127.0.0.1:{server.server_port}")
    told.replies.update(replies or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
