"""What several questions about one moment need is read once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tokometer.ledger.shared import Shared


def test_it_is_read_once_by_whoever_comes_first() -> None:
    """All who ask meanwhile wait for it and get the same; another key is read by itself, even while the first is."""
    shared, begun, go, read = Shared(), threading.Event(), threading.Event(), []

    def slow() -> object:
        read.append("a")
        begun.set()
        assert go.wait(20)
        return object()

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(shared.once, "a", slow)
        assert begun.wait(20)
        others = [pool.submit(shared.once, "a", slow) for _ in range(2)]
        assert shared.once("b", lambda: 2) == 2
        go.set()
        assert {id(one.result(20)) for one in others} == {id(first.result(20))}
    assert read == ["a"]


def test_what_went_wrong_is_told_and_tried_again() -> None:
    """An error is not kept: the next one to ask may be luckier."""
    shared = Shared()

    def fails() -> int:
        raise OSError("no")

    for _ in range(2):
        with pytest.raises(OSError, match="no"):
            shared.once("a", fails)
    assert shared.once("a", lambda: 1) == 1
