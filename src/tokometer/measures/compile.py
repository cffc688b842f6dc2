"""Queries as SQL: one statement per table that is needed, the same for every engine but for its dialect.

Values are bound; what stands in the SQL itself comes from declarations, or is a whole number computed from the
calendar. Every statement is limited to the workspaces that the asker may see, in :meth:`_Scope.conditions` and nowhere
else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokometer.ledger import Statement
from tokometer.ledger.closed import COUNTED_UNTIL_SQL
from tokometer.measures.ask import OTHER, Ask, Condition, Key, ranking
from tokometer.measures.atoms import Atom, Different, Extreme, Rank, Total
from tokometer.measures.days import Range, rest
from tokometer.measures.dialect import Dialect
from tokometer.measures.kinds import Count, Dimension, Sum
from tokometer.measures.labels import Label
from tokometer.measures.made import Made
from tokometer.measures.query import MOST_ROWS
from tokometer.measures.tables import CALL_ROWS, Stored, choose
from tokometer.records.time import QUARTER_US

_MICROS: Final = re.compile(r"MICROS\((\w+)\)")
_JSON: Final = re.compile(r"JSON\((\w+), (\w+)\)")
_COARSE: Final = ("month", "year")


@dataclass(frozen=True, slots=True)
class Part:
    """One statement, and what its rows hold: first the keys, then one value per atom."""

    stored: Stored
    statement: Statement
    atoms: tuple[Atom, ...]
    #: True where the time key is two: the first and last bucket of a span, to be counted in each.
    spans: bool = False


def compile_parts(ask: Ask, dialect: Dialect) -> list[Part]:
    """The statements that answer a query."""
    groups: dict[tuple[str, str], tuple[Stored, list[Atom]]] = {}
    need = ask.need
    for atom in ask.atoms:
        stored = choose(ask.query.cube.name, atom, need)
        shape = atom.column if isinstance(atom, Rank) else ""
        groups.setdefault((stored.table, shape), (stored, []))[1].append(atom)
    if len(groups) > 1:
        # A ranking by one table's numbers cannot limit what another is asked.
        return [_part(_Scope(ask, stored, dialect), atoms, limited=False) for stored, atoms in groups.values()]
    return [_part(_Scope(ask, stored, dialect), atoms, limited=True) for stored, atoms in groups.values()]


def values_statement(ask: Ask, dimension: Dimension, dialect: Dialect) -> Statement:
    """The different values of a dimension's column in the window."""
    stored = choose(ask.query.cube.name, Total(), ask.need)
    scope = _Scope(ask, stored, dialect)
    where = " AND ".join(scope.conditions(filtered=False))
    return Statement(f'SELECT DISTINCT "{dimension.column}" FROM {scope.rows()} WHERE {where}', scope.values)


def counted_until_statement() -> Statement:
    """The first quarter hour of which there are no histograms."""
    return Statement(COUNTED_UNTIL_SQL)


def earliest_statement(cube: str, table: str, workspaces: Sequence[str]) -> Statement:
    """The first quarter hour that has records."""
    values = {f"w{i}": workspace for i, workspace in enumerate(workspaces)}
    read = "cells" if cube == "calls" else table
    return Statement(
        f"SELECT min(quarter) FROM {read} WHERE workspace IN ({', '.join(f'${name}' for name in values)})",
        values,
    )


def _part(scope: _Scope, atoms: list[Atom], *, limited: bool) -> Part:
    first = atoms[0]
    if isinstance(first, Rank):
        sql = _ranks(scope, [atom for atom in atoms if isinstance(atom, Rank)])
    elif scope.stored.spans:
        sql = _spans(scope)
    else:
        sql = _rows(scope, atoms, limited=limited)
    if not sql.endswith(f" LIMIT {scope.ask.query.limit:d}"):
        # One more than an answer may have: enough to tell that there are too many.
        sql += f" LIMIT {MOST_ROWS + 1}"
    spans = scope.stored.spans and any(key.stretch for key in scope.ask.keys)
    return Part(scope.stored, Statement(sql, scope.values), tuple(atoms), spans)


