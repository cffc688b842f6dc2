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


def test_news_make_it_anew() -> None:
    """An answer of an earlier version is made again, and says as of which it is."""
    memory: Memory[int] = Memory(2)
    assert memory.kept("key", lambda: 1, version=5).version == 5
    assert memory.get("key", lambda: 2, version=5) == 1
    again = memory.kept("key", lambda: 2, version=6)
    assert (again.result(), again.version) == (2, 6)
    assert (memory.made, memory.found) == (2, 1)


def test_holds_for_a_moment() -> None:
    """Within its hold an answer serves later versions as well, and still says as of which it is; then no longer."""
    memory: Memory[int] = Memory(2)
    memory.get("key", lambda: 1, version=5)
    held = memory.kept("key", lambda: 2, version=6, hold=60)
    assert (held.result(), held.version) == (1, 5)
    time.sleep(0.02)
    assert memory.get("key", lambda: 3, version=6, hold=0.01) == 3


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
    memory: Memory[int] = Memory(2)
    kept, _ = memory.claim("key", version=1)
    assert memory.claim("key", version=2, hold=0.001) == (kept, False)
    assert memory.claim("other", version=1)[1]

    def make() -> int:
        time.sleep(0.05)
        return 1

    memory.fulfil("key", kept, make)
    time.sleep(0.1)
    assert memory.get("key", lambda: 2, version=2, hold=0.001) == 1
    time.sleep(0.35)
    assert memory.get("key", lambda: 3, version=2, hold=0.001) == 3
    assert memory.get("key", lambda: 4, version=3) == 4


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
    memory: Memory[bytes] = Memory(1_000, 1_000_000)
    for version in range(100):
        memory.get("key", lambda: bytes(10_000), version=version)
    assert 10_000 < memory.weight < 11_000
    memory.clear()
    assert memory.weight == 0
