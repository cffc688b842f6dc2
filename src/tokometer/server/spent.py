"""What is spent of each budget, kept in memory: a verdict waits for no query."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from tokometer.judgement.budgets import lines
from tokometer.judgement.periods import running
from tokometer.judgement.spending import shared, total
from tokometer.judgement.verdict import Verdict, decide
from tokometer.measures import Question, Result
from tokometer.settings import BudgetLine, Settings

#: Measuring anew takes at most this share of the time, however long it takes.
_SHARE: Final = 0.1
#: It is measured anew at most so often, and at least so often while somebody asks (s).
_PAUSE: Final = 1.0
_OLDEST: Final = 60.0
#: How long a verdict waits for the first measurement, and for that after a budget was changed (s).
_PATIENCE: Final = 0.5
#: What is being measured when it comes may have begun before the budget was made; the next one has not.
_ROUNDS: Final = 2
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was spent of each budget, when, and as of which data and settings."""

    settings: Settings
    version: int
    at: datetime
    #: Of the monotonic clock, and how long it took (s).
    begun: float
    took: float
    lines: tuple[BudgetLine, ...]
    spent: Mapping[str, Decimal | None] = field(default_factory=dict)
    #: When the running period of each ends.
    ends: Mapping[str, datetime] = field(default_factory=dict)


class Spent:
    """What is spent of each budget. Thread-safe.

    Args:
        settings: The settings in force.
        known: The same as far as they are known without waiting; None where something has changed.
        ask: Answers a question.
        version: As of which version the data is.
        now: The time.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        known: Callable[[], Settings | None],
        ask: Callable[[Question], Result],
        version: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._known = known
        self._ask = ask
        self._version = version
        self._now = now
        self._lock = threading.Lock()
        self._worker: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None
        #: What was measured last; None before that.
        self.measured: Measured | None = None
        #: Why it could not be measured; empty where it could.
        self.trouble = ""

    def verdict(self, told: Mapping[str, Collection[str]]) -> tuple[Verdict, Measured | None]:
        """The verdict on a call, and what it rests on; from memory, which is brought up to date beside it."""
        # A budget that was just made counts at once; whoever cannot wait gets what is known.
        until = time.monotonic() + _PATIENCE
        for _ in range(_ROUNDS):
            if self.is_ready():
                break
            self._waited(self._begin(), until - time.monotonic())
        measured = self.measured
        if measured is not None and self.is_ready():
            known = measured.lines
            if self._is_old(measured):
                self._begin()
        else:
            known = lines(self._settings())
        now = self._now()
        # Of a period that has begun since, and of a budget that was made or changed since, nothing is known yet.
        spent = {
            line.id: measured.spent.get(line.id)
            for line in (measured.lines if measured is not None else ())
            if measured is not None and now < measured.ends[line.id] and line in known
        }
        return decide(known, spent, told), measured

    def is_ready(self) -> bool:
        """Whether a verdict needs nothing but memory."""
        return self.measured is not None and self.measured.settings is self._known()

    def _is_old(self, measured: Measured) -> bool:
        age = time.monotonic() - measured.begun
        if age < max(_PAUSE, measured.took / _SHARE):
            return False
        return (
            measured.version != self._version()
            or age >= _OLDEST
            or any(end <= self._now() for end in measured.ends.values())
        )

    def _begin(self) -> Future[None]:
        """Have it measured by a thread of its own, unless it is being."""
        with self._lock:
            if self._running is None or self._running.done():
                self._worker = self._worker or ThreadPoolExecutor(1, thread_name_prefix="tokometer-spent")
                self._running = self._worker.submit(self._measure)
            return self._running

    def _waited(self, running_: Future[None], seconds: float) -> None:
        try:
            running_.result(max(0.0, seconds))
        except TimeoutError:
            return

    def _measure(self) -> None:
        begun = time.monotonic()
        settings, version, now = self._settings(), self._version(), self._now()
        known = lines(settings)
        spent: dict[str, Decimal | None] = {}
        try:
            for group in shared(known):
                rows = self._ask(group.spent).rows
                spent.update({line.id: total(group.of(line, rows))["cost"] for line in group.lines})
        except Exception as error:  # noqa: BLE001 - the ledger's errors are many, and a verdict survives all of them
            self.trouble = str(error) or type(error).__name__
            _LOG.warning("What is spent of budgets could not be measured: %s", self.trouble)
            return
        self.trouble = ""
        ends = {line.id: running(line.period, line.tz, now).ends for line in known}
        took = time.monotonic() - begun
        self.measured = Measured(settings, version, now, begun, took, known, spent, ends)

    def close(self) -> None:
        """Measure no more."""
        with self._lock:
            if self._worker is not None:
                self._worker.shutdown(wait=False, cancel_futures=True)
