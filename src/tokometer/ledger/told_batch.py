"""The calls of a batch as columns, as far as it matters which of them are of one call.

Most batches hold nothing of this, and that has to be found out for little: by sets over columns, without an object for
each call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from tokometer.ledger.packed import Packed, Same
from tokometer.ledger.protocol import Batch
from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.ledger.schema import CALLS
from tokometer.ledger.told_places import LINKS, PLACE_COLUMNS, PROMPT_COLUMNS, Place, place_of
from tokometer.records import ModelCall, record_ids
from tokometer.records.naming import SESSIONLESS, talks_in
from tokometer.records.record import IN_PARTS
from tokometer.records.ways import Way, can_meet, named_way, told_by_span

#: What stands for spans that tell of no call.
_LINK: Final = Way("", "span")
_ID_BYTES: Final = 16
#: Read by name.
_SIMPLE: Final = tuple(name for name in PLACE_COLUMNS if name not in ("group_id", "prompt", "shadow"))


@dataclass(slots=True)
class _Rows:
    """Some calls of one part of a batch."""

    count: int
    column: Callable[[str], Sequence[Any]]
    id_of: Callable[[int], bytes]
    #: Which of them are shadows.
    shadows: frozenset[int]
    ways: Sequence[Way]
    #: Which of them stand in a trace, as spans do.
    traced: Sequence[bool]
    _talks: list[Sequence[str]] | None = None

    @property
    def in_traces(self) -> bool:
        """Whether any of them stands in a trace."""
        return any(_met(self.traced))

    def spanned(self, name: str) -> Sequence[str]:
        """A column that means something of spans only; empty text for the others."""
        met = _met(self.traced)
        if len(met) == 1:
            return self.column(name) if True in met else Same("", self.count)
        return [value if traced else "" for value, traced in zip(self.column(name), self.traced, strict=True)]

    @property
    def sums(self) -> list[int]:
        """Which of them are statements of agents."""
        return [at for at in self.shadows if self.traced[at]]

    @property
    def talks(self) -> list[Sequence[str]]:
        """The names of their talks: columns, empty text where one has none."""
        if self._talks is None:
            self._talks = self._talked()
        return self._talks

    def _talked(self) -> list[Sequence[str]]:
        sessions, programs = self.column("session_id"), self.column("program")
        sources = {way.source for way in _met(self.ways)}
        if not any(_met(sessions)) and SESSIONLESS.isdisjoint(sources | _met(programs)):
            return []
        prompts = map(_total, zip(*map(self.column, PROMPT_COLUMNS), strict=True))
        tokens = (self.column(name) for name in ("output_tokens", "unsplit_tokens"))
        rows = zip(self.ways, programs, sessions, prompts, *tokens, strict=True)
        talks = [
            () if unsplit else talks_in(way, program, session, (prompt, output or 0))
            for way, program, session, prompt, output, unsplit in rows
        ]
        first = [of_one[0].name if of_one else "" for of_one in talks]
        if max(map(len, talks), default=0) <= 1:
            return [first]
        return [first, [of_one[1].name if len(of_one) > 1 else "" for of_one in talks]]

    def places(self, positions: Iterable[int]) -> Iterator[Place]:
        """Where some of them stand."""
        columns = {name: self.column(name) for name in (*_SIMPLE, *PROMPT_COLUMNS)}
        for at in positions:
            values = {name: columns[name][at] for name in _SIMPLE}
            values["group_id"] = OF_ITS_TRACE if self.traced[at] else None
            values["prompt"] = _total([columns[name][at] for name in PROMPT_COLUMNS])
            values["shadow"] = at in self.shadows
            yield place_of(self.id_of(at), [values[name] for name in PLACE_COLUMNS])


def _met(values: Sequence[Any]) -> set[Any]:
    """The values of a column, each once."""
    return {values.value} if isinstance(values, Same) else set(values)


def _total(counts: Iterable[int | None]) -> int:
    return sum(filter(None, counts))


class Arriving:
    """The calls of a batch, and the spans in it that tell of none."""

    def __init__(self, batch: Batch) -> None:
        self._rows: list[_Rows] = []
        self._links: list[tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[int]]] = []
        #: Whether calls can have come by other ways, too: then sessions are looked at.
        self.meets_others = False
        for packed in batch.packed:
            if packed.kind == CALLS.name:
                self._rows.append(_packed(packed))
            elif packed.kind in LINKS:
                self._link(*(packed.column(name) for name in ("trace_id", "span_id", "parent_id", "started_at")))
        calls = [record for record in batch.records if isinstance(record, ModelCall)]
        if calls:
            self._rows.append(_loose(calls))
        others = [record for record in batch.records if record.kind in LINKS and record.trace_id]
        if others:
            self._link(
                *([getattr(r, name) for r in others] for name in ("trace_id", "span_id", "parent_id", "started_at"))
            )

    def _link(self, traces: Sequence[str], spans: Sequence[str], parents: Sequence[str], starts: Sequence[int]) -> None:
        if any(traces):
            self._links.append((traces, spans, parents, starts))

    @property
    def empty(self) -> bool:
        """Whether it holds nothing to look at."""
        return not self._rows and not self._links

    @property
    def ways(self) -> set[Way]:
        """The ways by which its calls are told."""
        return set().union(*(_met(rows.ways) for rows in self._rows))

    def can_meet(self, stored: set[Way]) -> bool:
        """Whether anything of it can be of a call that is told otherwise, if calls are told by these ways."""
        mine = self.ways
        self.meets_others = any(one != other and can_meet(one, other) for one in mine for other in stored)
        if self.meets_others or any(rows.in_traces for rows in self._rows):
            return True
        return bool(self._links) and any(can_meet(_LINK, way) for way in stored if way.way in ("span", "event"))

    # -- names -------------------------------------------------------------------------------------------------

    def suspects(self) -> tuple[set[str], set[str]]:
        """The traces in which one stands above others or an agent states something, and names met twice."""
        traces = {rows.column("trace_id")[at] for rows in self._rows for at in rows.sums}
        spans = set(chain.from_iterable(rows.spanned("span_id") for rows in self._rows if rows.in_traces))
        parents = [rows.spanned("parent_id") for rows in self._rows if rows.in_traces]
        nested = spans.intersection(chain(*parents, *(parents for _, _, parents, _ in self._links))) - {""}
        if nested:
            for rows in self._rows:
                both = zip(rows.spanned("trace_id"), rows.spanned("span_id"), strict=True)
                traces.update(trace for trace, span in both if span in nested)
        by_way: dict[Way, list[str]] = {}
        for rows in self._rows:
            for way, names in self._named(rows):
                by_way.setdefault(way, []).extend(names)
        twice: set[str] = set()
        met: set[str] = set()
        for way, names in by_way.items():
            own = set(names)
            if way.way == "span" and len(own) < len(names):
                twice.update(name for name, count in Counter(names).items() if count > 1)
            twice |= met & own
            met |= own
        return traces, twice | self._placed_twice(traces)

    def _placed_twice(self, traces: set[str]) -> set[str]:
        """Add the traces of spans that came by two ways; no names."""
        by_way: dict[Way, set[str]] = {}
        if len({way for way in self.ways if way.way == "span"}) > 1:
            for rows in self._rows:
                for way, trace in zip(rows.ways, rows.spanned("trace_id"), strict=True):
                    by_way.setdefault(way, set()).add(trace)
            counts = Counter(chain.from_iterable(by_way.values()))
            traces.update(trace for trace, count in counts.items() if trace and count > 1)
        return set()

    def _named(self, rows: _Rows) -> Iterator[tuple[Way, list[str]]]:
        """Way and names, of all its rows."""
        columns = self._name_columns(rows)
        if isinstance(rows.ways, Same):
            yield rows.ways.value, list(filter(None, chain(*columns)))
            return
        for column in columns:
            for way in set(rows.ways):
                both = zip(column, rows.ways, strict=True)
                yield way, [name for name, its in both if name and its == way]

    def _name_columns(self, rows: _Rows) -> list[Sequence[str]]:
        requests, responses = rows.column("request_id"), rows.column("response_id")
        columns = [requests]
        if not (isinstance(responses, Same) and not responses.value):
            # One that stands in both is one name.
            columns.append([name if name != other else "" for name, other in zip(responses, requests, strict=True)])
        if self.meets_others:
            columns += rows.talks
        return columns

    def names(self) -> set[str]:
        """All traces, answers and talks."""
        names: set[str] = set().union(*(traces for traces, *_ in self._links))
        for rows in self._rows:
            if rows.in_traces:
                names.update(rows.spanned("trace_id"))
            names.update(*self._name_columns(rows))
        names.discard("")
        return names

    def traces(self) -> set[str]:
        """All traces."""
        return set().union(*(rows.spanned("trace_id") for rows in self._rows), *(traces for traces, *_ in self._links))

    def times(self) -> tuple[int, int]:
        """The first and the last start, in microseconds."""
        starts = list(
            chain(*(rows.column("started_at") for rows in self._rows), *(starts for *_, starts in self._links))
        )
        return min(starts), max(starts)

    def before(self, time: int, *, talks: bool = False) -> set[str]:
        """The traces, answers and talks of what started before then; or only its talks."""
        found: set[str] = set()
        for rows in self._rows:
            starts = rows.column("started_at")
            columns = rows.talks if talks else [rows.spanned("trace_id"), *self._name_columns(rows)]
            if max(starts) < time:
                found.update(*columns)
                continue
            for column in columns:
                found.update(name for name, start in zip(column, starts, strict=True) if start < time)
        for traces, _, _, starts in self._links:
            found.update(trace for trace, start in zip(traces, starts, strict=True) if start < time)
        found.discard("")
        return found

    def beside(self) -> set[bytes]:
        """The ids of what stands in no trace: of a later version of such a call other names and tokens can be known."""
        found: set[bytes] = set()
        for rows in self._rows:
            if rows.in_traces:
                found.update(rows.id_of(at) for at, traced in enumerate(rows.traced) if not traced)
            else:
                found.update(map(rows.id_of, range(rows.count)))
        return found

    def loose_parts(self) -> set[bytes]:
        """The ids of parts of calls that do not say in which trace they stand."""
        found: set[bytes] = set()
        for rows in self._rows:
            revisions = rows.column("revision")
            if max(revisions) >= IN_PARTS:
                both = enumerate(zip(revisions, rows.traced, strict=True))
                found.update(rows.id_of(at) for at, (revision, traced) in both if revision >= IN_PARTS and not traced)
        return found

    # -- places ------------------------------------------------------------------------------------------------

    def of(self, traces: set[str], names: set[str], ids: set[bytes] | None = None) -> list[Place]:
        """The tellings of these traces or names, or with these ids."""
        found: list[Place] = []
        for rows in self._rows:
            positions: set[int] = set()
            if traces and rows.in_traces:
                positions.update(at for at, trace in enumerate(rows.spanned("trace_id")) if trace in traces)
            if names:
                for column in self._name_columns(rows):
                    positions.update(at for at, name in enumerate(column) if name in names)
            if ids:
                positions.update(at for at in range(rows.count) if rows.id_of(at) in ids)
            found += rows.places(sorted(positions))
        return found

    def links(self, by_trace: dict[str, dict[str, str]]) -> None:
        """Add the spans of these traces that tell of no call, and what each stands below."""
        for traces, spans, parents, _ in self._links:
            for trace, span, parent in zip(traces, spans, parents, strict=True):
                if trace in by_trace:
                    by_trace[trace][span] = parent


def _packed(packed: Packed) -> _Rows:
    sources, words, groups = (packed.column(name) for name in ("source", "way", "group_id"))
    traced: Sequence[bool]
    if isinstance(groups, Same) or OF_ITS_TRACE not in groups:
        traced = Same(isinstance(groups, Same) and groups.value == OF_ITS_TRACE, len(packed))
    else:
        traced = [group == OF_ITS_TRACE for group in groups]
    if isinstance(sources, Same) and isinstance(words, Same) and isinstance(traced, Same):
        ways: Sequence[Way] = Same(named_way(sources.value, words.value, span=traced.value), len(packed))
    else:
        keys = list(zip(sources, words, traced, strict=True))
        made = {key: named_way(key[0], key[1], span=key[2]) for key in set(keys)}
        ways = [made[key] for key in keys]
    ids = packed.id_bytes
    return _Rows(
        len(packed),
        packed.column,
        lambda at: ids[at * _ID_BYTES : (at + 1) * _ID_BYTES],
        frozenset(packed.shadows),
        ways,
        traced,
    )


def _loose(calls: Sequence[ModelCall]) -> _Rows:
    kept: dict[str, Sequence[Any]] = {}

    def column(name: str) -> Sequence[Any]:
        if name not in kept:
            kept[name] = [getattr(call, name) for call in calls]
        return kept[name]

    traced = [told_by_span(call) for call in calls]
    ways = [named_way(call.source, call.way, span=span) for call, span in zip(calls, traced, strict=True)]
    return _Rows(
        len(calls),
        column,
        lambda at: record_ids([(calls[at].workspace, calls[at].source, calls[at].native_id)])[0],
        frozenset(at for at, call in enumerate(calls) if call.shadow),
        ways,
        traced,
    )
