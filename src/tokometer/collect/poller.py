"""Polling: every target is asked at its own pace, and what it says is kept with the state in which it was left.

One thread keeps the time and hands readings to the writer; each target that is being asked has a thread to itself as
long as that takes, so that one that does not answer holds up no other. Readings of half a second share a batch: a
commit costs much the same for one record and for a thousand.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from tokometer.collect.asking import Outcome, ask
from tokometer.collect.hands import Hands
from tokometer.collect.standing import Asked, Standing
from tokometer.collect.targets import Listed
from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.ledger import Batch, Ledger, LedgerError, Receipt
from tokometer.ledger.refused import is_of_a_file, unreadable
from tokometer.records import now_us
from tokometer.sources.protocol import Source

#: Readings wait so long (seconds) for others to share their batch, and no longer once there are so many records.
_GATHER: Final = 0.5
_ENOUGH: Final = 4_096
#: How often to look for questions that take too long (seconds), and, while none is under way, whether the targets in
#: the settings are others; of those on the page we are told.
_TURN: Final = 1.0
_REST: Final = 5.0
#: New targets are asked for the first time so long (seconds) after each other, and at that distance from then on.
_APART: Final = 0.05
#: So many targets may be in the middle of a question.
_AT_ONCE: Final = 256
#: Where nothing can be kept, readings are tried again after this long (seconds).
_FULL: Final = 2.0
_LOG: Final = logging.getLogger(__name__)


class Poller:
    """Asks targets and submits what they say to `writer`; `ledger` only says in which state each was left.

    `targets` says what is to be asked, as often as it is called, and costs little where nothing has changed (it returns
    the same object then). `on_change` is called when the state of a target has become another, from any thread.
    """

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        sources: Mapping[str, Source],
        targets: Callable[[], Sequence[Listed]],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._writer = writer
        self._ledger = ledger
        self._sources = sources
        self._targets = targets
        self._on_change = on_change
        self._listed: Sequence[Listed] | None = None
        self._asked: dict[tuple[str, str], Asked] = {}
        #: What is to be kept, and since when the first of it waits (monotonic).
        self._gathered: list[tuple[Asked, Outcome]] = []
        self._since = 0.0
        #: No batch is handed over before (monotonic): the writer's queue was full.
        self._hold = 0.0
        self._changed = threading.Condition()
        self._hands = Hands("tokometer-ask", _AT_ONCE)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokometer-poller", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """Ask nothing more, submit what was said, and stop; whether that was done within so many seconds."""
        self._stop.set()
        with self._changed:
            for one in self._asked.values():
                one.end()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def look(self) -> None:
        """Look at once whether what is listed is another."""
        with self._changed:
            self._changed.notify_all()

    def standings(self) -> list[Standing]:
        """How each target is doing, by source and name."""
        with self._changed:
            return [self._asked[key].standing() for key in sorted(self._asked)]

    def ask_now(self, source: str, name: str) -> bool:
        """Ask a target now instead of when it is due; False where there is none of that name."""
        with self._changed:
            found = self._asked.get((source, name))
            if found is not None:
                found.due = 0.0
                self._changed.notify_all()
        return found is not None

    # -- the poller's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
                self._begin()
                self._hand_over()
            except WriterClosed:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, polling goes on
                _LOG.warning("polling: %s", error, exc_info=not isinstance(error, LedgerError))
                self._stop.wait(_FULL)
            with self._changed:
                self._changed.wait(self._patience())
        # What cannot be handed over any more is asked for again at the next start.
        with suppress(WriterClosed, LedgerError):
            self._hand_over(all_of_it=True)

    def _patience(self) -> float:
        """How many seconds there is nothing to do, at most a turn. Called with the condition held."""
        if self._stop.is_set():
            return 0.0
        now = time.monotonic()
        ends = [one.due for one in self._asked.values() if one.may_be_asked]
        if self._gathered:
            ends.append(max(self._hold, now if self._records() >= _ENOUGH else self._since + _GATHER))
        turn = _TURN if any(one.busy for one in self._asked.values()) else _REST
        return max(0.0, min([now + turn, *ends]) - now)

    def _look(self) -> None:
        """See to it that what is asked is what is listed."""
        found = self._targets()
        if found is self._listed:
            return
        before = self._asked
        states: dict[str, dict[str, bytes]] = {}
        broken: set[tuple[str, str]] | None = None
        asked: dict[tuple[str, str], Asked] = {}
        new = []
        for one in found:
            kept = before.get(one.key)
            if kept is not None and kept.listed == one:
                # What is equal may still have another secret.
                kept.renew(one)
                asked[one.key] = kept
                continue
            if one.source not in states:
                states[one.source] = dict(self._ledger.cursors(one.source))
            if broken is None:
                broken = unreadable(self._ledger)
            source = self._sources.get(one.source)
            asked[one.key] = Asked(
                one, None if source is None else source.polled, states[one.source].get(one.place, b"")
            )
            asked[one.key].broken = (one.source, one.place) in broken
            new.append(asked[one.key])
        with self._changed:
            for key, one_before in before.items():
                if asked.get(key) is not one_before:
                    one_before.end()
            for at, one_new in enumerate(new):
                # Spread, and each within its own pace; a few of them at once, because somebody may wait for them.
                one_new.due = time.monotonic() + min(one_new.listed.target.every * at / len(new), at * _APART)
            self._asked, self._listed = asked, found
        if before or asked:
            self._on_change()

    def _begin(self) -> None:
        """Have those asked whose time has come, and end questions that take too long."""
        now = time.monotonic()
        with self._changed:
            due = [one for one in self._asked.values() if one.may_be_asked and one.due <= now]
            for one in due:
                one.begin(now)
            for one in self._asked.values():
                if one.busy and one.fetch.overdue:
                    one.fetch.cut()
        for one in due:
            self._hands.do(lambda one=one: self._ask(one))  # type: ignore[misc] # bound now

    def _hand_over(self, *, all_of_it: bool = False) -> None:
        """Submit what was gathered, once it has waited long enough or is enough."""
        with self._changed:
            now = time.monotonic()
            ripe = all_of_it or (now >= self._hold and (self._records() >= _ENOUGH or now - self._since >= _GATHER))
            if not (self._gathered and ripe):
                return
            gathered, self._gathered = self._gathered, []
        self._submit(gathered)

    def _submit(self, gathered: list[tuple[Asked, Outcome]]) -> None:
        batch = Batch()
        for _, outcome in gathered:
            batch.add(outcome.batch)
        try:
            future = self._writer.submit(batch)
        except QueueFull as full:
            with self._changed:
                self._gathered = gathered + self._gathered
                self._hold = time.monotonic() + full.retry_after
            return
        future.add_done_callback(lambda future: self._settle(gathered, future))

    def _records(self) -> int:
        return sum(outcome.batch.size for _, outcome in self._gathered)

    # -- other threads -------------------------------------------------------------------------------------------------

    def _ask(self, one: Asked) -> None:
        """Ask a target, in a thread of its own."""
        poll = one.poll
        assert poll is not None
        outcome = ask(one.listed, poll, one.state, one.fetch)
        with self._changed:
            one.asking = False
            if self._asked.get(one.listed.key) is not one or self._stop.is_set():
                # It was changed or removed meanwhile: what it said belongs to what it was.
                one.busy = False
                one.end()
                return
            if outcome.failure is None and one.broken:
                # That it could not be read because of a mistake of ours holds no longer.
                outcome.batch.healed.append((one.listed.source, one.listed.place))
            differs = one.said(outcome)
            if outcome.empty:
                one.kept(outcome.state, 0)
            else:
                if not self._gathered:
                    self._since = time.monotonic()
                self._gathered.append((one, outcome))
            self._changed.notify_all()
        if differs:
            self._on_change()

    def _settle(self, gathered: list[tuple[Asked, Outcome]], future: Future[Receipt]) -> None:
        """Take note of what was kept, in the writer's thread."""
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, LedgerError) and len(gathered) > 1:
            # Something of one of them, which alone spoils only itself.
            for each in gathered:
                self._submit_again([each])
            return
        with self._changed:
            for one, outcome in gathered:
                if error is None:
                    one.broken = any(map(is_of_a_file, outcome.batch.refusals))
                    one.kept(outcome.state, now_us())
                else:
                    one.not_kept(error)
            self._changed.notify_all()
        if error is not None:
            trace = None if isinstance(error, LedgerError) else error
            _LOG.warning("what targets said cannot be kept: %s", error, exc_info=trace)
            self._on_change()

    def _submit_again(self, gathered: list[tuple[Asked, Outcome]]) -> None:
        try:
            self._submit(gathered)
        except WriterClosed:
            # What it said is asked for again at the next start.
            return
