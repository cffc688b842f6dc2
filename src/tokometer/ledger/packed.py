"""Records of one kind as the columns of their table, made in another process than the one that commits.

Most of what a commit of objects takes is Python's time; columns that are ready need little of it. What needs a closer
look (copies, corrections, shadows) is turned back into records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final, overload

import msgspec

from tokometer.ledger.labels import Told, labels_told, told_of
from tokometer.ledger.rows import LABEL_SET, GroupKey, columns, group_of_row, record_of
from tokometer.ledger.schema import RECORDS, Table
from tokometer.ledger.touched import SessionSpan, sessions_of
from tokometer.records import ModelCall, Record, record_ids
from tokometer.records.time import QUARTER_US

_ID_BYTES: Final = 16


class Same(Sequence[Any]):
    """A column that holds one value, however often."""

    __slots__ = ("_length", "value")

    def __init__(self, value: object, length: int) -> None:
        self.value: Any = value
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> object: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...
    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return Same(self.value, len(range(*index.indices(self._length))))
        return self.value

    def __iter__(self) -> Iterator[Any]:
        return repeat(self.value, self._length)


class Stood(msgspec.Struct, array_like=True, gc=False):
    """Where some records stood that come one after the other: to say where one was that cannot be kept."""

    #: A path, or the name of an endpoint; empty where nobody knows.
    place: str
    count: int
    #: Each record's position there; empty where nobody knows.
    positions: list[int] = []


class Packed(msgspec.Struct, array_like=True, gc=False):
    """Records of one kind, priced where they are calls. Made by :func:`pack`; travels as msgpack."""

    kind: str
    count: int
    #: The ids, 16 bytes each, one after the other.
    id_bytes: bytes
    #: The table's other columns in order: `count` values, or one that all of them have.
    values: list[list[Any]]
    quarters: list[int]
    sessions: list[SessionSpan]
    #: Whether each of them can only have copies in the quarter hour in which it stands.
    pinned: bool
    #: The positions of shadows and echoes.
    shadows: list[int]
    #: What names the prices by which they were priced; empty where they were not.
    price_version: str
    #: The sets of labels that the column `label_set` names.
    label_sets: dict[int, Told] = {}
    #: Where they stood, in their order, as far as that is known.
    stood: list[Stood] = []

    def __len__(self) -> int:
        return self.count

    @property
    def table(self) -> Table:
        """Where they go."""
        return RECORDS[self.kind]

    def ids(self) -> list[bytes]:
        """Their ids, in order."""
        ids = self.id_bytes
        return [ids[at : at + _ID_BYTES] for at in range(0, len(ids), _ID_BYTES)]

    def groups(self) -> list[GroupKey | None]:
        """What names each call's group; None where it has none but its trace."""
        return list(map(group_of_row, self.column("group_id")))

    def column(self, name: str) -> Sequence[Any]:
        """One of the table's columns, not the ids."""
        values = self.values[self.table.names.index(name) - 1]
        return Same(values[0], self.count) if len(values) != self.count else values

    def columns(self, positions: Sequence[int] | None = None) -> list[Sequence[Any]]:
        """The table's columns, of all or of some (in that order; at least one)."""
        if positions is None:
            return [self.ids(), *self._columns()]
        # itemgetter gives a tuple only where it is asked for several.
        some = itemgetter(*positions, positions[0])
        return [
            Same(list_.value, len(positions)) if isinstance(list_, Same) else some(list_)[:-1]
            for list_ in (self.ids(), *self._columns())
        ]

    def records(self, positions: Sequence[int] | None = None) -> list[Record]:
        """Some or all of them as objects (their groups known by hash only)."""
        if positions is not None and not positions:
            return []
        labels = labels_told(self.label_sets)
        made = [record_of(self.table, row, labels) for row in zip(*self.columns(positions), strict=True)]
        for record in made:
            record.pinned = self.pinned
        return made

    def relabel(self, instead: Mapping[int, int | None]) -> None:
        """Name other sets of labels in place of some."""
        at = LABEL_SET[self.kind] - 1  # the ids stand by themselves
        self.values[at] = [instead.get(id_, id_) for id_ in self.values[at]]

    def _columns(self) -> list[Sequence[Any]]:
        return [Same(list_[0], self.count) if len(list_) != self.count else list_ for list_ in self.values]


def pack(records: Sequence[Record], price_version: str = "") -> Packed:
    """Records of one kind as columns; at least one. Calls have been priced by the book of this version."""
    kind = records[0].kind
    table = RECORDS[kind]
    ids = record_ids((record.workspace, record.source, record.native_id) for record in records)
    calls = [record for record in records if isinstance(record, ModelCall)]
    return Packed(
        kind=kind,
        count=len(records),
        id_bytes=b"".join(ids),
        values=[_shortest(list_) for list_ in columns(table, records, ids)[1:]],
        quarters=sorted({record.started_at // QUARTER_US for record in records}),
        sessions=sessions_of(calls),
        pinned=all(record.pinned for record in records),
        shadows=[at for at, call in enumerate(calls) if call.shadow or call.echo],
        price_version=price_version if calls else "",
        label_sets=told_of(records),
    )


def where(stood: Sequence[Stood], position: int) -> tuple[str, int]:
    """The place at which one of the records stood, and its position there; empty and 0 where nobody knows."""
    for run in stood:
        if position < run.count:
            return run.place, run.positions[position] if run.positions else 0
        position -= run.count
    return "", 0


def together(table: Table, parts: Sequence[Sequence[Sequence[Any]]]) -> list[Sequence[Any]]:
    """The columns of several parts, each as :func:`tokometer.ledger.rows.columns` gives them, one after the other."""
    if len(parts) == 1:
        return list(parts[0])
    return [_end_to_end([part[at] for part in parts]) for at in range(len(table.columns))]


def _end_to_end(lists: Sequence[Sequence[Any]]) -> Sequence[Any]:
    first = lists[0]
    if isinstance(first, Same) and all(isinstance(list_, Same) and list_.value == first.value for list_ in lists):
        return Same(first.value, sum(map(len, lists)))
    return list(chain.from_iterable(lists))


def _shortest(list_: Sequence[Any]) -> list[Any]:
    first = list_[0]
    return [first] if len(list_) > 1 and list_.count(first) == len(list_) else list(list_)