def _rows(scope: _Scope, atoms: Sequence[Atom], *, limited: bool) -> str:
    """Sums and counts: grouped once, or first by what is cheap to tell of a row, and then by what is not.

    That is the calendar, of months and years, and whether a value is one of the largest.
    """
    keys = scope.ask.keys
    values = [f"{scope.aggregate(atom)} AS v{i}" for i, atom in enumerate(atoms)]
    additive = all(isinstance(atom, Total) for atom in atoms)
    if additive and any(scope.is_coarse(key) for key in keys):
        inner = [f"{scope.key(key, fine=True)} AS k{i}" for i, key in enumerate(keys)]
        sql = scope.select([*inner, *values])
        outer = [f"{scope.coarsened(key, f'k{i}')} AS g{i}" for i, key in enumerate(keys)]
        sums = [f"sum(v{i}) AS s{i}" for i in range(len(atoms))]
        return f"SELECT {', '.join([*outer, *sums])} FROM ({sql}) AS fine GROUP BY {_names('g', len(keys))}"
    columns = [f"{scope.key(key)} AS k{i}" for i, key in enumerate(keys)]
    order = _order(scope.ask, list(atoms)) if limited else ""
    return scope.select([*columns, *values]) + order


def _order(ask: Ask, atoms: list[Atom]) -> str:
    """ORDER BY and LIMIT in SQL, where the order is one that SQL can tell; else nothing, and Python sorts and cuts."""
    query, keys = ask.query, ask.keys
    if not query.limit or query.compare or ask.grain:
        return ""
    names = {key.dimension.name: f"k{i}" for i, key in enumerate(keys) if key.dimension}
    measures = {measure.name: measure for measure in query.asked}
    terms = []
    for name, descending in ranking(query):
        if name in names:
            terms.append(f"{names[name]}{' DESC' if descending else ''}")
            continue
        measure = measures[name]
        if not isinstance(measure, Sum | Count):
            return ""
        sql = f"v{atoms.index(measure.total)}"
        if measure.unknown:
            records, unknown = atoms.index(Total()), atoms.index(Total((measure.unknown,)))
            sql = f"CASE WHEN v{unknown} >= v{records} THEN NULL ELSE {sql} END"
        terms.append(f"{sql}{' DESC' if descending else ''} NULLS LAST")
    terms += [sql for sql in names.values() if not any(term.startswith(f"{sql} ") or term == sql for term in terms)]
    return f" ORDER BY {', '.join(terms)} LIMIT {query.limit:d}"


def _ranks(scope: _Scope, atoms: Sequence[Rank]) -> str:
    """Nearest rank: the first bucket up to which at least `share` of the values lie, in whole numbers (thousandths)."""
    keys = scope.ask.keys
    names = _names("k", len(keys))
    buckets = _counted(scope, atoms[0].column)
    partition = f"PARTITION BY {names} " if keys else ""
    ahead = f"{names}, " if keys else ""
    running = (
        f"SELECT {ahead}b, sum(n) OVER ({partition}ORDER BY b) AS reached, sum(n) OVER ({partition.strip()}) AS known "
        f"FROM ({buckets}) AS buckets"
    )
    values = ", ".join(
        f"min(CASE WHEN reached * 1000 >= known * {atom.permille} THEN b END) AS v{i}" for i, atom in enumerate(atoms)
    )
    grouped = f" GROUP BY {names}" if keys else ""
    return f"SELECT {ahead}{values} FROM ({running}) AS ranks{grouped}"


