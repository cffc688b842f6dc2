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
