"""Queries as SQL: one statement per table that is needed, the same for every engine but for its dialect.

What all of them say of a table is in :mod:`tokometer.measures.scope`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokometer.ledger import Statement
from tokometer.ledger.closed import COUNTED_UNTIL_SQL
from tokometer.measures.ask import Ask, ranking
from tokometer.measures.atoms import Atom, Minute, Rank, Total
from tokometer.measures.compile_slices import minutes
from tokometer.measures.days import Range, rest
from tokometer.measures.dialect import Dialect
from tokometer.measures.kinds import Count, Dimension, Sum
from tokometer.measures.scope import Scope
from tokometer.measures.tables import CALL_ROWS, Stored, choose
from tokometer.records.time import QUARTER_US


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
        shape = atom.column if isinstance(atom, Rank) else "minutes" if isinstance(atom, Minute) else ""
        groups.setdefault((stored.table, shape), (stored, []))[1].append(atom)
    if len(groups) > 1:
        # A ranking by one table's numbers cannot limit what another is asked.
        return [_part(Scope(ask, stored, dialect), atoms, limited=False) for stored, atoms in groups.values()]
    return [_part(Scope(ask, stored, dialect), atoms, limited=True) for stored, atoms in groups.values()]


def spread_part(ask: Ask, dialect: Dialect) -> Part:
    """How many values are in each bucket, for a query that asks for one quantile: the keys, the bucket, the count."""
    rank = next(atom for atom in ask.atoms if isinstance(atom, Rank))
    stored = choose(ask.query.cube.name, rank, ask.need)
    scope = Scope(ask, stored, dialect)
    sql = f"{_counted(scope, rank.column)} LIMIT {ask.most + 1}"
    return Part(stored, Statement(sql, scope.values), (rank,))


def values_statement(ask: Ask, dimension: Dimension, dialect: Dialect) -> Statement:
    """The different values of a dimension's column in the window."""
    stored = choose(ask.query.cube.name, Total(), ask.need)
    scope = Scope(ask, stored, dialect)
    where = " AND ".join(scope.conditions(filtered=False))
    return Statement(f'SELECT DISTINCT "{dimension.column}" FROM {scope.rows()} WHERE {where}', scope.values)


def counted_until_statement() -> Statement:
    """The first quarter hour of which there are no histograms."""
    return Statement(COUNTED_UNTIL_SQL)


def earliest_statement(cube: str, table: str, workspaces: Sequence[str], *, settled: bool) -> Statement:
    """The first quarter hour that has records."""
    values = {f"w{i}": workspace for i, workspace in enumerate(workspaces)}
    read = "cells" if cube == "calls" and settled else table
    return Statement(
        f"SELECT min(quarter) FROM {read} WHERE workspace IN ({', '.join(f'${name}' for name in values)})",
        values,
    )


def _part(scope: Scope, atoms: list[Atom], *, limited: bool) -> Part:
    first = atoms[0]
    if isinstance(first, Rank):
        sql = _ranks(scope, [atom for atom in atoms if isinstance(atom, Rank)])
    elif isinstance(first, Minute):
        sql = minutes(scope, [atom for atom in atoms if isinstance(atom, Minute)])
    elif scope.stored.spans:
        sql = _spans(scope)
    else:
        sql = _rows(scope, atoms, limited=limited)
    if not sql.endswith(f" LIMIT {scope.ask.query.limit:d}"):
        # One more than an answer may have: enough to tell that there are too many.
        sql += f" LIMIT {scope.ask.most + 1}"
    spans = scope.stored.spans and any(key.stretch for key in scope.ask.keys)
    return Part(scope.stored, Statement(sql, scope.values), tuple(atoms), spans)


def _rows(scope: Scope, atoms: Sequence[Atom], *, limited: bool) -> str:
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


def _ranks(scope: Scope, atoms: Sequence[Rank]) -> str:
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


def _counted(scope: Scope, column: str) -> str:
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
        calls = Scope(ask, CALL_ROWS, scope.dialect, scope.values)
        condition, bucket, count = CALL_ROWS.ranks[column]
        keys = [f"{calls.key(key)} AS k{i}" for i, key in enumerate(ask.keys)]
        selected = [*keys, f"{bucket} AS b", f"{count} AS n"]
        parts.append(calls.select(selected, [condition, _in_ranges(others)], names))
    grouped = ", ".join(names)
    return f"SELECT {grouped}, sum(n) AS n FROM ({' UNION ALL '.join(parts)}) AS counted GROUP BY {grouped}"


def _in_ranges(ranges: Sequence[Range]) -> str:
    return f"({' OR '.join(f'quarter >= {low:d} AND quarter < {high:d}' for low, high in ranges)})"


def _spans(scope: Scope) -> str:
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
    # By the elements of a list themselves a session stands once under each; put together in any way, more than once.
    apart = not scope.listed or any(column.startswith(f'"{scope.listed}" AS ') for column in columns)
    count = "count(*)" if apart else "count(DISTINCT (workspace, source, session_id))"
    return scope.select([*columns, f"{count} AS v0"], [], names)


def _names(letter: str, count: int) -> str:
    return ", ".join(f"{letter}{i}" for i in range(count))