def _counted(scope: _Scope, column: str) -> str:
    """How many values are in each bucket: of the calls, or of histograms and of the calls that are in none."""
    condition, bucket, count = scope.stored.ranks[column]
    ask = scope.ask
    keys = [f"{scope.key(key)} AS k{i}" for i, key in enumerate(ask.keys)]
    names = [*(f"k{i}" for i in range(len(keys))), "b"]
    if not scope.stored.days:
        return scope.select([*keys, f"{bucket} AS b", f"{count} AS n"], [condition], names)
    days = ask.days
    counted = scope.dialect.unnest_both(bucket, count)
    parts = [scope.select([*keys, counted], [condition, _in_ranges(days)], [])]
    others = rest(ask.axis.first, ask.axis.last, days)
    if others:
        calls = _Scope(ask, CALL_ROWS, scope.dialect, scope.values)
        condition, bucket, count = CALL_ROWS.ranks[column]
        keys = [f"{calls.key(key)} AS k{i}" for i, key in enumerate(ask.keys)]
        selected = [*keys, f"{bucket} AS b", f"{count} AS n"]
        parts.append(calls.select(selected, [condition, _in_ranges(others)], names))
    grouped = ", ".join(names)
    return f"SELECT {grouped}, sum(n) AS n FROM ({' UNION ALL '.join(parts)}) AS counted GROUP BY {grouped}"


def _in_ranges(ranges: Sequence[Range]) -> str:
    return f"({' OR '.join(f'quarter >= {low:d} AND quarter < {high:d}' for low, high in ranges)})"


def _spans(scope: _Scope) -> str:
    """Sessions: in the window where they overlap it; on a time axis, from the first to the last bucket of each."""
    ask, dialect = scope.ask, scope.dialect
    window = ask.window
    started, ended = dialect.micros("started_at"), dialect.micros("ended_at")
    start = f"greatest({started}, {window.since})"
    end = f"least({ended}, {window.until - 1})"
    columns, names = [], []
    for i, key in enumerate(ask.keys):
        if key.stretch:
            for j, moment in enumerate((start, end)):
                quarter = dialect.divide(moment, QUARTER_US)
                columns.append(f"{ask.axis.key(key.stretch, quarter, moment, dialect)} AS k{i}_{j}")
                names.append(f"k{i}_{j}")
        else:
            columns.append(f"{scope.key(key)} AS k{i}")
            names.append(f"k{i}")
    count = "count(DISTINCT (workspace, source, session_id))" if scope.listed else "count(*)"
    return scope.select([*columns, f"{count} AS v0"], [], names)


def _names(letter: str, count: int) -> str:
    return ", ".join(f"{letter}{i}" for i in range(count))


