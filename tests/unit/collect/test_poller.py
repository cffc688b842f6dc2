"""Targets are asked at their pace, and what they say is in the ledger with the state in which they were left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from servers.answering import Answering, Reply, answering
from tokometer.collect.poller import Poller
from tokometer.collect.standing import Standing
from tokometer.collect.targets import Listed
from tokometer.collect.writer import Writer
from tokometer.ledger import Batch, Ledger, LedgerError, Receipt, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.prices import PriceBook
from tokometer.records import Sample
from tokometer.sources.polling import fetch_json
from tokometer.sources.protocol import Fetch, PollError, Reading, Source, Target

_PATIENCE = 15.0


def until(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


class Counting:
    """Reads a number a time; its state is how many it has read."""

    every = 0.2

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:
        """Nothing by itself."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """One sample of the number that the target tells."""
        value = fetch_json(fetch, "/value")
        count = int(state or b"0") + 1
        if value == "mistake":
            raise RuntimeError("a mistake")
        if value == "odd":
            raise PollError("says something odd")
        sample = Sample(source="counting", native_id=f"{target.name}@{count}", started_at=now, metric="m", value=value)
        return Reading([sample], state=b"%d" % count)


SOURCES = {"counting": Source("counting", "Counting", "servers", "Numbers.", polled=Counting())}


@dataclass
class Scene:
    """A poller, what it is to ask, and where it keeps what comes of it."""

    ledger: Ledger
    listed: list[Listed] = field(default_factory=list)
    changes: int = 0
    poller: Poller = field(init=False)

    def standing(self, name: str = "one") -> Standing:
        """How a target is doing."""
        return next(one for one in self.poller.standings() if one.listed.target.name == name)

    def state(self, name: str = "one") -> str:
        """The same in one word; empty where there is no such target."""
        return next((one.state for one in self.poller.standings() if one.listed.target.name == name), "")

    def samples(self) -> list[tuple[str, float]]:
        """What is kept, in the order of time."""
        rows = self.ledger.fetch(Statement("SELECT native_id, value FROM samples ORDER BY started_at, native_id"))
        return [(name, value) for name, value in rows]

    def list(self, *listed: Listed) -> None:
        """Have these asked from now on."""
        self.listed = list(listed)


@contextmanager
def scene(ledger: Ledger, *listed: Listed) -> Iterator[Scene]:
    """A poller that runs."""
    found = Scene(ledger, list(listed))
    writer = Writer(ledger, PriceBook.open())

    def changed() -> None:
        found.changes += 1

    found.poller = Poller(writer, ledger, SOURCES, lambda: found.listed, changed)
    found.poller.start()
    try:
        yield found
    finally:
        assert found.poller.stop(5.0)
        writer.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger."""
    found = open_ledger(tmp_path)
    yield found
    found.close()


@pytest.fixture
def server() -> Iterator[Answering]:
    """A server that tells the number 5."""
    with answering({"/value": Reply(b"5")}) as found:
        yield found


def listed(url: str, name: str = "one", every: float = 0.1, **more: object) -> Listed:
    """A target of the source."""
    return Listed("counting", Target(name, url, every), **more)  # type: ignore[arg-type]


def test_a_target_is_asked_again_and_again_and_its_records_are_kept(ledger: Ledger, server: Answering) -> None:
    """What a target says each time is in the ledger, once."""
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: len(found.samples()) >= 3)
        standing = found.standing()
        assert (standing.state, standing.problem, standing.records) == ("up", "", 1)
        assert standing.total >= 2
        assert standing.took is not None
    count = len(found.samples())
    assert [name for name, _ in found.samples()] == [f"one@{number}" for number in range(1, count + 1)]
    assert server.connections == 1


def test_the_state_survives_a_restart(ledger: Ledger, server: Answering) -> None:
    """Another poller goes on where the one before left a target."""
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: len(found.samples()) >= 1)
    count = len(found.samples())
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: len(found.samples()) > count)
    assert found.samples()[count][0] == f"one@{count + 1}"
    assert set(ledger.cursors("counting")) == {f"{server.url} (one)"}


def test_a_slow_target_holds_up_no_other(ledger: Ledger, server: Answering) -> None:
    """Each target is asked beside the others."""
    with answering({"/value": Reply(b"1", after=4.0)}) as slow:
        with scene(ledger, listed(slow.url, "slow"), listed(server.url)) as found:
            assert until(lambda: len(found.samples()) >= 3)
            assert {name.partition("@")[0] for name, _ in found.samples()} == {"one"}
            began = time.monotonic()
        assert time.monotonic() - began < 2.0


def test_a_target_that_is_down_is_told_and_recovers_by_itself(ledger: Ledger, server: Answering) -> None:
    """It says since when and why, is asked again ever more rarely, and is up when it answers again."""
    server.replies["/value"] = Reply(b"no", 503)
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: found.state() == "down")
        assert "503" in found.standing().problem
        assert found.standing().failures >= 1
        server.replies["/value"] = Reply(b"7")
        found.poller.ask_now("counting", "one")
        assert until(lambda: found.state() == "up")
        assert until(lambda: ("one@1", 7.0) in found.samples())
        assert found.changes >= 3


