"""A circuit breaker over a stream of outcomes, as far as the outcomes are known.

Closed: `failures` failed calls within `within` open it. Open: whatever comes within `open_for` is not counted. Then
half-open: the next `probes` calls are on trial; if all of them succeed it closes with nothing counted, with the first
one that fails it opens again (Nygard, Release It!, 2018, chapter 5).

While it is closed only failures matter, of which there are few; the calls that succeeded matter only after it has
opened. So :class:`Circuit` is given all failures, runs until it needs to know more, and says from when on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

State = Literal["CLOSED", "OPEN", "HALF_OPEN"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a breaker opens, for how long, and what closes it again."""

    failures: int
    within: timedelta
    open_for: timedelta
    probes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended."""

    at: datetime
    ok: bool


@dataclass(slots=True)
class Circuit:
    """The breaker of one provider. Times are of one zone without changes of the clock: UTC."""

    rules: Rules
    #: All failures, in order.
    failures: Sequence[datetime]
    now: datetime
    state: State = "CLOSED"
    #: When it came into this state; None while it has always been in it.
    since: datetime | None = None
    #: Failures counted: those of the last `within` while it is closed, else those that opened it and on trial since.
    counted: int = 0
    #: How often it has opened.
    trips: int = 0
    _next: int = 0
    _known: datetime | None = None
    _window: deque[datetime] = field(default_factory=deque)

    @property
    def needs(self) -> datetime | None:
        """From when on it has to know all outcomes in order to go on; None where it is done."""
        if self.state != "HALF_OPEN" or self.since is None or self.since >= self.now:
            return None
        return self.since if self._known is None or self._known < self.now else None

    def run(self, outcomes: Sequence[Outcome] = (), until: datetime | None = None) -> None:
        """Run to `now`, or to where outcomes have to be known that are not among these.

        `outcomes` are all of those from :attr:`needs` up to `until`, in order.
        """
        self._known = until
        while True:
            if self.state == "CLOSED":
                self._count()
                if self.state == "CLOSED":
                    return
            if self.state == "OPEN":
                assert self.since is not None
                ready = self.since + self.rules.open_for
                if ready > self.now:
                    return
                self.state, self.since = "HALF_OPEN", ready
            if not self._try(outcomes):
                return

    def _count(self) -> None:
        """Go through the failures, to the one that opens it, or to now."""
        for at in self.failures[self._next :]:
            self._forget(at)
            self._window.append(at)
            self.counted = len(self._window)
            if self.counted >= self.rules.failures:
                self._open(at)
                return
        self._next = len(self.failures)
        self._forget(self.now)

    def _forget(self, now: datetime) -> None:
        """Leave out what failed `within` ago or earlier."""
        while self._window and self._window[0] <= now - self.rules.within:
            self._window.popleft()
        self.counted = len(self._window)

    def _open(self, at: datetime) -> None:
        self.state, self.since = "OPEN", at
        self.trips += 1
        self._window.clear()

    def _try(self, outcomes: Sequence[Outcome]) -> bool:
        """Let calls through on trial; False where too few of them are known to say how it ends."""
        first = bisect_left(outcomes, self.since, key=lambda outcome: outcome.at)
        trial = outcomes[first : first + self.rules.probes]
        failed = next((outcome for outcome in trial if not outcome.ok), None)
        if failed is not None:
            self.counted += 1
            self._open(failed.at)
            return True
        if len(trial) < self.rules.probes:
            return False
        self.state, self.since, self.counted = "CLOSED", trial[-1].at, 0
        # A failure of the same moment came after the last call on trial, or it would have been on trial itself.
        self._next = bisect_left(self.failures, self.since)
        return True
