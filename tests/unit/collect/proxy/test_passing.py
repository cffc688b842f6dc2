"""Bytes go through the proxy as they are, whatever they are; what it has to refuse it refuses honestly."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from servers.answering import Answering, Reply, answering
from servers.models import EMBEDDINGS, OLLAMA_CHAT
from servers.passing import Proxied, proxied

MODEL = json.dumps({"model": "llama3.1:8b", "messages": [{"role": "user", "content": "a secret"}]}).encode()


OPEN: list[http.client.HTTPConnection | http.client.HTTPResponse] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what a test has opened."""
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server that answers what a test tells it to."""
    with answering() as found:
        yield found


@pytest.fixture
def proxy(server: Answering) -> Iterator[Proxied]:
    """A proxy in front of it."""
    with proxied(server.url) as found:
        yield found


def ask(
    port: int, method: str = "GET", path: str = "/", body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    OPEN.append(connection)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    OPEN.append(response)
    return response


def raw(port: int, *pieces: bytes, until: bytes = b"", pause: float = 0.0) -> bytes:
    """What comes back for these bytes, up to the end of the connection or `until`."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        found = b""
        while not (until and found.endswith(until)):
            data = connection.recv(65_536)
            if not data:
                break
            found += data
        return found


def test_an_answer_comes_as_the_server_sent_it(server: Answering, proxy: Proxied) -> None:
    """Status, headers and bytes are those of the server."""
    server.replies["/x"] = Reply(b"\x00\xff" * 50_000, 418, {"X-One": "1", "Content-Type": "a/b"})
    direct, through = (ask(port, path="/x") for port in (int(server.url.rpartition(":")[2]), proxy.port))
    assert (direct.status, direct.reason, direct.read()) == (through.status, through.reason, through.read())
    named = [{name: value for name, value in one.headers.items() if name != "Date"} for one in (direct, through)]
    assert named[0] == named[1]


def test_a_request_comes_as_the_client_sent_it(server: Answering, proxy: Proxied) -> None:
    """Its path, headers and body are those of the client; only the host is the server's own."""
    body = b"\x00\r\n\r\n\xff" * 1_000
    ask(proxy.port, "POST", "/a%20b?c=%2F&d", body, **{"X-Odd": "ü;, x", "Authorization": "Bearer k"}).read()
    [heard] = server.heard
    assert (heard.method, heard.path, heard.body) == ("POST", "/a%20b?c=%2F&d", body)
    assert heard.headers["Authorization"] == "Bearer k"
    assert heard.headers["Host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "reply", [Reply(b"x" * 9, chunked=True), Reply(b"", chunked=True), Reply(b"", 204), Reply(b"abc", packed=True)]
)
def test_many_requests_go_over_one_connection(server: Answering, proxy: Proxied, reply: Reply) -> None:
    """A connection is kept as long as client and server keep it, whatever the form of the answers."""
    server.replies = {"/x": reply, "/y": Reply(b"y" * 10)}
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)) as connection:
        for path in ("/x", "/y", "/x", "/y"):
            connection.request("POST", path, b"some body")
            response = connection.getresponse()
            data = response.read()
        assert data == b"y" * 10
    assert server.connections == 1
    assert server.paths() == ["/x", "/y", "/x", "/y"]


def test_requests_that_are_sent_ahead_are_answered_in_order(server: Answering, proxy: Proxied) -> None:
    """A client may send the next request before it has the answer."""
    server.replies = {f"/{number}": Reply(b"%d" % number) for number in range(5)}
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(4))
    last = b"GET /4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    found = raw(proxy.port, requests + last)
    assert [part[-1:] for part in found.split(b"HTTP/1.1 200 OK")[1:]] == [b"%d" % number for number in range(5)]
    assert server.paths() == [f"/{number}" for number in range(5)]


def test_a_request_may_come_byte_by_byte(server: Answering, proxy: Proxied) -> None:
    """Wherever the bytes are cut, the message is the same."""
    server.replies["/x"] = Reply(b"fine")
    head = b"POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    request = head + b"3\r\nabc\r\n0\r\n\r\n"
    found = raw(proxy.port, *(request[at : at + 1] for at in range(len(request))))
    assert found.endswith(b"fine")
    assert [heard.body for heard in server.heard] == [b"abc"]


def test_a_stream_comes_piece_by_piece(server: Answering, proxy: Proxied) -> None:
    """Nothing is held back: the first piece is there while the last is not."""
    server.replies["/api/chat"] = Reply(
        OLLAMA_CHAT.body[:60], headers={"Content-Type": "application/x-ndjson"}, drip=0.02
    )
    response = ask(proxy.port, "POST", "/api/chat", MODEL)
    began = time.monotonic()
    response.read(1)
    first = time.monotonic() - began
    response.read()
    assert first < 0.5 < time.monotonic() - began


