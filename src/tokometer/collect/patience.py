"""Patience: how long to wait before what failed is tried again, longer each time, up to a most."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

#: What each wait is of the one before it.
_GROWTH: Final = 2.0
#: No more doublings than this are reckoned: any most is reached long before.
_MOST_DOUBLINGS: Final = 60


class Backoff:
    """The waits of one thing that is tried again and again. Used by one thread at a time.

    The first wait is `first` seconds, each further one twice as long, none longer than `most`. With `jitter`, a part of
    one, each is shortened by up to that part at random, so that many who failed together do not all come back together.
    `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        first: float = 0.5,
        most: float = 60.0,
        *,
        jitter: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = first
        self._most = most
        self._jitter = jitter
        self._clock = clock
        #: How often it has failed since it last went well.
        self.failures = 0
        #: When it may be tried again, by the clock; 0 where it may at once.
        self.not_before = 0.0

    def failed(self, at_least: float = 0.0) -> float:
        """Note a failure. Returns how many seconds to wait; no fewer than `at_least`, which whoever failed asks for."""
        wait = min(self._first * _GROWTH ** min(self.failures, _MOST_DOUBLINGS), self._most)
        wait = max(wait * (1.0 - self._jitter * random.random()), at_least)  # noqa: S311 - nothing secret
        self.failures += 1
        self.not_before = self._clock() + wait
        return wait

    def went_well(self) -> bool:
        """Note that it went well. Returns whether it had failed before."""
        had_failed = self.failures > 0
        self.failures, self.not_before = 0, 0.0
        return had_failed

    @property
    def left(self) -> float:
        """How many seconds there are to wait still; 0 where it may be tried now."""
        return max(0.0, self.not_before - self._clock()) if self.failures else 0.0

    @property
    def worth_a_trace(self) -> bool:
        """Whether the failure just noted is the first of its row: the others say no more, and are told in a line."""
        return self.failures <= 1
