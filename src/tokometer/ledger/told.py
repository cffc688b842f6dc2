"""Calls that are told by several spans, in a commit: what of the batch and of the ledger belongs together.

What counts stands in `calls`. What a telling stated that counts as something else, or as nothing
(:mod:`tokometer.records.tellings`), is kept as it was in `told`, to be settled again when more becomes known.

Most batches hold nothing of this, and that has to be found out for little: :func:`met` looks at columns as wholes and
at what the shelf remembers. Only traces in which spans stand below each other, or that were met before, are looked at
closely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol

from tokometer.ledger.packed import Packed
from tokometer.ledger.protocol import Batch
from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.ledger.schema import CALLS, TOLD, Table
from tokometer.records import ModelCall, Record, quarter_of
from tokometer.records.tellings import REACH_US, UNIQUE_REACH_US, is_telling, looks_unique, settle
from tokometer.records.time import QUARTER_US

#: Kinds of record whose spans can stand between calls.
LINKS: Final = ("tools", "runs", "steps")
#: A telling that came before another one began is not of the same call, but for clocks that differ.
_SLACK_US: Final = 20_000_000
#: How far a trace may stretch, in quarter hours, for its tellings to find each other.
TRACE_REACH: Final = 96
#: How long a call may take, in quarter hours, for its answer to be found by its id.
ANSWER_REACH: Final = 8
#: Traces that are joined by answers are followed so far; a sender that joins more of them is broken.
_ROUNDS: Final = 8

Quarters = tuple[int, int]


class Place(NamedTuple):
    """Where a telling stands; of a stored one also which, and in which table."""

    trace_id: str
    span_id: str
    parent_id: str
    request_id: str
    started_at: int
    ended_at: int
    shadow: bool
    id: bytes = b""
    told: bool = False


class Shelf(Protocol):
    """What has to be known of what is stored."""

    def since(self) -> int:
        """From when on everything that came is remembered, in microseconds since the epoch."""

    def meet(self, names: set[str], quarter: int) -> Mapping[str, int]:
        """Those of these traces and answers that are remembered, with their first quarter hour.

        Remembers all of them afterwards, with this quarter hour.
        """

    def tellings(self, traces: Sequence[str], quarters: Quarters) -> Iterable[Place]:
        """The stored tellings of these traces."""

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """The stored tellings of these answers that overlap this time (microseconds)."""

    def links(self, traces: Sequence[str], quarters: Quarters) -> Iterable[tuple[str, str, str]]:
        """Trace, span and parent of all spans that are stored of these traces and tell of no call."""

    def records(self, table: Table, ids: Sequence[bytes], quarters: Quarters | None = None) -> Iterable[Record]:
        """Stored records, whole; looks only in `quarters` where given."""


@dataclass(slots=True)
class Knot:
    """Tellings that have to be looked at together: those of these traces, stored and arriving."""

    traces: set[str] = field(default_factory=set)
    stored: dict[bytes, Place] = field(default_factory=dict)
    #: Ids that stand in `told`.
    told: set[bytes] = field(default_factory=set)
    links: dict[str, dict[str, str]] = field(default_factory=dict)

    def holds(self, call: ModelCall) -> bool:
        """Whether a call is to be looked at here."""
        return call.trace_id in self.traces and is_telling(call)


@dataclass(slots=True)
class Changed:
    """What becomes of the tellings of a knot, by table."""

    put: list[Record] = field(default_factory=list)
    taken: list[Record] = field(default_factory=list)
    told: list[Record] = field(default_factory=list)
    #: Replaced or no longer needed there.
    untold: list[Record] = field(default_factory=list)


class _Met:
    """The spans of a batch, as far as calls told by several of them are concerned."""

    def __init__(self, batch: Batch) -> None:
        self.places: list[Sequence[Sequence[Any]]] = []
        self.links: list[tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[int]]] = []
        self.shadows: set[str] = set()
        for packed in batch.packed:
            if packed.kind == CALLS.name:
                self._calls(packed)
            elif packed.kind in LINKS:
                self._link(*(packed.column(name) for name in ("trace_id", "span_id", "parent_id", "started_at")))
        calls = [record for record in batch.records if isinstance(record, ModelCall) and is_telling(record)]
        if calls:
            self._add(
                [
                    [getattr(call, name) for call in calls]
                    for name in ("trace_id", "span_id", "parent_id", "request_id", "started_at", "latency_us")
                ],
                [at for at, call in enumerate(calls) if call.shadow],
            )
        others = [record for record in batch.records if record.kind in LINKS and record.trace_id]
        if others:
            self._link(
                *([getattr(r, name) for r in others] for name in ("trace_id", "span_id", "parent_id", "started_at"))
            )

    def _calls(self, packed: Packed) -> None:
        groups = packed.column("group_id")
        names = ("trace_id", "span_id", "parent_id", "request_id", "started_at", "latency_us")
        columns = [packed.column(name) for name in names]
        shadows = packed.shadows
        if groups.count(OF_ITS_TRACE) < len(groups):
            some = [at for at, group in enumerate(groups) if group == OF_ITS_TRACE]
            if not some:
                return
            columns = [[list_[at] for at in some] for list_ in columns]
            shadows = [place for place, at in enumerate(some) if at in set(packed.shadows)]
        self._add(columns, shadows)

    def _add(self, columns: Sequence[Sequence[Any]], shadows: Sequence[int]) -> None:
        marks = [False] * len(columns[0])
        for at in shadows:
            marks[at] = True
        self.places.append([*columns, marks])
        self.shadows.update(columns[0][at] for at in shadows)

    def _link(self, traces: Sequence[str], spans: Sequence[str], parents: Sequence[str], starts: Sequence[int]) -> None:
        if any(traces):
            self.links.append((traces, spans, parents, starts))

    @property
    def empty(self) -> bool:
        """Whether no span is among them."""
        return not self.places and not self.links

    def column(self, at: int) -> Iterable[Any]:
        """One column of all tellings."""
        return chain.from_iterable(columns[at] for columns in self.places)

    def suspects(self) -> tuple[set[str], set[str]]:
        """The traces in which one stands above others or an agent states something, and answers told twice."""
        nested = set(self.column(1))
        nested &= set(chain(self.column(2), *(parents for _, _, parents, _ in self.links)))
        traces = set(self.shadows)
        if nested:
            traces.update(trace for trace, span in zip(self.column(0), self.column(1), strict=True) if span in nested)
        answers = list(filter(None, self.column(3)))
        twice: set[str] = set()
        if len(set(answers)) < len(answers):
            twice = {answer for answer, count in Counter(answers).items() if count > 1}
        return traces, twice

    def names(self) -> set[str]:
        """All traces and answers."""
        names = {*self.column(0), *self.column(3), *chain.from_iterable(traces for traces, *_ in self.links)}
        names.discard("")
        return names

    def of(self, traces: set[str], answers: set[str]) -> list[Place]:
        """The tellings of these traces or answers."""
        return [
            Place(trace, span, parent, answer, start, start + (latency or 0), shadow)
            for columns in self.places
            for trace, span, parent, answer, start, latency, shadow in zip(*columns, strict=True)
            if trace in traces or answer in answers
        ]

    def times(self) -> tuple[int, int]:
        """The first and the last start, in microseconds."""
        starts = list(chain(self.column(4), *(starts for *_, starts in self.links)))
        return min(starts), max(starts)

    def before(self, time: int) -> set[str]:
        """The traces and answers of what started before then."""
        found: set[str] = set()
        for traces, _, _, answers, starts, *_ in self.places:
            for trace, answer, start in zip(traces, answers, starts, strict=True):
                if start < time:
                    found.update((trace, answer))
        for traces, _, _, starts in self.links:
            found.update(trace for trace, start in zip(traces, starts, strict=True) if start < time)
        found.discard("")
        return found


def met(batch: Batch, shelf: Shelf) -> Knot | None:
    """What in a batch has to be looked at closely, with all that is stored of it; None is the usual case."""
    swept = _Met(batch)
    if swept.empty:
        return None
    traces, answers = swept.suspects()
    first, last = swept.times()
    recent = shelf.since() + _SLACK_US
    known: dict[str, int | None] = {**shelf.meet(swept.names(), quarter_of(first))}
    if first < recent:
        # What is remembered of these may not be the first of them.
        known.update(dict.fromkeys(swept.before(recent)))
    if not (traces or answers or known):
        return None
    return _Weaving(swept, shelf, known, (quarter_of(first), quarter_of(last))).knot(traces, answers)


class _Weaving:
    """Finds all that belongs together with some traces and answers."""

    def __init__(self, swept: _Met, shelf: Shelf, known: Mapping[str, int | None], quarters: Quarters) -> None:
        self._swept = swept
        self._shelf = shelf
        self._known = known
        first = min((at for at in known.values() if at is not None), default=quarters[0])
        if None in known.values():
            first = min(first, quarters[0] - TRACE_REACH)
        self._quarters = min(first, quarters[0]), quarters[1] + TRACE_REACH
        self._knot = Knot()
        self._arriving: list[Place] = []

    def knot(self, traces: set[str], answers: set[str]) -> Knot | None:
        """The knot of these, and of what is stored of names that were met before; None where it ties nothing."""
        asked: set[str] = set()
        answers = answers | self._known.keys()
        wanted = traces | (self._known.keys() & self._traces_of_batch())
        wanted.update(place.trace_id for place in self._swept.of(set(), answers) if place.request_id)
        for _ in range(_ROUNDS):
            new = wanted - self._knot.traces
            if not new:
                break
            self._knot.traces |= new
            found = list(self._shelf.tellings(list(new), self._quarters)) if self._known else []
            arriving = self._swept.of(new, set())
            self._take(found)
            self._arriving += arriving
            joined = self._answers([*found, *arriving], asked)
            self._take(joined)
            wanted = {place.trace_id for place in joined}
            wanted.update(place.trace_id for place in self._swept.of(set(), asked))
        self._tie()
        return self._knot if self._knot.traces else None

    def _traces_of_batch(self) -> set[str]:
        return {*self._swept.column(0), *chain.from_iterable(traces for traces, *_ in self._swept.links)}

    def _take(self, places: Iterable[Place]) -> None:
        for place in places:
            if place.told:
                self._knot.told.add(place.id)
            self._knot.stored.setdefault(place.id, place)

    def _answers(self, places: Sequence[Place], asked: set[str]) -> list[Place]:
        """Stored tellings that can be of the same answer as one of these."""
        by_answer: dict[str, list[Place]] = {}
        for place in places:
            if place.request_id and not place.shadow and place.request_id not in asked:
                by_answer.setdefault(place.request_id, []).append(place)
        asked.update(by_answer)
        if not self._known:
            return []
        found = []
        for unique, reach in ((True, UNIQUE_REACH_US), (False, REACH_US)):
            some = {answer: of_it for answer, of_it in by_answer.items() if looks_unique(answer) is unique}
            if not some:
                continue
            since = min(place.started_at for of_it in some.values() for place in of_it) - reach
            until = max(place.ended_at for of_it in some.values() for place in of_it) + reach
            found += [
                stored
                for stored in self._shelf.answers(list(some), since, until)
                if any(
                    max(stored.started_at, place.started_at) - min(stored.ended_at, place.ended_at) <= reach
                    for place in some[stored.request_id]
                )
            ]
        return found

    def _tie(self) -> None:
        """Find the spans between tellings, and let go of traces in which nothing stands above or beside another."""
        knot = self._knot
        by_trace: dict[str, dict[str, str]] = {trace: {} for trace in knot.traces}
        if self._known:
            for trace, span, parent in self._shelf.links(list(knot.traces), self._quarters):
                by_trace[trace][span] = parent
        for traces, spans, parents, _ in self._swept.links:
            for trace, span, parent in zip(traces, spans, parents, strict=True):
                if trace in by_trace:
                    by_trace[trace][span] = parent
        knot.links = by_trace
        places: dict[str, list[Place]] = {}
        for place in chain(knot.stored.values(), self._arriving):
            places.setdefault(place.trace_id, []).append(place)
        answers = Counter(
            place.request_id
            for place in {(p.trace_id, p.span_id, p.started_at): p for p in chain(*places.values())}.values()
            if place.request_id
        )
        knot.traces = {
            trace
            for trace, of_it in places.items()
            if _entangled(of_it, by_trace.get(trace, {}), answers) or any(place.told for place in of_it)
        }
        knot.stored = {id_: place for id_, place in knot.stored.items() if place.trace_id in knot.traces}


def _entangled(places: Sequence[Place], links: Mapping[str, str], answers: Mapping[str, int]) -> bool:
    """Whether one of a trace's tellings can have to do with another."""
    if any(place.shadow or answers.get(place.request_id, 0) > 1 for place in places):
        return True
    spans = {place.span_id for place in places}
    return not spans.isdisjoint(links.values()) or not spans.isdisjoint(place.parent_id for place in places)