def test_a_wrong_secret_is_told_as_one(ledger: Ledger, server: Answering) -> None:
    """Whoever has to mend something is told what."""
    server.replies["/value"] = Reply(b"no", 401)
    with scene(ledger, listed(server.url, secret=lambda: "wrong")) as found:
        assert until(lambda: found.state() == "secret")
    assert server.heard[0].headers["Authorization"] == "Bearer wrong"


def test_one_that_nobody_named_and_that_is_not_there_is_no_trouble(ledger: Ledger, server: Answering) -> None:
    """What is tried by itself is quiet until it has answered once; then it is down like any other."""
    server.replies["/value"] = Reply(b"", 404)
    with scene(ledger, listed(server.url, origin="local")) as found:
        assert until(lambda: found.state() == "absent")
        server.replies["/value"] = Reply(b"1")
        found.poller.ask_now("counting", "one")
        assert until(lambda: found.state() == "up")
        server.replies["/value"] = Reply(b"", 404)
        assert until(lambda: found.state() == "down")


def test_a_mistake_in_a_source_is_refused_once_and_stops_nothing(ledger: Ledger, server: Answering) -> None:
    """A mistake of ours is told as one, and the other targets go on."""
    with (
        answering({"/value": Reply(b'"mistake"')}) as other,
        scene(ledger, listed(other.url, "other"), listed(server.url)) as found,
    ):
        assert until(lambda: found.state("other") == "down" and len(found.samples()) >= 2)
        found.poller.ask_now("counting", "other")
        assert until(lambda: found.standing("other").failures >= 2)
    rows = ledger.fetch(Statement("SELECT place, reason FROM refusals"))
    assert len(rows) == 1
    assert "RuntimeError" in rows[0][1]


def test_a_target_that_quotes_its_secret_is_not_repeated(ledger: Ledger, server: Answering) -> None:
    """However the secret looks, and in whichever form it comes."""
    server.replies["/value"] = Reply(b"plum'4/42+ is no key, nor is plum%274%2F42%2B", 400)
    with scene(ledger, Listed("counting", Target("one", server.url, 0.1), secret=lambda: "plum'4/42+")) as found:
        assert until(lambda: found.state() == "down")
        problem = found.standing().problem
    assert problem.endswith("400 Bad Request: [key] is no key, nor is [key]")


def test_a_mistake_that_is_mended_is_no_longer_told(ledger: Ledger, server: Answering) -> None:
    """Also where it was mended by another version of us, which knows of it from the ledger."""
    server.replies["/value"] = Reply(b'"mistake"')
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: bool(ledger.fetch(Statement("SELECT reason FROM refusals"))))
        assert found.state() == "down"
    server.replies["/value"] = Reply(b"5")
    with scene(ledger, listed(server.url)) as found:
        assert until(lambda: not ledger.fetch(Statement("SELECT reason FROM refusals")))
        assert found.state() == "up"


def test_targets_follow_their_list(ledger: Ledger, server: Answering) -> None:
    """What is added is asked, what is paused or gone is not."""
    with scene(ledger) as found:
        found.list(listed(server.url))
        assert until(lambda: found.state() == "up")
        found.list(listed(server.url, paused=True))
        assert until(lambda: found.state() == "paused")
        count = len(server.heard)
        time.sleep(0.4)
        assert len(server.heard) == count
        found.list()
        assert until(lambda: not found.poller.standings())


def test_labels_of_a_target_are_on_its_records(ledger: Ledger, server: Answering) -> None:
    """Whatever comes of a target carries its labels."""
    one = Listed("counting", Target("one", server.url, 0.1, labels={"rack": "7"}))
    with scene(ledger, one) as found:
        assert until(lambda: len(found.samples()) >= 1)
    assert ledger.fetch(Statement("SELECT label_keys, label_values FROM label_sets")) == [(["rack"], ["7"])]


def test_a_source_that_nobody_has_is_told(ledger: Ledger) -> None:
    """A target of an unknown source says so and is not asked."""
    with scene(ledger, Listed("nobody", Target("one", "http://x", 1.0), unfit="there is no source")) as found:
        assert until(lambda: found.state() == "down")
        assert found.standing().next_at == 0


class Failing:
    """A ledger that can keep nothing for a while."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.fails = True

    def commit(self, batch: Batch) -> Receipt:
        """Fail, or pass it on."""
        if self.fails and batch.size:
            raise LedgerError("the disk is full")
        return self._ledger.commit(batch)

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)


def test_while_nothing_can_be_kept_a_target_waits_and_its_state_stays(ledger: Ledger, server: Answering) -> None:
    """What could not be kept is asked for again from the state before."""
    failing = Failing(ledger)
    with scene(failing, listed(server.url)) as found:  # type: ignore[arg-type]
        assert until(lambda: found.state() == "waiting" and "disk is full" in found.standing().problem)
        failing.fails = False
        found.poller.ask_now("counting", "one")
        assert until(lambda: bool(found.samples()))
    assert found.samples()[0][0] == "one@1"
