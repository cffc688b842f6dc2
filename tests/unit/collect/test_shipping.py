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
from tokometer.collect.shipping import BadAddress, Shipper
from tokometer.ledger import Batch
from tokometer.sources.shipment.source import PATH


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
    server.replies[PATH] = Reply(b'{"accepted": 1, "duplicate": 0, "changed": 0, "refused": []}')
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
