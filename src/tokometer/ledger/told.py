"""Calls that are told several times, in a commit: what of the batch and of the ledger belongs together.

What counts stands in `calls`. What a telling stated that counts as something else, or as nothing
(:mod:`tokometer.records.tellings`), is kept as it was in `told`, to be settled again when more becomes known. Uses of
tools have `tools` and `told_tools` (:mod:`tokometer.records.uses`).

Most batches hold nothing of this, and that has to be found out for little: :func:`met` looks at which ways in there
are, at columns as wholes, and at what the shelf remembers. Only what was met before, or stands below each other, is
looked at closely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tokometer.ledger.protocol import Batch
from tokometer.ledger.schema import CALLS, TOLD, TOLD_TOOLS, TOOLS, Table
from tokometer.ledger.told_batch import Arriving
from tokometer.ledger.told_places import TRACE_REACH, Knot, Place, Shelf
from tokometer.ledger.told_search import Search
from tokometer.records import ModelCall, Record, ToolCall, quarter_of, record_ids
from tokometer.records.record import IN_PARTS
from tokometer.records.tellings import settle
from tokometer.records.uses import settle_uses
from tokometer.records.ways import can_meet, told_by_span, way_of

#: A telling that came before another one began is not of the same call, but for clocks that differ.
_SLACK_US: Final = 20_000_000
#: Kinds of record that can be told several times: where they count, and where what was said of them is kept.
KEPT: Final[dict[str, Table]] = {CALLS.name: TOLD, TOOLS.name: TOLD_TOOLS}

#: The knot of each kind of record that has one, by its name.
Knots = Mapping[str, Knot]


@dataclass(slots=True)
class Changed:
    """What becomes of the tellings of a knot, by table."""

    put: list[Record] = field(default_factory=list)
    taken: list[Record] = field(default_factory=list)
    told: list[Record] = field(default_factory=list)
    #: Replaced or no longer needed there.
    untold: list[Record] = field(default_factory=list)


def met(batch: Batch, shelf: Shelf) -> Knots:
    """What in a batch has to be looked at closely, with all that is stored of it; empty is the usual case."""
    knots = {CALLS.name: _met_calls(batch, shelf), TOOLS.name: _met_uses(batch, shelf)}
    return {name: knot for name, knot in knots.items() if knot is not None}


def _met_calls(batch: Batch, shelf: Shelf) -> Knot | None:
    arriving = Arriving(batch)
    if arriving.empty:
        return None
    first, last = arriving.times()
    reach = quarter_of(first) - TRACE_REACH, quarter_of(last) + TRACE_REACH
    if not arriving.can_meet(shelf.ways(arriving.ways, reach)):
        return None
    traces, names = arriving.suspects()
    recent, since = shelf.lately() + _SLACK_US, shelf.since() + _SLACK_US
    talks_recent = shelf.talks_since() + _SLACK_US if arriving.meets_others else 0
    recalled = shelf.recall(arriving.before(recent), first - _SLACK_US) if first < recent else {}
    known: dict[str, int | None] = {
        **shelf.meet(arriving.names(), quarter_of(first), talks=arriving.meets_others or not arriving.ways)
    }
    for name, quarter in recalled.items():
        known[name] = min(max(quarter, reach[0]), known.get(name) or quarter)
    # What is remembered of these may not be the first of them.
    older = arriving.before(since) if first < since else set()
    if first < talks_recent:
        older |= arriving.before(talks_recent, talks=True) - {""}
    known.update(dict.fromkeys(older & known.keys()))
    if older := older - known.keys():
        known.update(dict.fromkeys(shelf.among(older, reach)))
    stated: list[Place] = []
    if arriving.meets_others:
        stated += shelf.stated(list(arriving.beside()))
        # A part that does not name its trace changes what stands in one.
        stated += shelf.placed(list(arriving.loose_parts()))
    if not (traces or names or known or stated):
        return None
    return Search(arriving, shelf, known, (quarter_of(first), quarter_of(last))).knot(traces, names, stated)


def _met_uses(batch: Batch, shelf: Shelf) -> Knot | None:
    """The uses of tools that were told by several ways."""
    loose = [record for record in batch.records if isinstance(record, ToolCall)]
    parts = [packed for packed in batch.packed if packed.kind == TOOLS.name]
    if not loose and not parts:
        return None
    ways = set(map(way_of, loose))
    starts = [record.started_at for record in loose]
    uses: list[tuple[str, bytes]] = []
    ids = record_ids((record.workspace, record.source, record.native_id) for record in loose)
    uses += zip((record.use_id for record in loose), ids, strict=True)
    for packed in parts:
        columns = [packed.column(name) for name in ("source", "way", "span_id")]
        ways.update(
            way_of(
                ToolCall(source=source, native_id="", started_at=0, name="", way=way, span_id="-" if spanned else "")
            )
            for source, way, spanned in {(source, way, bool(span)) for source, way, span in zip(*columns, strict=True)}
        )
        starts += packed.column("started_at")
        uses += zip(packed.column("use_id"), packed.ids(), strict=True)
    reach = quarter_of(min(starts)) - TRACE_REACH, quarter_of(max(starts)) + TRACE_REACH
    if not any(can_meet(one, other) for one in ways for other in shelf.tool_ways(ways, reach)):
        return None
    return _used_twice(uses, shelf, reach)


def _used_twice(uses: Sequence[tuple[str, bytes]], shelf: Shelf, reach: tuple[int, int]) -> Knot | None:
    stored = list(shelf.uses(sorted({use for use, _ in uses if use}), reach))
    pairs = {(use, id_) for use, id_ in uses if use} | {(use, id_) for id_, use, *_ in stored}
    counts = Counter(use for use, _ in pairs)
    knot = Knot({id_ for use, id_ in pairs if counts[use] > 1})
    knot.told = {id_ for id_, *_, told in stored if told}
    knot.ids |= knot.told
    knot.stored = {id_: quarter for id_, _, quarter, _ in stored if id_ in knot.ids}
    return knot if knot.ids else None


def changes(
    knot: Knot,
    table: Table,
    arrived: Mapping[bytes, Record],
    gone: set[bytes],
    shelf: Shelf,
    merged: Callable[[bytes, Record | None], Record | None],
    content: Callable[[Record], tuple[object, ...]],
) -> Changed:
    """What is to be changed so that the records of a knot count as they should.

    `gone` are those that give way to others of their group; `merged` gives what a telling states now, of an id and what
    it stated so far; `content` what makes two differ.
    """
    ids = list(knot.stored)
    reach = (min(knot.stored.values()), max(knot.stored.values())) if ids else None
    counting = {call.id: call for call in shelf.records(table, ids, reach)} if ids else {}
    # What has been told before under other names, without tokens or, as a part, without its trace is found by its id.
    new = {id_: record for id_, record in arrived.items() if id_ not in knot.stored}
    parts = [id_ for id_, record in new.items() if record.revision >= IN_PARTS and _in_a_trace(record)]
    others = [*parts, *(id_ for id_, record in new.items() if not _in_a_trace(record))]
    counting |= {call.id: call for call in shelf.records(table, others)} if others else {}
    told = {call.id: call for call in shelf.records(KEPT[table.name], list(knot.told), reach)} if knot.told else {}
    told |= {call.id: call for call in shelf.records(KEPT[table.name], parts)} if parts else {}
    changed = Changed(untold=[told[id_] for id_ in gone & told.keys()])
    stated: dict[bytes, Record] = {}
    for id_ in dict.fromkeys([*ids, *arrived]):
        record = None if id_ in gone else merged(id_, told.get(id_) or counting.get(id_))
        if record is not None:
            stated[id_] = record
    for (id_, record), counts in zip(stated.items(), _settled(table, list(stated.values()), knot), strict=True):
        was, before = counting.get(id_), told.get(id_)
        if counts is None or was is None or content(counts) != content(was):
            if was is not None:
                changed.taken.append(was)
            if counts is not None:
                changed.put.append(counts)
        kept = counts is None or content(counts) != content(record)
        if kept and (before is None or content(before) != content(record)):
            changed.told.append(record)
        if before is not None and not (kept and content(before) == content(record)):
            changed.untold.append(before)
    return changed


def _in_a_trace(record: Record) -> bool:
    return isinstance(record, ModelCall) and told_by_span(record)


def _settled(table: Table, records: list[Any], knot: Knot) -> Iterable[Record | None]:
    return settle(records, knot.links) if table is CALLS else settle_uses(records)