class _Scope:
    """One table in one query: its columns as SQL, and the values bound on the way."""

    def __init__(self, ask: Ask, stored: Stored, dialect: Dialect, values: dict[str, Any] | None = None) -> None:
        self.ask = ask
        self.stored = stored
        self.dialect = dialect
        self.values: dict[str, Any] = {} if values is None else values
        #: The dimension column whose values the table keeps as a list, if the query needs it.
        self.listed = next(iter(ask.need.columns & stored.lists.keys()), "")
        #: The keys of labels that the query needs, and the columns in which the rows have their values.
        self.labels = {key: f"label_{place}" for place, key in enumerate(sorted(ask.need.labels))}

    def bind(self, value: str | int) -> str:
        """The parameter that stands for a value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def select(self, columns: Sequence[str], extra: Sequence[str] = (), names: Sequence[str] | None = None) -> str:
        """A grouped SELECT over the rows that the query is about."""
        keys = [f"k{i}" for i in range(len(self.ask.keys))] if names is None else [name for name in names if name]
        grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
        where = " AND ".join([*self.conditions(), *extra])
        return f"SELECT {', '.join(columns)} FROM {self.rows()} WHERE {where}{grouped}"

    def aggregate(self, atom: Atom) -> str:
        """SQL that computes an atom over a group of rows."""
        if isinstance(atom, Total):
            sql = self.stored.total(atom)
        elif isinstance(atom, Different):
            sql = self.stored.distinct[atom.things]
        elif isinstance(atom, Extreme):
            # Of readings at the same time, the largest: every engine must say the same.
            last = f"argMax({atom.column}, (started_at, {atom.column}))"
            sql = last if atom.which == "last" else f"{atom.which}({atom.column})"
        else:
            raise TypeError(atom)
        sql = _JSON.sub(lambda match: self.dialect.json(match[1], match[2]), sql)
        return _MICROS.sub(lambda match: self.dialect.micros(match[1]), sql)

    def is_coarse(self, key: Key) -> bool:
        """True for a part of the key that is cheaper to tell of a group than of each row."""
        return key.stretch in _COARSE or self._is_topped(key)

    def key(self, key: Key, *, fine: bool = False) -> str:
        """SQL for one part of the key; with `fine`, days stand for months and years, and values for themselves."""
        axis = self.ask.axis
        if key.stretch:
            grain = "day" if fine and key.stretch in _COARSE else key.stretch
            micros = self.dialect.micros("started_at") if self.stored.timed else ""
            return axis.key(grain, "quarter", micros, self.dialect)
        assert key.dimension is not None
        sql = self._dimension(key.dimension)
        return self._topped(sql) if self._is_topped(key) and not fine else sql

    def coarsened(self, key: Key, fine: str) -> str:
        """SQL for one part of the key, from what :meth:`key` gave with `fine`."""
        if self._is_topped(key):
            return self._topped(fine)
        return self.ask.axis.coarsen(key.stretch, fine, self.dialect) if key.stretch in _COARSE else fine

    def _is_topped(self, key: Key) -> bool:
        """True for the dimension of which only the largest values stay apart."""
        return self.ask.kept is not None and key.dimension is not None and key.dimension.name == self.ask.query.by[0]

    def _topped(self, sql: str) -> str:
        if not self.ask.kept:
            return self.bind(OTHER)
        kept = ", ".join(self.bind(value) for value in self.ask.kept)
        return f"CASE WHEN {sql} IN ({kept}) THEN {sql} ELSE {self.bind(OTHER)} END"

    def conditions(self, *, filtered: bool = True) -> list[str]:
        """What rows have to fulfil: workspace, window, filters."""
        window, axis = self.ask.window, self.ask.axis
        conditions = [f"workspace IN ({', '.join(self.bind(name) for name in self.ask.workspaces)})"]
        micros = self.dialect.micros("started_at")
        if self.stored.spans:
            ended = self.dialect.micros("ended_at")
            conditions += [f"{micros} < {self.bind(window.until)}", f"{ended} >= {self.bind(window.since)}"]
        else:
            conditions += [f"quarter >= {self.bind(axis.first)}", f"quarter < {self.bind(axis.last)}"]
            if not window.aligned and self.stored.timed:
                conditions += [f"{micros} >= {self.bind(window.since)}", f"{micros} < {self.bind(window.until)}"]
        if filtered:
            conditions += [self._condition(condition) for condition in self.ask.conditions]
            if self.ask.kept is not None and not self.ask.query.other:
                sql = self._dimension(self.ask.query.grouped[0])
                kept = ", ".join(self.bind(value) for value in self.ask.kept)
                conditions.append(f"{sql} IN ({kept})" if kept else "1 = 0")
        return conditions

    def rows(self) -> str:
        """What stands after FROM."""
        if self.stored.edges:
            return self._whole_hours_and_edges()
        if self.labels:
            return self._labelled()
        if not self.listed:
            return self.stored.table
        column = self.stored.lists[self.listed]
        return f'(SELECT *, {self.dialect.unnest(column)} AS "{self.listed}" FROM {self.stored.table}) AS each_one'

    def _labelled(self) -> str:
        """Each row with the values of the labels that the query needs, empty where it has none."""
        table = self.stored.table
        values = ", ".join(f"{self.dialect.label(self.bind(key))} AS {name}" for key, name in self.labels.items())
        columns = ", ".join(f"coalesce(named.{name}, '') AS {name}" for name in self.labels.values())
        # See ledger.statements for the row that nobody names.
        sets = f"SELECT id AS named_set, {values} FROM label_sets UNION ALL SELECT 0{', NULL' * len(self.labels)}"
        return (
            f"(SELECT {table}.*, {columns} FROM {table} LEFT JOIN ({sets}) AS named "
            f"ON named.named_set = {table}.label_set) AS labelled"
        )

    def _whole_hours_and_edges(self) -> str:
        """The whole hours of the window, and the quarter hours before and after them."""
        atoms = [atom for atom in self.ask.atoms if isinstance(atom, Total)]
        used = {"workspace", "quarter", self.stored.count, *self.ask.need.columns}
        used |= {name for atom in atoms for name in (*atom.columns, *atom.minus, *(name for name, _ in atom.where))}
        # What it has not, another table is asked for.
        has = {"quarter", *self.stored.columns, *self.stored.sums}
        columns = ", ".join(f'"{name}"' for name in sorted(used & has))
        first, last = self.ask.axis.first, self.ask.axis.last
        start, end = first + -first % 4, last - last % 4
        parts = [(self.stored.edges, first, start), (self.stored.table, start, end), (self.stored.edges, end, last)]
        selected = [
            f"SELECT {columns} FROM {table} WHERE quarter >= {since:d} AND quarter < {until:d}"
            for table, since, until in parts
            if since < until
        ]
        return f"({' UNION ALL '.join(selected)}) AS whole_and_edges"

    def _dimension(self, dimension: Dimension) -> str:
        if dimension.is_time:
            return self._part_of_time(dimension.short)
        if isinstance(dimension, Label | Made):
            return self.labels[dimension.key] if isinstance(dimension, Label) else self._made(dimension)
        if dimension.sql:
            return f"({dimension.sql})"
        column = f'"{dimension.column}"'
        if dimension.only:
            listed = ", ".join(f"'{value}'" for value in dimension.only)
            return f"CASE WHEN {column} IN ({listed}) THEN {column} ELSE '' END"
        if dimension.derive:
            return self._derived(dimension, column)
        return column

    def _part_of_time(self, name: str) -> str:
        if name == "hour":
            return self.ask.axis.hour_of_day("quarter", self.dialect)
        if name == "weekday":
            return self.ask.axis.weekday("quarter", self.dialect)
        return self.ask.axis.key(name, "quarter", "", self.dialect)  # type: ignore[arg-type]

    def _made(self, made: Made) -> str:
        cases = " ".join(
            f"WHEN {' AND '.join(self._condition(condition) for condition in case.where)} THEN {self.bind(case.value)}"
            for case in made.cases
        )
        return f"CASE {cases} ELSE {self.bind(made.default)} END"

    def _derived(self, dimension: Dimension, column: str) -> str:
        groups: dict[str, list[str]] = {}
        for value, derived in self.ask.derived.get(dimension.name, {}).items():
            if derived:
                groups.setdefault(derived, []).append(value)
        cases = " ".join(
            f"WHEN {column} IN ({', '.join(self.bind(value) for value in values)}) THEN {self.bind(derived)}"
            for derived, values in sorted(groups.items())
        )
        return f"CASE {cases} ELSE '' END" if cases else "''"

    def _condition(self, condition: Condition) -> str:
        dimension = condition.dimension
        if dimension.derive:
            known = self.ask.derived.get(dimension.name, {})
            matching = [value for value, derived in known.items() if condition.accepts(derived)]
            return (
                f'"{dimension.column}" IN ({", ".join(self.bind(value) for value in matching)})'
                if matching
                else "1 = 0"
            )
        sql = self._dimension(dimension)
        if condition.op == "contains":
            return f"({' OR '.join(self.dialect.contains(sql, self.bind(value)) for value in condition.values)})"
        if condition.op == "prefix":
            names = [self.bind(value) for value in condition.values]
            return f"({' OR '.join(f'substring({sql}, 1, length({name})) = {name}' for name in names)})"
        listed = ", ".join(self.bind(value) for value in condition.values)
        return f"{sql} {'NOT IN' if condition.negative else 'IN'} ({listed})"
