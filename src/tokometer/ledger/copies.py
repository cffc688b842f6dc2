"""Copies inside one batch, told as rows: one of them is kept as it stands, where a merge would come to the same.

A session that was resumed or forked brings a copy of every record of the one before. To turn both into objects, merge
them and make columns of the result costs ten times what it takes to see that the result is the original's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from tokometer.ledger.packed import Packed
from tokometer.ledger.schema import Table
from tokometer.records import KINDS
from tokometer.records.record import merge_rule

#: These follow from others, or are the same by the id.
_DERIVED = frozenset({"id", "quarter", "native_id"})


class Copy(NamedTuple):
    """Where a copy of a record stands: the number of its part, and its position there."""

    part: int
    at: int


class _Columns(NamedTuple):
    """How to take from a row what a merge treats in one way."""

    winner: itemgetter[Any]
    first: itemgetter[Any]
    origin: int
    started_at: int


@cache
def _columns_of(table: Table) -> _Columns:
    kind = KINDS[table.name]
    rules = {name: merge_rule(kind, name) for name in table.names if name not in _DERIVED}
    places = {name: at for at, name in enumerate(table.names)}
    # Twice the last, so that there are always several and a tuple is given.
    winner = [places[name] for name, rule in rules.items() if rule == "winner"]
    # Those of no kind are all empty; a start never is.
    first = [places[name] for name, rule in rules.items() if rule == "origin" and name != "origin"]
    first = first or [places["started_at"]]
    return _Columns(
        itemgetter(*winner, winner[-1]), itemgetter(*first, first[-1]), places["origin"], places["started_at"]
    )


def originals(table: Table, parts: Sequence[Packed], copies: Sequence[Sequence[Copy]]) -> list[Copy | None]:
    """For each record, given by its copies in the order of their arrival: the one whose row their merge would be.

    None where it would be neither row, or where only the merge can tell.
    """
    rows = _rows(parts, (copy for of_one in copies for copy in of_one))
    columns = _columns_of(table)
    found: list[Copy | None] = []
    for of_one in copies:
        kept: Copy | None = of_one[0]
        for copy in of_one[1:]:
            if kept is None:
                break
            kept = (kept, copy, None)[_merged(columns, rows[kept], rows[copy])]
        found.append(kept)
    return found


def _merged(columns: _Columns, kept: Sequence[Any], arrived: Sequence[Any]) -> int:
    """Which row :func:`tokometer.records.merge` would make of two: 0 is `kept`, 1 is `arrived`, 2 another."""
    if columns.winner(kept) != columns.winner(arrived):
        return 2
    later = arrived[columns.origin] < kept[columns.origin]
    first, other = (arrived, kept) if later else (kept, arrived)
    if first[columns.started_at] > other[columns.started_at]:
        return 2
    if any(not mine and its for mine, its in zip(columns.first(first), columns.first(other), strict=True)):
        return 2
    return int(later)


def _rows(parts: Sequence[Packed], copies: Iterable[Copy]) -> dict[Copy, Sequence[Any]]:
    wanted: dict[int, list[int]] = {}
    for copy in copies:
        wanted.setdefault(copy.part, []).append(copy.at)
    return {
        Copy(number, at): row
        for number, positions in wanted.items()
        for at, row in zip(positions, zip(*parts[number].columns(positions), strict=True), strict=True)
    }
