"""Tests of tokometer.server.memory."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tokometer.server.memory import Memory


def test_made_once() -> None:
    """A hundred who ask at once cost what one does."""
    memory: Memory[int] = Memory(10)
    made = []
    gate = threading.Event()

    def make() -> int:
        gate.wait(10)
        made.append(1)
        return 7

    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(memory.get, "key", make) for _ in range(100)]
        time.sleep(0.05)
        gate.set()
        assert [answer.result() for answer in answers] == [7] * 100
    assert len(made) == 1


def test_errors_are_not_kept() -> None:
    """Who asks again after an error gets another try."""
    memory: Memory[int] = Memory(10)
    with pytest.raises(ZeroDivisionError):
        memory.get("key", lambda: 1 // 0)
    assert memory.get("key", lambda: 5) == 5


def test_bounded() -> None:
    """What was not asked for longest is forgotten first."""
    memory: Memory[int] = Memory(2)
    for key in ("a", "b", "a", "c"):
        memory.get(key, lambda: 1)
    assert memory.get("a", lambda: 2) == 1
    assert memory.get("b", lambda: 2) == 2


class Data:
    """What answers are of."""

    def __init__(self, version: int) -> None:
        self.now = version

    def version(self) -> int:
        """As of which version it is."""
        return self.now


def test_news_make_it_anew() -> None:
    """An answer of an earlier version is made again, and says as of which it is."""
    data = Data(5)
    memory: Memory[int] = Memory(2, version=data.version)
    assert memory.kept("key", lambda: 1).version == 5
    assert memory.get("key", lambda: 2) == 1
    data.now = 6
    again = memory.kept("key", lambda: 2)
    assert (again.result(), again.version) == (2, 6)
    assert (memory.made, memory.found) == (2, 1)


def test_holds_for_a_moment() -> None:
    """Within its hold an answer serves later versions as well, and still says as of which it is; then no longer."""
    data = Data(5)
    memory: Memory[int] = Memory(2, version=data.version)
    memory.get("key", lambda: 1)
    data.now = 6
    held = memory.kept("key", lambda: 2, hold=60)
    assert (held.result(), held.version) == (1, 5)
    time.sleep(0.02)
    assert memory.get("key", lambda: 3, hold=0.01) == 3


def test_lasts_for_a_while() -> None:
    """Windows move with the time: without news as well, an answer is made again after a while."""
    memory: Memory[int] = Memory(2)
    memory.get("key", lambda: 1, lasts=0.01)
    time.sleep(0.02)
    assert memory.get("key", lambda: 2, lasts=0.01) == 2
    assert memory.get("key", lambda: 3, lasts=60) == 2


def test_claimed_once() -> None:
    """Of those who claim an answer one is to make it, and the others get what it makes, an error as well."""
    memory: Memory[int] = Memory(2)
    mine, first = memory.claim("key")
    other, second = memory.claim("key")
    assert (first, second) == (True, False)
    assert mine is other
    memory.fulfil("key", mine, lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        other.result()
    assert memory.claim("key")[1]


def test_held_while_it_is_made_and_as_it_took() -> None:
    """What takes long is not made twice at a time, and is held for longer than what is quick."""
    data = Data(1)
    memory: Memory[int] = Memory(2, version=data.version)
    kept, _ = memory.claim("key")
    assert memory.claim("other")[1]

    def make() -> int:
        data.now = 2
        assert memory.claim("key", hold=0.001) == (kept, False)
        time.sleep(0.05)
        return 1

    memory.fulfil("key", kept, make)
    time.sleep(0.1)
    assert memory.get("key", lambda: 2, hold=0.001) == 1
    time.sleep(0.35)
    assert memory.get("key", lambda: 3, hold=0.001) == 3
    data.now = 3
    assert memory.get("key", lambda: 4) == 4


def test_has_what_was_there_when_it_was_asked_for() -> None:
    """Whoever asks while an answer is made that may lack the latest gets the next, with all others who ask meanwhile.

    So an answer is never made twice at a time, and two at most for each who asks.
    """
    data = Data(1)
    memory: Memory[int] = Memory(10, version=data.version)
    begun, gate, making, most = threading.Event(), threading.Event(), [0], [0]

    def make() -> int:
        making[0] += 1
        most[0] = max(most[0], making[0])
        found = data.now
        begun.set()
        gate.wait(10)
        time.sleep(0.01)
        making[0] -= 1
        return found

    def ask(version: int) -> bool:
        return memory.get("key", make) >= version

    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(ask, 1)
        begun.wait(10)
        data.now = 2
        later = [pool.submit(ask, 2) for _ in range(15)]
        time.sleep(0.05)
        data.now = 3
        latest = [pool.submit(ask, 3) for _ in range(15)]
        time.sleep(0.05)
        gate.set()
        assert all(asked.result() for asked in (first, *later, *latest))
    assert most == [1]
    assert memory.made == 2


def test_the_next_is_begun_when_the_one_before_has_ended() -> None:
    """Whoever claims the next can have it begun without a thread that waits, however the one before ends."""
    data = Data(1)
    memory: Memory[int] = Memory(10, version=data.version)
    first, _ = memory.claim("key")
    begun: list[str] = []

    def fail() -> int:
        data.now = 2
        following, mine = memory.claim("key")
        assert mine
        following.in_its_turn(lambda: begun.append("following"))
        assert not begun
        raise ZeroDivisionError

    memory.fulfil("key", first, fail)
    assert begun == ["following"]
    assert memory.claim("key")[0].version == -1
    first.in_its_turn(lambda: begun.append("at once"))
    assert begun == ["following", "at once"]


def test_bounded_by_bytes() -> None:
    """However many answers there may be, they take up no more than their room; what is used stays."""
    memory: Memory[bytes] = Memory(1_000, 100_000)
    for number in range(100):
        memory.get(number, lambda: bytes(10_000))
        memory.get(0, lambda: b"again")
    assert memory.weight <= 100_000
    assert len(memory) == 9
    assert len(memory.get(0, lambda: b"again")) == 10_000


def test_too_large_an_answer_is_given_and_not_kept() -> None:
    """What would take the room of all others is made for who asks, and no longer there afterwards."""
    memory: Memory[list[str]] = Memory(10, 100_000)
    memory.get("small", lambda: ["a"])
    large = memory.get("large", lambda: [f"user {number}" for number in range(10_000)])
    assert len(large) == 10_000
    assert len(memory) == 1
    assert memory.weight < 1_000


def test_news_replace_what_was_kept() -> None:
    """A hundred versions of one answer take up the room of one."""
    data = Data(0)
    memory: Memory[bytes] = Memory(1_000, 1_000_000, data.version)
    for data.now in range(100):
        memory.get("key", lambda: bytes(10_000))
    assert 10_000 < memory.weight < 11_000
    memory.clear()
    assert memory.weight == 0
