"""What the proxy tells waits, is sent again where it has to be, and is dropped and counted where there is too much."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servers.answering import Reply, answering
from tokometer.collect.proxy import keeping
from tokometer.collect.proxy.delivering import put, send
from tokometer.collect.proxy.exchange import Exchange
from tokometer.collect.proxy.framing import request_of
from tokometer.collect.proxy.keeping import Keeper, NotKept
from tokometer.collect.reading import Prices
from tokometer.host.lock import FolderLock
from tokometer.ledger import Statement
from tokometer.ledger.opening import open_ledger

HEAD = request_of(b"POST /api/chat HTTP/1.1\r\nHost: localhost")
ITEM = {
    "id": "a-1",
    "started_at": 1_772_442_000_000_000,
    "form": "ollama",
    "http_status": 200,
    "answer": {"eval_count": 5},
}


def exchange() -> Exchange:
    """One that is over."""
    found = Exchange(HEAD, ("ollama", "chat"), "http://localhost:11434")
    found.end("whole")
    return found


def item(_: Exchange) -> dict[str, Any]:
    """What is told of it."""
    return {"n": 1}


def until(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


class Place:
    """Takes items, or does not."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.fails: Exception | None = None
        self.tries = 0

    def __call__(self, items: bytes) -> None:
        """Take items."""
        self.tries += 1
        if self.fails is not None:
            raise self.fails
        self.taken += items.splitlines()


def test_many_are_sent_together_and_the_rest_at_the_end() -> None:
    """What waits when the proxy ends is kept before it does."""
    place = Place()
    keeper = Keeper(place, item)
    for _ in range(20):
        keeper.take(exchange())
    keeper.close(5.0)
    assert place.taken == [b'{"n":1}'] * 20
    assert (keeper.kept, keeper.dropped, place.tries) == (20, 0, 1)


@pytest.mark.parametrize("error", [NotKept("away"), OSError("disk"), RuntimeError("a mistake")])
def test_what_could_not_be_kept_is_kept_later(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost while there is room for it, and nothing is told twice."""
    monkeypatch.setattr(keeping, "_GATHER", 0.05)
    place = Place()
    place.fails = error
    keeper = Keeper(place, item)
    keeper.take(exchange())
    assert until(lambda: bool(keeper.trouble))
    place.fails = None
    assert until(lambda: keeper.kept == 1)
    keeper.close(5.0)
    assert (place.taken, keeper.dropped, keeper.trouble) == ([b'{"n":1}'], 0, "")


def test_what_nobody_will_ever_take_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses them for good does not hold up what comes after."""
    monkeypatch.setattr(keeping, "_GATHER", 0.05)
    place = Place()
    place.fails = NotKept("no", final=True)
    keeper = Keeper(place, item)
    keeper.take(exchange())
    assert until(lambda: keeper.dropped == 1)
    keeper.close(5.0)


def test_more_than_may_wait_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded, however long nothing can be kept."""
    monkeypatch.setattr(keeping, "_MOST_ITEMS", 5)
    monkeypatch.setattr(keeping, "_GATHER", 0.05)
    place = Place()
    place.fails = NotKept("away")
    keeper = Keeper(place, item)
    for _ in range(12):
        keeper.take(exchange())
    assert until(lambda: keeper.dropped == 7)
    keeper.close(2.0)
    assert keeper.dropped == 12


def test_exchanges_that_nobody_has_read_yet_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that falls behind does not fill the memory."""
    monkeypatch.setattr(keeping, "_MOST_WAITING", 3)
    keeper = Keeper(Place(), lambda _: time.sleep(0.05) or {})
    for _ in range(20):
        keeper.take(exchange())
    assert keeper.dropped >= 10
    keeper.close(5.0)
    assert keeper.kept + keeper.dropped == 20


def test_a_call_that_cannot_be_read_is_dropped_alone() -> None:
    """A mistake of ours costs one call."""

    def read(one: Exchange) -> dict[str, Any]:
        if one.upstream == "bad":
            raise RuntimeError("a mistake")
        return {"n": 1}

    place = Place()
    keeper = Keeper(place, read)
    keeper.take(exchange())
    bad = exchange()
    bad.upstream = "bad"
    keeper.take(bad)
    keeper.take(exchange())
    keeper.close(5.0)
    assert (keeper.kept, keeper.dropped) == (2, 1)


def test_a_server_is_sent_lines_with_its_key() -> None:
    """As any client of it would."""
    with answering({"/below/api/proxy": Reply(b'{"accepted": 1}')}) as server:
        send(f"{server.url}/below", b"{}\n", "k")
    [heard] = server.heard
    assert (heard.body, heard.headers["Content-Type"]) == (b"{}\n", "application/x-ndjson")
    assert heard.headers["Authorization"] == "Bearer k"


@pytest.mark.parametrize("said", [b"<html>Log in</html>", b"", b'{"ok": true}'])
def test_a_page_to_log_in_at_keeps_nothing(said: bytes) -> None:
    """A proxy in between may answer 200 to everything: calls wait until a Tokometer is there."""
    with answering({"/api/proxy": Reply(said)}) as server, pytest.raises(NotKept, match="no Tokometer") as found:
        send(server.url, b"{}\n")
    assert not found.value.final


@pytest.mark.parametrize(("status", "final"), [(400, True), (422, True), (401, False), (429, False), (503, False)])
def test_a_server_says_whether_to_try_again(status: int, final: bool) -> None:
    """And after how long."""
    with (
        answering({"/api/proxy": Reply(b"no", status, {"Retry-After": "7"})}) as server,
        pytest.raises(NotKept) as found,
    ):
        send(server.url, b"{}\n")
    assert (found.value.final, found.value.retry_after) == (final, 7.0)


def test_a_folder_keeps_them_and_is_free_again(tmp_path: Path) -> None:
    """Kept twice they count once; while somebody holds the folder they wait."""
    lines = json.dumps(ITEM).encode() + b"\n"
    for _ in range(2):
        put(tmp_path, Prices(), lines, {})
    ledger = open_ledger(tmp_path)
    assert ledger.fetch(Statement("SELECT source, output_tokens FROM calls")) == [("proxy", 5)]
    ledger.close()
    with FolderLock(tmp_path / "server.lock"), pytest.raises(NotKept):
        put(tmp_path, Prices(), lines, {})
