"""Moments: all that a page shows is of one, however many panels it has and whatever is committed meanwhile.

A page asks for each of its panels by itself, with a word that is the same for all of them. The first that comes with a
word binds it to a moment: a snapshot of the ledger, the time, and the version of the data. The others get answers of
the same one, and so does every other page that asks at about the same time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final

from tokometer.ledger import Snapshot

#: Moments that may be open at once. Whoever comes when all of them are in use is answered of no one moment.
_MOST: Final = 16
#: Words that are remembered.
_MOST_WORDS: Final = 1_000
#: How long one is kept open for who may come with its word (seconds).
_LINGERS: Final = 2.0
#: One that comes soon after another is good for pages that follow what comes for so many times as long as it took to
#: make what was asked of it, and at most so many seconds: a stream of commits keeps no thread busy with a page for more
#: than a quarter of the time. The first after a while is made at once.
_TIMES: Final = 3.0
_LONGEST: Final = 10.0
#: The next one waits at most so long for its turn (seconds).
_TURN: Final = 1.0
#: Whoever must have all that is committed shares one of the same version only while it is this young (seconds).
_YOUNG: Final = 1.0


@dataclass(eq=False, slots=True)
class Moment:
    """What the ledger is at one moment."""

    number: int
    #: As of which version of the data, at least.
    version: int
    now: datetime
    reading: Snapshot
    #: Equal for moments between which nothing has changed.
    state: Hashable
    began: float
    #: Whether the one before it was made only a few seconds before.
    follows: bool = False
    #: Seconds that making it and everything asked of it has taken.
    took: float = 0.0
    #: How many ask of it just now, and when it was last needed.
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    closed: bool = False

    @property
    def age(self) -> float:
        """Seconds."""
        return time.monotonic() - self.began

    def is_good(self, version: int, hold: float) -> bool:
        """Whether it has all of a version, or what it lacks was committed within so many seconds."""
        if self.closed or self.reading.is_lost:
            return False
        if not hold:
            return self.version >= version and self.age < _YOUNG
        return self.age < max(hold, min(_TIMES * self.took, _LONGEST) if self.follows else 0.0)


class Moments:
    """The moments that pages look at. Thread-safe; :meth:`make` takes its time, nothing else does."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], version: Callable[[], int], now: Callable[[], datetime]
    ) -> None:
        self._snapshot = snapshot
        self._version = version
        self._now = now
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._words: OrderedDict[str, Future[Moment | None]] = OrderedDict()
        self._open: list[Moment] = []
        self._closed = False
        #: One that is about to be made.
        self._next: Future[Moment | None] | None = None
        #: When the last one was begun.
        self._last = -_LONGEST

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def claim(self, word: str, hold: float) -> tuple[Future[Moment | None], float | None]:
        """The moment of a word; and where it is the caller's to make, with :meth:`make`, in how many seconds.

        It has everything that was committed before its word was first used, or before `hold` seconds ago. None is for
        whoever comes when there are too many. However many come while records stream in, they share one that is about
        to be made until it is: as long as the last one has taken there is no other.
        """
        with self._lock:
            bound = self._words.get(word)
            if bound is not None and not (bound.done() and _gone(bound)):
                return bound, None
            newest = self._open[-1] if self._open else None
            good = newest is not None and newest.is_good(self._version(), hold)
            mine = not good and self._next is None
            future: Future[Moment | None] = self._next if not good and self._next else Future()
            self._words[word] = future
            self._words.move_to_end(word)
            while len(self._words) > _MOST_WORDS:
                self._words.popitem(last=False)
            if mine:
                self._next = future
                return future, max(0.0, min(newest.took, _TURN) - newest.age) if newest else 0.0
            if newest is not None and good:
                newest.used = time.monotonic()
                future.set_result(newest)
        return future, None

    def make(self, future: Future[Moment | None]) -> None:
        """Make a claimed one in this thread; what goes wrong is told by its future."""
        self.sweep()
        with self._lock:
            # Whatever is committed from here on may not be in it.
            if self._next is future:
                self._next = None
        try:
            future.set_result(None if len(self._open) >= _MOST else self._made())
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            future.set_exception(error)

    @contextmanager
    def held(self, moment: Moment | None) -> Iterator[None]:
        """While somebody waits for an answer of one, it stays open."""
        if moment is None:
            yield
            return
        with self._lock:
            moment.users += 1
        try:
            yield
        finally:
            with self._lock:
                moment.users -= 1
                moment.used = time.monotonic()

    @contextmanager
    def asking(self, moment: Moment | None) -> Iterator[None]:
        """The same while an answer is made, which takes its time."""
        began = time.monotonic()
        with self.held(moment):
            yield
        if moment is not None:
            moment.took += time.monotonic() - began

    def sweep(self) -> None:
        """Let go of those that nobody needs any more."""
        now = time.monotonic()
        with self._lock:
            done = [one for one in self._open if one.reading.is_lost or (not one.users and now - one.used > _LINGERS)]
            self._let_go(done)

    def close(self) -> None:
        """Let go of all that nobody asks just now, and make no more; the others go with the ledger."""
        with self._lock:
            self._closed = True
            self._let_go([one for one in self._open if not one.users])

    def _made(self) -> Moment:
        began, version, now = time.monotonic(), self._version(), self._now()
        reading = self._snapshot()
        state = version if reading.state is None else reading.state
        made = Moment(next(self._numbers), version, now, reading, state, began, began - self._last < _LONGEST)
        self._last = began
        made.took = time.monotonic() - began
        with self._lock:
            self._open.append(made)
            if self._closed:
                self._let_go([made])
        return made

    def _let_go(self, moments: list[Moment]) -> None:
        """Called with the lock held."""
        for one in moments:
            one.closed = True
            self._open.remove(one)
            one.reading.close()


def _gone(bound: Future[Moment | None]) -> bool:
    """Whether what a word was bound to can be asked no more."""
    if bound.exception() is not None:
        return True
    moment = bound.result()
    return moment is None or moment.closed or moment.reading.is_lost
