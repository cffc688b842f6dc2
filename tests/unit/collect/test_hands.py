"""Threads come and go with what there is to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tokometer.collect.hands import Hands


def until(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def threads(name: str) -> int:
    """How many threads of a name there are."""
    return sum(thread.name == name for thread in threading.enumerate())


def test_each_task_has_a_thread_while_there_may_be_more() -> None:
    """One that takes long holds up no other; beyond the most they wait their turn."""
    hands, free, begun = Hands("hands-a", 3, idle=0.2), threading.Event(), threading.Semaphore(0)

    def task() -> None:
        begun.release()
        free.wait(10)

    for _ in range(5):
        hands.do(task)
    for _ in range(3):
        assert begun.acquire(timeout=5)
    assert not begun.acquire(timeout=0.2)
    assert threads("hands-a") == 3
    free.set()
    for _ in range(2):
        assert begun.acquire(timeout=5)
    assert until(lambda: threads("hands-a") == 0)


def test_a_free_thread_is_used_again_and_one_too_many_ends() -> None:
    """A task after the other needs one thread; what comes after all have ended is done as well."""
    hands, done = Hands("hands-b", 8, idle=0.2), threading.Semaphore(0)
    for _ in range(20):
        hands.do(lambda: done.release())  # noqa: PLW0108 - what it returns is nobody's
        assert done.acquire(timeout=5)
        time.sleep(0.005)
    assert threads("hands-b") <= 2
    assert until(lambda: threads("hands-b") == 0)
    hands.do(lambda: done.release())  # noqa: PLW0108 - as above
    assert done.acquire(timeout=5)


def test_a_task_that_fails_costs_no_thread() -> None:
    """The hand goes on."""
    hands, done = Hands("hands-c", 1, idle=5.0), threading.Event()

    def fail() -> None:
        raise RuntimeError("a mistake")

    hands.do(fail)
    hands.do(done.set)
    assert done.wait(5)
