"""Tables beside those of the ledger in which a re-costing puts the rows that calls and rollups are to have.

ClickHouse has no transaction over tables, but it adds whole partitions of one table to another in no time, however many
rows they have. So rows are written beside, where nobody sees them, and then added: of a key the row with the newest
version counts. Rows of calls are one newer than those that they were made of: a call that came again meanwhile stays as
it is. Rows of rollups have the time at which they were made; what was settled since is newer, and is marked, for who
settled it may not have seen the new costs.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tokometer.ledger import schema
from tokometer.ledger.clickhouse.pricing import MOST_CALLS, SPAN, carry_out
from tokometer.ledger.clickhouse.rebuild import ROLLUP
from tokometer.ledger.clickhouse.tables import READY_NOW, create
from tokometer.ledger.slices import slices
from tokometer.ledger.statements import CELLS_FROM_CALLS, HOUR, HOURS_FROM_CELLS, SESSIONS_FROM_CALLS
from tokometer.ledger.tables import Column, Table

if TYPE_CHECKING:
    from tokometer.ledger.clickhouse.ledger import ClickHouseLedger

#: What gets rows: the calls first, so that whoever builds a rollup in between builds it of new costs.
_TABLES: Final = (schema.CALLS, schema.CELLS, schema.HOURS, schema.SESSIONS)
_SESSION: Final = ", ".join(schema.SESSIONS.key)
_BEGAN: Final = "intDiv(toUnixTimestamp(started_at), 900)"
_ENDED: Final = "intDiv(toUnixTimestamp(ended_at), 900)"
#: Sessions that have calls whose costs change, and where those are.
_CONCERNED: Final = (*schema.DIRTY_SESSIONS.columns, Column("calls", "int"))
#: Of how long an id of ours names tables.
_DIGEST_BYTES: Final = 8
_COSTS: Final = "recosted_"
_BESIDE: Final = "beside_"
#: Tables of earlier re-costings, and of previews that were killed: these names begin with nothing else.
_LEFT: Final = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() "
    f"AND (startsWith(name, '{_COSTS}') OR startsWith(name, '{_BESIDE}') OR name = 'recosted')"
)


class Direction(NamedTuple):
    """From which of the two costs of a row of costs to which: the columns of what it is to be."""

    cost: str
    price_version: str
    basis: str
    #: How much newer than when it was looked at the row of a call is that nobody has touched since.
    newer: int


FORWARD: Final = Direction("becomes", "new_version", "basis", 0)
BACK: Final = Direction("was", "was_version", "was_basis", 1)


def costs_of(id_: str) -> str:
    """The table that holds what calls cost before a re-costing and after it."""
    return f"{_COSTS}{_digest(id_)}"


def _digest(id_: str) -> str:
    return blake2b(id_.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def drop_what_is_left(ledger: ClickHouseLedger) -> None:
    """Let go of all tables of earlier re-costings; they can no longer be undone."""
    for (name,) in ledger.query(_LEFT):
        ledger.command(f"DROP TABLE IF EXISTS {name} SYNC")


class Beside:
    """The tables beside those of a ledger, for one re-costing."""

    def __init__(self, ledger: ClickHouseLedger, id_: str) -> None:
        self._ledger = ledger
        self.costs = costs_of(id_)
        self._names = {table.name: f"{_BESIDE}{_digest(id_)}_{table.name}" for table in _TABLES}
        self._concerned = Table(f"{_BESIDE}{_digest(id_)}_concerned", _CONCERNED, schema.SESSIONS.key)

    @property
    def can_be_undone(self) -> bool:
        """Whether what calls cost before is still there."""
        return (self.costs,) in self._ledger.query(_LEFT)

    # -- putting rows beside -----------------------------------------------------------------------------------

    def stage(self, way: Direction, progress: Callable[[float], None]) -> None:
        """Put beside everything what it is to be. `progress` is told which share of it is done."""
        self.drop()
        for table in _TABLES:
            self._ledger.command(f"CREATE TABLE {self._names[table.name]} AS {table.name}")
        self._stage_calls(way, lambda share: progress(share / 3))
        self._stage_cells(way, lambda share: progress((1 + share) / 3))
        self._stage_sessions(way, lambda share: progress((2 + share) / 3))

    def _stage_calls(self, way: Direction, progress: Callable[[float], None]) -> None:
        new = {
            "cost_usd": f"coalesce(c.cost_reported, r.{way.cost})",
            "cost_priced": f"CASE WHEN c.cost_reported IS NULL THEN NULL ELSE r.{way.cost} END",
            "price_version": f"r.{way.price_version}",
            "price_basis": f"r.{way.basis}",
        }
        selected = ", ".join(f"{new.get(name, f'c.{name}')} AS {name}" for name in schema.CALLS.names)
        counts = self._ledger.query(f"SELECT quarter, count(*) FROM {self.costs} WHERE by_rates GROUP BY quarter")
        self._each(
            counts,
            1,
            f"INSERT INTO {self._names['calls']} ({', '.join(schema.CALLS.names)}, version) "
            f"SELECT {selected}, c.version + 1 FROM (SELECT * FROM calls WHERE {SPAN}) AS c "
            f"JOIN (SELECT * FROM {self.costs} WHERE {SPAN} AND by_rates) AS r "
            f"ON c.quarter = r.quarter AND c.id = r.id AND c.version = r.version + {way.newer}",
            progress,
        )

    def _stage_cells(self, way: Direction, progress: Callable[[float], None]) -> None:
        hours = f"{HOUR} IN (SELECT {HOUR} FROM {self.costs} WHERE by_rates"
        where = f"{SPAN} AND {hours} AND {SPAN})"
        rows = CELLS_FROM_CALLS.format(where=where, **{**ROLLUP, "calls": "repriced"})
        cells = self._insertion(schema.CELLS, f"WITH {self._repriced(way)} {rows}")
        rows = HOURS_FROM_CELLS.format(where=SPAN, **{**ROLLUP, "cells": self._names["cells"]})
        hours_of_them = self._insertion(schema.HOURS, rows)
        counts = self._ledger.query(f"SELECT quarter, count(*) FROM calls WHERE {hours}) GROUP BY quarter")
        self._each(counts, 4, (cells, hours_of_them), progress)

    def _stage_sessions(self, way: Direction, progress: Callable[[float], None]) -> None:
        concerned = self._concerned.name
        self._ledger.command(create(self._concerned))
        self._ledger.command(
            f"INSERT INTO {concerned} ({', '.join(self._concerned.names)}, version) "
            f"SELECT {_SESSION}, min(quarter), max(quarter), count(*), 1 FROM {self.costs} "
            f"WHERE by_rates AND session_id <> '' GROUP BY {_SESSION}"
        )
        of_some = f"({_SESSION}) IN (SELECT {_SESSION} FROM {concerned} WHERE first_quarter BETWEEN $low AND $high)"
        rows = SESSIONS_FROM_CALLS.format(where=f"{SPAN} AND {of_some}", **{**ROLLUP, "calls": "repriced"})
        insertion = self._insertion(schema.SESSIONS, f"WITH {self._repriced(way, f' AND {of_some}')} {rows}")
        # First what is marked, then what is there: who settles in between has calls that neither said.
        reaches = [
            f"SELECT min({first}), max({last}) FROM {table} WHERE {of_some} HAVING count(*) > 0"
            for table, first, last in (
                (concerned, "first_quarter", "last_quarter"),
                ("dirty_sessions", "first_quarter", "last_quarter"),
                ("sessions", _BEGAN, _ENDED),
            )
        ]
        counts = self._ledger.query(f"SELECT first_quarter, sum(calls) FROM {concerned} GROUP BY first_quarter")
        spans = slices([(first, int(calls)) for first, calls in counts], MOST_CALLS)
        for number, span in enumerate(spans):
            within = {"low": span.first, "high": span.last}
            reach = [found for sql in reaches for found in self._ledger.query(sql, within)]
            first, last = min(first for first, _ in reach), max(last for _, last in reach)
            self._put(insertion, {**within, "first": first, "last": last})
            progress((number + 1) / len(spans))

    def _repriced(self, way: Direction, more: str = "") -> str:
        """SQL that names `repriced`: the calls of the slice, with the costs that they are to have."""
        new = {
            "cost_usd": f"CASE WHEN r.id IS NULL THEN c.cost_usd ELSE coalesce(c.cost_reported, r.{way.cost}) END",
            "price_basis": f"CASE WHEN r.id IS NULL THEN c.price_basis ELSE r.{way.basis} END",
        }
        selected = ", ".join(f"{new.get(name, f'c.{name}')} AS {name}" for name in schema.CALLS.names)
        return (
            f"repriced AS (SELECT {selected} FROM (SELECT * FROM calls WHERE {SPAN}{more}) AS c "
            f"LEFT JOIN (SELECT id, quarter, version, {way.cost}, {way.basis} "
            f"FROM {self.costs} WHERE {SPAN} AND by_rates{more}) AS r "
            f"ON c.quarter = r.quarter AND c.id = r.id AND c.version = r.version + {way.newer})"
        )

    def _insertion(self, table: Table, rows: str) -> str:
        names = ", ".join(table.names)
        return (
            f"INSERT INTO {self._names[table.name]} ({names}, version) "
            f"SELECT {names}, toUInt64($version) FROM ({rows}) AS rows_beside"
        )

    def _each(
        self,
        counts: list[tuple[Any, ...]],
        least: int,
        statements: str | tuple[str, ...],
        progress: Callable[[float], None],
    ) -> None:
        """Carry out a statement, or several, for slices that hold so much by quarter hour."""
        spans = slices(counts, MOST_CALLS, least)
        for number, span in enumerate(spans):
            for statement in (statements,) if isinstance(statements, str) else statements:
                self._put(statement, span._asdict())
            progress((number + 1) / len(spans))

    def _put(self, statement: str, values: dict[str, Any]) -> None:
        carry_out(self._ledger, statement, {**values, "version": self._ledger.next_version()})

    # -- adding them -------------------------------------------------------------------------------------------

    def attach(self) -> None:
        """Add all rows that are beside to those that are there. It can be done again."""
        for table in _TABLES:
            beside = self._names[table.name]
            parts = self._ledger.query(
                "SELECT DISTINCT partition_id FROM system.parts "
                f"WHERE active AND database = currentDatabase() AND table = '{beside}'"
            )
            if parts:
                added = ", ".join(f"ATTACH PARTITION ID '{part}' FROM {beside}" for (part,) in parts)
                self._ledger.command(f"ALTER TABLE {table.name} {added}")

    def mark_what_came_since(self) -> None:
        """Mark rollups that are being built just now, and then those that were built since: of old costs, maybe."""
        cells, sessions, concerned = self._names["cells"], self._names["sessions"], self._concerned.name
        for which in ("SELECT quarter FROM dirty_quarters", _built_since("quarter", "cells", cells)):
            self._ledger.command(
                "INSERT INTO dirty_quarters (quarter, commit, state, at, version) "
                f"SELECT quarter, {READY_NOW} FROM (SELECT DISTINCT quarter FROM {cells}) WHERE quarter IN ({which})"
            )
        for which in (f"SELECT {_SESSION} FROM dirty_sessions", _built_since(_SESSION, "sessions", sessions)):
            self._ledger.command(
                f"INSERT INTO dirty_sessions ({', '.join(schema.DIRTY_SESSIONS.names)}, commit, state, at, version) "
                f"SELECT {', '.join(schema.DIRTY_SESSIONS.names)}, {READY_NOW} FROM {concerned} "
                f"WHERE ({_SESSION}) IN ({which})"
            )

    def drop(self) -> None:
        """Let go of the rows beside; those that were added stay."""
        for name in (*self._names.values(), self._concerned.name):
            self._ledger.command(f"DROP TABLE IF EXISTS {name} SYNC")


def _built_since(key: str, table: str, beside: str) -> str:
    """SQL for the keys of rows of a rollup that were built since the first of those beside it, by whomever."""
    # Of all versions: those of before are older, and to find the newest of each key takes seconds.
    newer = f"version > (SELECT min(version) FROM {beside}) AND version NOT IN (SELECT DISTINCT version FROM {beside})"
    return f"SELECT {key} FROM {table} WHERE {newer} SETTINGS final = 0"
