"""Whatever goes wrong with sending is said, tried again, and ends no thread in silence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generators.sources.shipment import records
from servers.answering import Answering, Reply, answering
from tokometer.collect import shipping
from tokometer.collect.outbox import Outbox
from tokometer.collect.shipping import MACHINES, BadAddress, Shipper
from tokometer.ledger import Batch
from tokometer.sources.shipment.source import PATH

#: The answer of a server that took a shipment.
TAKEN = Reply(b'{"accepted": 1, "duplicate": 0, "changed": 0, "refused": []}')


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server that answers what a test tells it to."""
    with answering() as found:
        yield found


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A spool in which one shipment waits."""
    made = Outbox(tmp_path / "ship", "tokometer 1", "laptop")
    made.submit(Batch(records())).result(0)
    yield made
    made.close()


def until(true: Callable[[], object]) -> None:
    """Wait for something that comes about by itself."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError


def test_a_mistake_of_any_kind_is_told_and_tried_again(
    outbox: Outbox, server: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody has thought of must not end the thread that sends: everything would wait for good."""
    server.replies[PATH] = TAKEN
    shipper = Shipper(outbox, server.url, {}, tmp_path, {}, key="tok_1 ")
    post = shipping._Server.post
    mistakes = [UnicodeError("a name that is none"), ZeroDivisionError("of ours")]
    told: list[str] = []

    def sometimes(self: shipping._Server, body: bytes) -> tuple[int, bytes, float]:
        told.append(shipper.shipped.trouble)
        if mistakes:
            raise mistakes.pop(0)
        return post(self, body)

    monkeypatch.setattr(shipping._Server, "post", sometimes)
    shipper.start()
    until(lambda: shipper.shipped.sent)
    assert shipper.stop(20)
    assert told == ["", "a name that is none", "of ours"]
    assert (outbox.waiting, shipper.shipped.trouble) == ((0, 0), "")
    assert server.heard[0].headers["Authorization"] == "Bearer tok_1"


def test_a_key_that_is_not_taken_is_said(outbox: Outbox, server: Answering, tmp_path: Path) -> None:
    """Whoever ships once can stop at that; what waits is there for the next try."""
    server.replies[PATH] = Reply(b"{}", status=401)
    shipper = Shipper(outbox, server.url, {}, tmp_path, {}, key="tok_1")
    shipper.start()
    until(lambda: shipper.shipped.barred)
    assert "key" in shipper.shipped.trouble
    assert shipper.stop(20)
    assert outbox.waiting[0] == 1


@pytest.mark.parametrize("key", ["tok_…", "tok_\n1"])
def test_a_key_that_can_be_none_is_told_at_once(outbox: Outbox, tmp_path: Path, key: str) -> None:
    """As it was copied from where only its start is shown."""
    with pytest.raises(BadAddress, match="key"):
        Shipper(outbox, "http://127.0.0.1:9", {}, tmp_path, {}, key=key)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>Log in to the hotel's network</html>"),
        Reply(b"{}"),
        Reply(b"<h1>413 Request Entity Too Large</h1>", status=413),
    ],
)
def test_what_somebody_between_answers_loses_nothing(
    outbox: Outbox, server: Answering, tmp_path: Path, reply: Reply
) -> None:
    """A shipment has arrived when a Tokometer says so, and is refused when a Tokometer does."""
    server.replies[PATH] = reply
    shipper = Shipper(outbox, server.url, {}, tmp_path, {})
    shipper.start()
    until(lambda: shipper.shipped.trouble)
    assert (outbox.waiting[0], shipper.shipped.sent, shipper.shipped.declined) == (1, 0, 0)
    server.replies[PATH] = TAKEN
    until(lambda: shipper.shipped.sent)
    assert shipper.stop(20)
    assert (outbox.waiting, shipper.shipped.trouble) == ((0, 0), "")


def test_what_a_server_declines_is_tried_at_the_next_start(outbox: Outbox, server: Answering, tmp_path: Path) -> None:
    """An older server does not take what a later version of it may; nothing waits behind it meanwhile."""
    outbox.submit(Batch(records())).result(0)
    server.replies[PATH] = Reply(b'{"error": "the shipment is of form 2"}', status=400)
    shipper = Shipper(outbox, server.url, {}, tmp_path, {})
    shipper.start()
    until(lambda: shipper.shipped.declined == 2)
    assert "form 2" in shipper.shipped.trouble
    assert shipper.stop(20)
    assert outbox.waiting[0] == 0
    outbox.close()
    again = Outbox(tmp_path / "ship", "tokometer 2", "laptop")
    assert again.waiting[0] == 2
    again.close()


def test_a_server_that_answers_once_a_connection_is_sent_to(outbox: Outbox, server: Answering, tmp_path: Path) -> None:
    """Whether it knows the machine is asked before; that it does not say is no reason to wait."""
    server.replies[PATH] = Reply(TAKEN.body, headers={"Connection": "close"})
    outbox.submit(Batch(records())).result(0)
    shipper = Shipper(outbox, server.url, {}, tmp_path, {})
    shipper.start()
    until(lambda: not outbox.waiting[0])
    assert shipper.stop(20)
    assert (shipper.shipped.sent, shipper.shipped.anew) == (2 * len(records()), 0)


def test_everything_is_sent_anew_where_nothing_of_it_is_known(server: Answering, tmp_path: Path) -> None:
    """Once: how far files were read is forgotten where a server lists no such machine, if any came there."""
    made = Outbox(tmp_path / "ship", "tokometer 1", "laptop")
    made.submit(Batch(records(), cursors={("codex", "/a"): b"state"})).result(0)
    server.replies |= {PATH: TAKEN, MACHINES: Reply(b'{"machines": [{"machine": "desktop"}]}')}
    for anew, left in ((0, {"/a": b"state"}), (1, {}), (0, {})):
        shipper = Shipper(made, server.url, {}, tmp_path, {})
        shipper.start()
        until(shipper.done)
        assert shipper.stop(20)
        assert (shipper.shipped.anew, made.cursors("codex")) == (anew, left)
    made.close()
