"""How the demo goes on after its history, second by second."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from heapq import heappop, heappush
from sys import maxsize
from typing import Final

from tokometer.demo import gateway, jobs, outcomes
from tokometer.demo.beside import Beside
from tokometer.demo.facts import Facts
from tokometer.demo.history import catalogue, stream_of
from tokometer.demo.incidents import FLAP_CALLS, Fate, Incident, flap_at
from tokometer.demo.journal import MINUTE, SECOND, Journal
from tokometer.demo.machines import Machines
from tokometer.demo.money import Cashier
from tokometer.demo.rhythm import DAY, FLOOR, Pace, desks
from tokometer.demo.traffic import KINDS, Kind, Traffic, shares
from tokometer.ledger import Batch
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Record

#: The most calls that the gateway leaves out for others that were made in its place.
_PATIENCE: Final = 2.0
#: Sessions that are under way when `live` begins were started within this time.
_WARM_UP: Final = 40 * MINUTE


def live(
    seed: int,
    started_us: int,
    workspace: str = "default",
    *,
    per_second: float | Pace = 2.0,
    book: PriceBook | None = None,
) -> Iterator[Batch]:
    """How the demo goes on, without an end: batch *n* holds what ended in the *n*-th second after `started_us`.

    The caller commits each batch when its second is over. The same arguments give the same batches.

    Args:
        seed: which future.
        started_us: when it begins, in microseconds since the epoch.
        workspace: the workspace of every record.
        per_second: how many calls there are, on average; always, or at a time, as :func:`~.rhythm.pace_of` says.
        book: prices; the catalogue's own where None.
    """
    played = _Live(seed, started_us, workspace, per_second, book or catalogue())
    tick = started_us - _WARM_UP
    while True:
        tick += SECOND
        ended = played.second(tick)
        if tick > started_us:
            yield Batch(records=ended)


class _Live:
    def __init__(self, seed: int, started: int, workspace: str, per_second: float | Pace, book: PriceBook) -> None:
        tag = blake2b(f"live {seed} {started}".encode(), digest_size=3).hexdigest()
        self._tag, self._workspace, self._started = tag, workspace, started
        self._rng = stream_of(seed, "live")
        self._fate = Fate(stream_of(seed, "live fate"), ())
        self._journal = Journal(tag, workspace, self._rng, self._fate, until=maxsize, calls=maxsize)
        self._traffic = Traffic(self._journal)
        self._machines = Machines(tag, workspace, stream_of(seed, "live machines"), started - DAY, started)
        self._cashier = Cashier(tag, workspace, book, (), started)
        self._facts, self._said = Facts(stream_of(seed, "live facts")), stream_of(seed, "live beside")
        self._pace: Pace = per_second if callable(per_second) else lambda _: per_second
        self._credit: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
        #: Calls that the flapping provider's clients still have to make, and when it was gone last.
        self._owed = 0.0
        self._gone: tuple[Incident, ...] = ()
        self._waiting: list[tuple[int, int, Record]] = []
        self._number = 0

    def second(self, end: int) -> list[Record]:
        """What ended in the second before `end`; before the demo begins, it is only made up."""
        start = end - SECOND
        self._flap(start)
        self._people(start)
        for at, job in jobs.due(start, end):
            before = self._journal.written
            jobs.run_job(self._journal, at, 1.0, job, agents=True)
            self._charge(self._journal.written - before)
        records: list[Record] = self._journal.take()
        if end > self._started:
            records += self._machines.scrape(start, end, MINUTE)
        for record in records:
            self._number += 1
            heappush(self._waiting, (_done(record), self._number, record))
        ended: list[Record] = []
        while self._waiting and self._waiting[0][0] <= end:
            ended.append(heappop(self._waiting)[2])
        if end > self._started:
            self._facts.add(ended)
            self._cashier.price([record for record in ended if type(record) is ModelCall])
            beside = Beside(f"{self._tag}{end:x}", self._workspace, self._said, end, self._gone)
            ended += beside.about(ended)
            ended += beside.meanwhile(start, end)
            ended += outcomes.told(start, end, self._workspace)
        return ended

    def _people(self, at: int) -> None:
        """Start sessions of every kind until it has had its share."""
        zones, credit = desks(at), self._credit
        pace = self._pace(at)
        for kind, share in shares(zones, FLOOR).items():
            # Jobs have a schedule.
            credit["gateway" if kind == "jobs" else kind] += share * pace
        for kind in KINDS:
            # A session's calls are spread over many seconds; being in debt for them evens that out.
            while credit[kind] > 0:
                credit[kind] -= self._traffic.start(kind, at + int(self._rng.random() * SECOND), 1.0, zones)

    def _flap(self, at: int) -> None:
        """Now and then one provider is gone, and its clients try again and again."""
        gone = self._fate.trouble = flap_at(self._started, at)
        if gone is None or not gone.least:
            self._owed = 0.0
            return
        self._gone = (gone,)
        self._owed += FLAP_CALLS * SECOND / (gone.end - gone.start)
        while self._owed > 0:
            before = self._journal.written
            gateway.burst(self._journal, at + int(self._rng.random() * SECOND), gone)
            made = self._journal.written - before
            self._owed -= made
            self._charge(made)

    def _charge(self, calls: int) -> None:
        """Take calls that nobody planned from what the gateway has yet to make, but never silence it for long."""
        owed = self._credit["gateway"]
        self._credit["gateway"] = max(owed - calls, min(owed, -_PATIENCE))


def _done(record: Record) -> int:
    """When a record is complete and could have been reported."""
    ended: int | None = getattr(record, "ended_at", None)
    if ended is not None:
        return ended
    took: int | None = getattr(record, "latency_us", None) or getattr(record, "duration_us", None)
    return record.started_at + (took or 0)
