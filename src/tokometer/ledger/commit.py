"""What a commit has to do, worked out the same way for every engine.

A batch is folded by id, compared with what is stored, and becomes a :class:`Change` per table: rows to take out, rows
to put in, and what that makes dirty. The engine carries the changes out in one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import astuple

from tokometer.ledger import told
from tokometer.ledger.copies import Copy, originals
from tokometer.ledger.packed import Packed, together
from tokometer.ledger.protocol import Batch, Outcome, Receipt
from tokometer.ledger.rows import GroupKey, by_kind, columns, group_keys
from tokometer.ledger.schema import CALLS, RECORDS, Table
from tokometer.ledger.shelf import REAL, SHADOW, Quarters, Shelf, rank_of
from tokometer.ledger.told_places import Knot
from tokometer.ledger.touched import SessionSpan, joined, sessions_of
from tokometer.records import KINDS, ModelCall, Record, merge, quarter_of, record_ids
from tokometer.records.record import IN_PARTS
from tokometer.records.time import QUARTER_US

R = TypeVar("R", bound=Record)

#: How far a session may stretch, in quarter hours, for its pinned calls to find each other by group.
GROUP_REACH = 96


@dataclass(slots=True)
class Change:
    """What a commit does to one table."""

    table: Table
    put: list[Record] = field(default_factory=list)
    #: The ids of what is put, in the same order: hashed once.
    ids: list[bytes] = field(default_factory=list)
    #: Packed records that are put as they are: all of them, or those at some positions.
    packed: list[tuple[Packed, list[int] | None]] = field(default_factory=list)
    #: Stored records that are taken out or replaced; the quarters and sessions where they stood are dirty too.
    taken: list[Record] = field(default_factory=list)
    #: Those put records that may have learnt labels from others: sets of labels that nobody sent.
    learnt: list[Record] = field(default_factory=list)

    def columns(self) -> list[Sequence[Any]]:
        """The table's columns of everything that is put; empty where nothing is."""
        parts: list[Sequence[Sequence[Any]]] = [packed.columns(positions) for packed, positions in self.packed]
        if self.put:
            parts.append(columns(self.table, self.put, self.ids))
        return together(self.table, parts) if parts else []

    def quarters(self) -> set[int]:
        """The quarter hours whose cells this makes stale."""
        if self.table is not CALLS:
            return set()
        found = {record.started_at // QUARTER_US for group in (self.put, self.taken) for record in group}
        return found.union(*(packed.quarters for packed, _ in self.packed))

    def sessions(self) -> list[SessionSpan]:
        """The sessions whose rows this makes stale."""
        if self.table is not CALLS:
            return []
        return joined(chain(sessions_of(chain(self.put, self.taken)), *(packed.sessions for packed, _ in self.packed)))


def learnt(changes: Iterable[Change]) -> Batch:
    """The records whose labels are to be admitted as if they had just come."""
    return Batch([record for change in changes for record in change.learnt if record.labels])


def plan(batch: Batch, shelf: Shelf) -> tuple[list[Change], Receipt]:
    """The changes that a batch asks for, and what to tell its sender."""
    outcomes: list[Outcome] = ["accepted"] * batch.size
    loose = by_kind(batch.records)
    knots = told.met(batch, shelf)
    changes: list[Change] = []
    for name, table in RECORDS.items():
        parts = _parts(batch, name)
        if parts or name in loose or name in knots:
            planner = _Planner(table, batch, shelf, outcomes, knots.get(name))
            changes.append(planner.plan(loose.get(name, ()), parts))
            if planner.told is not None:
                # Where there are no transactions, a telling stands in one of two tables at every moment.
                kept, stated, untold = told.KEPT[name], planner.told.told, planner.told.untold
                ids = [record.id for record in stated]
                again = set(ids)
                # What another version takes the place of goes with that: taken out last, both would be gone.
                replaced = [record for record in untold if record.id in again]
                changes.insert(0, Change(kept, stated, ids, taken=replaced))
                changes.append(Change(kept, taken=[record for record in untold if record.id not in again]))
    receipt = Receipt(
        accepted=outcomes.count("accepted"),
        duplicate=outcomes.count("duplicate"),
        changed=outcomes.count("changed"),
        refused=len(batch.refusals),
        outcomes=outcomes,
        touched=frozenset(
            change.table.name
            for change in changes
            if change.table.name in RECORDS and (change.put or change.packed or change.taken)
        ),
    )
    return changes, receipt


class _Part(NamedTuple):
    """Packed records, and the position of the first of them in the batch."""

    packed: Packed
    first: int


def _parts(batch: Batch, kind: str) -> list[_Part]:
    parts = []
    first = len(batch.records)
    for packed in batch.packed:
        if packed.kind == kind:
            parts.append(_Part(packed, first))
        first += len(packed)
    return parts


class _Planner:
    """Plans the change of one table."""

    def __init__(
        self, table: Table, batch: Batch, shelf: Shelf, outcomes: list[Outcome], knot: Knot | None = None
    ) -> None:
        self._table = table
        self._batch = batch
        self._shelf = shelf
        self._outcomes = outcomes
        self._change = Change(table)
        self._knot = knot
        #: What becomes of those that are told several times.
        self.told: told.Changed | None = None

    def plan(self, positions: Sequence[int], parts: Sequence[_Part] = ()) -> Change:
        records = self._batch.records
        loose = [(position, records[position]) for position in positions]
        ids = record_ids((record.workspace, record.source, record.native_id) for _, record in loose)
        if parts:
            for id_, position, record in self._sift(parts, ids, [record for _, record in loose]):
                ids.append(id_)
                loose.append((position, record))
        arrived = self._fold(ids, loose)
        if self._table is CALLS:
            self._drop_shadows(arrived)
        if self._knot is not None:
            self._unravel(self._knot, arrived)
        self._compare(arrived)
        self._price(arrived)
        self._change.put += [record for record, _ in arrived.values()]
        self._change.ids += arrived
        return self._change

    def _sift(
        self, parts: Sequence[_Part], loose_ids: Sequence[bytes], loose: Sequence[Record]
    ) -> list[tuple[bytes, int, Record]]:
        """Put what is packed, new and unlike anything else as it is; the rest comes back as (id, position, record)."""
        of_part = [part.packed.ids() for part in parts]
        packed_ids = list(chain(*of_part))
        known = {stored.id for stored in self._shelf.stored(self._table, packed_ids, _reach_of(parts, 0))}
        known.update(loose_ids)
        groups = self._shadowed(parts, loose)
        caught = [self._caught(part.packed, own, known, groups) for part, own in zip(parts, of_part, strict=True)]
        dropped = self._drop_copies(parts, of_part, caught) if len(set(packed_ids)) < len(packed_ids) else {}
        entangled: list[tuple[bytes, int, Record]] = []
        for number, ((packed, first), own) in enumerate(zip(parts, of_part, strict=True)):
            chosen, gone = sorted(caught[number]), dropped.get(number, ())
            if len(chosen) + len(gone) < len(own):
                without = caught[number].union(gone)
                left = [at for at in range(len(own)) if at not in without] if without else None
                self._change.packed.append((packed, left))
            if chosen:
                records = packed.records(chosen)
                entangled += [(own[at], first + at, record) for at, record in zip(chosen, records, strict=True)]
        return entangled

    def _caught(self, packed: Packed, own: Sequence[bytes], known: set[bytes], groups: set[GroupKey]) -> set[int]:
        """The positions of those that are known already, have to do with shadows, or are in a knot."""
        caught = {at for at, id_ in enumerate(own) if id_ in known} if known else set()
        if groups:
            caught.update(at for at, group in enumerate(packed.groups()) if group in groups)
        caught.update(packed.shadows)
        if self._knot is not None:
            knotted = self._knot.ids
            caught.update(at for at, id_ in enumerate(own) if id_ in knotted)
        return caught

    def _drop_copies(
        self, parts: Sequence[_Part], of_part: Sequence[Sequence[bytes]], caught: Sequence[set[int]]
    ) -> dict[int, set[int]]:
        """Of copies inside the batch keep one as it is, where that is what their merge would be.

        Returns the positions of the others by part, and adds copies that need a merge to `caught`.
        """
        twice = {id_ for id_, count in Counter(chain(*of_part)).items() if count > 1}
        copies: dict[bytes, list[Copy]] = {}
        for number, own in enumerate(of_part):
            for at in [at for at, id_ in enumerate(own) if id_ in twice]:
                copies.setdefault(own[at], []).append(Copy(number, at))
        plain = [
            of_one
            for of_one in copies.values()
            if not self._batch.corrections and not any(copy.at in caught[copy.part] for copy in of_one)
        ]
        kept = originals(self._table, [part.packed for part in parts], plain)
        originals_ = {of_one[0]: original for of_one, original in zip(plain, kept, strict=True) if original}
        dropped: dict[int, set[int]] = {}
        for of_one in copies.values():
            original = originals_.get(of_one[0])
            for number, copy in enumerate(of_one):
                if original is None:
                    caught[copy.part].add(copy.at)
                    continue
                if copy != original:
                    dropped.setdefault(copy.part, set()).add(copy.at)
                if number:
                    self._outcomes[parts[copy.part].first + copy.at] = "duplicate"
        return dropped

    def _shadowed(self, parts: Sequence[_Part], loose: Sequence[Record]) -> set[GroupKey]:
        """The groups of packed calls in which there is a shadow or an echo, stored or in this batch."""
        if self._table is not CALLS:
            return set()
        calls = [call for call in loose if isinstance(call, ModelCall)]
        found = {
            group
            for call, group in zip(calls, group_keys(calls), strict=True)
            if (call.shadow or call.echo) and group is not None
        }
        for packed, _ in parts:
            if packed.shadows:
                groups = packed.groups()
                found.update(group for at in packed.shadows if (group := groups[at]) is not None)
        if self._shelf.any_shadows():
            asked = {group for packed, _ in parts for group in packed.groups() if group is not None}
            if asked:
                stored = self._shelf.shadows(list(asked), _reach_of(parts, GROUP_REACH))
                found.update(shadow.group for shadow in stored)
        return found

    def _unravel(self, knot: Knot, arrived: dict[bytes, tuple[Record, int]]) -> None:
        """Take the records of a knot out of what arrived, and plan what becomes of them and of those stored."""
        mine = {id_: arrived.pop(id_) for id_ in list(arrived) if id_ in knot.ids}
        # Those that gave way to another of their group just now.
        gone = {record.id for record in self._change.taken} & knot.stored.keys()
        for id_ in gone:
            del knot.stored[id_]

        def merged(id_: bytes, kept: Record | None) -> Record | None:
            record, position = mine.get(id_, (None, 0))
            if record is None or kept is None:
                return record or kept
            both = self._merge(kept, record)
            self._outcomes[position] = "duplicate" if _content(both) == _content(kept) else "changed"
            return both

        records = {id_: record for id_, (record, _) in mine.items()}
        self.told = told.changes(knot, self._table, records, gone, self._shelf, merged, _content)
        if self._batch.price is not None and self.told.put:
            self._batch.price(call for call in self.told.put if isinstance(call, ModelCall))
        self._change.taken += self.told.taken
        self._change.put += self.told.put
        self._change.learnt = self.told.put
        self._change.ids += [record.id for record in self.told.put]

    def _fold(self, ids: Iterable[bytes], loose: Iterable[tuple[int, Record]]) -> dict[bytes, tuple[Record, int]]:
        """One version of each record of the batch, with the position of the first.

        Copies count as duplicates, whatever they add: what the ledger holds is changed only once. Unless who sent
        them corrects himself.
        """
        outcomes = self._outcomes
        arrived: dict[bytes, tuple[Record, int]] = {}
        for key, (position, record) in zip(ids, loose, strict=True):
            earlier = arrived.get(key)
            if earlier is None:
                arrived[key] = (record, position)
                continue
            merged = self._merge(earlier[0], record)
            corrected = self._batch.corrections and merged != earlier[0]
            outcomes[position] = "changed" if corrected else "duplicate"
            arrived[key] = (merged, earlier[1])
        return arrived

    def _merge(self, kept: R, arrived: R) -> R:
        if self._batch.corrections and arrived.revision == kept.revision:
            # Who corrects himself means the later word, wherever the merge would keep the first.
            return merge(arrived, kept)
        return merge(kept, arrived)

    def _drop_shadows(self, arrived: dict[bytes, tuple[Record, int]]) -> None:
        """Let a group's shadows and echoes give way to its real calls, those of this batch and those stored."""
        calls = [call for call, _ in arrived.values() if isinstance(call, ModelCall)]
        best: dict[GroupKey, int] = {}
        lesser: dict[bytes, tuple[GroupKey, int]] = {}
        for id_, call, group in zip(arrived, calls, group_keys(calls), strict=True):
            if group is not None:
                rank = rank_of(shadow=call.shadow, echo=call.echo)
                best[group] = max(rank, best.get(group, rank))
                if rank < REAL:
                    lesser[id_] = group, rank
        if not best:
            return
        reach = self._reach(arrived, GROUP_REACH)
        open_ = {group for group, _ in lesser.values() if best[group] < REAL}
        for group, rank in self._shelf.answered(list(open_), reach) if open_ else ():
            best[group] = max(best[group], rank)
        for id_, (group, rank) in lesser.items():
            if rank < best[group]:
                self._outcomes[arrived.pop(id_)[1]] = "duplicate"
        answered = [group for group, rank in best.items() if rank > SHADOW]
        found = self._shelf.shadows(answered, reach) if answered else ()
        gone = [id_ for group, id_, rank in found if rank < best[group]]
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

    def _price(self, arrived: dict[bytes, tuple[Record, int]]) -> None:
        """Price the calls that were told in parts: what one part alone cost is not what they cost together."""
        if self._table is CALLS and self._batch.price is not None:
            calls = [call for call, _ in arrived.values() if isinstance(call, ModelCall)]
            joined = [call for call in calls if call.revision >= IN_PARTS and not call.price_version]
            if joined:
                self._batch.price(joined)

    def _reach(self, arrived: dict[bytes, tuple[Record, int]], slack: int) -> Quarters:
        """Where copies of these records can be: None is anywhere."""
        if not all(record.pinned for record, _ in arrived.values()):
            return None
        quarters = [quarter_of(record.started_at) for record, _ in arrived.values()]
        return min(quarters) - slack, max(quarters) + slack


def _reach_of(parts: Sequence[_Part], slack: int) -> Quarters:
    """Like :meth:`_Planner._reach`, for packed records."""
    if not all(packed.pinned for packed, _ in parts):
        return None
    quarters = [quarter for packed, _ in parts for quarter in packed.quarters]
    return min(quarters) - slack, max(quarters) + slack


_NOT_CONTENT = frozenset({"pinned", "group", "cost_priced", "price_version", "price_basis"})
_CONTENT = {
    name: itemgetter(*(at for at, field in enumerate(kind.__struct_fields__) if field not in _NOT_CONTENT))
    for name, kind in KINDS.items()
}


def _content(record: Record) -> tuple[object, ...]:
    """What makes two versions of a record differ for its sender; not what we add (prices) or do not keep."""
    content: tuple[object, ...] = _CONTENT[record.kind](astuple(record))
    return content
