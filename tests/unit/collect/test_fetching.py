"""Targets are asked over HTTP: bounded in time and size, whatever they answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from servers.answering import Answering, Reply, answering
from tokometer.collect.fetching import Fetcher
from tokometer.sources.polling import checked, fetch_json
from tokometer.sources.protocol import PollError, Target


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server that answers what a test tells it to."""
    with answering() as found:
        yield found


def target(url: str, secret: str = "", **options: str) -> Target:
    """A target at an address."""
    return Target("one", url, 15.0, options, {}, secret)


def test_an_answer_comes_with_its_status_type_and_headers(server: Answering) -> None:
    """What a target answers is told whole, whatever its status."""
    server.replies["/a"] = Reply(b"hello", 418, {"Content-Type": "text/plain; version=0.0.4", "X-One": "1"})
    with closing(Fetcher(target(server.url))) as fetch:
        found = fetch("/a")
    assert (found.status, found.body, found.media_type, found.headers["x-one"]) == (418, b"hello", "text/plain", "1")


def test_one_connection_serves_many_questions(server: Answering) -> None:
    """A connection stays open from question to question."""
    server.replies = {"/a": Reply(b"a"), "/b": Reply(b"b", chunked=True), "/c": Reply(b"c" * 50_000, packed=True)}
    with closing(Fetcher(target(server.url))) as fetch:
        bodies = [fetch(path).body for path in ("/a", "/b", "/c", "/a")]
    assert bodies == [b"a", b"b", b"c" * 50_000, b"a"]
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_no_trouble(server: Answering) -> None:
    """A server that closes what is idle is asked over another connection."""
    server.replies["/a"] = Reply(b"a")
    with closing(Fetcher(target(server.url))) as fetch:
        assert fetch("/a").body == b"a"
        server.replies["/b"] = Reply(b"b", silent=True)
        with pytest.raises(PollError, match="closes the connection"):
            fetch("/b")
        assert fetch("/a").body == b"a"
    assert server.connections == 3


def test_the_path_is_below_the_address_and_queries_add_up(server: Answering) -> None:
    """A target's address may have a path and a query of its own."""
    with closing(Fetcher(target(f"{server.url}/below/?x=1"))) as fetch:
        fetch()
        fetch("/a", {"y": "ü &"})
    assert server.paths() == ["/below/?x=1", "/below/a?x=1&y=%C3%BC%20%26"]


def test_a_body_is_posted(server: Answering) -> None:
    """With a body it is a POST."""
    server.replies["/a"] = Reply(b'{"a": 1}')
    with closing(Fetcher(target(server.url))) as fetch:
        assert fetch_json(fetch, "/a", body={"model": "m"}) == {"a": 1}
    [heard] = server.heard
    assert (heard.method, heard.body, heard.headers["Content-Type"]) == ("POST", b'{"model":"m"}', "application/json")


@pytest.mark.parametrize(
    ("secret", "auth", "name", "expected"),
    [
        ("abc", "", "Authorization", "Bearer abc"),
        ("me:abc", "", "Authorization", "Basic bWU6YWJj"),
        ("me:abc", "bearer", "Authorization", "Bearer me:abc"),
        ("abc", "header:X-Api-Key", "X-Api-Key", "abc"),
        ("abc", "none", "Authorization", None),
        ("", "", "Authorization", None),
    ],
)
def test_the_secret_is_sent_as_is_wanted(
    server: Answering, secret: str, auth: str, name: str, expected: str | None
) -> None:
    """Bearer by itself, Basic for a user and a password, or as the option says."""
    with closing(Fetcher(target(server.url, secret, **({"auth": auth} if auth else {})))) as fetch:
        fetch("/a")
    assert server.heard[0].headers.get(name) == expected


def test_a_secret_of_two_lines_is_not_sent(server: Answering) -> None:
    """What would become another header is refused, without repeating it."""
    with (
        closing(Fetcher(target(server.url, "abc\r\nX: y"))) as fetch,
        pytest.raises(PollError, match="secret") as found,
    ):
        fetch("/a")
    assert found.value.secret
    assert "abc" not in str(found.value)
    assert not server.heard


