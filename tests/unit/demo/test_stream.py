"""How the demo goes on."""

from __future__ import annotations

from itertools import islice

import msgspec

from generators.demo_history import NOW, records
from tokometer.demo import live
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Record


def ticks(book: PriceBook, seconds: int, *, seed: int = 1, per_second: float = 2.0) -> list[list[Record]]:
    """What each of the first seconds brings."""
    return [batch.records for batch in islice(live(seed, NOW, per_second=per_second, book=book), seconds)]


def test_the_same_seconds_bring_the_same_records(book: PriceBook) -> None:
    """A demo can be told again."""
    assert msgspec.json.encode(ticks(book, 60)) == msgspec.json.encode(ticks(book, 60))


def test_each_second_brings_what_ended_in_it(book: PriceBook) -> None:
    """A call is reported when it is over, as a client would."""
    for number, tick in enumerate(ticks(book, 120)):
        for record in tick:
            if isinstance(record, ModelCall):
                ended = record.started_at + (record.latency_us or 0)
                assert NOW + number * 1_000_000 < ended <= NOW + (number + 1) * 1_000_000


def test_there_are_as_many_calls_a_second_as_asked_for(book: PriceBook) -> None:
    """From the first minute on: sessions are under way when it begins."""
    calls = [isinstance(record, ModelCall) for tick in ticks(book, 600, per_second=3) for record in tick]

    assert 2 < sum(calls) / 600 < 4


def test_it_never_repeats_an_id_of_the_history(book: PriceBook) -> None:
    """What comes live is new."""
    past = {record.id for record in records(book, calls=2_000, days=2)}
    coming = [record.id for tick in ticks(book, 300) for record in tick]

    assert len(set(coming)) == len(coming)
    assert not past & set(coming)


def test_its_calls_are_priced_and_say_demo(book: PriceBook) -> None:
    """They are ready to be kept, and labelled."""
    calls = [record for tick in ticks(book, 120) for record in tick]

    assert all(record.native_id.startswith("demo-") for record in calls)
    assert any(record.cost for record in calls if isinstance(record, ModelCall))
