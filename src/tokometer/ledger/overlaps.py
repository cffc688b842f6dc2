"""What came in by two ways at once: how many calls and uses of tools, which of the two counts, and what it learnt."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.records.ways import Way, named_way, read

#: Kinds of record that can be told by several ways, and what says of a row that it is a span's.
_KINDS: Final = {"calls": f"group_id = {OF_ITS_TRACE}", "tools": "span_id <> ''"}


class Overlap(NamedTuple):
    """Two ways in that told of the same."""

    #: `calls`, or `tools`.
    kind: str
    #: Whose records count.
    counts: Way
    #: Who told of them as well.
    other: Way
    #: How many records both told of.
    both: int
    #: Facts (`tokens`, `cost`, `latency`, `whose`) → of how many the other's word was taken.
    won: dict[str, int]


def overlaps(ledger: Ledger) -> list[Overlap]:
    """All of them, the largest first. Reads one column of the calls, which is empty where there is none."""
    found: list[Overlap] = []
    for kind, is_span in _KINDS.items():
        span = f"CASE WHEN {is_span} THEN 1 ELSE 0 END"
        rows = ledger.fetch(
            Statement(
                f"SELECT source, way, {span}, also_told, count(*) FROM {kind} WHERE also_told <> '' "
                f"GROUP BY source, way, {span}, also_told"
            )
        )
        counts: Counter[tuple[Way, Way]] = Counter()
        won: dict[tuple[Way, Way], Counter[str]] = {}
        for source, way, spanned, also_told, count in rows:
            record = named_way(source, way, span=bool(spanned))
            for also in read(also_told):
                pair = record, Way(also.source, also.way)
                counts[pair] += count
                won.setdefault(pair, Counter()).update(dict.fromkeys(also.won, count))
        found += [Overlap(kind, *pair, count, dict(won[pair])) for pair, count in counts.items()]
    return sorted(found, key=lambda one: (one.kind, -one.both, one.counts, one.other))
