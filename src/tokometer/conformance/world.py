"""A small world to play an example in: a home folder, a ledger, and what is counted in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tokometer.collect.bodies import decode_pushed
from tokometer.collect.changes import Job, job_of
from tokometer.collect.committing import commit_all
from tokometer.collect.importer import import_all
from tokometer.collect.pricing import price_each
from tokometer.collect.reading import Portion, Prices, batch_of, portion_of, read
from tokometer.conformance.example import Files, Totals
from tokometer.ledger import Ledger, Receipt
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Query, run
from tokometer.records import KINDS
from tokometer.records.units import Number
from tokometer.sources.protocol import FileSource, Push, Sent, Source

#: What is counted of calls beside how many there are: the name in an example's totals → the measure.
_OF_CALLS: Final = {
    "errors": "calls.errors",
    "input_tokens": "calls.input_tokens",
    "cache_read_tokens": "calls.cache_read_tokens",
    "cache_write_tokens": "calls.cache_write_tokens",
    "output_tokens": "calls.output_tokens",
    "reasoning_tokens": "calls.reasoning_tokens",
    "cost_reported": "calls.cost_reported",
}
NANO: Final = 10**9


class World:
    """A home folder and a ledger, both empty at first."""

    def __init__(self, folder: Path, source: Source, ledger: Ledger) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.source = source
        self.ledger = ledger
        self._book = Prices().open()

    @property
    def found(self) -> FileSource:
        """The source of files that the example is of."""
        assert self.source.found is not None, f"{self.source.name} brings files as an example, and finds none"
        return self.source.found

    def env(self, example: Files) -> dict[str, str]:
        """The environment of the example's tool."""
        return {name: value.replace("{home}", str(self.home)) for name, value in example.env.items()}

    def bring_in(self, example: Files) -> None:
        """Read what is new, as `tokometer import` does."""
        paths = [self.home / name for name in example.named]
        import_all(
            self.ledger, Prices(), {self.source.name: self.found}, self.home, self.env(example), paths, processes=1
        )

    def files(self, example: Files) -> list[Path]:
        """The files of the source that are there, in a fixed order."""
        roots = [self.home / name for name in example.named] or self.found.roots(self.home, self.env(example))
        return sorted({path for root in roots for path in self.found.files(root)})

    def jobs(self, paths: Iterable[Path], states: dict[str, bytes] | None = None) -> list[Job]:
        """Files as jobs, from where `states` left them."""
        jobs = (job_of(self.found, path, (states or {}).get(str(path), b"")) for path in paths)
        return [job for job in jobs if job is not None]

    def keep(self, jobs: Sequence[Job]) -> Receipt:
        """Read files and commit what they hold."""
        portion = portion_of(jobs, [read(self.found, job) for job in jobs])
        return self.commit(portion)

    def commit(self, portion: Portion) -> Receipt:
        """Commit what was read."""
        return commit_all(self.ledger, batch_of(portion))

    def receive(self, push: Push, body: bytes, sent: Sent) -> int:
        """Take a request, and commit it; how many of its items were refused."""
        decoded = decode_pushed(self.source.name, push, sent, body)
        assert not decoded.error, decoded.error
        batch = decoded.batch()
        batch.price = lambda calls: price_each(self._book, list(calls))
        receipt = commit_all(self.ledger, batch)
        return len(decoded.refusals) + len(receipt.spoiled)

    def totals(self) -> dict[str, int]:
        """What is kept, in the words of an example; without what is 0."""
        self.ledger.settle()
        stats = self.ledger.stats()
        found: dict[str, int] = {kind: stats.get(kind, 0) for kind in KINDS}
        row = run(self.ledger, Query(measures=("calls.requests", *_OF_CALLS.values()), since="all")).rows[0]
        found["calls"] = _whole(row["requests"])
        for name, measure in _OF_CALLS.items():
            value = row[measure.partition(".")[2]]
            found[name] = int(value * NANO) if name == "cost_reported" and value else _whole(value)
        return {name: count for name, count in found.items() if count}

    def told(self) -> int:
        """How much was refused or not understood."""
        stats = self.ledger.stats()
        return stats["refusals"] + stats["notices"]


@contextmanager
def world(folder: Path, source: Source) -> Iterator[World]:
    """A world below an empty folder."""
    ledger = open_ledger(folder / "data")
    try:
        yield World(folder, source, ledger)
    finally:
        ledger.close()


def right(totals: Totals) -> dict[str, int]:
    """An example's totals without what is 0."""
    return {name: count for name, count in totals.items() if count}


def _whole(value: Number | None) -> int:
    return int(value or 0)