def test_a_server_that_closes_at_the_end_of_its_answer_is_passed_on(proxy: Proxied) -> None:
    """An answer without a length ends with its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nall of it")

        thread = threading.Thread(target=answer)
        thread.start()
        with proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as found:
            assert raw(found.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").endswith(b"\r\n\r\nall of it")
        thread.join()


def test_what_is_no_http_comes_as_it_is() -> None:
    """An answer that nobody understands is the client's to judge."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"what is this\r\n\r\nno HTTP")

        thread = threading.Thread(target=answer)
        thread.start()
        with proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as found:
            assert raw(found.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == b"what is this\r\n\r\nno HTTP"
        thread.join()


def test_an_interim_answer_is_passed_on(server: Answering, proxy: Proxied) -> None:
    """A client that waits for 100 gets it from the server."""
    server.replies["/x"] = Reply(b"fine")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        connection.sendall(
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert connection.recv(25).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"abc")
        found = b""
        while data := connection.recv(65_536):
            found += data
    assert found.endswith(b"fine")
    assert server.heard[0].body == b"abc"


def test_an_offer_of_http_2_is_left_out(server: Answering, proxy: Proxied) -> None:
    """Clients that offer to switch are answered in HTTP/1.1, as by a server that does not know the other."""
    server.replies["/x"] = Reply(b"fine")
    offer = {"Connection": "Upgrade, HTTP2-Settings, close", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"}
    assert ask(proxy.port, "POST", "/x", b"abc", **offer).read() == b"fine"
    [heard] = server.heard
    assert heard.headers["Connection"] == "close"
    assert not {"Upgrade", "HTTP2-Settings"} & heard.headers.keys()


@pytest.mark.parametrize("taken", [True, False])
def test_a_websocket_is_passed_on(taken: bool) -> None:
    """Frames go both ways as they are, the first of them with the request; where it is refused, HTTP goes on."""
    asked = b"GET /v1/realtime HTTP/1.1\r\nHost: %b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: x\r\n\r\n"
    accepted = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi"
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                heard.append(connection.recv(65_536))
                connection.sendall(accepted if taken else refused)
                while taken and not heard[-1].endswith(b"\x88\x00"):
                    heard.append(connection.recv(65_536))
                    connection.sendall(heard[-1])

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            proxied(f"http://{host}") as found,
            socket.create_connection(("127.0.0.1", found.port), timeout=10) as connection,
        ):
            connection.sendall(asked % b"localhost" + (b"\x81\x85early" if taken else b""))
            got = b""
            while taken and not got.endswith(b"\x81\x85early"):
                got += connection.recv(65_536)
            if taken:
                connection.sendall(b"\xff\x00GET / HTTP/1.1\r\n\r\n\x88\x00")
            while data := connection.recv(65_536):
                got += data
            thread.join()
            assert heard[0].startswith(asked % host.encode() if taken else b"GET /v1/realtime")
            frames = b"\x81\x85early\xff\x00GET / HTTP/1.1\r\n\r\n\x88\x00"
            assert got == (accepted + frames if taken else refused)
            assert not found.seen


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (b"CONNECT x:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 501, "tunnels"),
        (b"GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "not this machine"),
        (
            b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "both",
        ),
        (b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n", 400, "chunk"),
        (b"nonsense\r\n\r\n", 400, "first line"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431, "too long"),
    ],
)
def test_what_cannot_be_passed_on_is_refused_with_a_reason(
    proxy: Proxied, request_: bytes, status: int, words: str
) -> None:
    """Whoever asks is told what does not work, and by whom."""
    head, _, body = raw(proxy.port, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    message = json.loads(body)["error"]["message"]
    assert words in message
    assert message.startswith("Tokometer's proxy: ")


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:5", "host.docker.internal:11435", "gpu-1.lan"])
def test_names_that_only_somebody_near_uses_are_taken(server: Answering, proxy: Proxied, host: str) -> None:
    """Addresses, localhost, and names of the local network."""
    server.replies["/x"] = Reply(b"fine")
    assert ask(proxy.port, path="/x", Host=host).read() == b"fine"


def test_a_server_that_is_away_is_told_as_such() -> None:
    """502 with a reason, and the call is recorded as failed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with proxied(f"http://127.0.0.1:{port}") as proxy:
        response = ask(proxy.port, "POST", "/v1/chat/completions", MODEL)
        assert response.status == 502
        assert "cannot be reached" in json.loads(response.read())["error"]["message"]
        call = proxy.call()
    assert (call.status, call.http_status, call.input_tokens) == ("server_error", None, None)
    # What was asked for is known only where it had come by then.
    assert call.model in ("", "llama3.1:8b")


def test_a_server_that_hangs_up_without_an_answer_is_told_as_such(server: Answering, proxy: Proxied) -> None:
    """502, as by any proxy."""
    server.replies["/v1/messages"] = Reply(silent=True)
    response = ask(proxy.port, "POST", "/v1/messages", MODEL)
    assert response.status == 502
    assert proxy.call().status == "server_error"


def test_an_answer_that_breaks_off_breaks_off_for_the_client(server: Answering, proxy: Proxied) -> None:
    """A client never takes half an answer for a whole one."""
    server.replies["/v1/messages"] = Reply(b'{"id": "m', short_by=10, headers={"Content-Type": "application/json"})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(proxy.port, "POST", "/v1/messages", MODEL).read()
    call = proxy.call()
    assert (call.status, call.error_message, call.http_status) == ("server_error", "the answer broke off", 200)


def test_a_client_that_leaves_ends_the_call_at_the_server(server: Answering, proxy: Proxied) -> None:
    """The server hears of it, and need not go on for nobody."""
    server.replies["/api/chat"] = Reply(b"x" * 2_000, drip=0.01)
    with socket.create_connection(("127.0.0.1", proxy.port)) as connection:
        connection.sendall(
            b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(MODEL), MODEL)
        )
        connection.recv(100)
    call = proxy.call()
    assert (call.status, call.model, call.input_tokens) == ("cancelled", "llama3.1:8b", None)
    assert call.latency_us is not None
    assert call.latency_us < 5_000_000


def test_whatever_goes_wrong_with_recording_the_call_goes_through(server: Answering, proxy: Proxied) -> None:
    """What listens is not what passes on."""
    server.replies["/v1/embeddings"] = EMBEDDINGS

    def fail(_: object) -> None:
        raise RuntimeError("a mistake")

    proxy.record = fail
    for _ in range(3):
        assert json.loads(ask(proxy.port, "POST", "/v1/embeddings", MODEL).read())["model"] == "text-embedding-3-small"
    end = time.monotonic() + 5
    while proxy.passing.mistakes < 3 and time.monotonic() < end:
        time.sleep(0.01)
    assert proxy.passing.mistakes == 3


def test_what_asks_no_model_is_not_recorded(server: Answering, proxy: Proxied) -> None:
    """Lists, pulls and heads go through, and are nobody's call."""
    server.replies = {
        "/api/tags": Reply(b"{}"),
        "/v1/messages/count_tokens": Reply(b"{}"),
        "/v1/embeddings": EMBEDDINGS,
    }
    for method, path in (("GET", "/api/tags"), ("POST", "/v1/messages/count_tokens"), ("GET", "/v1/chat/completions")):
        ask(proxy.port, method, path).read()
    ask(proxy.port, "POST", "/v1/embeddings", MODEL).read()
    assert [item["operation"] for item in proxy.items(1)] == ["embeddings"]


def test_a_slow_client_does_not_fill_the_memory(server: Answering, proxy: Proxied) -> None:
    """The server is read no faster than the client reads."""
    server.replies["/big"] = Reply(b"x" * (30 << 20))
    response = ask(proxy.port, path="/big")
    time.sleep(0.5)
    [client] = proxy.passing.clients
    assert client._transport.get_write_buffer_size() < 4 << 20
    assert len(response.read()) == 30 << 20


def test_a_path_in_front_is_put_in_front(server: Answering) -> None:
    """A server below a path is asked below it."""
    with proxied(f"{server.url}/openai/") as proxy:
        ask(proxy.port, path="/v1/models?a=b").read()
        raw(proxy.port, b"GET http://other/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert server.paths() == ["/openai/v1/models?a=b", "/openai/v1/x"]


def test_a_server_that_answers_early_and_leaves_does_not_hold_up_the_client() -> None:
    """What it took no more of is taken and dropped, and the next request goes to a new connection."""
    body = b"x" * (20 << 20)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for reply in (b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", b"HTTP/1.1 204 Fine\r\n\r\n"):
                connection, _ = listener.accept()
                connection.recv(1_000)
                connection.sendall(reply)
                time.sleep(0.3)
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy,
            socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection,
        ):
            connection.sendall(b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body))
            connection.sendall(body)
            assert connection.recv(1_000).endswith(b"no")
            connection.sendall(b"GET /y HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1_000).startswith(b"HTTP/1.1 204")
        thread.join()
