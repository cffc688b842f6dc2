"""Whoever is told: a webhook and a mailbox on loopback, which keep what they were sent, and fail when asked to."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any


@dataclass
class Got:
    """What a receiver was sent, and how it answers."""

    url: str = ""
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    #: The status of the next answers; the last one goes on.
    statuses: list[int] = field(default_factory=lambda: [200])
    #: What is answered; this is what Telegram says of a message that it has taken.
    answer: bytes = b'{"ok": true, "result": {}}'
    #: Is called before each answer.
    before: Callable[[], None] = lambda: None

    def status(self) -> int:
        """That of the next answer."""
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was posted as JSON."""
        return [json.loads(body) for _, body in self.posted]

    def wait(self, many: int, seconds: float = 30) -> None:
        """Wait until so many messages have come."""
        until = monotonic() + seconds
        while len(self.posted) + len(self.mails) < many:
            assert monotonic() < until, f"{len(self.posted) + len(self.mails)} of {many} messages came"
            sleep(0.05)


@contextmanager
def webhook() -> Iterator[Got]:
    """A receiver of what is posted, at `url`."""
    got = Got()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = got.status()
            if status < 300:
                got.posted.append((self.path, body))
            got.before()
            self.send_response(status)
            self.send_header("Content-Length", str(len(got.answer)))
            self.end_headers()
            self.wfile.write(got.answer)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        got.url = f"http://127.0.0.1:{server.server_port}"
        yield got
        server.shutdown()


@contextmanager
def mailbox() -> Iterator[Got]:
    """An SMTP server (RFC 5321, as much of it as a client needs), at `url` as Apprise writes it."""
    got = Got()

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 loopback")
            while line := self.rfile.readline().decode("ascii", "replace").strip():
                verb = line.split(" ")[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    self.take()
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 loopback" if verb in ("EHLO", "HELO") else "250 ok")

        def take(self) -> None:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            status = got.status()
            if status < 300:
                got.mails.append(message_from_bytes(b"".join(lines).replace(b"\r\n", b"\n"), policy=policy.default))
            got.before()
            self.say("250 taken" if status < 300 else "451 not now")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        port = server.server_address[1]
        got.url = f"mailto://127.0.0.1:{port}?from=tokometer@example.com&to=ops@example.com&mode=insecure"
        yield got
        server.shutdown()