def test_a_redirect_is_not_followed(server: Answering) -> None:
    """A redirect may lead anywhere, with the secret."""
    server.replies["/a"] = Reply(b"", 302, {"Location": f"{server.url}/b"})
    with closing(Fetcher(target(server.url, "abc"))) as fetch, pytest.raises(PollError, match="redirects"):
        checked(fetch("/a"), "/a")
    assert server.paths() == ["/a"]


def test_what_is_too_large_is_not_taken(server: Answering) -> None:
    """Neither many bytes nor few that unpack to many fill the memory."""
    server.replies = {"/a": Reply(b"a" * 3_000), "/b": Reply(b"b" * 3_000, packed=True), "/c": Reply(b"c" * 1_000)}
    with closing(Fetcher(target(server.url), most=1_000)) as fetch:
        for path in ("/a", "/b"):
            with pytest.raises(PollError, match="larger"):
                fetch(path)
        assert fetch("/c").body == b"c" * 1_000


def test_an_answer_that_is_slow_is_given_up(server: Answering) -> None:
    """All of a question is bounded in time, also where every byte comes in time."""
    server.replies = {"/a": Reply(b"a" * 100, drip=0.05), "/b": Reply(b"b", after=2.0)}
    with closing(Fetcher(target(server.url), seconds=0.3)) as fetch:
        for path in ("/a", "/b"):
            began = time.monotonic()
            with pytest.raises(PollError, match="does not answer within"):
                fetch(path)
            assert time.monotonic() - began < 1.5


def test_an_answer_that_ends_in_the_middle_is_none(server: Answering) -> None:
    """Half an answer is not taken for one."""
    server.replies["/a"] = Reply(b"half", short_by=4)
    with closing(Fetcher(target(server.url))) as fetch, pytest.raises(PollError):
        fetch("/a")


def test_where_nobody_listens_it_says_so() -> None:
    """A port that nobody listens at is told from a server that fails."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with closing(Fetcher(target(f"http://127.0.0.1:{port}"))) as fetch, pytest.raises(PollError) as found:
        fetch("/a")
    assert found.value.absent


@pytest.mark.parametrize("url", ["ftp://x/", "nonsense", "http://", "http://x:99999", "http://[x"])
def test_an_address_that_is_none_says_so(url: str) -> None:
    """What cannot be asked over HTTP is told with what would be right."""
    with closing(Fetcher(target(url))) as fetch, pytest.raises(PollError, match="http://host:port"):
        fetch("/a")


def test_what_is_no_http_says_so() -> None:
    """A server of something else is told as one."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with closing(Fetcher(target(url))) as fetch, pytest.raises(PollError, match="HTTP"):
            fetch("/a")
        thread.join()


def test_a_question_can_be_stopped_from_another_thread(server: Answering) -> None:
    """Whoever waits for an answer does not hold up the end."""
    server.replies["/a"] = Reply(b"a", after=3.0)
    with closing(Fetcher(target(server.url))) as fetch:
        threading.Timer(0.2, fetch.stop).start()
        began = time.monotonic()
        with pytest.raises(PollError):
            fetch("/a")
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(("status", "secret"), [(401, True), (403, True), (500, False), (429, False)])
def test_a_bad_answer_says_what_and_when_to_ask_again(server: Answering, status: int, secret: bool) -> None:
    """A wrong key is told from other trouble, and a server may say when it wants to be asked again."""
    server.replies["/a"] = Reply(b'{"error": "no"}', status, {"Retry-After": "7"})
    with closing(Fetcher(target(server.url))) as fetch, pytest.raises(PollError, match=str(status)) as found:
        fetch_json(fetch, "/a")
    assert found.value.secret is secret
    assert found.value.retry_after == (0.0 if secret else 7.0)
