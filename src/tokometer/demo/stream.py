"""How the demo goes on after its history, second by second."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from heapq import heappop, heappush
from sys import maxsize
from typing import Final

from tokometer.demo.beside import Beside
from tokometer.demo.facts import Facts
from tokometer.demo.history import catalogue, stream_of
from tokometer.demo.incidents import Fate
from tokometer.demo.journal import MINUTE, SECOND, Journal
from tokometer.demo.machines import Machines
from tokometer.demo.money import Cashier
from tokometer.demo.rhythm import DAY, FLOOR, desks
from tokometer.demo.traffic import KINDS, Kind, Traffic, shares
from tokometer.ledger import Batch
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Record

#: Sessions that are under way when `live` begins were started within this time.
_WARM_UP: Final = 40 * MINUTE


def live(
    seed: int,
    started_us: int,
    workspace: str = "default",
    *,
    per_second: float = 2.0,
    book: PriceBook | None = None,
) -> Iterator[Batch]:
    """How the demo goes on, without an end: batch *n* holds what ended in the *n*-th second after `started_us`.

    The caller commits each batch when its second is over. The same arguments give the same batches.

    Args:
        seed: which future.
        started_us: when it begins, in microseconds since the epoch.
        workspace: the workspace of every record.
        per_second: how many calls there are, on average.
        book: prices; the catalogue's own where None.
    """
    rng = stream_of(seed, "live")
    tag = blake2b(f"live {seed} {started_us}".encode(), digest_size=3).hexdigest()
    journal = Journal(tag, workspace, rng, Fate(stream_of(seed, "live fate"), ()), until=maxsize, calls=maxsize)
    traffic = Traffic(journal)
    machines = Machines(tag, workspace, stream_of(seed, "live machines"), started_us - DAY, started_us)
    cashier = Cashier(tag, workspace, stream_of(seed, "live money"), book or catalogue(), ())
    facts, said = Facts(stream_of(seed, "live facts")), stream_of(seed, "live beside")
    waiting: list[tuple[int, int, Record]] = []
    credit: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
    number = 0
    tick = started_us - _WARM_UP
    while True:
        # The sun never sets on the demo: at least half of the desks are taken.
        zones = tuple(max(busy, 0.2) for busy in desks(tick))
        for kind, share in shares(zones, FLOOR).items():
            credit["gateway" if kind == "jobs" else kind] += share * per_second
        for kind in KINDS:
            # A session's calls are spread over many seconds; being in debt for them evens that out.
            while credit[kind] > 0:
                credit[kind] -= traffic.start(kind, tick + int(rng.random() * SECOND), 1.0, zones)
        records: list[Record] = journal.take()
        tick += SECOND
        if tick > started_us:
            records += machines.scrape(tick - SECOND, tick, MINUTE)
        for record in records:
            number += 1
            heappush(waiting, (_done(record), number, record))
        ended: list[Record] = []
        while waiting and waiting[0][0] <= tick:
            ended.append(heappop(waiting)[2])
        if tick > started_us:
            facts.add(ended)
            cashier.price([record for record in ended if type(record) is ModelCall])
            beside = Beside(f"{tag}{tick:x}", workspace, said, tick)
            ended += beside.about(ended)
            ended += beside.meanwhile(tick - SECOND, tick)
            yield Batch(records=ended)


def _done(record: Record) -> int:
    """When a record is complete and could have been reported."""
    ended: int | None = getattr(record, "ended_at", None)
    if ended is not None:
        return ended
    took: int | None = getattr(record, "latency_us", None) or getattr(record, "duration_us", None)
    return record.started_at + (took or 0)
