"""One target that is asked again and again: its state, when it is due, and how it is doing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final, Literal

from tokometer.collect.asking import Outcome
from tokometer.collect.fetching import Fetcher
from tokometer.collect.patience import Backoff
from tokometer.collect.targets import Listed
from tokometer.records import now_us
from tokometer.sources.protocol import Poll

#: How a target is doing. `absent` is one that nobody named, and that is not there: no trouble to anybody.
State = Literal["waiting", "up", "down", "secret", "paused", "absent"]

#: One that does not answer is asked ever more rarely, up to this (seconds) or its own pace, whichever is longer.
_MOST: Final = 120.0
#: How long one may ask not to be asked (seconds).
_LONGEST: Final = 3_600.0
#: What is asked for so long (seconds) is shown as what does not answer. A large table takes minutes.
_STUCK: Final = 600.0
#: Many that failed together do not all come back together.
_JITTER: Final = 0.1
_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target is doing, to show. Times are microseconds since the epoch, 0 where there is none."""

    listed: Listed
    state: State
    #: Since when it has been in this state.
    since: int
    asked_at: int
    #: How long the last question took (seconds); None where none has ended.
    took: float | None
    #: When it is asked next; 0 where it is not.
    next_at: int
    #: Records of the last reading, and of all since the start.
    records: int
    total: int
    #: Refused ones of all since the start.
    refused: int
    #: Why it cannot be read just now; empty where it can.
    problem: str
    #: The first thing in its last reading that was refused; empty where nothing was.
    bad: str
    #: Questions since the start, and how many of them failed.
    questions: int
    failures: int


@dataclass(slots=True, eq=False)
class Asked:
    """A target that is asked. Used with the poller's lock held, but for :attr:`fetch`."""

    listed: Listed
    poll: Poll | None
    #: Where the source goes on from.
    state: bytes
    #: When it is asked next, by the monotonic clock.
    due: float = 0.0
    #: Being asked, or what it said is not kept yet.
    busy: bool = False
    #: It is refused as a whole, because of a mistake of ours.
    broken: bool = False
    #: A thread is asking it.
    asking: bool = False
    fetch: Fetcher = field(init=False)
    _backoff: Backoff = field(init=False)
    _phase: State = "waiting"
    _since: int = field(default_factory=now_us)
    _asked_at: int = 0
    _began: float = 0.0
    _took: float | None = None
    _records: int = 0
    _total: int = 0
    _refused: int = 0
    _problem: str = ""
    _bad: str = ""
    _questions: int = 0
    _failures: int = 0
    _was_up: bool = False

    def __post_init__(self) -> None:
        """What goes with the target."""
        every = self.listed.target.every
        self.fetch = Fetcher(self.listed.target)
        self._backoff = Backoff(max(every, 1.0), max(every, _MOST), jitter=_JITTER)
        if self.listed.paused:
            self._phase = "paused"
        elif self.listed.unfit:
            self._phase, self._problem = "down", self.listed.unfit

    @property
    def may_be_asked(self) -> bool:
        """Whether it is asked at all, and not being asked right now."""
        return not (self.busy or self.listed.paused or self.listed.unfit or self.poll is None)

    def renew(self, listed: Listed) -> None:
        """Take the same target, perhaps with another secret; one that had a wrong one is asked at once."""
        self.listed = listed
        if self._phase == "secret":
            self.due = 0.0

    def end(self) -> None:
        """Ask nothing more; a question that is being asked ends."""
        self.fetch.stop()
        if not self.asking:
            self.fetch.close()

    def begin(self, now: float) -> None:
        """It is being asked from now on (monotonic)."""
        self.busy = self.asking = True
        self._began = now
        self._asked_at = now_us()
        self._questions += 1

    def said(self, outcome: Outcome) -> bool:
        """Note what came of a question. Returns whether its state has become another."""
        now = time.monotonic()
        self._took = now - self._began
        self._bad = outcome.bad
        failure = outcome.failure
        before = self._phase, self._problem
        if failure is None:
            self._backoff.went_well()
            self._records = outcome.batch.size
            self._refused += len(outcome.batch.refusals)
            self._problem, self._was_up = "", True
            self._enter("up")
            # By the pace at which it was due, not at which it answered: questions stay spread.
            every = self.listed.target.every
            self.due = max(self.due + every, now) if self.due and now - self.due < every else now + every
        else:
            self._failures += 1
            self._records = 0
            self._problem = str(failure)
            quiet = self.listed.origin == "local" and not self._was_up
            self._enter("absent" if quiet else "secret" if failure.secret else "down")
            self.due = now + self._backoff.failed(min(failure.retry_after, _LONGEST))
        return before != (self._phase, self._problem)

    def kept(self, state: bytes, at: int) -> None:
        """What it said is in the ledger; `at` is when that was, 0 where there was nothing to keep."""
        self.state = state
        self.busy = False
        if at:
            self._total += self._records

    def not_kept(self, error: BaseException) -> None:
        """What it said is not in the ledger, and is asked for again from the state before."""
        self.busy = False
        self._problem = f"answers, but what it says cannot be kept: {error}"
        self._enter("waiting")
        self.due = time.monotonic() + self._backoff.failed()

    def standing(self) -> Standing:
        """How it is doing."""
        asks = not (self.listed.paused or self.listed.unfit)
        wait = max(0.0, self.due - time.monotonic())
        # A driver that is stuck, or a drive that is gone, answers nothing, and nobody can end what waits for it.
        waits = time.monotonic() - self._began if self.asking else 0.0
        stuck = waits > _STUCK
        return Standing(
            self.listed,
            "down" if stuck else self._phase,
            self._asked_at if stuck else self._since,
            self._asked_at,
            self._took,
            now_us() + int(wait * _MICRO) if asks else 0,
            self._records,
            self._total,
            self._refused,
            f"has not answered for {int(waits) // 60} minutes" if stuck else self._problem,
            self._bad,
            self._questions,
            self._failures,
        )

    def _enter(self, phase: State) -> None:
        if phase != self._phase:
            self._phase, self._since = phase, now_us()
