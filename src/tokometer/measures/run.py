"""Asking a ledger: from a :class:`Query` to a :class:`Result`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final

from tokometer.ledger import Readable
from tokometer.measures.ask import OTHER, Ask, Key, first_measure, ranking
from tokometer.measures.atoms import Atom, Different, Facts, Total
from tokometer.measures.axis import Bucket, date_of_key, moment
from tokometer.measures.compile import Part, compile_parts
from tokometer.measures.definite import definite
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.elapsed import Elapsed
from tokometer.measures.errors import QueryError, TooManyRows
from tokometer.measures.kinds import Count
from tokometer.measures.missing import beyond, finite, missing_of, together
from tokometer.measures.narrowing import MOST_GROUPS, MOST_LOOKED_AT, counting, dimensions_of, narrowed
from tokometer.measures.query import TIME, Query
from tokometer.measures.result import Cell, Column, Meta, Result
from tokometer.measures.windows import Window

#: A row's key: integers for time, text for the other dimensions.
RowKey = tuple[Any, ...]
Answer = dict[RowKey, dict[Atom, Any]]

OTHER_LABEL: Final = "Other"
#: Characters of a name in an answer; what comes in today is shorter.
_LONGEST_SHOWN: Final = 1_024
PREVIOUS: Final = ".previous"


def run(
    ledger: Readable,
    query: Query,
    workspaces: Sequence[str] = ("default",),
    now: int | datetime | None = None,
    most: int | None = None,
) -> Result:
    """Answer a query over the records of these workspaces, as of `now` (µs since the epoch, or aware; default: now).

    Without a dimension there is one row, with `grain` one for each bucket. Of dimensions, there is one for each group
    that has records; if only quantiles or sessions are asked for, for each that has those. With `most`, an answer that
    would have more rows has the largest groups, and the others together as Other.

    Raises:
        QueryError: the query cannot be answered as it is; the message says what to change.
    """
    started = perf_counter()
    ask = definite(ledger, query, workspaces, now)
    if query.top:
        ask = replace(ask, kept=apart(ask, largest(ledger, ask)))
    if most is None:
        return _run(ledger, ask, started)
    if most <= MOST_LOOKED_AT and not any(key.is_time for key in ask.keys):
        most = min(most, MOST_GROUPS)
    return bounded(ledger, ask, most, lambda ask: _run(ledger, ask, started))


def bounded(ledger: Readable, ask: Ask, most: int, answered: Callable[[Ask], Result]) -> Result:
    """What `answered` makes of a question; where that has more than `most` rows, of one that has fewer groups.

    Raises:
        TooManyRows: Nothing helps.
    """
    asked = replace(ask, most=most)
    try:
        return answered(asked)
    except TooManyRows as error:
        found = {one.name: largest(ledger, counting(ask, one)) for one in dimensions_of(ask)}
        for fewer in narrowed(asked, found):
            with suppress(TooManyRows):
                return answered(fewer)
        raise error from None


def _run(ledger: Readable, ask: Ask, started: float) -> Result:
    query = ask.query
    answer, tables = _fetch(ledger, ask)
    before: Ask | None = None
    earlier: Answer = {}
    if query.compare:
        window = ask.window.previous(ask.tz)
        before = None if window is None else ask.over(window)
        earlier = _fetch(ledger, before)[0] if before else {}
    made = _Rows(ask, answer, before, earlier)
    rows = made.rows()
    total = len(rows)
    rows = rows[: query.limit] if query.limit else rows
    known = None if query.limit and total <= query.limit else total
    return Result(_columns(ask), rows, meta(ask, tables, known, started, before, made.beyond))


def largest(ledger: Readable, ask: Ask) -> tuple[str, ...]:
    """The largest values of the first dimension, by the first measure that the query is ordered by."""
    query = ask.query
    dimension = query.grouped[0]
    if dimension.is_time:
        raise QueryError(
            "top", f"{dimension.name} is time, which has no largest values; use a dimension such as a model"
        )
    names = ranking(query)
    measure = first_measure(query, [name for name, _ in names])
    descending = next((down for name, down in names if name == measure.name), True)
    inner = Query(
        measures=(measure.name,),
        by=(dimension.name,),
        where=query.where,
        order=(f"-{measure.name}" if descending else measure.name,),
        limit=query.top,
    )
    asked = replace(ask, query=inner, grain=None)
    try:
        rows = _Rows(asked, _fetch(ledger, asked)[0]).rows()
    except TooManyRows:
        if isinstance(measure, Count):
            raise
        # SQL cannot tell which are the largest by this measure; of those with most records it is told here.
        asked = replace(asked, narrowed={dimension.name: largest(ledger, counting(ask, dimension))})
        rows = _Rows(asked, _fetch(ledger, asked)[0]).rows()
        rows = [row for row in rows if row[dimension.short] != OTHER_LABEL]
    return tuple(row[dimension.short] for row in rows[: query.top])


def apart(ask: Ask, kept: tuple[str, ...]) -> tuple[str, ...] | None:
    """The values that stay apart of those found to be the largest; None where there are no others.

    Then nothing is put together, and rollups can tell what does not add up. Whoever has no call that tells of a
    quantile is not among the largest, and one that is gone has a row in the period before.
    """
    first = first_measure(ask.query, [name for name, _ in ranking(ask.query)])
    counted = all(isinstance(atom, Total) for atom in first.atoms())
    return None if counted and not ask.query.compare and len(kept) < ask.query.top else kept


def _fetch(ledger: Readable, ask: Ask) -> tuple[Answer, tuple[str, ...]]:
    answer: Answer = {}
    parts = compile_parts(ask, DIALECTS[ledger.engine])
    for part in parts:
        rows = ledger.fetch(part.statement)
        if len(rows) > ask.most:
            raise TooManyRows("limit", f"the answer has more than {ask.most:,} rows; filter, group by less, or `top`")
        for key, values in _spread(ask, rows) if part.spans else _plain(ask, part, rows):
            row = answer.setdefault(key, {})
            row.update(values)
    return answer, tuple(dict.fromkeys(part.stored.table for part in parts))


def _plain(ask: Ask, part: Part, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[RowKey, dict[Atom, Any]]]:
    width = len(ask.keys)
    # Sessions come from their own rows or from the calls; either way, a group without any has no row of its own.
    counted = all(isinstance(atom, Different) for atom in part.atoms)
    for row in rows:
        if not counted or any(row[width:]):
            yield row[:width], dict(zip(part.atoms, row[width:], strict=True))


def _spread(ask: Ask, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[RowKey, dict[Atom, Any]]]:
    """Count each span in every bucket that it overlaps: one more where it begins, one less after it ends."""
    place = next(i for i, key in enumerate(ask.keys) if key.stretch)
    stretch = ask.keys[place].stretch
    assert stretch is not None
    buckets = ask.axis.buckets(stretch)
    index = {bucket.key: i for i, bucket in enumerate(buckets)}
    steps: dict[RowKey, list[int]] = {}
    for row in rows:
        rest = (*row[:place], *row[place + 2 : -1])
        changes = steps.setdefault(rest, [0] * (len(buckets) + 1))
        changes[index[row[place]]] += row[-1]
        changes[index[row[place + 1]] + 1] -= row[-1]
    atom = next(atom for atom in ask.atoms if isinstance(atom, Different))
    for rest, changes in steps.items():
        count = 0
        for bucket, change in zip(buckets, changes, strict=False):
            count += change
            if count:
                yield (*rest[:place], bucket.key, *rest[place:]), {atom: count}


class _Rows:
    """Makes rows of answers: fills gaps, computes measures, sorts."""

    def __init__(self, ask: Ask, answer: Answer, before: Ask | None = None, earlier: Answer | None = None) -> None:
        self.ask = ask
        self.keys = ask.keys
        self.measures = ask.query.asked
        self.before = before
        self.buckets = _begun(ask, answer)
        self.earlier_buckets = _begun(before, {}) if before else []
        self.places = {bucket.key: place for place, bucket in enumerate(self.buckets)}
        self.answer = answer
        self.aligned = self._aligned(earlier or {})
        self.elapsed = Elapsed(ask, self.buckets)
        self.earlier_elapsed = Elapsed(before, self.earlier_buckets) if before else None
        self.gaps: dict[float, Mapping[str, Any]] = {}
        #: Measures whose value is more than a number can hold, with in how many rows.
        self.beyond: dict[str, int] = {}

    def rows(self) -> list[dict[str, Any]]:
        """The rows, in order."""
        rows = []
        starts = {bucket.key: moment(bucket.start, self.ask.tz) for bucket in self.buckets}
        shown = [(part.name, writer(part, starts)) for part in self.keys]
        for key in self._filled({**self.answer, **self.aligned}):
            row = {name: write(value) for (name, write), value in zip(shown, key, strict=True)}
            row.update(self._values(self.answer.get(key), partial(self.elapsed.seconds, key)))
            if self.ask.query.compare:
                self._compare(row, key)
            rows.append(row)
        return self._sorted(rows)

    def _values(self, atoms: Mapping[Atom, Any] | None, elapsed: Callable[[], float]) -> Mapping[str, Any]:
        """The measures; gaps of the same length have the same ones, and there can be many."""
        if atoms is None and elapsed() in self.gaps:
            return self.gaps[elapsed()]
        facts = Facts(atoms or {}, elapsed)
        values = {measure.short: measure.value(facts) for measure in self.measures}
        for name, value in values.items():
            if not finite(value):
                values[name] = None
                self.beyond[name] = self.beyond.get(name, 0) + 1
        if atoms is None:
            self.gaps[elapsed()] = values
        return values

    def _compare(self, row: dict[str, Any], key: RowKey) -> None:
        counterpart = self._counterpart(key)
        if self.earlier_elapsed is None or counterpart is None:
            row.update({f"{measure.short}{PREVIOUS}": None for measure in self.measures})
            return
        values = self._values(self.aligned.get(key), partial(self.earlier_elapsed.seconds, counterpart))
        row.update({f"{name}{PREVIOUS}": value for name, value in values.items()})

    def _filled(self, answer: Answer) -> Iterable[RowKey]:
        """Every key that there is a row for: with a time axis, every bucket of each group."""
        if not self.ask.grain:
            return answer if answer or self.keys else [()]
        groups = dict.fromkeys(key[1:] for key in answer) if len(self.keys) > 1 else {(): None}
        if len(groups) * len(self.buckets) > self.ask.most:
            raise TooManyRows(
                "grain",
                f"{len(groups):,} groups in {len(self.buckets):,} buckets are more than {self.ask.most:,} rows; "
                "take a coarser grain, or `top`",
            )
        return [(bucket.key, *group) for bucket in self.buckets for group in groups]

    def _aligned(self, earlier: Answer) -> Answer:
        """The period before, with each bucket's key exchanged for that of the bucket in the same place."""
        if not self.ask.grain or not earlier:
            return earlier
        places = dict(zip((bucket.key for bucket in self.earlier_buckets), self.buckets, strict=False))
        return {(places[key[0]].key, *key[1:]): row for key, row in earlier.items() if key[0] in places}

    def _counterpart(self, key: RowKey) -> RowKey | None:
        """The key that the period before has for a key of this one."""
        if not self.ask.grain:
            return key
        place = self.places[key[0]]
        if place >= len(self.earlier_buckets):
            return None
        return (self.earlier_buckets[place].key, *key[1:])

    def _sorted(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """By the query's order; what is equal in it, by the dimensions; what is unknown, and the others, last."""
        terms = [(name.partition(".")[2] or name, down) for name, down in ranking(self.ask.query)]
        terms += [(key.name, False) for key in self.keys if key.name not in {name for name, _ in terms}]
        times = {key.name for key in self.keys if key.is_time}
        leading = next((i for i, (name, _) in enumerate(terms) if name not in times), len(terms))
        for name, descending in reversed(terms[leading:]):
            rows = _by(rows, name, descending=descending)
        together = [key.name for key in self.keys if self.ask.apart(key) is not None]
        if together:
            rows = sorted(rows, key=lambda row: any(row[name] == OTHER_LABEL for name in together))
        for name, descending in reversed(terms[:leading]):
            rows = _by(rows, name, descending=descending)
        return rows


def writer(part: Key, starts: Mapping[int, datetime]) -> Callable[[Any], Cell]:
    """What makes a cell of one part of a key; `starts` has when each time bucket begins."""
    if part.dimension is None:
        return starts.__getitem__
    if part.dimension.type == "date":
        return lambda value: date_of_key(part.name, value)
    return lambda value: OTHER_LABEL if value == OTHER else shown(value)


def shown(value: Cell) -> Cell:
    """A value as answers have it: text cut where it is longer than anyone reads. Ledgers may hold such from before."""
    return f"{value[: _LONGEST_SHOWN - 1]}…" if isinstance(value, str) and len(value) > _LONGEST_SHOWN else value


def _by(rows: list[dict[str, Any]], name: str, *, descending: bool) -> list[dict[str, Any]]:
    known = [row for row in rows if row[name] is not None]
    known.sort(key=itemgetter(name), reverse=descending)
    return known if len(known) == len(rows) else known + [row for row in rows if row[name] is None]


def _begun(ask: Ask, answer: Answer) -> list[Bucket]:
    """The buckets of a series that have begun, or that have records from a clock ahead of ours."""
    if not ask.grain:
        return []
    buckets = ask.axis.buckets(ask.grain)
    known = {key[0] for key in answer}
    last = max((i for i, bucket in enumerate(buckets) if bucket.start <= ask.now or bucket.key in known), default=0)
    return buckets[: last + 1]


def key_columns(ask: Ask) -> list[Column]:
    """The columns of the time bucket and of the dimensions."""
    return [
        Column(TIME, "", "time", "Time", TIME)
        if key.dimension is None
        else Column(key.name, "", key.dimension.type, key.dimension.title, key.dimension.name)
        for key in ask.keys
    ]


def _columns(ask: Ask) -> list[Column]:
    columns = key_columns(ask)
    for suffix, words in (("", ""), (PREVIOUS, ", previous period")):
        if suffix and not ask.query.compare:
            continue
        columns += [
            Column(
                measure.short + suffix,
                measure.unit.key,
                measure.type,
                measure.title + words,
                measure.name,
                measure.better,
            )
            for measure in ask.query.asked
        ]
    return columns


def meta(
    ask: Ask,
    tables: tuple[str, ...],
    total_rows: int | None,
    started: float,
    before: Ask | None = None,
    beyond_numbers: Mapping[str, int] = MappingProxyType({}),
) -> Meta:
    """How an answer came about that was begun at `started` (of :func:`time.perf_counter`), and what it lacks."""

    def shown(window: Window) -> tuple[datetime, datetime]:
        return moment(window.since, ask.tz), moment(window.until, ask.tz)

    unfinished = None
    if ask.grain:
        running = [b for b in ask.axis.buckets(ask.grain) if b.start <= ask.now < b.end]
        unfinished = moment(running[0].start, ask.tz) if running else None
    since, until = shown(ask.window)
    earlier = shown(before.window) if before else (None, None)
    return Meta(
        since=since,
        until=until,
        tz=ask.query.tz,
        grain=ask.grain or "",
        unfinished=unfinished,
        previous_since=earlier[0],
        previous_until=earlier[1],
        tables=tables,
        total_rows=total_rows,
        missing=(*missing_of((ask, before)), *beyond(beyond_numbers), *together(ask)),
        elapsed_ms=(perf_counter() - started) * 1000,
    )
