"""Tests of tokometer.server.connections, with Uvicorn on a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn

from tokometer.server.connections import Doors, doors, protocol

Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def _app(scope: dict[str, Any], _receive: Receive, send: Send) -> None:
    """Replies with as many bytes as the path says; 1 without one."""
    size = int(scope["path"][1:] or 1)
    length = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    while size:
        part = min(size, 65_536)
        size -= part
        await send({"type": "http.response.body", "body": bytes(part), "more_body": bool(size)})


@contextmanager
def _serving(doors: Doors) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            _app,
            http=protocol(doors),
            log_level="critical",
            lifespan="off",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def small() -> Doors:
    """Few connections, and little time."""
    return Doors(20, head_seconds=0.3, read_seconds=0.3)


def _connect(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(sent)
    return connection


def _reply(port: int, sent: bytes = GET) -> bytes:
    with _connect(port, sent) as connection:
        return connection.recv(65_536)


def _trickle(connection: socket.socket) -> None:
    for byte in GET * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _is_closed(connection: socket.socket) -> bool:
    try:
        while connection.recv(65_536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


def test_silent_ones_give_way(small: Doors) -> None:
    """Ten times as many silent connections as there may be keep nobody out, and are not kept themselves."""
    with _serving(small) as port, ExitStack() as stack:
        silent = [stack.enter_context(_connect(port, b"GET / HT")) for _ in range(200)]
        assert _reply(port).startswith(b"HTTP/1.1 200")
        assert len(small) <= 20
        assert all(map(_is_closed, silent))
        assert len(small) == 0


def test_a_head_comes_in_time(small: Doors) -> None:
    """A head that comes byte by byte is not waited for, on a new connection or after a request."""
    with _serving(small) as port:
        for sent in (b"", GET):
            with _connect(port, sent) as connection:
                began = time.monotonic()
                with pytest.raises(ConnectionError):
                    _trickle(connection)
                assert time.monotonic() - began < 3


def test_one_that_waits_between_requests_is_kept(small: Doors) -> None:
    """A connection that has been answered may be silent for longer than a head may take, and be used again."""
    with _serving(small) as port, _connect(port, GET) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        time.sleep(0.6)
        connection.sendall(GET)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


def test_all_at_work(small: Doors) -> None:
    """Where every connection is being answered, the next one is told so at once."""
    small.read_seconds = 30
    with _serving(small) as port, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(_connect(port, GET.replace(b"/ ", b"/100000000 ")))
        time.sleep(0.3)
        reply = _reply(port, b"")
        assert reply.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in reply


@pytest.mark.parametrize("size", [40_000_000, 3_000_000])
def test_who_does_not_read_is_given_up(small: Doors, size: int) -> None:
    """A reply that is not read is not kept, neither while it is made nor when it is all there."""
    with _serving(small) as port, _connect(port, b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % size):
        time.sleep(0.2)
        assert len(small) == 1
        until = time.monotonic() + 5
        while len(small) and time.monotonic() < until:
            time.sleep(0.05)
        assert len(small) == 0


def test_who_reads_slowly_is_waited_for(small: Doors) -> None:
    """A slow reader gets all of it, though it takes much longer than a pause may."""
    with _serving(small) as port, _connect(port, b"GET /8000000 HTTP/1.0\r\n\r\n") as connection:
        got = 0
        while part := connection.recv(400_000):
            got += len(part)
            time.sleep(0.02)
        assert got > 8_000_000


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nA: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 40_000 + b"\r\n",
        GET * 500,
    ],
)
def test_a_head_that_is_too_large(small: Doors, head: bytes) -> None:
    """A head, or a queue of heads, beyond what anyone needs is refused, and its connection closed."""
    with _serving(small) as port, _connect(port, head) as connection:
        assert _is_closed(connection)


def test_files_are_asked_for() -> None:
    """There are as many connections as the files of this process allow, and others have files as well."""
    assert 128 <= doors().most <= 4_096