def changes(
    knot: Knot,
    arrived: Mapping[bytes, tuple[ModelCall, int]],
    shelf: Shelf,
    merged: Callable[[bytes, ModelCall | None], ModelCall | None],
    content: Callable[[ModelCall], tuple[object, ...]],
) -> Changed:
    """What is to be changed so that the calls of a knot count as they should.

    `merged` gives what a telling states now, of an id and what it stated so far; `content` what makes two differ.
    """
    ids = [id_ for id_, place in knot.stored.items()]
    quarters = [place.started_at // QUARTER_US for place in knot.stored.values()]
    reach = (min(quarters), max(quarters)) if quarters else None
    counting = {call.id: call for call in _calls(shelf.records(CALLS, ids, reach))} if ids else {}
    told = {call.id: call for call in _calls(shelf.records(TOLD, list(knot.told), reach))} if knot.told else {}
    stated: dict[bytes, ModelCall] = {}
    for id_ in dict.fromkeys([*ids, *arrived]):
        call = merged(id_, told.get(id_) or counting.get(id_))
        if call is not None:
            stated[id_] = call
    changed = Changed()
    for (id_, call), counts in zip(stated.items(), settle(list(stated.values()), knot.links), strict=True):
        was, before = counting.get(id_), told.get(id_)
        if counts is None or was is None or content(counts) != content(was):
            if was is not None:
                changed.taken.append(was)
            if counts is not None:
                changed.put.append(counts)
        kept = counts is None or content(counts) != content(call)
        if kept and (before is None or content(before) != content(call)):
            changed.told.append(call)
        if before is not None and not (kept and content(before) == content(call)):
            changed.untold.append(before)
    return changed


def _calls(records: Iterable[Record]) -> Iterable[ModelCall]:
    for record in records:
        if isinstance(record, ModelCall):
            record.group = record.trace_id
            yield record
