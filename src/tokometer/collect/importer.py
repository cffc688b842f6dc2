"""Importing once: everything new in every file of every source, into the ledger."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tokometer.collect.changes import Changes, Cursors, look
from tokometer.collect.pool import reading
from tokometer.collect.reading import Portion, Prices
from tokometer.ledger.protocol import Batch, Ledger
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Refusal
from tokometer.sources.protocol import FileSource

#: Records in one commit. A larger one costs less per record, and more memory.
COMMIT_RECORDS: Final = 40_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; files that have nothing new are not counted."""

    files: int
    all_files: int
    bytes: int
    all_bytes: int
    records: int


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
    fresh: bool = False,
    processes: int | None = None,
) -> Summary:
    """Read what is new and commit it, with each file's cursor in the commit that holds its records.

    `paths` (files or folders) are read instead of the places where each source would look. `ledger` can be a function
    that opens it; with `fresh`, which says that it is empty, the files are being read while it opens. `processes` is
    for tests; None decides by the work.

    Raises:
        LedgerError: The ledger cannot be opened or written. Commits up to then stand.
    """
    started = time.monotonic()
    opened: Ledger | None = None
    cursors: Cursors = {}
    if not fresh:
        opened = ledger() if callable(ledger) else ledger
        cursors = {name: opened.cursors(name) for name in sources}
    roots = {name: list(paths) or source.roots(home, env) for name, source in sources.items()}
    changes = look(sources, roots, cursors)
    summary = Summary(files=len(changes.jobs), all_files=changes.files)
    if changes.jobs:
        with _without_collector(), reading(changes.jobs, sources, prices, processes) as portions:
            if opened is None:
                opened = ledger() if callable(ledger) else ledger
            _commit_all(portions, opened, prices.open(), summary, _Reporter(changes, progress))
    if opened is not None:
        for name in sources:
            gone = [place for source, place in changes.gone if source == name]
            if gone:
                opened.forget(name, gone)
    summary.seconds = time.monotonic() - started
    return summary


class _Reporter:
    """Adds up what is done and says so."""

    def __init__(self, changes: Changes, tell: Callable[[Progress], None] | None) -> None:
        self._tell = tell
        self._all_files = len(changes.jobs)
        self._all_bytes = sum(job.size for job in changes.jobs)
        self._files = self._bytes = self._records = 0

    def add(self, portion: Portion) -> None:
        self._files += len(portion.jobs)
        self._bytes += sum(job.size for job in portion.jobs)
        self._records += portion.size
        if self._tell is not None:
            self._tell(Progress(self._files, self._all_files, self._bytes, self._all_bytes, self._records))


def _commit_all(
    portions: Iterable[Portion], ledger: Ledger, book: PriceBook, summary: Summary, reporter: _Reporter
) -> None:
    batch = Batch()
    for portion in portions:
        book.apply(record for record in portion.records if isinstance(record, ModelCall))
        batch.records.extend(portion.records)
        batch.packed.extend(portion.packed)
        batch.refusals.extend(portion.refusals)
        batch.notices.extend(portion.notices)
        batch.cursors.update(portion.cursors)
        summary.bytes += sum(job.size for job in portion.jobs)
        reporter.add(portion)
        if batch.size >= COMMIT_RECORDS:
            _commit(batch, ledger, summary)
            batch = Batch()
    _commit(batch, ledger, summary)


def _commit(batch: Batch, ledger: Ledger, summary: Summary) -> None:
    if not (batch.size or batch.refusals or batch.cursors or batch.notices):
        return
    receipt = ledger.commit(batch)
    summary.accepted += receipt.accepted
    summary.duplicate += receipt.duplicate
    summary.changed += receipt.changed
    summary.refused += len(batch.refusals)
    summary.noticed += sum(notice.count for notice in batch.notices)
    summary.refusals.extend(batch.refusals[: _SHOWN_REFUSALS - len(summary.refusals)])


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
