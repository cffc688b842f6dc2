"""Questions to providers: with the key where it belongs, and nowhere else; again where that can help."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from providers.synced import FastClock
from servers.answering import Answering, Reply, answering
from tokometer.collect.syncing.asking import Asker
from tokometer.collect.syncing.errors import Ended
from tokometer.sources.protocol import PollError, Target
from tokometer.statements import AccountKind, Asked, Key
from tokometer.statements.protocol import Asks

KEY = f"sk-{'admin'}-{'q' * 24}"


def _check(_: Asked) -> Mapping[str, object]:
    return {}


KIND = AccountKind(
    name="made_up", title="Made up", about="Nothing.", provider="made_up", key=Key(title="Key"), check=_check
)


@pytest.fixture(scope="module")
def server() -> Iterator[Answering]:
    """A server that answers what a test tells it to."""
    with answering({}) as found:
        yield found


@pytest.fixture
def asker() -> Iterator[Callable[..., Asker]]:
    """Makes what asks a server."""
    made: list[Asker] = []

    def make(url: str, kind: AccountKind = KIND, **options: str) -> Asker:
        made.append(_asker(url, kind, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _asker(url: str, kind: AccountKind, **options: str) -> Asker:
    auth = kind.key.auth if kind.key else "none"
    target = Target("Ours", url, 0.0, options={"auth": auth, **options}, secret=KEY)
    return Asker(target, FastClock(), threading.Event(), kind)


def test_a_key_goes_to_its_own_address_only(server: Answering, asker: Callable[..., Asker]) -> None:
    """A file elsewhere is asked for without it, one below an address that an option names with it."""
    server.replies = {"/v1/usage": Reply(b"{}"), "/files/1": Reply(b"a"), "/beside/x": Reply(b"b")}
    server.heard.clear()
    ask = asker(f"{server.url}/v1", replace(KIND, beside=("other",)), other=f"{server.url}/beside")
    ask("/usage")
    ask(f"{server.url}/files/1")
    ask(f"{server.url}/beside/x")
    keys = [{name.lower(): value for name, value in one.headers.items()}.get("authorization") for one in server.heard]
    assert keys == [f"Bearer {KEY}", None, f"Bearer {KEY}"]


def test_a_key_can_be_exchanged(server: Answering, asker: Callable[..., Asker]) -> None:
    """What comes of it is sent instead, asked for once while it is good; neither is in what is answered."""
    server.replies = {"/token": Reply(b"short-lived-token"), "/v1/usage": Reply(b'"short-lived-token"')}
    server.heard.clear()

    def exchange(key: str, ask: Asks, now: datetime) -> tuple[str, float]:
        assert key == KEY
        assert now.tzinfo is not None
        return ask(f"{server.url}/token", body=b"x").body.decode(), 100.0

    ask = asker(f"{server.url}/v1", replace(KIND, key=Key(title="Key", exchange=exchange)))
    assert ask("/usage").body == b'"[key]"'
    ask("/usage")
    assert server.paths() == ["/token", "/v1/usage", "/v1/usage"]
    assert "uthorization" not in str(server.heard[0].headers)


@pytest.mark.parametrize(
    ("status", "asked", "final", "secret"), [(500, 8, False, False), (404, 1, True, False), (401, 1, True, True)]
)
def test_what_can_be_another_answer_is_asked_again(
    server: Answering, asker: Callable[..., Asker], status: int, asked: int, *, final: bool, secret: bool
) -> None:
    """A server's mistake is, a question that it does not know or a key that it does not take is not."""
    server.replies = {"/x": Reply(b"no " + KEY.encode(), status)}
    server.heard.clear()
    ask = asker(server.url)
    with pytest.raises(PollError) as failed:
        ask("/x")
    assert (len(server.heard), ask.retries) == (asked, asked - 1)
    assert (failed.value.final, failed.value.secret) == (final, secret)
    assert KEY not in str(failed.value)


def test_a_redirect_is_not_followed(server: Answering, asker: Callable[..., Asker]) -> None:
    """The key would go with it."""
    server.replies = {"/x": Reply(b"", 302, {"Location": "/y"}), "/y": Reply(b"{}")}
    server.heard.clear()
    with pytest.raises(PollError, match="redirects are not followed"):
        asker(server.url)("/x")
    assert server.paths() == ["/x"]


def test_lists_and_methods_are_sent(server: Answering, asker: Callable[..., Asker]) -> None:
    """A list is several values."""
    server.replies = {}
    server.heard.clear()
    with pytest.raises(PollError):
        asker(server.url)("/x", {"group_by[]": ["a", "b"]}, method="POST")
    assert (server.heard[0].method, server.paths()) == ("POST", ["/x?group_by%5B%5D=a&group_by%5B%5D=b"])


def test_who_is_ended_asks_no_more(server: Answering) -> None:
    """Nothing is asked once it is."""
    ended = threading.Event()
    ended.set()
    ask = Asker(Target("Ours", server.url, 0.0), FastClock(), ended, KIND)
    with pytest.raises(Ended):
        ask("/x")
