"""Importing once: everything new in every file of every source, into the ledger, the newest first."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tokometer.collect.anew import price_all_anew
from tokometer.collect.changes import Changes, Cursors, Job, look
from tokometer.collect.committing import commit_all
from tokometer.collect.horizon import Horizon, Reach
from tokometer.collect.pool import reading
from tokometer.collect.pricing import price_each
from tokometer.collect.reading import Portion, Prices, Unreadable, batch_of
from tokometer.collect.resuming import resume_all
from tokometer.collect.whose import whose
from tokometer.ledger.places import read_before
from tokometer.ledger.protocol import Batch, Ledger
from tokometer.ledger.refused import unreadable
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Refusal, now_us
from tokometer.sources.protocol import FileSource

#: Records in one commit. A larger one costs less per record, and more memory. The first is small, so that what is
#: newest is there soon, and each may be four times as large as the one before.
COMMIT_RECORDS: Final = 60_000
FIRST_RECORDS: Final = 5_000
_GROWTH: Final = 4
#: Where a file that is gone was left is remembered for so long after it was read last (µs): transcripts are deleted
#: after a month.
_REMEMBERED_US: Final = 7 * 86_400_000_000
#: A file's time may be off by as much from the times in it (µs), on network drives above all.
_SLACK: Final = 600_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; files that have nothing new are not counted."""

    reach: Reach
    records: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody who waits for what was written since a time (µs since the epoch), and is told when it is committed.

    `reached` is not called where nothing is left to read by then: the import's end says as much.
    """

    since: int
    reached: Callable[[Reach], None]


@dataclass(slots=True)
class Summary:
    """What an import did. `accepted`, `duplicate` and `changed` count records of every kind."""

    #: Files that had something new, of all that the sources have.
    files: int = 0
    all_files: int = 0
    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    refused: int = 0
    #: How often something was met that no rule understood; see `tokometer.records.Notice`.
    noticed: int = 0
    #: Calls of earlier imports that had no price, and have one now.
    priced: int = 0
    #: Bytes that were new.
    bytes: int = 0
    seconds: float = 0.0
    #: The first of the refused, to show.
    refusals: list[Refusal] = field(default_factory=list)


_SHOWN_REFUSALS: Final = 20


def import_all(
    ledger: Ledger | Callable[[], Ledger],
    prices: Prices,
    sources: Mapping[str, FileSource],
    home: Path,
    env: Mapping[str, str],
    paths: Sequence[Path] = (),
    progress: Callable[[Progress], None] | None = None,
    *,
    watch: Watch | None = None,
    fresh: bool = False,
    processes: int | None = None,
) -> Summary:
    """Read what is new and commit it, with each file's cursor in the commit that holds its records.

    `paths` (files or folders) are read instead of the places where each source would look: by the source whose they
    are, see :func:`tokometer.collect.whose.whose`. `ledger` can be a function
    that opens it; with `fresh`, which says that it is empty, the files are being read while it opens. `watch` is told,
    between two commits, when all that it waits for is in. `processes` is for tests; None decides by the work.

    Raises:
        LedgerError: The ledger cannot be opened or written. Commits up to then stand.
    """
    started = time.monotonic()
    open_book = cache(prices.open)
    opened: Ledger | None = None
    cursors: Cursors = {}
    if not fresh:
        opened = ledger() if callable(ledger) else ledger
        cursors = {name: opened.cursors(name) for name in sources}
    if paths and len(sources) > 1:
        roots = whose(sources, paths)
    else:
        roots = {name: list(paths) or source.roots(home, env) for name, source in sources.items()}
    changes = look(sources, roots, cursors)
    summary = Summary(files=len(changes.jobs), all_files=changes.files)
    if changes.jobs:
        with _without_collector(), reading(changes.jobs, sources, prices, processes) as portions:
            if opened is None:
                opened = ledger() if callable(ledger) else ledger
            with opened.bulk():
                _Importing(opened, open_book(), summary, changes, progress, watch).run(portions)
    if opened is not None:
        # What an earlier import met before our clock had come to it.
        summary.accepted += resume_all(opened, open_book)
        summary.priced = price_all_anew(opened, open_book)
        # Not what was there lately: it may come back. Who follows looks more than once, and forgets sooner.
        lately = now_us() - _REMEMBERED_US
        for name in {source for source, _ in changes.gone}:
            places = {place for source, place in changes.gone if source == name}
            opened.forget(name, places & read_before(opened, name, lately))
    summary.seconds = time.monotonic() - started
    return summary


class _Importing:
    """Commits what is read, and says how far it is."""

    def __init__(
        self,
        ledger: Ledger,
        book: PriceBook,
        summary: Summary,
        changes: Changes,
        progress: Callable[[Progress], None] | None,
        watch: Watch | None,
    ) -> None:
        self._ledger = ledger
        self._unreadable = Unreadable(unreadable(ledger))
        self._book = book
        self._summary = summary
        self._progress = progress
        self._watch = watch
        self._read, self._kept = Horizon(changes.jobs), Horizon(changes.jobs)
        self._records = 0
        self._batch = Batch()
        #: The files whose records are in the batch.
        self._jobs: list[Job] = []
        self._limit = min(FIRST_RECORDS, COMMIT_RECORDS)

    def run(self, portions: Iterable[Portion]) -> None:
        """Take everything in."""
        self._tell()
        for portion in portions:
            self._take(portion)
            if self._batch.size >= self._limit or self._is_awaited():
                self._commit()
        self._commit()

    def _take(self, portion: Portion) -> None:
        price_each(self._book, [record for record in portion.records if isinstance(record, ModelCall)])
        batch = batch_of(portion)
        batch.healed = self._unreadable.healed(portion)
        self._unreadable.forget(portion)
        self._batch.add(batch)
        self._jobs += portion.jobs
        self._summary.bytes += sum(job.size for job in portion.jobs)
        self._records += portion.size
        self._read.done(portion.jobs)
        if self._progress is not None:
            self._progress(Progress(self._read.reach(), self._records))

    def _is_awaited(self) -> bool:
        """Whether what has been read, and not committed, completes what somebody waits for."""
        return self._watch is not None and _reaches(self._read, self._watch)

    def _commit(self) -> None:
        batch, self._batch = self._batch, Batch()
        jobs, self._jobs = self._jobs, []
        if batch.size or batch.refusals or batch.cursors or batch.notices or batch.aside:
            summary, receipt = self._summary, commit_all(self._ledger, batch)
            summary.accepted += receipt.accepted
            summary.duplicate += receipt.duplicate
            summary.changed += receipt.changed
            summary.refused += receipt.refused
            summary.noticed += sum(notice.count for notice in batch.notices)
            refusals = [*batch.refusals, *receipt.spoiled.values()]
            summary.refusals.extend(refusals[: _SHOWN_REFUSALS - len(summary.refusals)])
            self._limit = min(self._limit * _GROWTH, COMMIT_RECORDS)
        self._kept.done(jobs)
        self._tell()

    def _tell(self) -> None:
        """Tell who waits for something that it is in, once."""
        watch = self._watch
        if watch is not None and _reaches(self._kept, watch):
            self._watch = None
            if self._kept.back_to is not None:
                watch.reached(self._kept.reach())


def _reaches(horizon: Horizon, watch: Watch) -> bool:
    back_to = horizon.back_to
    return back_to is None or back_to < watch.since - _SLACK


@contextmanager
def _without_collector() -> Iterator[None]:
    """Records make no cycles, and looking for them among a hundred thousand takes a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
