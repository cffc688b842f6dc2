"""The demo's history: what happened up to now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from random import Random
from typing import Final

from tokometer.demo import gateway, jobs, outcomes, plans
from tokometer.demo.beside import Beside
from tokometer.demo.edge import edge, edge_calls
from tokometer.demo.facts import Facts
from tokometer.demo.incidents import Fate, flaps, incidents
from tokometer.demo.inventory import Inventory
from tokometer.demo.journal import MINUTE, Exhausted, Journal
from tokometer.demo.machines import FINE, FINE_FOR, Machines
from tokometer.demo.money import Cashier
from tokometer.demo.rhythm import DAY, HOUR, Hour, hours
from tokometer.demo.savings import savings, savings_calls
from tokometer.demo.traffic import KINDS, Kind, Traffic, shares
from tokometer.ledger import Batch
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Notice, Record

#: Records in one batch of `generate`, roughly.
BATCH: Final = 20_000
#: The last minutes, and how many calls they have at least.
_LAST: Final = 25 * MINUTE
_LAST_CALLS: Final = 100
#: What they come from, so that nearly every provider has been asked; and who may be at a desk then.
_LAST_KINDS: Final[tuple[Kind, ...]] = (*(("gateway",) * 6), "assistant", "assistant", "agents", "embedding")
_ANYBODY: Final = (1.0, 1.0, 1.0)
#: Calls that jobs may save up from hours in which none is due.
_JOBS_KEEP: Final = 60.0


def generate(
    days: int, calls: int, seed: int, now_us: int, workspace: str = "default", *, book: PriceBook | None = None
) -> Iterator[Batch]:
    """Records of every kind for a made-up company, in batches in order of time, ready to be committed.

    The same arguments and the same price version give the same records. Every `native_id` starts with `demo-`. A day's
    bills follow when the day is over.

    Args:
        days: length of the window; it ends at `now_us`, and every record with it.
        calls: how many model calls, exactly.
        seed: which history.
        now_us: the end of the window, in microseconds since the epoch.
        workspace: the workspace of every record.
        book: prices; the catalogue's own where None.

    Raises:
        ValueError: `days` is below 1 or `calls` below 0.
    """
    if days < 1:
        raise ValueError(f"days is {days}; a demo needs at least one")
    if calls < 0:
        raise ValueError(f"calls is {calls}; it cannot be negative")
    tag = blake2b(f"{days} {calls} {seed} {now_us}".encode(), digest_size=3).hexdigest()
    yield from _History(tag, workspace, seed, now_us - days * DAY, now_us, calls, book or catalogue()).batches()


class _History:
    def __init__(self, tag: str, workspace: str, seed: int, start: int, end: int, calls: int, book: PriceBook) -> None:
        self._workspace, self._tag = workspace, tag
        self._start, self._end = start, end
        lasting = incidents(start, end)
        apart = edge_calls(calls) + savings_calls(calls, start, end)
        self._lasting, self._troubles = lasting, (*lasting, *flaps(end))
        self._last = min(calls // 20, _LAST_CALLS)
        self._rhythm = stream_of(seed, "rhythm")
        self._journal = Journal(
            tag,
            workspace,
            stream_of(seed, "calls"),
            Fate(stream_of(seed, "fate"), self._troubles),
            until=end,
            calls=calls - self._last - apart,
        )
        self._traffic = Traffic(self._journal)
        self._machines = Machines(tag, workspace, stream_of(seed, "machines"), start, end)
        self._cashier = Cashier(tag, workspace, book, lasting, end)
        self._facts = Facts(stream_of(seed, "facts"))
        self._beside = Beside(tag, workspace, stream_of(seed, "beside"), end, self._troubles)
        self._inventory = Inventory(tag, workspace, stream_of(seed, "inventory"), start, end)
        self._calls = calls - apart
        self._bursts = {trouble: trouble.added(calls) for trouble in self._troubles}
        self._credit: dict[Kind, float] = dict.fromkeys(KINDS, 0.0)
        #: What was written, by the hour in which it started.
        self._buckets: defaultdict[int, list[Record]] = defaultdict(list)
        for record in edge(tag, workspace, start, end) if edge_calls(calls) else ():
            self._buckets[record.started_at // HOUR].append(record)
        for record in savings(tag, workspace, start, end) if apart > edge_calls(calls) else ():
            self._buckets[record.started_at // HOUR].append(record)

    def batches(self) -> Iterator[Batch]:
        pending: list[Record] = []
        planned = 0
        # Twice: sessions run over what an hour wants, by about as many calls in the end.
        kept = sum(self._bursts.values()) + 2 * self._last
        for hour in hours(self._start, self._end, self._calls - kept, self._rhythm):
            self._burst(hour)
            self._run_jobs(hour)
            self._fill(hour, hour.target - planned)
            planned = hour.target
            if hour.end == self._end:
                self._finish()
            for record in self._journal.take():
                self._buckets[record.started_at // HOUR].append(record)
            pending += self._settled(hour)
            if hour.end == self._end:
                pending += self._inventory.tell()
            while len(pending) >= BATCH:
                yield Batch(records=pending[:BATCH])
                del pending[:BATCH]
        yield Batch(records=pending, notices=noticed(self._workspace, self._end))

    def _burst(self, hour: Hour) -> None:
        """The clients that try again and again while a provider is in trouble."""
        for trouble in self._troubles:
            begin, end = max(trouble.start, hour.start), min(trouble.end, hour.end)
            if begin >= end:
                continue
            rng = self._journal.rng
            wanted = self._bursts[trouble] * (end - begin) // (trouble.end - trouble.start)
            goal, tries = self._journal.written + wanted, 2 * wanted
            while self._journal.written < goal and tries > 0:
                tries -= 1
                # One that would end after the window is not told; another one may be.
                with suppress(Exhausted):
                    gateway.burst(self._journal, begin + int(rng.random() * (end - begin)), trouble)

    def _run_jobs(self, hour: Hour) -> None:
        for at, job in jobs.due(hour.start, hour.end):
            before = self._journal.written
            try:
                jobs.run_job(self._journal, at, hour.moment, job, agents=self._credit["jobs"] > 0)
            except Exhausted:
                continue
            finally:
                self._credit["jobs"] -= self._journal.written - before

    def _fill(self, hour: Hour, wanted: int) -> None:
        """Start sessions until every kind has had its share of the hour's calls."""
        credit, journal = self._credit, self._journal
        for kind, share in shares(hour.zones, hour.machines).items():
            credit[kind] += share * wanted
        length = hour.end - hour.start
        started = [kind for kind in KINDS if kind != "jobs"]
        spare = credit["jobs"] - _JOBS_KEEP
        if spare > 0:
            credit["jobs"] -= spare
            credit["gateway"] += spare
        fruitless = 0
        while journal.left > 0 and fruitless < len(started):
            kind = max(started, key=credit.__getitem__)
            if credit[kind] <= 0:
                break
            at = hour.start + int(journal.rng.random() * length)
            made = self._traffic.start(kind, at, hour.moment, hour.zones)
            credit[kind] -= made
            fruitless = 0 if made else fruitless + 1

    def _finish(self) -> None:
        """Make up what is missing to the number of calls asked for: short calls in the last minutes, of all providers.

        So whatever the time of day, pages that look at the last quarter of an hour have something to show.
        """
        journal = self._journal
        journal.left += self._last
        while journal.left > 0:
            at = self._end - _LAST + int(journal.rng.random() * _LAST)
            self._traffic.start(journal.rng.choice(_LAST_KINDS), at, 1.0, _ANYBODY)

    def _settled(self, hour: Hour) -> list[Record]:
        """Everything that started before the hour's end, in order of time, with the bills of days that are over."""
        step = FINE if hour.end > self._end - FINE_FOR else HOUR
        records: list[Record] = list(self._machines.scrape(hour.start, hour.end, step, self._lasting))
        through = hour.end // HOUR if hour.end == self._end else hour.end // HOUR - 1
        for bucket in [bucket for bucket in self._buckets if bucket <= through]:
            records += self._buckets.pop(bucket)
        records.sort(key=_when)
        self._facts.add(records)
        calls = [record for record in records if type(record) is ModelCall]
        self._cashier.price(calls)
        self._inventory.see(calls)
        records += self._beside.about(records)
        records += self._beside.meanwhile(hour.start, hour.end)
        records += self._cashier.close(hour.end)
        records += plans.told(hour.start, hour.end, self._end, self._workspace, self._tag)
        records += outcomes.told(hour.start, hour.end, self._workspace)
        return records


def _when(record: Record) -> int:
    return record.started_at


def noticed(workspace: str, at: int) -> list[Notice]:
    """What no rule understood: something of each kind that can be met."""
    return [
        Notice("otlp", "usage", "gen_ai.usage.draft_tokens", "demo", 214, at, workspace),
        Notice("litellm", "tier", "turbo", "demo", 17, at, workspace),
        Notice("codex", "line", "event_msg.background_event", "demo", 9, at, workspace),
        Notice("api", "field", "calls.prompt", "demo", 3, at, workspace),
    ]


def stream_of(seed: int, part: str) -> Random:
    """Its own stream for each part, so that one can change without the others."""
    return Random(f"tokometer demo {seed} {part}")  # noqa: S311 - reproducible, not secret


def catalogue() -> PriceBook:
    """The prices that hold where nobody gives others."""
    return PriceBook.open(None, None)
