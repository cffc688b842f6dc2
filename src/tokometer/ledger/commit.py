"""What a commit has to do, worked out the same way for every engine.

A batch is folded by id, compared with what is stored, and becomes a :class:`Change` per table: rows to take out, rows
to put in, and what that makes dirty. The engine carries the changes out in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, Protocol

from msgspec.structs import astuple

from tokometer.ledger.protocol import Batch, Outcome, Receipt
from tokometer.ledger.rows import GroupKey, by_kind, group_keys
from tokometer.ledger.schema import CALLS, RECORDS, Table
from tokometer.records import KINDS, ModelCall, Record, merge, quarter_of, record_ids
from tokometer.records.time import QUARTER_US

#: How far a trace or session may stretch, in quarter hours, for its pinned calls to find each other by group.
GROUP_REACH = 96


class Stored(NamedTuple):
    """What the ledger says of one stored record without reading it whole."""

    id: bytes
    revision: int
    origin: int
    started_at: int


class Shadow(NamedTuple):
    """A stored shadow of a group."""

    group: GroupKey
    id: bytes


Quarters = tuple[int, int] | None


class Shelf(Protocol):
    """What planning a commit needs to know of the stored records."""

    def stored(self, table: Table, ids: Sequence[bytes], quarters: Quarters) -> Iterable[Stored]:
        """Those of `ids` that are stored; looks only in `quarters` (first and last, inclusive) where given."""

    def shadows(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[Shadow]:
        """The stored shadows of these groups. There are few in all, so this is quick where there are none."""

    def answered(self, groups: Sequence[GroupKey], quarters: Quarters) -> Iterable[GroupKey]:
        """Those of these groups that have a stored call which is not a shadow."""

    def records(self, table: Table, ids: Sequence[bytes]) -> Iterable[Record]:
        """Stored records, whole."""


class SessionSpan(NamedTuple):
    """A session whose row is to be rebuilt, and the quarter hours in which the change touched it."""

    workspace: str
    source: str
    session_id: str
    first_quarter: int
    last_quarter: int


@dataclass(slots=True)
class Change:
    """What a commit does to one table."""

    table: Table
    put: list[Record] = field(default_factory=list)
    #: The ids of what is put, in the same order: hashed once.
    ids: list[bytes] = field(default_factory=list)
    #: Stored records that are taken out or replaced; the quarters and sessions where they stood are dirty too.
    taken: list[Record] = field(default_factory=list)

    def quarters(self) -> set[int]:
        """The quarter hours whose cells this makes stale."""
        if self.table is not CALLS:
            return set()
        return {record.started_at // QUARTER_US for group in (self.put, self.taken) for record in group}

    def sessions(self) -> list[SessionSpan]:
        """The sessions whose rows this makes stale."""
        if self.table is not CALLS:
            return []
        met = {
            (call.workspace, call.source, call.session_id, call.started_at // QUARTER_US)
            for group in (self.put, self.taken)
            for call in group
            if isinstance(call, ModelCall) and call.session_id
        }
        spans: dict[tuple[str, str, str], tuple[int, int]] = {}
        for *name, quarter in met:
            key = (name[0], name[1], name[2])
            first, last = spans.get(key, (quarter, quarter))
            spans[key] = (min(first, quarter), max(last, quarter))
        return [SessionSpan(*key, *span) for key, span in spans.items()]


def plan(batch: Batch, shelf: Shelf) -> tuple[list[Change], Receipt]:
    """The changes that a batch asks for, and what to tell its sender."""
    outcomes: list[Outcome] = ["accepted"] * len(batch.records)
    changes = []
    for name, positions in by_kind(batch.records).items():
        changes.append(_Planner(RECORDS[name], batch, shelf, outcomes).plan(positions))
    receipt = Receipt(
        accepted=outcomes.count("accepted"),
        duplicate=outcomes.count("duplicate"),
        changed=outcomes.count("changed"),
        refused=len(batch.refusals),
        outcomes=outcomes,
        touched=frozenset(change.table.name for change in changes if change.put or change.taken),
    )
    return changes, receipt


class _Planner:
    """Plans the change of one table."""

    def __init__(self, table: Table, batch: Batch, shelf: Shelf, outcomes: list[Outcome]) -> None:
        self._table = table
        self._batch = batch
        self._shelf = shelf
        self._outcomes = outcomes
        self._change = Change(table)

    def plan(self, positions: Sequence[int]) -> Change:
        arrived = self._fold(positions)
        if self._table is CALLS:
            self._drop_shadows(arrived)
        self._compare(arrived)
        self._change.put = [record for record, _ in arrived.values()]
        self._change.ids = list(arrived)
        return self._change

    def _fold(self, positions: Sequence[int]) -> dict[bytes, tuple[Record, int]]:
        """One version of each record of the batch, with the position of the first.

        Copies count as duplicates, whatever they add: what the ledger holds is changed only once. Unless who sent
        them corrects himself.
        """
        records, outcomes = self._batch.records, self._outcomes
        mine = [records[position] for position in positions]
        ids = record_ids((record.workspace, record.source, record.native_id) for record in mine)
        arrived: dict[bytes, tuple[Record, int]] = {}
        for key, record, position in zip(ids, mine, positions, strict=True):
            earlier = arrived.get(key)
            if earlier is None:
                arrived[key] = (record, position)
                continue
            merged = self._merge(earlier[0], record)
            corrected = self._batch.corrections and merged != earlier[0]
            outcomes[position] = "changed" if corrected else "duplicate"
            arrived[key] = (merged, earlier[1])
        return arrived

    def _merge(self, kept: Record, arrived: Record) -> Record:
        if self._batch.corrections and arrived.revision == kept.revision:
            # Who corrects himself means the later word, wherever the merge would keep the first.
            return merge(arrived, kept)
        return merge(kept, arrived)

    def _drop_shadows(self, arrived: dict[bytes, tuple[Record, int]]) -> None:
        """Let a group's shadows give way to its real calls, those of this batch and those stored."""
        keys = group_keys([call for call, _ in arrived.values() if isinstance(call, ModelCall)])
        real: set[GroupKey] = set()
        shadows: dict[bytes, GroupKey] = {}
        for (id_, (call, _)), group in zip(arrived.items(), keys, strict=True):
            if group is not None:
                if call.shadow:  # type: ignore[attr-defined] # all of this table are calls
                    shadows[id_] = group
                else:
                    real.add(group)
        if not (real or shadows):
            return
        reach = self._reach(arrived, GROUP_REACH)
        open_ = {group for group in shadows.values() if group not in real}
        if open_:
            real.update(self._shelf.answered(list(open_), reach))
        for id_, group in shadows.items():
            if group in real:
                self._outcomes[arrived.pop(id_)[1]] = "duplicate"
        gone = [shadow.id for shadow in self._shelf.shadows(list(real), reach)] if real else []
        if gone:
            self._change.taken.extend(self._shelf.records(self._table, gone))

    def _compare(self, arrived: dict[bytes, tuple[Record, int]]) -> None:
        """Drop what is already known, and replace what is known differently."""
        if not arrived:
            return
        differing = []
        for stored in self._shelf.stored(self._table, list(arrived), self._reach(arrived, 0)):
            record, position = arrived[stored.id]
            same = (stored.revision, stored.origin, stored.started_at) == (
                record.revision,
                record.origin,
                record.started_at,
            )
            if same and not self._batch.corrections:
                del arrived[stored.id]
                self._outcomes[position] = "duplicate"
            else:
                differing.append(stored.id)
        if not differing:
            return
        for kept in self._shelf.records(self._table, differing):
            key = kept.id
            record, position = arrived[key]
            merged = self._merge(kept, record)
            if _content(merged) == _content(kept):
                del arrived[key]
                self._outcomes[position] = "duplicate"
            else:
                arrived[key] = (merged, position)
                self._outcomes[position] = "changed"
                self._change.taken.append(kept)

    def _reach(self, arrived: dict[bytes, tuple[Record, int]], slack: int) -> Quarters:
        """Where copies of these records can be: None is anywhere."""
        if not all(record.pinned for record, _ in arrived.values()):
            return None
        quarters = [quarter_of(record.started_at) for record, _ in arrived.values()]
        return min(quarters) - slack, max(quarters) + slack


_NOT_CONTENT = frozenset({"pinned", "group", "cost_priced", "price_version"})
_CONTENT = {
    name: itemgetter(*(at for at, field in enumerate(kind.__struct_fields__) if field not in _NOT_CONTENT))
    for name, kind in KINDS.items()
}


def _content(record: Record) -> tuple[object, ...]:
    """What makes two versions of a record differ for its sender; not what we add (prices) or do not keep."""
    content: tuple[object, ...] = _CONTENT[record.kind](astuple(record))
    return content
