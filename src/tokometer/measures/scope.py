"""One table in one question: its columns, keys and conditions as SQL, for every statement that reads it.

Values are bound; what stands in the SQL itself comes from declarations, or is a whole number computed from the
calendar. Every statement is limited to the workspaces that the asker may see, in :meth:`Scope.conditions` and nowhere
else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from tokometer.ledger.protocol import Unsettled
from tokometer.ledger.record_tables import BILLS, CHANGES
from tokometer.ledger.schema import CALLS, CELLS, HISTOGRAMS
from tokometer.measures import exchange
from tokometer.measures.ask import OTHER, Ask, Condition, Key
from tokometer.measures.atoms import Atom, Different, Extreme, Rank, Total
from tokometer.measures.dialect import Dialect
from tokometer.measures.kinds import Dimension
from tokometer.measures.labels import Label
from tokometer.measures.made import Made
from tokometer.measures.outcomes import Attribution
from tokometer.measures.tables import Stored

_JSON: Final = re.compile(r"JSON\((\w+), (\w+)\)")
_COARSE: Final = ("month", "year")


class Scope:
    """One table in one query: its columns as SQL, and the values bound on the way."""

    def __init__(
        self,
        ask: Ask,
        stored: Stored,
        dialect: Dialect,
        values: dict[str, Any] | None = None,
    ) -> None:
        self.ask = ask
        self.stored = stored
        self.dialect = dialect
        self.values: dict[str, Any] = {} if values is None else values
        #: The dimension column whose values the table keeps as a list, if the query needs it.
        self.listed = next(iter(ask.need.columns & stored.lists.keys()), "")
        #: The keys of labels that the query needs, and the columns in which the rows have their values.
        self.labels = {key: f"label_{place}" for place, key in enumerate(sorted(ask.need.labels))}

    def bind(self, value: str | int | list[str]) -> str:
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
        return self.spelt(sql)

    def spelt(self, sql: str) -> str:
        """Declared SQL in the engine's words: `MICROS(x)` and `JSON(x, y)` as :class:`Stored` has them."""
        sql = _JSON.sub(lambda match: self.dialect.json(match[1], match[2]), sql)
        return self.dialect.spelt(sql)

    def is_coarse(self, key: Key) -> bool:
        """True for a part of the key that is cheaper to tell of a group than of each row."""
        return key.stretch in _COARSE or self.ask.apart(key) is not None

    def key(self, key: Key, *, fine: bool = False) -> str:
        """SQL for one part of the key; with `fine`, days stand for months and years, and values for themselves."""
        axis = self.ask.axis
        if key.stretch:
            grain = "day" if fine and key.stretch in _COARSE else key.stretch
            micros = self.dialect.micros("started_at") if self.stored.timed else ""
            return axis.key(grain, "quarter", micros, self.dialect)
        assert key.dimension is not None
        sql = self.value(key.dimension)
        kept = self.ask.apart(key)
        return sql if kept is None or fine else self._topped(sql, kept)

    def coarsened(self, key: Key, fine: str) -> str:
        """SQL for one part of the key, from what :meth:`key` gave with `fine`."""
        kept = self.ask.apart(key)
        if kept is not None:
            return self._topped(fine, kept)
        return self.ask.axis.coarsen(key.stretch, fine, self.dialect) if key.stretch in _COARSE else fine

    def _topped(self, sql: str, kept: tuple[str, ...]) -> str:
        """A value of those that stay apart, or what stands for all others."""
        if not kept:
            return self.bind(OTHER)
        names = ", ".join(self.bind(value) for value in kept)
        return f"CASE WHEN {sql} IN ({names}) THEN {sql} ELSE {self.bind(OTHER)} END"

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
            if self.ask.aside and self.stored.table == CALLS.name:
                # Whoever asks the calls themselves is told the same as of the rollups.
                out = {row.quarter for row in self.ask.aside if row.rollup == CELLS.name or self._ranked(row)}
                conditions += [f"quarter NOT IN ({', '.join(f'{at:d}' for at in sorted(out))})"] if out else []
            if not window.aligned and self.stored.timed:
                conditions += [f"{micros} >= {self.bind(window.since)}", f"{micros} < {self.bind(window.until)}"]
        if filtered:
            conditions += [self._condition(condition) for condition in self.ask.conditions]
            if self.ask.kept is not None and not self.ask.query.other:
                sql = self.value(self.ask.query.grouped[0])
                kept = ", ".join(self.bind(value) for value in self.ask.kept)
                conditions.append(f"{sql} IN ({kept})" if kept else "1 = 0")
        return conditions

    def _ranked(self, row: Unsettled) -> bool:
        return row.rollup == HISTOGRAMS.name and any(isinstance(atom, Rank) for atom in self.ask.atoms)

    def rows(self) -> str:
        """What stands after FROM."""
        if self.stored.edges:
            return self._whole_hours_and_edges()
        if self.labels:
            return self._labelled()
        if not self.listed:
            return self._read()
        column = self.stored.lists[self.listed]
        return f'(SELECT *, {self.dialect.unnest(column)} AS "{self.listed}" FROM {self.stored.table}) AS each_one'

    def _read(self) -> str:
        """The table itself, or with what is worked out of others."""
        table, ask = self.stored.table, self.ask
        if table == CHANGES.name:
            return f"({self._attribution().changes()}) AS {table}"
        if table == CALLS.name and ask.attributed:
            return f"({self._attribution().calls((ask.axis.first, ask.axis.last))}) AS {table}"
        return exchange.in_dollars(table, self.dialect, self.bind) if table == BILLS.name else table

    def _attribution(self) -> Attribution:
        return Attribution(self.ask.outcomes, self.ask.workspaces, self.dialect, self.bind)

    def _labelled(self) -> str:
        """Each row with the values of the labels that the query needs, empty where it has none."""
        table = self.stored.table
        values = ", ".join(f"{self.dialect.label(self.bind(key))} AS {name}" for key, name in self.labels.items())
        columns = ", ".join(f"coalesce(named.{name}, '') AS {name}" for name in self.labels.values())
        # See ledger.statements for the row that nobody names.
        sets = f"SELECT id AS named_set, {values} FROM label_sets UNION ALL SELECT 0{', NULL' * len(self.labels)}"
        return (
            f"(SELECT {table}.*, {columns} FROM {self._read()} LEFT JOIN ({sets}) AS named "
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

    def value(self, dimension: Dimension) -> str:
        """SQL for a dimension's value."""
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
        sql = self.value(dimension)
        if condition.op == "contains":
            return f"({' OR '.join(self.dialect.contains(sql, self.bind(value)) for value in condition.values)})"
        if condition.op == "prefix":
            names = [self.bind(value) for value in condition.values]
            return f"({' OR '.join(f'substring({sql}, 1, length({name})) = {name}' for name in names)})"
        listed = ", ".join(self.bind(value) for value in condition.values)
        return f"{sql} {'NOT IN' if condition.negative else 'IN'} ({listed})"
