"""Answers that are kept, and made once however many ask at the same time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from tokometer.server.weights import weight

T = TypeVar("T")
#: Answers without a limit of their own are kept until there is news.
FOR_GOOD: Final = float("inf")
#: What is held is held for so many times as long as it took to make, up to so many seconds: a stream of commits then
#: keeps nobody busy with one answer for more than a sixth of the time.
_TIMES: Final = 6.0
_LONGEST: Final = 10.0
#: What a memory holds at most, in bytes.
ROOM: Final = 32 * 1024 * 1024
#: An answer that would fill more than this part of it is not kept: it would cost all others.
_SHARE: Final = 4


@dataclass(eq=False, slots=True)
class Kept(Generic[T]):
    """An answer, or one that is just being made or about to be: as of which version of the data, and what it took."""

    #: As of which version; -1 until it is begun.
    version: int = -1
    began: float = 0.0
    future: Future[T] = field(default_factory=Future)
    took: float = 0.0
    #: What is made before this is begun: the same of an earlier version.
    after: Future[T] | None = None
    #: Bytes, with its key; known once it is made.
    weight: int = 0

    def serves(self, version: int, lasts: float, hold: float) -> bool:
        """Whether it is good for who asks at this version; see :class:`Memory`."""
        if self.version < 0:
            # Whatever there is now, it will have.
            return True
        age = time.monotonic() - self.began
        if self.version >= version:
            return age < lasts
        if not hold:
            return False
        return not self.future.done() or age < min(lasts, max(hold, min(_TIMES * self.took, _LONGEST)))

    def in_its_turn(self, begin: Callable[[], object]) -> None:
        """Call `begin` once it may be begun: now, or from the thread that ends what comes before."""
        if self.after is None:
            begin()
        else:
            self.after.add_done_callback(lambda _: begin())

    def result(self) -> T:
        """The answer, as soon as it is there.

        Raises:
            Exception: Whatever went wrong when it was made.
        """
        return self.future.result()


class Memory(Generic[T]):
    """The last answers by key: at most `most`, and what fits into `room` bytes. Thread-safe.

    An error is told to all who wait and is not kept; neither is an answer of more than a quarter of the room.

    `version` says as of which version the data is. An answer has all of the version at which whoever gets it asked for
    it, unless they allow an older one: that is good for `hold` seconds, so that a stream of commits does not have
    everything made anew for each of them, and what takes long to make is held longer. One of the current version is
    good for `lasts` seconds.

    An answer is never made twice at a time. Who may not have what is being made, because it was begun before their
    question, shares what is made next with everybody who asks until that is begun.
    """

    def __init__(self, most: int, room: int = ROOM, version: Callable[[], int] = lambda: 0) -> None:
        self._most = most
        self._room = room
        self._version = version
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Kept[T]] = OrderedDict()
        #: How many answers were made, and how many were there already or under way.
        self.made = self.found = 0
        #: Bytes that the answers take up, keys included.
        self.weight = 0

    def __len__(self) -> int:
        """How many answers there are, those included that are just being made."""
        return len(self._answers)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._answers.clear()
            self.weight = 0

    def claim(self, key: Hashable, lasts: float = FOR_GOOD, hold: float = 0.0) -> tuple[Kept[T], bool]:
        """The answer of a key, and whether it is the caller's to make, with :meth:`fulfil`."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is not None and kept.serves(self._version(), lasts, hold):
                self._answers.move_to_end(key)
                self.found += 1
                return kept, False
            under_way = kept is not None and not kept.future.done()
            self._drop(key)
            kept = self._answers[key] = Kept(after=kept.future if kept is not None and under_way else None)
            self._make_room()
            self.made += 1
            return kept, True

    def fulfil(self, key: Hashable, kept: Kept[T], make: Callable[[], T]) -> None:
        """Make a claimed answer in this thread, in its turn; what goes wrong is told by :meth:`Kept.result`."""
        if kept.after is not None:
            wait((kept.after,))
        with self._lock:
            # What is committed from here on may not be in it.
            kept.version, kept.began, kept.after = self._version(), time.monotonic(), None
        try:
            made = make()
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            with self._lock:
                if self._answers.get(key) is kept:
                    self._drop(key)
            kept.future.set_exception(error)
        else:
            kept.took = time.monotonic() - kept.began
            self._weigh(key, kept, made)
            kept.future.set_result(made)

    def _weigh(self, key: Hashable, kept: Kept[T], made: T) -> None:
        """Count what has been made, and let go of what has no room beside it; or of it, where it is too large."""
        weighed = weight(key) + weight(made)
        with self._lock:
            if self._answers.get(key) is not kept:
                return
            if weighed > self._room // _SHARE:
                self._drop(key)
                return
            kept.weight = weighed
            self.weight += weighed
            self._make_room()

    def _make_room(self) -> None:
        """Forget what was not asked for longest. Called with the lock held."""
        while self._answers and (len(self._answers) > self._most or self.weight > self._room):
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Hashable) -> None:
        """Forget one. Called with the lock held."""
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self.weight -= dropped.weight

    def kept(self, key: Hashable, make: Callable[[], T], lasts: float = FOR_GOOD, hold: float = 0.0) -> Kept[T]:
        """The answer of a key; `make` is called in this thread if nobody has made or is making it."""
        kept, mine = self.claim(key, lasts, hold)
        if mine:
            self.fulfil(key, kept, make)
        return kept

    def get(self, key: Hashable, make: Callable[[], T], lasts: float = FOR_GOOD, hold: float = 0.0) -> T:
        """The same, when it is there."""
        return self.kept(key, make, lasts, hold).result()
