"""Demo histories of a size that tests can afford."""

from __future__ import annotations

from collections.abc import Iterator

from tokometer.demo import generate
from tokometer.prices import PriceBook
from tokometer.records import Record

#: Sunday, 2026-11-22 04:00 UTC.
NOW = 1_795_320_000_000_000
DAYS = 35
CALLS = 15_000


def records(
    book: PriceBook, *, seed: int = 1, calls: int = CALLS, days: int = DAYS, now: int = NOW
) -> Iterator[Record]:
    """The records of a demo, batch after batch."""
    for batch in generate(days, calls, seed, now, book=book):
        yield from batch.records
